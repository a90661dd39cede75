// The register tiles: all arithmetic is here. Part of kernel.h.

typedef float vector __attribute__((ext_vector_type(LANES)));
typedef int32_t mask __attribute__((ext_vector_type(LANES)));
typedef float memory_vector __attribute__((ext_vector_type(LANES), aligned(4), may_alias));

#define INLINE static inline __attribute__((always_inline))
#define UNROLLED _Pragma("clang loop unroll(full)")

INLINE vector load(const float *source) { return *(const memory_vector *)source; }
INLINE void store(float *target, vector value) { *(memory_vector *)target = value; }
INLINE vector zero(void) { return (vector)0.0f; }

// Past the caches, for what is more than they hold: the old line is not read first. `target` is on a vector's boundary.
INLINE void store_past(float *target, vector value) { __builtin_nontemporal_store(value, (vector *)target); }

// Such stores are not ordered with others by themselves.
INLINE void end_stores_past(void) {
#if defined(__x86_64__)
    __builtin_ia32_sfence();
#else
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

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
    const float *next_a;       // where a line is to be fetched from each of the rows that come next
    const int64_t *next_rows;
    size_t next_count;         // of those rows; transposed: 0 or `depth`
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
    const int64_t *next = tile->next_rows;
    const int64_t *const next_end = next + tile->next_count;
    const int64_t *segment = tile->segments;
    size_t begin = tile->segment_begin;
    for (size_t left = tile->depth; left > 0;) {
        const size_t piece = left < tile->segment_depth - begin ? left : tile->segment_depth - begin;
        ptrdiff_t d = *segment++ + (ptrdiff_t)begin;
        const ptrdiff_t end = d + (ptrdiff_t)piece;
        begin = 0;
        left -= piece;
        if (next < next_end) {
            const ptrdiff_t fetching_end = d + (next_end - next) < end ? d + (next_end - next) : end;
            do {
                __builtin_prefetch(tile->next_a + *next++, 0, 2);
                STEP(a[i][d])
            } while (++d < fetching_end);
            if (d == end) { continue; }
        }
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
    if (tile->next_count > 0) {
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
