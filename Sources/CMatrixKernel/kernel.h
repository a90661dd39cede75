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
    // Depth of a block of packed B, the same for every product: the layout depends on it.
    DEPTH_BLOCK = 512,
    // Rows of A whose block of the depth stays in the second-level cache while the panels pass by.
    ROW_BLOCK = 240,
    // Packed B is read once in ascending order, too fast for the hardware's own prefetching: floats to look ahead.
    LOOK_AHEAD = 2048,
    LINE = 16,  // floats in a cache line
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

// What one register tile needs to know. The pointers into B, C, scale and shift are at the tile's first column.
struct tile {
    size_t depth;              // of the block
    const float *a;
    const int64_t *a_rows;     // forward: one offset a row of the tile; transposed: one a step of the depth
    const float *b;
    size_t panel_stride;       // floats to the next panel
    float *c;
    int reads_c;               // the chain goes on from C (forward), or is added to it (transposed)
    size_t last_lanes;         // valid columns of the last vector
    // Forward:
    const int64_t *segments;   // the block's first segment
    size_t segment_begin;      // where in that segment the block begins
    size_t segment_depth;
    const int64_t *c_rows;
    int finishes;              // the depth ends here: the epilogue is due
    const float *scale;        // or NULL
    const float *shift;        // or NULL
    float slope;
    // Transposed:
    ptrdiff_t c_stride;
    const float *next_a;       // a line to fetch from each of the rows that come next
    const int64_t *next_rows;  // or NULL: nothing to fetch
};

