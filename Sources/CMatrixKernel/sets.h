// What one instruction set provides to the dispatcher.
#ifndef CMATRIXKERNEL_SETS_H
#define CMATRIXKERNEL_SETS_H

#include "CMatrixKernel.h"

// The functions behind the public ones of the same name; the dispatcher has already dealt with empty operands.
struct cmk_set {
    size_t (*packed_count)(size_t depth, size_t columns);
    void (*pack)(size_t depth, size_t columns, size_t depth_begin, size_t depth_end, const float *source,
                 ptrdiff_t depth_stride, ptrdiff_t column_stride, float *packed);
    void (*multiply)(const cmk_product *product);
    size_t (*transposed_workspace_count)(size_t rows);
    void (*multiply_transposed)(const cmk_transposed_product *product);
    void (*pack_factors)(const cmk_factors *factors);
    size_t few_rows;
    size_t (*taps_count)(size_t depth, size_t columns);
    void (*pack_taps)(const cmk_taps *taps);
    void (*multiply_taps)(const cmk_tap_product *product);
    void (*transform_input)(const cmk_input_tiles *tiles);
    void (*transform_output)(const cmk_output_tiles *tiles);
    void (*transform_gradient)(const cmk_gradient_tiles *tiles);
    void (*fold_gradients)(const cmk_factor_gradients *factors);
    void (*moments)(const cmk_picture *picture, const float *map, float *mean, float *deviation);
    void (*normalise)(const cmk_picture *picture, const cmk_normalisation *normalisation, const float *input,
                      float *output);
    void (*gradient_sums)(const cmk_picture *picture, const cmk_normalisation *normalisation, const float *gradient,
                          const float *input, float *shift_sum, float *scale_sum);
    void (*input_gradients)(const cmk_picture *picture, const cmk_normalisation *normalisation, float *gradient,
                            const float *input, const float *shift_mean, const float *scale_mean);
    void (*activation_gradients)(size_t count, float slope, float *gradient, const float *activation);
    void (*adam)(const cmk_adam *update);
};

extern const struct cmk_set cmk_plain_set;
#if defined(__x86_64__)
extern const struct cmk_set cmk_avx2_set;
extern const struct cmk_set cmk_avx512_set;
#endif
#if defined(__aarch64__)
extern const struct cmk_set cmk_neon_set;
#endif

#endif
