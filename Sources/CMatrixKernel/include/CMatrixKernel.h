// Dense float32 matrix products over weights that were packed once.
//
// Every output element is one chain of fused multiply-adds over the depth, in ascending order, begun from zero (or from
// what the output holds, with `accumulate`). Blocking, instruction set, the other rows and their number change nothing:
// the same operands give the same bits everywhere. NaN and infinity propagate.
//
// C, because the vector code is chosen by processor at run time (function-level target attributes), which Swift lacks.
#ifndef CMATRIXKERNEL_H
#define CMATRIXKERNEL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// The instruction sets the library was built for; the numbers are stable.
typedef enum {
    CMK_PLAIN = 0,   // C with fmaf, any processor
    CMK_AVX2 = 1,    // AVX2 and FMA
    CMK_AVX512 = 2,  // AVX-512F
    CMK_NEON = 3,    // AArch64
} cmk_instruction_set;

// Best instruction set of this processor. Never one that it lacks.
cmk_instruction_set cmk_best_instruction_set(void);
// 1 when this build and this processor can run it.
int cmk_supports(cmk_instruction_set set);
// "plain", "avx2", "avx512", "neon".
const char *cmk_instruction_set_name(cmk_instruction_set set);

// Floats of a packed operand of `depth` x `columns` (padding to whole panels included).
size_t cmk_packed_count(cmk_instruction_set set, size_t depth, size_t columns);

// Packs the rows [depth_begin, depth_end) of B into `packed`, which holds B of `depth` x `columns` in all.
// Element (d, n) is read at source[(d - depth_begin) * depth_stride + n * column_stride]. The strides are in floats.
// Separate ranges may be packed by separate threads; together they must cover [0, depth). Padding is zeroed.
void cmk_pack(cmk_instruction_set set, size_t depth, size_t columns, size_t depth_begin, size_t depth_end,
              const float *source, ptrdiff_t depth_stride, ptrdiff_t column_stride, float *packed);

// Packs rows of (m + 1)^2 matrices B, the factors of 2 x 2 taps in Winograd's form (see cmk_input_tiles), one matrix a point:
// element (d, n) is formed of the taps source[taps[t] + (d - depth_begin) * depth_stride + n * column_stride], first down,
// then across.
typedef struct {
    size_t outputs;  // m: 2 or 4
    size_t depth;
    size_t columns;
    size_t depth_begin;
    size_t depth_end;
    const float *source;
    ptrdiff_t taps[4];
    ptrdiff_t depth_stride;
    ptrdiff_t column_stride;
    float *packed;        // point (i, j) at packed + (i * (m + 1) + j) * packed_plane, 64-byte aligned
    size_t packed_plane;  // a multiple of 16, at least cmk_packed_count
} cmk_factors;
void cmk_pack_factors(cmk_instruction_set set, const cmk_factors *factors);

// What is done to an output element once its chain is complete: v = fma(v, scale[n], shift[n]), then v < 0 ? v * slope : v.
typedef struct {
    const float *scale;  // `columns` floats, or NULL: 1 (then v + shift[n], no fma)
    const float *shift;  // `columns` floats, or NULL: 0
    float slope;         // 1: none (identity), 0: ReLU, 0.2: LeakyReLU
} cmk_epilogue;

// C[m, n] (=|+=) sum over s < segments, d < segment_depth of A[m, s, d] * B[s * segment_depth + d, n]
// where A[m, s, d] is a[a_rows[m] + a_segments[s] + d] and C[m, n] is c[c_rows[m] + n].
// The row and segment tables make a convolution over a padded picture one product without a copy: a row is a pixel, a
// segment is a kernel row. A plain matrix has a_rows[m] = m * lda, one segment, c_rows[m] = m * ldc.
typedef struct {
    size_t rows;             // m
    size_t columns;          // n
    size_t first_column;     // only the columns [first_column, end_column) are computed; the first is a multiple of
    size_t end_column;       // CMK_COLUMN_GRAIN, and the end one too, unless it is `columns`
    size_t segments;         // s, at least 1
    size_t segment_depth;    // d
    const float *a;
    const int64_t *a_rows;     // `rows` offsets in floats
    const int64_t *a_segments; // `segments` offsets in floats
    const float *packed;     // B, `segments * segment_depth` x `columns`, packed for the same instruction set
    float *c;
    const int64_t *c_rows;   // `rows` offsets in floats; rows do not overlap
    int accumulate;          // 0: overwrite
    const cmk_epilogue *epilogue;  // or NULL
} cmk_product;
#define CMK_COLUMN_GRAIN 32
void cmk_multiply(cmk_instruction_set set, const cmk_product *product);

