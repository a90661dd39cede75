// The public functions: choice of the instruction set, and the cases in which there is nothing to multiply.
#include "sets.h"

// The functions of `set`. A set that this build lacks is a bug of the caller: it traps.
static const struct cmk_set *functions(cmk_instruction_set set) {
    switch (set) {
    case CMK_PLAIN: return &cmk_plain_set;
#if defined(__x86_64__)
    case CMK_AVX2: return &cmk_avx2_set;
    case CMK_AVX512: return &cmk_avx512_set;
#endif
#if defined(__aarch64__)
    case CMK_NEON: return &cmk_neon_set;
#endif
    default: __builtin_trap();
    }
}

int cmk_supports(cmk_instruction_set set) {
    switch (set) {
    case CMK_PLAIN: return 1;
#if defined(__x86_64__)
    // Both ask the operating system too: a kernel that does not save the registers counts as lacking them.
    case CMK_AVX2:
        __builtin_cpu_init();
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case CMK_AVX512:
        __builtin_cpu_init();
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma");
#endif
#if defined(__aarch64__)
    case CMK_NEON: return 1;
#endif
    default: return 0;
    }
}

cmk_instruction_set cmk_best_instruction_set(void) {
    static const cmk_instruction_set descending[] = {CMK_NEON, CMK_AVX512, CMK_AVX2};
    for (size_t i = 0; i < sizeof descending / sizeof *descending; i++) {
        if (cmk_supports(descending[i])) { return descending[i]; }
    }
    return CMK_PLAIN;
}

const char *cmk_instruction_set_name(cmk_instruction_set set) {
    static const char *const names[] = {"plain", "avx2", "avx512", "neon"};
    return (size_t)set < sizeof names / sizeof *names ? names[set] : "unknown";
}

size_t cmk_packed_count(cmk_instruction_set set, size_t depth, size_t columns) {
    return functions(set)->packed_count(depth, columns);
}

void cmk_pack(cmk_instruction_set set, size_t depth, size_t columns, size_t depth_begin, size_t depth_end,
              const float *source, ptrdiff_t depth_stride, ptrdiff_t column_stride, float *packed) {
    functions(set)->pack(depth, columns, depth_begin, depth_end, source, depth_stride, column_stride, packed);
}

void cmk_multiply(cmk_instruction_set set, const cmk_product *product) {
    if (product->rows == 0 || product->first_column >= product->end_column) { return; }
    functions(set)->multiply(product);
}

size_t cmk_transposed_workspace_count(cmk_instruction_set set, size_t rows) {
    return functions(set)->transposed_workspace_count(rows);
}

void cmk_multiply_transposed(cmk_instruction_set set, const cmk_transposed_product *product) {
    if (product->rows == 0 || product->columns == 0) { return; }
    // Adding the empty sum would turn a negative zero into a positive one.
    if (product->depth == 0 && product->accumulate) { return; }
    functions(set)->multiply_transposed(product);
}

void cmk_pack_factors(cmk_instruction_set set, const cmk_factors *factors) { functions(set)->pack_factors(factors); }

size_t cmk_few_rows(cmk_instruction_set set) { return functions(set)->few_rows; }

size_t cmk_taps_count(cmk_instruction_set set, size_t depth, size_t columns) {
    return functions(set)->taps_count(depth, columns);
}

void cmk_pack_taps(cmk_instruction_set set, const cmk_taps *taps) { functions(set)->pack_taps(taps); }

void cmk_multiply_taps(cmk_instruction_set set, const cmk_tap_product *product) {
    if (product->rows == 0 || product->first_column >= product->end_column) { return; }
    functions(set)->multiply_taps(product);
}

void cmk_transform_input(cmk_instruction_set set, const cmk_input_tiles *tiles) { functions(set)->transform_input(tiles); }

void cmk_transform_output(cmk_instruction_set set, const cmk_output_tiles *tiles) {
    functions(set)->transform_output(tiles);
}

void cmk_transform_gradient(cmk_instruction_set set, const cmk_gradient_tiles *tiles) {
    functions(set)->transform_gradient(tiles);
}

void cmk_fold_gradients(cmk_instruction_set set, const cmk_factor_gradients *factors) {
    functions(set)->fold_gradients(factors);
}

void cmk_moments(cmk_instruction_set set, const cmk_picture *picture, const float *map, float *mean,
                 float *deviation) {
    functions(set)->moments(picture, map, mean, deviation);
}

void cmk_normalise(cmk_instruction_set set, const cmk_picture *picture, const cmk_normalisation *normalisation,
                   const float *input, float *output) {
    functions(set)->normalise(picture, normalisation, input, output);
}

void cmk_gradient_sums(cmk_instruction_set set, const cmk_picture *picture, const cmk_normalisation *normalisation,
                       const float *gradient, const float *input, float *shift_sum, float *scale_sum) {
    functions(set)->gradient_sums(picture, normalisation, gradient, input, shift_sum, scale_sum);
}

void cmk_input_gradients(cmk_instruction_set set, const cmk_picture *picture, const cmk_normalisation *normalisation,
                         float *gradient, const float *input, const float *shift_mean, const float *scale_mean) {
    functions(set)->input_gradients(picture, normalisation, gradient, input, shift_mean, scale_mean);
}

void cmk_activation_gradients(cmk_instruction_set set, size_t count, float slope, float *gradient,
                              const float *activation) {
    functions(set)->activation_gradients(count, slope, gradient, activation);
}

void cmk_adam_update(cmk_instruction_set set, const cmk_adam *update) {
    functions(set)->adam(update);
}
