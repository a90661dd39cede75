// Winograd's transforms of square tiles for two taps a side. Part of kernel.h.
//
// y[i] = g0 d[i] + g1 d[i + 1] for i < m, with m + 1 products instead of 2 m, at the points 0, 1, infinity (m = 2) and
// 0, 1, -1, 1/2, infinity (m = 4); in two dimensions rows after columns. Sums and products are written out as fused
// operations, so that every instruction set gives the same bits.

enum { LARGEST_POINTS = 5 };

#define FMA(a, b, c) __builtin_elementwise_fma((vector)(a), b, c)

// m + 1 inputs, `step` vectors apart, to as many factors. Factors may not overlap inputs.
INLINE void points_of_inputs(const size_t outputs, const vector *d, const size_t step, vector *v) {
    if (outputs == 2) {
        v[0] = d[0] - d[step];
        v[step] = d[step];
        v[2 * step] = d[2 * step] - d[step];
    } else {
        const vector third = d[3 * step] - d[step];
        v[0] = FMA(-0.5f, d[2 * step] - d[0], third);
        v[step] = FMA(0.5f, d[2 * step] - d[step], d[3 * step]);
        v[2 * step] = FMA(0.5f, d[step], FMA(-1.5f, d[2 * step], d[3 * step]));
        v[3 * step] = third;
        v[4 * step] = FMA(-0.5f, third, d[4 * step] - d[2 * step]);
    }
}

// m + 1 products to m outputs.
INLINE void outputs_of_points(const size_t outputs, const vector *q, const size_t step, vector *y) {
    if (outputs == 2) {
        y[0] = q[0] + q[step];
        y[step] = q[step] + q[2 * step];
    } else {
        const vector sum = q[step] + q[2 * step];
        const vector difference = q[step] - q[2 * step];
        y[0] = q[0] + sum + q[3 * step];
        y[step] = FMA(0.5f, q[3 * step], difference);
        y[2 * step] = FMA(0.25f, q[3 * step], sum);
        y[3 * step] = FMA(0.125f, q[3 * step], difference) + q[4 * step];
    }
}

// The transpose of `outputs_of_points`: gradients of m outputs to those of m + 1 products.
INLINE void points_of_gradients(const size_t outputs, const vector *y, const size_t step, vector *q) {
    if (outputs == 2) {
        q[0] = y[0];
        q[step] = y[0] + y[step];
        q[2 * step] = y[step];
    } else {
        const vector even = y[0] + y[2 * step];
        const vector odd = y[step] + y[3 * step];
        q[0] = y[0];
        q[step] = even + odd;
        q[2 * step] = even - odd;
        q[3 * step] = FMA(0.125f, y[3 * step], FMA(0.25f, y[2 * step], FMA(0.5f, y[step], y[0])));
        q[4 * step] = y[3 * step];
    }
}

// The transpose of the weights' transform: gradients of m + 1 factors to those of two taps.
INLINE void taps_of_points(const size_t outputs, const vector *u, const size_t step, vector *g, const size_t g_step) {
    if (outputs == 2) {
        g[0] = u[0] + u[step];
        g[g_step] = u[step] + u[2 * step];
    } else {
        const vector difference = FMA(8.0f, u[step * 3], u[step * 2]) * (vector)(-1.0f / 3);
        g[0] = FMA(2.0f, u[0], u[step] + difference);
        g[g_step] = FMA(1.0f / 3, FMA(-4.0f, u[step * 3], u[step * 2]), u[step]) + u[step * 4];
    }
}

// What a transform of tiles reads: inputs, or gradients of outputs.
enum tile_kind { INPUTS, GRADIENTS };

INLINE void points_of(const enum tile_kind kind, const size_t outputs, const vector *d, const size_t step, vector *v) {
    if (kind == INPUTS) {
        points_of_inputs(outputs, d, step, v);
    } else {
        points_of_gradients(outputs, d, step, v);
    }
}

// Stores as many lanes as it loads, or all: then the others are zero.
INLINE void transform_tile(const enum tile_kind kind, const size_t outputs, const cmk_input_tiles *tiles, const float *a,
                           float *v, const size_t lanes, const size_t stored) {
    const size_t points = outputs + 1;
    const size_t reach = kind == INPUTS ? points : outputs;
    vector d[LARGEST_POINTS * LARGEST_POINTS];
    vector t[LARGEST_POINTS * LARGEST_POINTS];
    UNROLLED for (size_t i = 0; i < reach; i++) {
        UNROLLED for (size_t j = 0; j < reach; j++) {
            d[i * points + j] = load_lanes(a + (ptrdiff_t)i * tiles->a_row + (ptrdiff_t)j * tiles->a_column, lanes);
        }
    }
    UNROLLED for (size_t j = 0; j < reach; j++) { points_of(kind, outputs, d + j, points, t + j); }
    UNROLLED for (size_t i = 0; i < points; i++) {
        vector factors[LARGEST_POINTS];
        points_of(kind, outputs, t + i * points, 1, factors);
        UNROLLED for (size_t j = 0; j < points; j++) {
            store_lanes(v + (ptrdiff_t)(i * points + j) * tiles->v_plane, factors[j], stored);
        }
    }
}

INLINE void transform_tiles(const enum tile_kind kind, const size_t outputs, const cmk_input_tiles *tiles) {
    const size_t rest = tiles->channels % LANES;
    const size_t whole = tiles->channels - rest;
    for (size_t tile = 0; tile < tiles->tiles; tile++) {
        const float *a = tiles->a + tiles->a_tiles[tile];
        float *v = tiles->v + (ptrdiff_t)tile * tiles->v_tile;
        for (size_t c = 0; c < whole; c += LANES) { transform_tile(kind, outputs, tiles, a + c, v + c, LANES, LANES); }
        if (rest > 0) {
            transform_tile(kind, outputs, tiles, a + whole, v + whole, rest, kind == GRADIENTS ? LANES : rest);
        }
    }
}

