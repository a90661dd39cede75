// The five filters of PNG taken off, fast: several rows of one filter at a time.
//
// Average and Paeth need the pixel to the left, so a row is one chain of dependent steps that leaves most of the
// processor idle. The next row can follow one pixel behind: four rows are four chains at once. C, because the decoder
// calls it, and because it must be fast in debug builds too.
//
// Source: W3C, "Portable Network Graphics (PNG) Specification", 9.2.
#include "reader.h"

#include <string.h>

enum { TOGETHER = 4 };

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

// `rows` rows of one filter (3 or 4), row r at pixel p - r. All but `raw`, `lines` and `stride` are constants.
INLINE void unfilter_together(const uint8_t *raw, uint8_t *lines, size_t stride, const size_t rows, const size_t bytes,
                              const int filter) {
  // Per row: the sample made last (left of the next one), and the one above it (the next one's corner).
  uint8_t left[TOGETHER][4] = {{0}}, corner[TOGETHER][4] = {{0}};
  size_t pixels = stride / bytes;
  // Where all rows have a pixel. Each row reads what the row above it made a step before, so the last row goes first.
  size_t begin = rows - 1 < pixels ? rows - 1 : pixels + rows - 1;
  size_t end = pixels + rows - 1;
  for (size_t step = 0; step < end; step++) {
    if (step == begin) {
      for (; step < pixels; step++)
        for (size_t row = rows; row-- > 0;) {
          const uint8_t *source = raw + row * (stride + 1) + 1 + (step - row) * bytes;
          uint8_t *target = lines + (row + 1) * stride + (step - row) * bytes;
          for (size_t index = 0; index < bytes; index++) {
            uint8_t above = row == 0 ? *(target + index - stride) : left[row - 1][index];
            uint8_t value = add(filter, source[index], left[row][index], above, corner[row][index]);
            corner[row][index] = above;
            left[row][index] = value;
            target[index] = value;
          }
        }
      if (step == end) return;
    }
    // The first and last steps: some rows have not begun, others are done.
    for (size_t row = rows; row-- > 0;) {
      if (step < row || step - row >= pixels) continue;
      const uint8_t *source = raw + row * (stride + 1) + 1 + (step - row) * bytes;
      uint8_t *target = lines + (row + 1) * stride + (step - row) * bytes;
      for (size_t index = 0; index < bytes; index++) {
        uint8_t above = *(target + index - stride);
        uint8_t value = add(filter, source[index], left[row][index], above, corner[row][index]);
        corner[row][index] = above;
        left[row][index] = value;
        target[index] = value;
      }
    }
  }
}

INLINE void unfilter_sub(const uint8_t *source, uint8_t *target, size_t stride, const size_t bytes) {
  uint8_t left[4] = {0};
  for (size_t place = 0; place < stride; place += bytes)
    for (size_t index = 0; index < bytes; index++)
      target[place + index] = left[index] = (uint8_t)(left[index] + source[place + index]);
}

// Rows that begin with the same filter, at most TOGETHER of them.
static uint32_t run_length(const uint8_t *raw, size_t stride, uint32_t rows) {
  uint32_t count = 1;
  while (count < rows && count < TOGETHER && raw[count * (stride + 1)] == raw[0]) count++;
  return count;
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
    case 3:
      if (run_length(raw, stride, rows) == TOGETHER)
        unfilter_together(raw, lines, stride, count = TOGETHER, bytes, 3);
      else
        unfilter_together(raw, lines, stride, 1, bytes, 3);
      break;
    case 4:
      if (run_length(raw, stride, rows) == TOGETHER)
        unfilter_together(raw, lines, stride, count = TOGETHER, bytes, 4);
      else
        unfilter_together(raw, lines, stride, 1, bytes, 4);
      break;
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
