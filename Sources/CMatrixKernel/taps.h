// Factors of Winograd's form from 2 x 2 taps: packed beforehand for many rows, formed in registers for few. Part of
// kernel.h.
//
// A product of few rows takes as long as its right-hand side takes from memory, and there are 9 or 25 factors to four
// taps.

enum {
    TAPS = 4,
    // Steps of the depth whose taps stay in the first-level cache while the rows of points pass over them.
    TAPS_BLOCK = 64,
    // Floats of one step's taps of a vector of columns.
    TAPS_STEP = TAPS * LANES,
};

// What a point takes of two taps.
static const float point_weights[2][LARGEST_POINTS][2] = {
    {{1, 0}, {1, 1}, {0, 1}},
    {{2, 0}, {1, 1}, {-1.0f / 3, 1.0f / 3}, {-8.0f / 3, -4.0f / 3}, {0, 1}},
};

// The first tap's and the second's part of a point, in one order on every processor; of floats and of vectors.
#define POINT_OF_TAPS(TYPE, weights, first, second)                                                                    \
    ((weights)[1] == 0   ? (first) * (TYPE)(weights)[0]                                                                \
     : (weights)[0] == 0 ? (second) * (TYPE)(weights)[1]                                                               \
                         : __builtin_elementwise_fma((first), (TYPE)(weights)[0], (second) * (TYPE)(weights)[1]))

// Steps of the depth whose taps wait in the first-level cache, laid out as a panel is.
enum { FACTOR_STEPS = 16 };

// Some steps' taps of a panel of columns; what the panel has beside its columns is zero.
static void gather_taps(const cmk_factors *f, const float *source, size_t steps, size_t count, size_t width,
                        float gathered[TAPS][FACTOR_STEPS][PANEL]) {
    for (size_t t = 0; t < TAPS; t++) {
        const float *from = source + f->taps[t];
        if (f->column_stride == 1) {
            for (size_t s = 0; s < steps; s++, from += f->depth_stride) {
                for (size_t i = 0; i < count; i++) { gathered[t][s][i] = from[i]; }
            }
        } else {
            for (size_t i = 0; i < count; i++, from += f->column_stride) {
                for (size_t s = 0; s < steps; s++) { gathered[t][s][i] = from[(ptrdiff_t)s * f->depth_stride]; }
            }
        }
        for (size_t s = 0; s < steps; s++) {
            for (size_t i = count; i < width; i++) { gathered[t][s][i] = 0; }
        }
    }
}

// The factors of all points from taps that are read once, each point's laid out as `pack` does.
INLINE void form_factors(const size_t outputs, const cmk_factors *f) {
    const size_t points = outputs + 1;
    const float(*weights)[2] = point_weights[outputs == 4];
    const size_t padded_columns = packed_count(1, f->columns);
    float gathered[TAPS][FACTOR_STEPS][PANEL] __attribute__((aligned(64)));
    for (size_t first = f->depth_begin; first < f->depth_end;) {
        const size_t block = first / DEPTH_BLOCK * DEPTH_BLOCK;
        const size_t block_depth = smaller(f->depth - block, DEPTH_BLOCK);
        const size_t steps = smaller(smaller(block + block_depth, f->depth_end) - first, FACTOR_STEPS);
        const float *source = f->source + (ptrdiff_t)(first - f->depth_begin) * f->depth_stride;
        for (size_t n = 0; n < f->columns; n += PANEL) {
            const size_t width = vectors_for(f->columns - n) * LANES;
            gather_taps(f, source + (ptrdiff_t)n * f->column_stride, steps, smaller(f->columns - n, width), width,
                        gathered);
            float *target = f->packed + block * padded_columns + n * block_depth + (first - block) * width;
            for (size_t s = 0; s < steps; s++, target += width) {
                for (size_t l = 0; l < width; l += LANES) {
                    const vector a = load(gathered[0][s] + l), b = load(gathered[1][s] + l);
                    const vector c = load(gathered[2][s] + l), d = load(gathered[3][s] + l);
                    UNROLLED for (size_t i = 0; i < points; i++) {
                        const vector left = POINT_OF_TAPS(vector, weights[i], a, c);
                        const vector right = POINT_OF_TAPS(vector, weights[i], b, d);
                        UNROLLED for (size_t j = 0; j < points; j++) {
                            store_past(target + (i * points + j) * f->packed_plane + l,
                                       POINT_OF_TAPS(vector, weights[j], left, right));
                        }
                    }
                }
            }
        }
        first += steps;
    }
    end_stores_past();
}

