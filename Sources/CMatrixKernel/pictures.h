// Loops over the pixels of one picture, channel beside channel: normalisation, activation; and the optimiser. Part of
// kernel.h.
//
// A channel's sums run over the pixels in order, and every operation is rounded by itself: every instruction set gives the
// same bits.

enum {
    // Vectors of channels that pass over the pixels together: whole lines, and their sums in registers.
    SIDE_BY_SIDE = 4,
};

#define ROUNDED_EACH _Pragma("clang fp contract(off)")

// Runs BODY for every pixel, `at` being its first channel's place.
#define FOR_PIXELS(picture, at, BODY)                                                                                  \
    for (size_t row = 0; row < (picture)->rows; row++) {                                                               \
        const size_t row_begin = row * (picture)->row_step;                                                            \
        const size_t row_end = row_begin + (picture)->pixels * (picture)->channels;                                    \
        for (size_t at = row_begin; at < row_end; at += (picture)->channels) { BODY }                                  \
    }

// Runs FUNCTION(…, first channel, vectors, lanes of the last one) for all channels.
#define FOR_CHANNELS(count, FUNCTION, ...)                                                                             \
    do {                                                                                                               \
        size_t channel = 0;                                                                                            \
        for (; channel + SIDE_BY_SIDE * LANES <= (count); channel += SIDE_BY_SIDE * LANES) {                           \
            FUNCTION(__VA_ARGS__, channel, SIDE_BY_SIDE, LANES);                                                       \
        }                                                                                                              \
        for (; channel + LANES <= (count); channel += LANES) { FUNCTION(__VA_ARGS__, channel, 1, LANES); }             \
        if (channel < (count)) { FUNCTION(__VA_ARGS__, channel, 1, (count)-channel); }                                 \
    } while (0)

#define FOR_VECTORS UNROLLED for (size_t v = 0; v < vectors; v++)

INLINE vector where_not_above_zero(vector test, vector then, vector otherwise) {
    const mask holds = test <= zero();
    return (vector)((holds & (mask)then) | (~holds & (mask)otherwise));
}

INLINE void some_moments(const cmk_picture *picture, const float *map, float *mean, float *deviation, size_t first,
                         const size_t vectors, const size_t lanes) {
    ROUNDED_EACH
    const vector share = (vector)(1.0f / (float)(picture->rows * picture->pixels));
    vector sum[SIDE_BY_SIDE], average[SIDE_BY_SIDE], squares[SIDE_BY_SIDE];
    FOR_VECTORS { sum[v] = squares[v] = zero(); }
    map += first;
    FOR_PIXELS(picture, at, FOR_VECTORS { sum[v] = sum[v] + load_lanes(map + at + v * LANES, lanes); })
    FOR_VECTORS { average[v] = sum[v] * share; }
    FOR_PIXELS(picture, at, FOR_VECTORS {
        const vector d = load_lanes(map + at + v * LANES, lanes) - average[v];
        squares[v] = squares[v] + d * d;
    })
    FOR_VECTORS {
        store_lanes(mean + first + v * LANES, average[v], lanes);
        store_lanes(deviation + first + v * LANES, squares[v], lanes);
    }
}

static void moments(const cmk_picture *picture, const float *map, float *mean, float *deviation) {
    FOR_CHANNELS(picture->channels, some_moments, picture, map, mean, deviation);
}

INLINE void normalise_some(const cmk_picture *picture, const cmk_normalisation *n, const float *input, float *output,
                           size_t first, const size_t vectors, const size_t lanes) {
    ROUNDED_EACH
    vector scale[SIDE_BY_SIDE], shift[SIDE_BY_SIDE];
    FOR_VECTORS {
        scale[v] = load_lanes(n->scale + first + v * LANES, lanes);
        shift[v] = load_lanes(n->shift + first + v * LANES, lanes);
    }
    const vector slope = (vector)n->slope;
    FOR_PIXELS(picture, at, FOR_VECTORS {
        const size_t place = at + first + v * LANES;
        const vector value = load_lanes(input + place, lanes) * scale[v] + shift[v];
        const mask negative = value < zero();
        store_lanes(output + place, (vector)((negative & (mask)(value * slope)) | (~negative & (mask)value)), lanes);
    })
}

static void normalise(const cmk_picture *picture, const cmk_normalisation *n, const float *input, float *output) {
    FOR_CHANNELS(picture->channels, normalise_some, picture, n, input, output);
}

// What of a gradient passes the activation behind the normalisation.
INLINE vector passed(vector gradient, vector input, vector scale, vector shift, vector slope) {
    ROUNDED_EACH
    return where_not_above_zero(input * scale + shift, gradient * slope, gradient);
}

// A normalisation's values for the channels that pass over the pixels together.
struct beside_vectors {
    vector scale[SIDE_BY_SIDE];
    vector shift[SIDE_BY_SIDE];
    vector mean[SIDE_BY_SIDE];
    vector inverse[SIDE_BY_SIDE];
};