// C[m, n] (=|+=) sum over p < depth of A[p, m] * B[p, n], where A[p, m] is a[a_rows[p] + m]: the weight gradient, A's pixels
// being the depth. Sums run over blocks of `CMK_TRANSPOSED_BLOCK` of the depth, each begun from zero and added to the
// output in ascending order: fixed, whatever the instruction set, and more exact than one chain over 100,000 pixels.
typedef struct {
    size_t rows;             // m: contiguous floats in A
    size_t columns;          // n
    size_t depth;            // p
    const float *a;
    const int64_t *a_rows;   // `depth` offsets in floats
    const float *packed;     // B, `depth` x `columns`
    float *c;
    ptrdiff_t c_stride;      // floats between rows of C
    int accumulate;
    const float *next_a;     // a of a product with the same rows that follows, fetched on the way; or NULL
    float *workspace;        // cmk_transposed_workspace_count floats, 64-byte aligned, of the calling thread alone;
                             // unused, and NULL will do, where that count is 0
} cmk_transposed_product;
#define CMK_TRANSPOSED_BLOCK 256
size_t cmk_transposed_workspace_count(cmk_instruction_set set, size_t rows);
void cmk_multiply_transposed(cmk_instruction_set set, const cmk_transposed_product *product);

// Winograd's transforms for correlations with two taps a side, in two dimensions: (m + 1)^2 products for m^2 outputs.
// Point (i, j) of a tile of inputs is a[a_tiles[tile] + i * a_row + j * a_column + channel], i and j from 0 to m; its
// factor goes to v[(i * (m + 1) + j) * v_plane + tile * v_tile + channel]. The weights' factors are (g0, g0 + g1, g1) for
// m = 2 and (2 g0, g0 + g1, (g1 - g0) / 3, -(8 g0 + 4 g1) / 3, g1) for m = 4.
typedef struct {
    size_t outputs;  // m: 2 or 4
    size_t tiles;
    size_t channels;
    const float *a;
    const int64_t *a_tiles;  // `tiles` offsets in floats
    ptrdiff_t a_row;
    ptrdiff_t a_column;
    float *v;
    ptrdiff_t v_plane;
    ptrdiff_t v_tile;
} cmk_input_tiles;
void cmk_transform_input(cmk_instruction_set set, const cmk_input_tiles *tiles);

// The way back: product (i, j) of a tile is q[(i * (m + 1) + j) * q_plane + tile * q_tile + channel]; output (i, j), i and j
// below m, goes through the epilogue to c[c_tiles[tile] + i * c_row + j * c_column + channel].
typedef struct {
    size_t outputs;  // m: 2 or 4
    size_t tiles;
    size_t channels;
    const float *q;
    ptrdiff_t q_plane;
    ptrdiff_t q_tile;
    float *c;
    const int64_t *c_tiles;  // `tiles` offsets in floats
    ptrdiff_t c_row;
    ptrdiff_t c_column;
    const cmk_epilogue *epilogue;  // or NULL
} cmk_output_tiles;
void cmk_transform_output(cmk_instruction_set set, const cmk_output_tiles *tiles);

// Rows up to which cmk_multiply_taps is faster than products with packed factors; 0: it never is.
size_t cmk_few_rows(cmk_instruction_set set);

// Floats of packed taps of `depth` x `columns`.
size_t cmk_taps_count(cmk_instruction_set set, size_t depth, size_t columns);

// Packs some of the depth of 2 x 2 taps; arguments as of cmk_factors.
typedef struct {
    size_t depth;
    size_t columns;
    size_t depth_begin;
    size_t depth_end;
    const float *source;
    ptrdiff_t taps[4];
    ptrdiff_t depth_stride;
    ptrdiff_t column_stride;
    float *packed;
} cmk_taps;
void cmk_pack_taps(cmk_instruction_set set, const cmk_taps *taps);