static void pack_factors(const cmk_factors *f) {
    if (f->outputs == 2) {
        form_factors(2, f);
    } else {
        form_factors(4, f);
    }
}

static size_t taps_count(size_t depth, size_t columns) { return packed_count(depth, columns) * TAPS; }

// Vector after vector of the columns, in each step after step, in each tap after tap: a product reads once, in ascending
// order.
static void pack_taps(const cmk_taps *p) {
    for (size_t n = 0; n < p->columns; n += LANES) {
        const size_t count = smaller(p->columns - n, LANES);
        for (size_t t = 0; t < TAPS; t++) {
            const float *from = p->source + p->taps[t] + (ptrdiff_t)n * p->column_stride;
            float *target = p->packed + n * p->depth * TAPS + p->depth_begin * TAPS_STEP + t * LANES;
            for (size_t d = p->depth_begin; d < p->depth_end; d++, from += p->depth_stride, target += TAPS_STEP) {
                for (size_t i = 0; i < count; i++) { target[i] = from[(ptrdiff_t)i * p->column_stride]; }
                for (size_t i = count; i < LANES; i++) { target[i] = 0; }
            }
        }
    }
}

// A vector of columns of a row of points, for some steps of the depth.
struct tap_tile {
    const float *taps;
    size_t steps;
    const float *v;
    ptrdiff_t v_plane;
    ptrdiff_t v_tile;
    float *q;
    ptrdiff_t q_plane;
    ptrdiff_t q_tile;
    int reads_q;        // the chain goes on from q
    size_t lanes;       // valid columns
    const float *next;  // lines to fetch, as many a step as the rows of points leave
    size_t next_lines;
};

// The chains are those of `compute`: one fused multiply-add an element and step, in ascending order of the depth.
INLINE void compute_taps(const struct tap_tile *tile, const size_t outputs, const size_t row, const size_t rows) {
    enum { LINES_A_STEP = (TAPS_STEP + LINE - 1) / LINE };
    const size_t points = outputs + 1;
    const size_t fetches = (LINES_A_STEP + points - 1) / points;
    const float(*weights)[2] = point_weights[outputs == 4];
    const size_t lanes = tile->lanes;
    vector sum[LARGEST_POINTS][TAP_ROWS];
    const float *v[LARGEST_POINTS];
    UNROLLED for (size_t j = 0; j < points; j++) {
        v[j] = tile->v + (ptrdiff_t)j * tile->v_plane;
        UNROLLED for (size_t i = 0; i < rows; i++) {
            const float *q = tile->q + (ptrdiff_t)j * tile->q_plane + (ptrdiff_t)i * tile->q_tile;
            sum[j][i] = tile->reads_q ? load_lanes(q, lanes) : zero();
        }
    }
    const ptrdiff_t v_tile = tile->v_tile;
    const float *taps = tile->taps;
    const float *next = tile->next;
    const float *const next_end = next + tile->next_lines * LINE;
    const ptrdiff_t steps = (ptrdiff_t)tile->steps;
    for (ptrdiff_t d = 0; d < steps; d++, taps += TAPS_STEP) {
        if (next < next_end) {
            UNROLLED for (size_t i = 0; i < fetches; i++, next += LINE) { __builtin_prefetch(next); }
        }
        const vector left = POINT_OF_TAPS(vector, weights[row], load(taps), load(taps + 2 * LANES));
        const vector right = POINT_OF_TAPS(vector, weights[row], load(taps + LANES), load(taps + 3 * LANES));
        UNROLLED for (size_t j = 0; j < points; j++) {
            const vector factor = POINT_OF_TAPS(vector, weights[j], left, right);
            UNROLLED for (size_t i = 0; i < rows; i++) {
                sum[j][i] = FMA(v[j][d + (ptrdiff_t)i * v_tile], factor, sum[j][i]);
            }
        }
    }
    UNROLLED for (size_t j = 0; j < points; j++) {
        UNROLLED for (size_t i = 0; i < rows; i++) {
            store_lanes(tile->q + (ptrdiff_t)j * tile->q_plane + (ptrdiff_t)i * tile->q_tile, sum[j][i], lanes);
        }
    }
}