static void transform_input(const cmk_input_tiles *tiles) {
    if (tiles->outputs == 2) {
        transform_tiles(INPUTS, 2, tiles);
    } else {
        transform_tiles(INPUTS, 4, tiles);
    }
}

// Block after block of the tiles, in each panel after panel: as `pack` lays out.
static void transform_gradient(const cmk_gradient_tiles *t) {
    const size_t padded_columns = packed_count(1, t->channels);
    const size_t end = t->first_tile + t->tiles;
    for (size_t tile = t->first_tile; tile < end;) {
        const size_t block = tile / DEPTH_BLOCK * DEPTH_BLOCK;
        const size_t block_depth = smaller(t->depth - block, DEPTH_BLOCK);
        const size_t next = smaller(block + block_depth, end);
        for (size_t n = 0; n < t->channels; n += PANEL) {
            const size_t width = vectors_for(t->channels - n) * LANES;
            const cmk_input_tiles part = {
                .tiles = next - tile,
                .channels = smaller(t->channels - n, width),
                .a = t->a + n,
                .a_tiles = t->a_tiles + (tile - t->first_tile),
                .a_row = t->a_row,
                .a_column = t->a_column,
                .v = t->packed + block * padded_columns + n * block_depth + (tile - block) * width,
                .v_plane = (ptrdiff_t)t->packed_plane,
                .v_tile = (ptrdiff_t)width,
            };
            if (t->outputs == 2) {
                transform_tiles(GRADIENTS, 2, &part);
            } else {
                transform_tiles(GRADIENTS, 4, &part);
            }
        }
        tile = next;
    }
}

INLINE void fold_some(const size_t outputs, const cmk_factor_gradients *f, size_t at, const size_t lanes) {
    const size_t points = outputs + 1;
    vector u[LARGEST_POINTS * LARGEST_POINTS];
    vector t[2 * LARGEST_POINTS];
    vector g[4];
    UNROLLED for (size_t i = 0; i < points * points; i++) {
        u[i] = load_lanes(f->u + (ptrdiff_t)i * f->u_plane + at, lanes);
    }
    UNROLLED for (size_t j = 0; j < points; j++) {
        taps_of_points(outputs, u + j, points, t + j, LARGEST_POINTS);
    }
    taps_of_points(outputs, t, 1, g, 1);
    taps_of_points(outputs, t + LARGEST_POINTS, 1, g + 2, 1);
    UNROLLED for (size_t tap = 0; tap < 4; tap++) {
        float *target = f->target + f->taps[tap] + at;
        store_lanes(target, f->accumulate ? load_lanes(target, lanes) + g[tap] : g[tap], lanes);
    }
}

INLINE void fold_all(const size_t outputs, const cmk_factor_gradients *f) {
    size_t at = 0;
    for (; at + LANES <= f->count; at += LANES) { fold_some(outputs, f, at, LANES); }
    if (at < f->count) { fold_some(outputs, f, at, f->count - at); }
}

static void fold_gradients(const cmk_factor_gradients *factors) {
    if (factors->outputs == 2) {
        fold_all(2, factors);
    } else {
        fold_all(4, factors);
    }
}

INLINE void transform_output_tile(const size_t outputs, const cmk_output_tiles *tiles, const float *q, float *c,
                                  size_t channel, const size_t lanes) {
    const size_t points = outputs + 1;
    const cmk_epilogue *epilogue = tiles->epilogue;
    const int scales = epilogue && epilogue->scale;
    const int shifts = epilogue && epilogue->shift;
    const vector scale = scales ? load_lanes(epilogue->scale + channel, lanes) : zero();
    const vector shift = shifts ? load_lanes(epilogue->shift + channel, lanes) : zero();
    const float slope = epilogue ? epilogue->slope : 1;
    vector d[LARGEST_POINTS * LARGEST_POINTS];
    vector t[LARGEST_POINTS * LARGEST_POINTS];
    UNROLLED for (size_t i = 0; i < points * points; i++) {
        d[i] = load_lanes(q + (ptrdiff_t)i * tiles->q_plane, lanes);
    }
    UNROLLED for (size_t j = 0; j < points; j++) {
        outputs_of_points(outputs, d + j, points, t + j);
    }
    UNROLLED for (size_t i = 0; i < outputs; i++) {
        vector y[LARGEST_POINTS];
        outputs_of_points(outputs, t + i * points, 1, y);
        UNROLLED for (size_t j = 0; j < outputs; j++) {
            float *target = c + (ptrdiff_t)i * tiles->c_row + (ptrdiff_t)j * tiles->c_column;
            store_lanes(target, finish(y[j], scales, scale, shifts, shift, slope), lanes);
        }
    }
}

INLINE void transform_outputs(const size_t outputs, const cmk_output_tiles *tiles) {
    for (size_t tile = 0; tile < tiles->tiles; tile++) {
        const float *q = tiles->q + (ptrdiff_t)tile * tiles->q_tile;
        float *y = tiles->c + tiles->c_tiles[tile];
        size_t c = 0;
        for (; c + LANES <= tiles->channels; c += LANES) {
            transform_output_tile(outputs, tiles, q + c, y + c, c, LANES);
        }
        if (c < tiles->channels) { transform_output_tile(outputs, tiles, q + c, y + c, c, tiles->channels - c); }
    }
}

static void transform_output(const cmk_output_tiles *tiles) {
    if (tiles->outputs == 2) {
        transform_outputs(2, tiles);
    } else {
        transform_outputs(4, tiles);
    }
}
