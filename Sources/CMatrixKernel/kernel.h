// The one body of every instruction set: panels of packed weights, register tiles, blocking. Included once by each set's
// file, which defines before:
//   LANES           floats in a vector register
//   PANEL_VECTORS   vectors side by side in a whole panel of B; a panel is PANEL_VECTORS * LANES columns
//   TILES(X)        X(vectors, rows) for every register tile that is to exist
//   TILE_ROWS(v)    rows of the largest tile that is `v` vectors wide
//   PANELS_AT_ONCE(rows)  whole panels that a product of so few rows takes side by side, to have enough chains in flight
//   SET             the table to define
//
// A tile holds rows x vectors of C in registers and walks the depth: one fused multiply-add an element and step, so
// that no choice made here (tile, block, panel) can change a bit of the result.

#include "sets.h"

enum {
    PANEL = PANEL_VECTORS * LANES,
    LARGEST_ROWS = 12,
    LARGEST_VECTORS = 8,
    // A panel's block of this depth stays in the first-level cache while the rows pass by.
    DEPTH_BLOCK = 256,
    // Rows of A whose block of the depth stays in the second-level cache while the panels pass by.
    ROW_BLOCK = 240,
    // Rows of A^T packed at a time by the transposed product.
    TRANSPOSED_ROW_BLOCK = 240,
};

typedef float vector __attribute__((ext_vector_type(LANES)));
typedef int32_t mask __attribute__((ext_vector_type(LANES)));
typedef float memory_vector __attribute__((ext_vector_type(LANES), aligned(4), may_alias));

#define INLINE static inline __attribute__((always_inline))

INLINE vector load(const float *source) { return *(const memory_vector *)source; }
INLINE void store(float *target, vector value) { *(memory_vector *)target = value; }
INLINE vector zero(void) { return (vector)0.0f; }

// The first `count` lanes from memory, the others zero: only the last vector of a row is ever incomplete.
static __attribute__((noinline)) vector load_some(const float *source, size_t count) {
    float lanes[LANES] = {0};
    for (size_t i = 0; i < count; i++) { lanes[i] = source[i]; }
    return load(lanes);
}

static __attribute__((noinline)) void store_some(float *target, vector value, size_t count) {
    float lanes[LANES];
    store(lanes, value);
    for (size_t i = 0; i < count; i++) { target[i] = lanes[i]; }
}

INLINE vector load_lanes(const float *source, size_t count) {
    return __builtin_expect(count == LANES, 1) ? load(source) : load_some(source, count);
}

INLINE void store_lanes(float *target, vector value, size_t count) {
    if (__builtin_expect(count == LANES, 1)) {
        store(target, value);
    } else {
        store_some(target, value, count);
    }
}

// What one register tile needs to know.
struct tile {
    const float *a;            // forward: what `a_rows` is relative to; transposed: the packed tile of A^T
    const int64_t *a_rows;     // forward only
    const int64_t *segments;   // forward only: the block's first segment
    size_t segment_begin;      // forward only: where in that segment the block begins
    size_t segment_depth;      // forward only
    size_t depth;              // of the block
    const float *b;            // the panel's block
    size_t panel_stride;       // floats to the next panel
    float *c;                  // at the panel's first column
    const int64_t *c_rows;     // forward only
    ptrdiff_t c_stride;        // transposed only
    int reads_c;               // the chain goes on from C (forward), or is added to it (transposed)
    size_t last_lanes;         // valid columns of the last vector
    int finishes;              // the depth ends here: the epilogue is due
    const float *scale;        // at the panel's first column, or NULL
    const float *shift;        // at the panel's first column, or NULL
    float slope;
};

// One step of the depth: b's vectors times one element of each row. Vector v belongs to panel v / PANEL_VECTORS.
#define STEP(ELEMENT)                                                                                                  \
    vector right[LARGEST_VECTORS];                                                                                     \
    _Pragma("clang loop unroll(full)") for (size_t v = 0; v < vectors; v++) {                                          \
        right[v] = load(b + (v / PANEL_VECTORS) * panel_stride + (v % PANEL_VECTORS) * LANES);                         \
    }                                                                                                                  \
    _Pragma("clang loop unroll(full)") for (size_t i = 0; i < rows; i++) {                                             \
        vector left = (vector)(ELEMENT);                                                                              \
        _Pragma("clang loop unroll(full)") for (size_t v = 0; v < vectors; v++) {                                      \
            sum[i][v] = __builtin_elementwise_fma(left, right[v], sum[i][v]);                                          \
        }                                                                                                              \
    }                                                                                                                  \
    b += step;