typedef void (*tap_function)(const struct tap_tile *);

#define EACH_TAP_ROW(X, rows)                                                                                          \
    X(2, 0, rows) X(2, 1, rows) X(2, 2, rows)                                                                          \
    X(4, 0, rows) X(4, 1, rows) X(4, 2, rows) X(4, 3, rows) X(4, 4, rows)
#define DEFINE_TAPS(m, row, rows)                                                                                      \
    static void taps_##m##_##row##_##rows(const struct tap_tile *tile) { compute_taps(tile, m, row, rows); }
#define TAPS_ENTRY(m, row, rows) [m == 4][row][rows] = taps_##m##_##row##_##rows,
#define DEFINE_TAP_ROWS(rows) EACH_TAP_ROW(DEFINE_TAPS, rows)
#define TAP_ROWS_ENTRIES(rows) EACH_TAP_ROW(TAPS_ENTRY, rows)
TAP_TILES(DEFINE_TAP_ROWS)
static const tap_function tap_tiles[2][LARGEST_POINTS][TAP_ROWS + 1] = {TAP_TILES(TAP_ROWS_ENTRIES)};

static void multiply_taps(const cmk_tap_product *product) {
    const size_t points = product->outputs + 1;
    const size_t vector_taps = product->depth * TAPS_STEP;
    const size_t tile_count = (product->rows + TAP_ROWS - 1) / TAP_ROWS;
    for (size_t n = product->first_column; n < product->end_column; n += LANES) {
        size_t d = 0;
        // Once even for no depth at all: the output is still written.
        do {
            const size_t steps = smaller(product->depth - d, TAPS_BLOCK);
            const float *taps = product->taps + n / LANES * vector_taps + d * TAPS_STEP;
            const int is_last = d + steps == product->depth;
            // What follows in memory: of these columns, or the first of the next.
            const size_t next_steps = !is_last ? smaller(product->depth - d - steps, TAPS_BLOCK)
                                      : n + LANES < product->end_column ? smaller(product->depth, TAPS_BLOCK)
                                                                     : 0;
            const size_t next_lines = next_steps * TAPS_STEP / LINE;
            for (size_t row = 0; row < points; row++) {
                for (size_t t = 0; t < tile_count; t++) {
                    const size_t first = part_begin(product->rows, tile_count, t);
                    const size_t rows = part_begin(product->rows, tile_count, t + 1) - first;
                    const size_t begin = part_begin(next_lines, points, row);
                    const struct tap_tile tile = {
                        .taps = taps,
                        .steps = steps,
                        .v = product->v + (ptrdiff_t)(row * points) * product->v_plane +
                             (ptrdiff_t)first * product->v_tile + (ptrdiff_t)d,
                        .v_plane = product->v_plane,
                        .v_tile = product->v_tile,
                        .q = product->q + (ptrdiff_t)(row * points) * product->q_plane +
                             (ptrdiff_t)first * product->q_tile + (ptrdiff_t)n,
                        .q_plane = product->q_plane,
                        .q_tile = product->q_tile,
                        .reads_q = d > 0,
                        .lanes = smaller(product->columns - n, LANES),
                        .next = taps + steps * TAPS_STEP + begin * LINE,
                        .next_lines = t == 0 ? part_begin(next_lines, points, row + 1) - begin : 0,
                    };
                    tap_tiles[product->outputs == 4][row][rows](&tile);
                }
            }
            d += steps;
        } while (d < product->depth);
    }
}