// The products of all points, their factors formed from packed taps on the way: q[p * q_plane + row * q_tile + n] = sum
// over d of v[p * v_plane + row * v_tile + d] * factor p of (d, n). Bits are those of cmk_multiply with packed factors, but for the payload of a NaN.
// Far less is read, so that it is faster where the rows are few.
typedef struct {
    size_t outputs;  // m: 2 or 4
    size_t rows;
    size_t columns;
    size_t first_column;  // as of cmk_product
    size_t end_column;
    size_t depth;
    const float *v;
    ptrdiff_t v_plane;
    ptrdiff_t v_tile;
    const float *taps;
    float *q;
    ptrdiff_t q_plane;
    ptrdiff_t q_tile;
} cmk_tap_product;
void cmk_multiply_taps(cmk_instruction_set set, const cmk_tap_product *product);

// The transpose of `cmk_transform_output`, for weight gradients: gradients of m x m outputs, read as inputs are, to those
// of (m + 1)^2 products. Each point's are the right-hand side of a product over tiles: `depth` x `channels` packed as
// cmk_pack does, of which the rows from first_tile on are written.
typedef struct {
    size_t outputs;  // m: 2 or 4
    size_t tiles;
    size_t channels;
    const float *a;
    const int64_t *a_tiles;  // `tiles` offsets in floats
    ptrdiff_t a_row;
    ptrdiff_t a_column;
    size_t first_tile;
    size_t depth;
    float *packed;        // as of cmk_factors
    size_t packed_plane;
} cmk_gradient_tiles;
void cmk_transform_gradient(cmk_instruction_set set, const cmk_gradient_tiles *tiles);

// The transpose of the weights' transform: gradients of (m + 1)^2 factors to those of 2 x 2 taps.
// target[taps[t] + i] (=|+=) a weighted sum over the planes p of u[p * u_plane + i], for i < count.
typedef struct {
    size_t outputs;  // m: 2 or 4
    size_t count;
    const float *u;
    ptrdiff_t u_plane;
    float *target;
    ptrdiff_t taps[4];
    int accumulate;
} cmk_factor_gradients;
void cmk_fold_gradients(cmk_instruction_set set, const cmk_factor_gradients *factors);

// One picture of a feature map: channels of a pixel side by side, pixels of a row, too.
typedef struct {
    size_t rows;
    size_t pixels;    // of a row
    size_t channels;
    size_t row_step;  // floats from a row to the next
} cmk_picture;

// A batch normalisation and the activation behind it; one float a channel.
typedef struct {
    const float *scale;              // of the input: the normalisation's own times the inverse deviation
    const float *shift;
    const float *mean;               // these two for gradients only
    const float *inverse_deviation;
    float slope;                     // of negative values
} cmk_normalisation;

// Mean, and sum of squared deviations from it, of every channel; in order of the pixels.
void cmk_moments(cmk_instruction_set set, const cmk_picture *picture, const float *map, float *mean, float *deviation);

// output = v < 0 ? v * slope : v, where v = input * scale + shift.
void cmk_normalise(cmk_instruction_set set, const cmk_picture *picture, const cmk_normalisation *normalisation,
                   const float *input, float *output);

// Sums, in order of the pixels, of the gradient g behind the activation, and of g times the normalised input. The
// activation's side is found again from the input.
void cmk_gradient_sums(cmk_instruction_set set, const cmk_picture *picture, const cmk_normalisation *normalisation,
                       const float *gradient, const float *input, float *shift_sum, float *scale_sum);

// gradient = scale * (g - shift_mean - normalised * scale_mean), in place.
void cmk_input_gradients(cmk_instruction_set set, const cmk_picture *picture, const cmk_normalisation *normalisation,
                         float *gradient, const float *input, const float *shift_mean, const float *scale_mean);

// gradient *= slope where the activation is not above 0.
void cmk_activation_gradients(cmk_instruction_set set, size_t count, float slope, float *gradient,
                              const float *activation);

// One update: m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; p -= m / (sqrt(v) / correction + epsilon) * step.
typedef struct {
    size_t count;
    float *values;
    const float *gradient;
    float *first_moment;
    float *second_moment;
    float beta1;
    float beta2;
    float correction;
    float epsilon;
    float step_size;
} cmk_adam;
void cmk_adam_update(cmk_instruction_set set, const cmk_adam *update);

#ifdef __cplusplus
}
#endif
#endif