// scale and shift, then the slope of negative values; NaN is not negative.
INLINE vector finish(vector value, int scales, vector scale, int shifts, vector shift, float slope) {
    if (scales) {
        value = __builtin_elementwise_fma(value, scale, shift);
    } else if (shifts) {
        value = value + shift;
    }
    if (slope != 1) {
        mask negative = value < zero();
        value = (vector)((negative & (mask)(value * slope)) | (~negative & (mask)value));
    }
    return value;
}

INLINE size_t lanes_of(const struct tile *tile, size_t v, size_t vectors) {
    return v + 1 == vectors ? tile->last_lanes : LANES;
}

// C's tile from A's rows in place: the index into a row is the same for all rows, only the segment moves it.
INLINE void compute(const struct tile *tile, const size_t vectors, const size_t rows) {
    const size_t step = (vectors < PANEL_VECTORS ? vectors : PANEL_VECTORS) * LANES;
    const size_t panel_stride = tile->panel_stride;
    const float *a[LARGEST_ROWS];
    vector sum[LARGEST_ROWS][LARGEST_VECTORS];
    _Pragma("clang loop unroll(full)") for (size_t i = 0; i < rows; i++) {
        a[i] = tile->a + tile->a_rows[i];
        _Pragma("clang loop unroll(full)") for (size_t v = 0; v < vectors; v++) { sum[i][v] = zero(); }
    }
    if (tile->reads_c) {
        _Pragma("clang loop unroll(full)") for (size_t i = 0; i < rows; i++) {
            const float *c = tile->c + tile->c_rows[i];
            _Pragma("clang loop unroll(full)") for (size_t v = 0; v < vectors; v++) {
                sum[i][v] = load_lanes(c + v * LANES, lanes_of(tile, v, vectors));
            }
        }
    }
    const float *b = tile->b;
    const int64_t *segment = tile->segments;
    size_t begin = tile->segment_begin;
    for (size_t left = tile->depth; left > 0;) {
        const size_t piece = left < tile->segment_depth - begin ? left : tile->segment_depth - begin;
        ptrdiff_t d = *segment++ + (ptrdiff_t)begin;
        const ptrdiff_t end = d + (ptrdiff_t)piece;
        begin = 0;
        left -= piece;
        do {
            STEP(a[i][d])
        } while (++d < end);
    }
    if (tile->finishes) {
        _Pragma("clang loop unroll(full)") for (size_t v = 0; v < vectors; v++) {
            const size_t lanes = lanes_of(tile, v, vectors);
            const vector scale = tile->scale ? load_lanes(tile->scale + v * LANES, lanes) : zero();
            const vector shift = tile->shift ? load_lanes(tile->shift + v * LANES, lanes) : zero();
            _Pragma("clang loop unroll(full)") for (size_t i = 0; i < rows; i++) {
                sum[i][v] = finish(sum[i][v], tile->scale != NULL, scale, tile->shift != NULL, shift, tile->slope);
            }
        }
    }
    _Pragma("clang loop unroll(full)") for (size_t i = 0; i < rows; i++) {
        float *c = tile->c + tile->c_rows[i];
        _Pragma("clang loop unroll(full)") for (size_t v = 0; v < vectors; v++) {
            store_lanes(c + v * LANES, sum[i][v], lanes_of(tile, v, vectors));
        }
    }
}

// C's tile from a packed tile of A^T, `rows` floats a step of the depth; the sum begins at zero and is then added to C.
INLINE void compute_transposed(const struct tile *tile, const size_t vectors, const size_t rows) {
    const size_t step = vectors * LANES;
    const size_t panel_stride = tile->panel_stride;
    const float *a = tile->a;
    const float *b = tile->b;
    vector sum[LARGEST_ROWS][LARGEST_VECTORS];
    _Pragma("clang loop unroll(full)") for (size_t i = 0; i < rows; i++) {
        _Pragma("clang loop unroll(full)") for (size_t v = 0; v < vectors; v++) { sum[i][v] = zero(); }
    }
    for (size_t left = tile->depth; left > 0; left--) {
        STEP(a[i])
        a += rows;
    }
    _Pragma("clang loop unroll(full)") for (size_t i = 0; i < rows; i++) {
        float *c = tile->c + (ptrdiff_t)i * tile->c_stride;
        _Pragma("clang loop unroll(full)") for (size_t v = 0; v < vectors; v++) {
            const size_t lanes = lanes_of(tile, v, vectors);
            const vector before = tile->reads_c ? load_lanes(c + v * LANES, lanes) : zero();
            store_lanes(c + v * LANES, tile->reads_c ? before + sum[i][v] : sum[i][v], lanes);
        }
    }
}