INLINE struct beside_vectors vectors_of(const cmk_normalisation *n, size_t first, const size_t vectors,
                                        const size_t lanes) {
    struct beside_vectors loaded;
    FOR_VECTORS {
        const size_t channel = first + v * LANES;
        loaded.scale[v] = load_lanes(n->scale + channel, lanes);
        loaded.shift[v] = load_lanes(n->shift + channel, lanes);
        loaded.mean[v] = load_lanes(n->mean + channel, lanes);
        loaded.inverse[v] = load_lanes(n->inverse_deviation + channel, lanes);
    }
    return loaded;
}

INLINE void some_gradient_sums(const cmk_picture *picture, const cmk_normalisation *of, const float *gradient,
                               const float *input, float *shift_sum, float *scale_sum, size_t first,
                               const size_t vectors, const size_t lanes) {
    ROUNDED_EACH
    struct beside_vectors n = vectors_of(of, first, vectors, lanes);
    vector of_shift[SIDE_BY_SIDE], of_scale[SIDE_BY_SIDE];
    FOR_VECTORS { of_shift[v] = of_scale[v] = zero(); }
    const vector slope = (vector)of->slope;
    FOR_PIXELS(picture, at, FOR_VECTORS {
        const size_t place = at + first + v * LANES;
        const vector x = load_lanes(input + place, lanes);
        const vector g = passed(load_lanes(gradient + place, lanes), x, n.scale[v], n.shift[v], slope);
        of_shift[v] = of_shift[v] + g;
        of_scale[v] = of_scale[v] + g * ((x - n.mean[v]) * n.inverse[v]);
    })
    FOR_VECTORS {
        store_lanes(shift_sum + first + v * LANES, of_shift[v], lanes);
        store_lanes(scale_sum + first + v * LANES, of_scale[v], lanes);
    }
}

static void gradient_sums(const cmk_picture *picture, const cmk_normalisation *n, const float *gradient,
                          const float *input, float *shift_sum, float *scale_sum) {
    FOR_CHANNELS(picture->channels, some_gradient_sums, picture, n, gradient, input, shift_sum, scale_sum);
}

INLINE void some_input_gradients(const cmk_picture *picture, const cmk_normalisation *of, float *gradient,
                                 const float *input, const float *shift_mean, const float *scale_mean, size_t first,
                                 const size_t vectors, const size_t lanes) {
    ROUNDED_EACH
    struct beside_vectors n = vectors_of(of, first, vectors, lanes);
    vector of_shift[SIDE_BY_SIDE], of_scale[SIDE_BY_SIDE];
    FOR_VECTORS {
        const size_t channel = first + v * LANES;
        of_shift[v] = load_lanes(shift_mean + channel, lanes);
        of_scale[v] = load_lanes(scale_mean + channel, lanes);
    }
    const vector slope = (vector)of->slope;
    FOR_PIXELS(picture, at, FOR_VECTORS {
        const size_t place = at + first + v * LANES;
        const vector x = load_lanes(input + place, lanes);
        const vector g = passed(load_lanes(gradient + place, lanes), x, n.scale[v], n.shift[v], slope);
        const vector normalised = (x - n.mean[v]) * n.inverse[v];
        store_lanes(gradient + place, n.scale[v] * (g - of_shift[v] - normalised * of_scale[v]), lanes);
    })
}

static void input_gradients(const cmk_picture *picture, const cmk_normalisation *n, float *gradient,
                            const float *input, const float *shift_mean, const float *scale_mean) {
    FOR_CHANNELS(picture->channels, some_input_gradients, picture, n, gradient, input, shift_mean, scale_mean);
}

static void activation_gradients(size_t count, float slope, float *gradient, const float *activation) {
    for (size_t i = 0; i < count; i += LANES) {
        const size_t lanes = smaller(LANES, count - i);
        const vector g = load_lanes(gradient + i, lanes);
        store_lanes(gradient + i, where_not_above_zero(load_lanes(activation + i, lanes), g * (vector)slope, g), lanes);
    }
}

static void adam(const cmk_adam *a) {
    ROUNDED_EACH
    const vector beta1 = (vector)a->beta1, rest1 = (vector)(1 - a->beta1);
    const vector beta2 = (vector)a->beta2, rest2 = (vector)(1 - a->beta2);
    for (size_t i = 0; i < a->count; i += LANES) {
        const size_t lanes = smaller(LANES, a->count - i);
        const vector g = load_lanes(a->gradient + i, lanes);
        const vector m = load_lanes(a->first_moment + i, lanes) * beta1 + g * rest1;
        const vector v = load_lanes(a->second_moment + i, lanes) * beta2 + g * g * rest2;
        const vector denominator = __builtin_elementwise_sqrt(v) / (vector)a->correction + (vector)a->epsilon;
        store_lanes(a->first_moment + i, m, lanes);
        store_lanes(a->second_moment + i, v, lanes);
        store_lanes(a->values + i, load_lanes(a->values + i, lanes) - m / denominator * (vector)a->step_size, lanes);
    }
}
