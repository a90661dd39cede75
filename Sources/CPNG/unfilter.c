// The five filters of PNG taken off, fast: several rows of one filter at a time.
//
// Average and Paeth need the pixel to the left, so a row is one chain of dependent steps that leaves most of the
// processor idle. The next row can follow one pixel behind: four rows are four chains at once. C, because the decoder
// calls it, and because it must be fast in debug builds too.
//
// Source: W3C, "Portable Network Graphics (PNG) Specification", 9.2.
#include "reader.h"

#include <string.h>

enum { MOST_ROWS = 8 };

#define INLINE static inline __attribute__((always_inline))

INLINE int magnitude(int value) { return value < 0 ? -value : value; }

// The neighbour that is nearest to left + above - corner; ties in that order.
INLINE int nearest(int left, int above, int corner) {
  int to_left = magnitude(above - corner), to_above = magnitude(left - corner);
  int to_corner = magnitude(above + left - 2 * corner);
  int result = to_above <= to_corner ? above : corner;
  return to_left <= to_above && to_left <= to_corner ? left : result;
}

INLINE uint8_t add(int filter, uint8_t value, uint8_t left, uint8_t above, uint8_t corner) {
  return (uint8_t)(value + (filter == 3 ? (left + above) >> 1 : nearest(left, above, corner)));
}

// Several rows of one filter on their way: row r is at pixel step - r, one behind the row above it.
typedef struct {
  const uint8_t *raw;
  uint8_t *lines;
  size_t stride;
  // Per row and sample: what was made last, left of the next one, and what is above it, the next one's corner.
  uint8_t left[MOST_ROWS][4], corner[MOST_ROWS][4];
} wave;

// One pixel of one row.
INLINE void advance(wave *self, size_t step, size_t row, const size_t bytes, const int filter) {
  const uint8_t *source = self->raw + row * (self->stride + 1) + 1 + (step - row) * bytes;
  uint8_t *target = self->lines + (row + 1) * self->stride + (step - row) * bytes;
  for (size_t index = 0; index < bytes; index++) {
    // The row above was here a step ago; the lowest row goes first, so that it is still there.
    uint8_t above = row == 0 ? *(target + index - self->stride) : self->left[row - 1][index];
    uint8_t value = add(filter, source[index], self->left[row][index], above, self->corner[row][index]);
    self->corner[row][index] = above;
    self->left[row][index] = value;
    target[index] = value;
  }
}

// Steps in which every row has a pixel. All but the wave, `begin` and `end` are constants.
INLINE void advance_all(wave *self, size_t begin, size_t end, const size_t rows, const size_t bytes,
                        const int filter) {
  // A copy that the compiler keeps in registers.
  wave here = *self;
  for (size_t step = begin; step < end; step++)
    for (size_t row = rows; row-- > 0;) advance(&here, step, row, bytes, filter);
  *self = here;
}

// Sixteen bits a sample, because Paeth's distances have a sign. Eight rows of one sample, or four rows of four, of which
// three may count: then a pixel is loaded with a byte too many, and the raw bytes have room for it.
typedef int16_t eight __attribute__((vector_size(16)));
typedef int16_t sixteen __attribute__((vector_size(32)));
typedef uint8_t eight_bytes __attribute__((vector_size(8)));
typedef uint8_t sixteen_bytes __attribute__((vector_size(16)));

enum { IS_BIG_ENDIAN = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ };

#define PAETH(type, result, value, left, above, corner)                                                                \
  do {                                                                                                                 \
    type p = (above) - (corner), q = (left) - (corner), s = p + q;                                                     \
    p = (p ^ p >> 15) - (p >> 15), q = (q ^ q >> 15) - (q >> 15), s = (s ^ s >> 15) - (s >> 15);                       \
    type is_above = (type)(q < p);                                                                                     \
    type nearest = (is_above & (above)) | (~is_above & (left)), distance = (is_above & q) | (~is_above & p);           \
    type is_corner = (type)(s < distance);                                                                             \
    result = (((is_corner & (corner)) | (~is_corner & nearest)) + (value)) & 255;                                      \
  } while (0)

static void paeth_eight(wave *self, size_t begin, size_t end) {
  const size_t apart = self->stride;
  eight left, corner;
  for (int row = 0; row < 8; row++) {
    left[row] = self->left[row][0];
    corner[row] = self->corner[row][0];
  }
  // Row r is r pixels behind: its bytes lie r before those of the step.
  const uint8_t *source = self->raw + 1;
  uint8_t *target = self->lines + apart;
  for (size_t step = begin; step < end; step++) {
    eight value = {source[step],
                   source[step + apart],
                   source[step + 2 * apart],
                   source[step + 3 * apart],
                   source[step + 4 * apart],
                   source[step + 5 * apart],
                   source[step + 6 * apart],
                   source[step + 7 * apart]};
    eight first = {self->lines[step]};
    eight above = __builtin_shufflevector(first, left, 0, 8, 9, 10, 11, 12, 13, 14);
    PAETH(eight, left, value, left, above, corner);
    corner = above;
    eight_bytes packed = __builtin_convertvector(left, eight_bytes);
    uint64_t made;
    memcpy(&made, &packed, 8);
    // The lowest byte is the first row's, or the last one's where the machine is big-endian.
    for (size_t row = 0; row < 8; row++)
      target[step + row * apart - row] = (uint8_t)(made >> (IS_BIG_ENDIAN ? 56 - 8 * row : 8 * row));
  }
  for (int row = 0; row < 8; row++) {
    self->left[row][0] = (uint8_t)left[row];
    self->corner[row][0] = (uint8_t)corner[row];
  }
}