typedef void (*tile_function)(const struct tile *);

#define DEFINE(v, r)                                                                                                   \
    static void tile_##v##_##r(const struct tile *tile) { compute(tile, v, r); }                                       \
    static void transposed_tile_##v##_##r(const struct tile *tile) { compute_transposed(tile, v, r); }
TILES(DEFINE)

#define ENTRY(v, r) [v][r] = tile_##v##_##r,
static const tile_function tiles[LARGEST_VECTORS + 1][LARGEST_ROWS + 1] = {TILES(ENTRY)};
#define TRANSPOSED_ENTRY(v, r) [v][r] = transposed_tile_##v##_##r,
static const tile_function transposed_tiles[LARGEST_VECTORS + 1][LARGEST_ROWS + 1] = {TILES(TRANSPOSED_ENTRY)};

// Vectors of the panel, or the rest of a panel, that holds the next `columns`.
static size_t vectors_for(size_t columns) {
    return columns >= PANEL ? PANEL_VECTORS : (columns + LANES - 1) / LANES;
}

static size_t smaller(size_t x, size_t y) { return x < y ? x : y; }

static size_t packed_count(size_t depth, size_t columns) { return (columns + LANES - 1) / LANES * LANES * depth; }

// Panel after panel, each with its whole depth; the last is as many vectors wide as it needs.
static void pack(size_t depth, size_t columns, size_t depth_begin, size_t depth_end, const float *source,
                 ptrdiff_t depth_stride, ptrdiff_t column_stride, float *packed) {
    for (size_t n = 0; n < columns; n += PANEL) {
        const size_t width = vectors_for(columns - n) * LANES;
        const size_t count = smaller(columns - n, width);
        // Few steps of the depth at a time, so that the panel's lines stay in the cache whichever stride is 1.
        for (size_t first = depth_begin; first < depth_end; first += 16) {
            const size_t last = smaller(first + 16, depth_end);
            float *target = packed + n * depth + first * width;
            const float *from = source + (ptrdiff_t)(first - depth_begin) * depth_stride + (ptrdiff_t)n * column_stride;
            if (column_stride == 1) {
                for (size_t d = first; d < last; d++, target += width, from += depth_stride) {
                    for (size_t i = 0; i < count; i++) { target[i] = from[i]; }
                    for (size_t i = count; i < width; i++) { target[i] = 0; }
                }
            } else {
                for (size_t i = 0; i < count; i++) {
                    for (size_t d = 0; d < last - first; d++) {
                        target[d * width + i] = from[(ptrdiff_t)d * depth_stride + (ptrdiff_t)i * column_stride];
                    }
                }
                for (size_t i = count; i < width; i++) {
                    for (size_t d = 0; d < last - first; d++) { target[d * width + i] = 0; }
                }
            }
        }
    }
}

// The first row of tile `index` when `rows` are dealt out evenly: no tile is much smaller than the others.
static size_t tile_begin(size_t rows, size_t tile_count, size_t index) { return rows * index / tile_count; }