// One step of the depth: b's vectors times one element of each row. Vector v belongs to panel v / PANEL_VECTORS.
#define STEP(ELEMENT)                                                                                                  \
    vector right[LARGEST_VECTORS];                                                                                     \
    _Pragma("clang loop unroll(full)") for (size_t n = 0; n < vectors * LANES; n += LINE) {                            \
        __builtin_prefetch(b + LOOK_AHEAD + (n / PANEL) * panel_stride + n % PANEL);                                   \
    }                                                                                                                  \
    _Pragma("clang loop unroll(full)") for (size_t v = 0; v < vectors; v++) {                                          \
        right[v] = load(b + (v / PANEL_VECTORS) * panel_stride + (v % PANEL_VECTORS) * LANES);                         \
    }                                                                                                                  \
    _Pragma("clang loop unroll(full)") for (size_t i = 0; i < rows; i++) {                                             \
        vector left = (vector)(ELEMENT);                                                                               \
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

// C's tile from A's columns in place, each step of the depth in a row of its own: the row is touched in one or two lines,
// in the second-level cache but for the first tile. The sum begins at zero and is then added to C.
INLINE void compute_transposed(const struct tile *tile, const size_t vectors, const size_t rows) {
    const size_t step = vectors * LANES;
    const size_t panel_stride = tile->panel_stride;
    const float *a = tile->a;
    const float *b = tile->b;
    vector sum[LARGEST_ROWS][LARGEST_VECTORS];
    _Pragma("clang loop unroll(full)") for (size_t i = 0; i < rows; i++) {
        _Pragma("clang loop unroll(full)") for (size_t v = 0; v < vectors; v++) { sum[i][v] = zero(); }
    }
    const int64_t *row = tile->a_rows;
    const int64_t *const end = row + tile->depth;
    if (tile->next_rows != NULL) {
        for (const int64_t *next = tile->next_rows; row < end; row++, next++) {
            __builtin_prefetch(tile->next_a + *next, 0, 2);
            STEP(a[*row + (ptrdiff_t)i])
        }
    } else {
        for (; row < end; row++) {
            STEP(a[*row + (ptrdiff_t)i])
        }
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

// Block after block of the depth, in each panel after panel, in each step after step: the order in which a product reads.
// The last panel is as many vectors wide as it needs.
static void pack(size_t depth, size_t columns, size_t depth_begin, size_t depth_end, const float *source,
                 ptrdiff_t depth_stride, ptrdiff_t column_stride, float *packed) {
    const size_t padded_columns = packed_count(1, columns);
    for (size_t first = depth_begin; first < depth_end;) {
        const size_t block = first / DEPTH_BLOCK * DEPTH_BLOCK;
        const size_t block_depth = smaller(depth - block, DEPTH_BLOCK);
        // Few steps at a time, so that the panel's lines stay in the cache whichever stride is 1.
        const size_t steps = smaller(smaller(block + block_depth, depth_end) - first, 16);
        for (size_t n = 0; n < columns; n += PANEL) {
            const size_t width = vectors_for(columns - n) * LANES;
            const size_t count = smaller(columns - n, width);
            float *target = packed + block * padded_columns + n * block_depth + (first - block) * width;
            const float *from = source + (ptrdiff_t)(first - depth_begin) * depth_stride + (ptrdiff_t)n * column_stride;
            if (column_stride == 1) {
                for (size_t d = 0; d < steps; d++, target += width, from += depth_stride) {
                    for (size_t i = 0; i < count; i++) { target[i] = from[i]; }
                    for (size_t i = count; i < width; i++) { target[i] = 0; }
                }
            } else {
                for (size_t i = 0; i < count; i++) {
                    for (size_t d = 0; d < steps; d++) {
                        target[d * width + i] = from[(ptrdiff_t)d * depth_stride + (ptrdiff_t)i * column_stride];
                    }
                }
                for (size_t i = count; i < width; i++) {
                    for (size_t d = 0; d < steps; d++) { target[d * width + i] = 0; }
                }
            }
        }
        first += steps;
    }
}

// Where part `index` begins when `count` things are dealt out evenly: no part is much smaller than the others.
static size_t part_begin(size_t count, size_t parts, size_t index) { return count * index / parts; }

// Into how many parts of about `size` things `count` is dealt.
static size_t parts_of(size_t count, size_t size) { return count <= size ? 1 : (count + size / 2) / size; }

static void multiply(const cmk_product *product) {
    const size_t depth = product->segments * product->segment_depth;
    const size_t at_once = PANELS_AT_ONCE(product->rows);
    const size_t padded_columns = packed_count(1, product->columns);
    const cmk_epilogue *epilogue = product->epilogue;
    struct tile tile = {.a = product->a, .segment_depth = product->segment_depth};
    const size_t row_blocks = parts_of(product->rows, ROW_BLOCK);
    for (size_t block = 0; block < row_blocks; block++) {
        const size_t m = part_begin(product->rows, row_blocks, block);
        const size_t rows = part_begin(product->rows, row_blocks, block + 1) - m;
        size_t d = 0;
        // Once even for no depth at all: the output is still written.
        do {
            tile.depth = smaller(depth - d, DEPTH_BLOCK);
            tile.panel_stride = tile.depth * PANEL;
            tile.segments = product->segment_depth ? product->a_segments + d / product->segment_depth : NULL;
            tile.segment_begin = product->segment_depth ? d % product->segment_depth : 0;
            tile.reads_c = d > 0 || product->accumulate;
            tile.finishes = epilogue != NULL && d + tile.depth == depth;
            for (size_t n = 0; n < product->columns;) {
                const size_t columns = product->columns - n;
                const size_t panels = columns >= at_once * PANEL ? at_once : 1;
                const size_t vectors = panels > 1 ? panels * PANEL_VECTORS : vectors_for(columns);
                tile.b = product->packed + d * padded_columns + n * tile.depth;
                tile.c = product->c + n;
                tile.last_lanes = LANES - (vectors * LANES - smaller(columns, vectors * LANES));
                if (tile.finishes) {
                    tile.scale = epilogue->scale ? epilogue->scale + n : NULL;
                    tile.shift = epilogue->shift ? epilogue->shift + n : NULL;
                    tile.slope = epilogue->slope;
                }
                const size_t tile_count = (rows + TILE_ROWS(vectors) - 1) / TILE_ROWS(vectors);
                for (size_t t = 0; t < tile_count; t++) {
                    const size_t first = part_begin(rows, tile_count, t);
                    tile.a_rows = product->a_rows + m + first;
                    tile.c_rows = product->c_rows + m + first;
                    tiles[vectors][part_begin(rows, tile_count, t + 1) - first](&tile);
                }
                n += vectors * LANES;
            }
            d += tile.depth;
        } while (d < depth);
    }
}

// A is read in place: packing it was slower by a tenth at 128 columns.
static size_t transposed_workspace_count(size_t rows) {
    (void)rows;
    return 0;
}

static void multiply_transposed(const cmk_transposed_product *product) {
    const size_t depth = product->depth;
    const size_t padded_columns = packed_count(1, product->columns);
    const size_t row_blocks = parts_of(product->rows, ROW_BLOCK);
    struct tile tile = {.c_stride = product->c_stride};
    for (size_t block = 0; block < row_blocks; block++) {
        const size_t m = part_begin(product->rows, row_blocks, block);
        const size_t rows = part_begin(product->rows, row_blocks, block + 1) - m;
        // A row of the block may begin and end within a line.
        const size_t lines = rows / LINE + 2;
        size_t p = 0;
        // Once even for no depth at all: the output is still written.
        do {
            const size_t packed_begin = p / DEPTH_BLOCK * DEPTH_BLOCK;
            const size_t packed_depth = smaller(depth - packed_begin, DEPTH_BLOCK);
            tile.depth = smaller(depth - p, CMK_TRANSPOSED_BLOCK);
            tile.panel_stride = packed_depth * PANEL;
            tile.a_rows = product->a_rows + p;
            tile.reads_c = p > 0 || product->accumulate;
            // The first tiles each fetch one line of all the next block's rows.
            const int has_next = depth - p >= 2 * tile.depth;
            size_t line = 0;
            for (size_t n = 0; n < product->columns; n += PANEL) {
                const size_t columns = product->columns - n;
                const size_t vectors = vectors_for(columns);
                const size_t tile_count = (rows + TILE_ROWS(vectors) - 1) / TILE_ROWS(vectors);
                tile.b = product->packed + packed_begin * padded_columns + n * packed_depth +
                         (p - packed_begin) * vectors * LANES;
                tile.last_lanes = LANES - (vectors * LANES - smaller(columns, vectors * LANES));
                for (size_t t = 0; t < tile_count; t++, line++) {
                    const size_t first = part_begin(rows, tile_count, t);
                    tile.a = product->a + m + first;
                    tile.c = product->c + (ptrdiff_t)(m + first) * product->c_stride + n;
                    tile.next_a = product->a + m + line * LINE;
                    tile.next_rows = has_next && line < lines ? tile.a_rows + tile.depth : NULL;
                    transposed_tiles[vectors][part_begin(rows, tile_count, t + 1) - first](&tile);
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