INLINE void paeth_sixteen(wave *self, size_t begin, size_t end, const size_t bytes) {
  const size_t stride = self->stride;
  sixteen left, corner;
  for (int lane = 0; lane < 16; lane++) {
    left[lane] = self->left[lane / 4][lane % 4];
    corner[lane] = self->corner[lane / 4][lane % 4];
  }
  for (size_t step = begin; step < end; step++) {
    const uint8_t *source = self->raw + 1 + step * bytes;
    uint8_t *target = self->lines + stride + step * bytes;
    const size_t apart = stride + 1 - bytes, target_apart = stride - bytes;
    uint8_t raw[16];
    for (int row = 0; row < 4; row++) memcpy(raw + 4 * row, source + (size_t)row * apart, 4);
    sixteen_bytes packed;
    memcpy(&packed, raw, 16);
    sixteen value = __builtin_convertvector(packed, sixteen);
    uint8_t four[16] = {0};
    memcpy(four, target - stride, 4);
    memcpy(&packed, four, 16);
    sixteen first = __builtin_convertvector(packed, sixteen);
    sixteen above =
        __builtin_shufflevector(first, left, 0, 1, 2, 3, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27);
    PAETH(sixteen, left, value, left, above, corner);
    corner = above;
    packed = __builtin_convertvector(left, sixteen_bytes);
    for (int row = 0; row < 4; row++) {
      uint8_t made[16];
      memcpy(made, &packed, 16);
      memcpy(target + (size_t)row * target_apart, made + 4 * row, bytes);
    }
  }
  for (int lane = 0; lane < 16; lane++) {
    self->left[lane / 4][lane % 4] = (uint8_t)left[lane];
    self->corner[lane / 4][lane % 4] = (uint8_t)corner[lane];
  }
}

// `rows` rows of one filter (3 or 4). All but `raw`, `lines` and `stride` are constants.
INLINE void unfilter_together(const uint8_t *raw, uint8_t *lines, size_t stride, const size_t rows, const size_t bytes,
                              const int filter) {
  wave self = {.raw = raw, .lines = lines, .stride = stride};
  size_t pixels = stride / bytes, last = pixels + rows - 1;
  // In the first and last steps some rows have not begun, and others are done.
  size_t begin = pixels >= rows ? rows - 1 : last, end = pixels >= rows ? pixels : last;
  for (size_t step = 0; step < last; step++) {
    if (step == begin) {
      if (filter == 4 && bytes == 1 && rows == 8)
        paeth_eight(&self, begin, end);
      else if (filter == 4 && bytes > 1 && rows == 4)
        paeth_sixteen(&self, begin, end, bytes);
      else
        advance_all(&self, begin, end, rows, bytes, filter);
      step = end;
      if (step == last) break;
    }
    for (size_t row = rows; row-- > 0;)
      if (step >= row && step - row < pixels) advance(&self, step, row, bytes, filter);
  }
}

INLINE void unfilter_sub(const uint8_t *source, uint8_t *target, size_t stride, const size_t bytes) {
  uint8_t left[4] = {0};
  for (size_t place = 0; place < stride; place += bytes)
    for (size_t index = 0; index < bytes; index++)
      target[place + index] = left[index] = (uint8_t)(left[index] + source[place + index]);
}

// Rows that begin with the same filter, at most MOST_ROWS of them.
static uint32_t run_length(const uint8_t *raw, size_t stride, uint32_t rows) {
  uint32_t count = 1;
  while (count < rows && count < MOST_ROWS && raw[count * (stride + 1)] == raw[0]) count++;
  return count;
}

// The next rows of one filter (3 or 4); how many they were.
INLINE uint32_t unfilter_run(const uint8_t *raw, uint8_t *lines, size_t stride, uint32_t run, const size_t bytes,
                             const int filter) {
  if (run == 8 && bytes == 1 && filter == 4) {
    unfilter_together(raw, lines, stride, 8, bytes, filter);
    return 8;
  }
  if (run >= 4) {
    unfilter_together(raw, lines, stride, 4, bytes, filter);
    return 4;
  }
  unfilter_together(raw, lines, stride, 1, bytes, filter);
  return 1;
}

// One kind of picture: everything that depends on `bytes` is unrolled.
INLINE int unfilter(const uint8_t *raw, uint8_t *lines, size_t stride, uint32_t rows, const size_t bytes) {
  while (rows > 0) {
    uint32_t count = 1;
    switch (raw[0]) {
    case 0: memcpy(lines + stride, raw + 1, stride); break;
    case 1: unfilter_sub(raw + 1, lines + stride, stride, bytes); break;
    case 2:
      for (size_t place = 0; place < stride; place++)
        lines[stride + place] = (uint8_t)(raw[1 + place] + lines[place]);
      break;
    case 3: count = unfilter_run(raw, lines, stride, run_length(raw, stride, rows), bytes, 3); break;
    case 4: count = unfilter_run(raw, lines, stride, run_length(raw, stride, rows), bytes, 4); break;
    default: return 0;
    }
    raw += count * (stride + 1);
    lines += count * stride;
    rows -= count;
  }
  return 1;
}

int cpng_unfilter(const uint8_t *raw, uint8_t *lines, size_t stride, uint32_t rows, uint32_t bytes) {
  switch (bytes) {
  case 1: return unfilter(raw, lines, stride, rows, 1);
  case 2: return unfilter(raw, lines, stride, rows, 2);
  case 3: return unfilter(raw, lines, stride, rows, 3);
  default: return unfilter(raw, lines, stride, rows, 4);
  }
}