static void multiply(const cmk_product *product) {
    const size_t depth = product->segments * product->segment_depth;
    const size_t at_once = PANELS_AT_ONCE(product->rows);
    const size_t depth_block = product->rows <= TILE_ROWS(PANEL_VECTORS) ? 4 * DEPTH_BLOCK : DEPTH_BLOCK;
    const cmk_epilogue *epilogue = product->epilogue;
    struct tile tile = {.a = product->a, .segment_depth = product->segment_depth, .panel_stride = depth * PANEL};
    for (size_t m = 0; m < product->rows; m += ROW_BLOCK) {
        const size_t rows = smaller(product->rows - m, ROW_BLOCK);
        size_t d = 0;
        // Once even for no depth at all: the output is still written.
        do {
            tile.depth = smaller(depth - d, depth_block);
            tile.segments = product->segment_depth ? product->a_segments + d / product->segment_depth : NULL;
            tile.segment_begin = product->segment_depth ? d % product->segment_depth : 0;
            tile.reads_c = d > 0 || product->accumulate;
            tile.finishes = epilogue != NULL && d + tile.depth == depth;
            for (size_t n = 0; n < product->columns;) {
                const size_t columns = product->columns - n;
                const size_t panels = columns >= at_once * PANEL ? at_once : 1;
                const size_t vectors = panels > 1 ? panels * PANEL_VECTORS : vectors_for(columns);
                const size_t width = vectors_for(columns) * LANES;
                tile.b = product->packed + n * depth + d * width;
                tile.c = product->c + n;
                tile.last_lanes = LANES - (vectors * LANES - smaller(columns, vectors * LANES));
                if (tile.finishes) {
                    tile.scale = epilogue->scale ? epilogue->scale + n : NULL;
                    tile.shift = epilogue->shift ? epilogue->shift + n : NULL;
                    tile.slope = epilogue->slope;
                }
                const size_t tile_count = (rows + TILE_ROWS(vectors) - 1) / TILE_ROWS(vectors);
                for (size_t t = 0; t < tile_count; t++) {
                    const size_t first = tile_begin(rows, tile_count, t);
                    tile.a_rows = product->a_rows + m + first;
                    tile.c_rows = product->c_rows + m + first;
                    tiles[vectors][tile_begin(rows, tile_count, t + 1) - first](&tile);
                }
                n += vectors * LANES;
            }
            d += tile.depth;
        } while (d < depth);
    }
}

static size_t transposed_workspace_count(size_t rows) {
    return smaller(rows, TRANSPOSED_ROW_BLOCK) * CMK_TRANSPOSED_BLOCK;
}

// Packs one tile of A^T: `rows` floats from each of `depth` rows of A.
static void pack_transposed(size_t depth, const float *a, const int64_t *a_rows, size_t rows, float *target) {
    for (size_t p = 0; p < depth; p++, target += rows) {
        const float *from = a + a_rows[p];
        for (size_t i = 0; i < rows; i++) { target[i] = from[i]; }
    }
}

static void multiply_transposed(const cmk_transposed_product *product) {
    const size_t depth = product->depth;
    struct tile tile = {.panel_stride = depth * PANEL, .c_stride = product->c_stride};
    for (size_t m = 0; m < product->rows; m += TRANSPOSED_ROW_BLOCK) {
        const size_t rows = smaller(product->rows - m, TRANSPOSED_ROW_BLOCK);
        const size_t tile_rows = TILE_ROWS(PANEL_VECTORS);
        const size_t tile_count = (rows + tile_rows - 1) / tile_rows;
        size_t p = 0;
        do {
            tile.depth = smaller(depth - p, CMK_TRANSPOSED_BLOCK);
            tile.reads_c = p > 0 || product->accumulate;
            for (size_t t = 0; t < tile_count; t++) {
                const size_t first = tile_begin(rows, tile_count, t);
                pack_transposed(tile.depth, product->a + m + first, product->a_rows + p,
                                tile_begin(rows, tile_count, t + 1) - first, product->workspace + first * tile.depth);
            }
            for (size_t n = 0; n < product->columns; n += PANEL) {
                const size_t columns = product->columns - n;
                const size_t vectors = vectors_for(columns);
                tile.b = product->packed + n * depth + p * vectors * LANES;
                tile.last_lanes = LANES - (vectors * LANES - smaller(columns, vectors * LANES));
                for (size_t t = 0; t < tile_count; t++) {
                    const size_t first = tile_begin(rows, tile_count, t);
                    tile.a = product->workspace + first * tile.depth;
                    tile.c = product->c + (ptrdiff_t)(m + first) * product->c_stride + n;
                    transposed_tiles[vectors][tile_begin(rows, tile_count, t + 1) - first](&tile);
                }
            }
            p += tile.depth;
        } while (p < depth);
    }
}

const struct cmk_set SET = {
    .packed_count = packed_count,
    .pack = pack,
    .multiply = multiply,
    .transposed_workspace_count = transposed_workspace_count,
    .multiply_transposed = multiply_transposed,
};
