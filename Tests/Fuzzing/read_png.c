// The decoder's fuzz target: whatever the bytes, cpng_read keeps its promises and touches no memory that is not its own,
// and cpng_rows_next gives, by each of its roads, the same samples or the same error.
// scripts/fuzz builds and runs it.
#include "CPNG.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

// Small enough for thousands of runs a second; the limits are code under test like the rest.
static const cpng_limits limits = {.maximum_side = 2048, .maximum_pixels = 1 << 18};

#define MUST(condition)                                                                                                \
  do {                                                                                                                 \
    if (!(condition)) {                                                                                                \
      fprintf(stderr, "broken promise: %s (line %d)\n", #condition, __LINE__);                                         \
      abort();                                                                                                         \
    }                                                                                                                  \
  } while (0)

// Reads every sample, so that the sanitizer sees whether all of them are there and were written.
static uint32_t sum(const uint8_t *samples, size_t count) {
  uint32_t result = 0;
  for (size_t index = 0; index < count; index++) result = result * 31 + samples[index];
  return result;
}

// A picture that was read is written and read again: the same samples.
static void check_writing(const cpng_picture *picture) {
  cpng_file file;
  cpng_write(picture->pixels, picture->width, picture->height, picture->channels, 0, &file);
  MUST(file.code == CPNG_OK && file.bytes != NULL);
  cpng_picture again;
  cpng_read(file.bytes, file.count, limits, 0, &again);
  MUST(again.code == CPNG_OK);
  MUST(again.width == picture->width && again.height == picture->height && again.channels == picture->channels);
  size_t count = (size_t)picture->width * picture->height * picture->channels;
  MUST(memcmp(again.pixels, picture->pixels, count) == 0);
  cpng_free(again.pixels);
  cpng_free(file.bytes);
}

// Row by row a file is what it is as a whole: its samples, or what is wrong with it, in the same words.
static void check_rows(const uint8_t *bytes, size_t size, uint8_t background, cpng_road first,
                       const cpng_picture *whole) {
  cpng_rows *rows = cpng_rows_open(bytes, size, limits, background, first);
  MUST(rows != NULL);
  const cpng_picture *picture = cpng_rows_picture(rows);
  size_t stride = (size_t)picture->width * picture->channels, done = 0;
  uint32_t count;
  const uint8_t *band;
  while ((band = cpng_rows_next(rows, NULL, NULL, &count)) != NULL) {
    MUST(count > 0 && picture->code == CPNG_OK);
    // Rows come out of a file that turns out to be wrong later, but never all of them.
    MUST(done + count < picture->height || whole->code == CPNG_OK);
    if (whole->code == CPNG_OK) MUST(memcmp(band, whole->pixels + done * stride, count * stride) == 0);
    else sum(band, count * stride);
    done += count;
  }
  MUST(count == 0 && cpng_rows_next(rows, NULL, NULL, &count) == NULL && count == 0);
  MUST(picture->code == whole->code && strcmp(picture->message, whole->message) == 0);
  MUST(picture->width == whole->width && picture->height == whole->height);
  if (whole->code == CPNG_OK) {
    MUST(done == whole->height && picture->channels == whole->channels);
    MUST(picture->bit_depth == whole->bit_depth && picture->color_type == whole->color_type);
    MUST(picture->has_alpha == whole->has_alpha && picture->transparent == whole->transparent);
  }
  cpng_rows_close(rows);
  // Given up early, too.
  rows = cpng_rows_open(bytes, size, limits, background, first);
  cpng_rows_next(rows, NULL, NULL, &count);
  cpng_rows_close(rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  // A copy of exactly that size: one byte too far is seen.
  uint8_t *bytes = malloc(size == 0 ? 1 : size);
  if (size != 0) memcpy(bytes, data, size);
  uint8_t background = size == 0 ? 0 : data[size - 1];
  cpng_picture picture, again;
  cpng_read(bytes, size, limits, background, &picture);
  cpng_read(bytes, size, limits, background, &again);
  check_rows(bytes, size, background, CPNG_ROAD_STREAM, &picture);
  check_rows(bytes, size, background, CPNG_ROAD_LIBPNG, &picture);
  free(bytes);

  MUST(picture.code <= CPNG_NO_MEMORY);
  MUST(memchr(picture.message, 0, sizeof picture.message) != NULL);
  MUST(picture.code == again.code && picture.width == again.width && picture.height == again.height);
  if (picture.code == CPNG_OK) {
    MUST(picture.pixels != NULL && picture.message[0] == 0);
    MUST(picture.channels == 1 || picture.channels == 3);
    MUST(picture.width >= 1 && picture.width <= limits.maximum_side);
    MUST(picture.height >= 1 && picture.height <= limits.maximum_side);
    MUST((uint64_t)picture.width * picture.height <= limits.maximum_pixels);
    MUST(picture.has_alpha || !picture.transparent);
    size_t count = (size_t)picture.width * picture.height * picture.channels;
    MUST(sum(picture.pixels, count) == sum(again.pixels, count));
    check_writing(&picture);
  } else {
    MUST(picture.pixels == NULL && again.pixels == NULL);
  }
  cpng_free(picture.pixels);
  cpng_free(again.pixels);
  return 0;
}

// Mutations that know the format: bytes inside a chunk with its checksum made right again, and pixels inside the
// compressed stream. Without them nearly every input would end at the first checksum.

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maximum_size);

static uint32_t read_number(const uint8_t *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void write_number(uint8_t *bytes, uint32_t value) {
  for (int index = 0; index < 4; index++) bytes[index] = (uint8_t)(value >> (24 - 8 * index));
}

// Sets the length's bytes right for the chunk at an offset, and its checksum.
static void seal(uint8_t *chunk, uint32_t length) {
  write_number(chunk, length);
  write_number(chunk + 8 + length, (uint32_t)crc32(0, chunk + 4, length + 4));
}

// Mutates the content of one chunk; its neighbours move with its new length.
static size_t mutate_chunk(uint8_t *data, size_t size, size_t maximum_size, size_t offset, uint32_t length) {
  static uint8_t content[1 << 16];
  if (length > sizeof content) return size;
  memcpy(content, data + offset + 8, length);
  size_t room = maximum_size - (size - length);
  if (room > sizeof content) room = sizeof content;
  // With a new size only every other time: a header of another size is refused at once.
  if (rand() % 2 == 0) room = length;
  if (room == 0) return size;
  size_t count = LLVMFuzzerMutate(content, length, room);
  memmove(data + offset + 8 + count, data + offset + 8 + length, size - offset - 8 - length);
  memcpy(data + offset + 8, content, count);
  seal(data + offset, (uint32_t)count);
  return size - length + count;
}

// Mutates the pixels in a chunk that holds a whole compressed stream.
static size_t mutate_pixels(uint8_t *data, size_t size, size_t maximum_size, size_t offset, uint32_t length) {
  static uint8_t pixels[1 << 18], packed[1 << 17];
  uLongf count = sizeof pixels;
  if (uncompress(pixels, &count, data + offset + 8, length) != Z_OK || count == 0) return size;
  size_t changed = LLVMFuzzerMutate(pixels, count, rand() % 4 == 0 ? sizeof pixels : count);
  uLongf packed_count = sizeof packed;
  if (compress2(packed, &packed_count, pixels, changed, 1) != Z_OK) return size;
  if (size - length + packed_count > maximum_size) return size;
  memmove(data + offset + 8 + packed_count, data + offset + 8 + length, size - offset - 8 - length);
  memcpy(data + offset + 8, packed, packed_count);
  seal(data + offset, (uint32_t)packed_count);
  return size - length + packed_count;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maximum_size, unsigned int seed) {
  srand(seed);
  if (rand() % 8 == 0) return LLVMFuzzerMutate(data, size, maximum_size);
  // The chunks as they stand.
  size_t offsets[64];
  uint32_t lengths[64];
  int count = 0;
  for (size_t offset = 8; count < 64 && offset + 12 <= size;) {
    uint32_t length = read_number(data + offset);
    if (length > size - offset - 12) break;
    offsets[count] = offset;
    lengths[count++] = length;
    offset += 12 + (size_t)length;
  }
  if (count == 0) return LLVMFuzzerMutate(data, size, maximum_size);
  int chosen = rand() % count;
  size_t offset = offsets[chosen];
  uint32_t length = lengths[chosen];
  switch (rand() % 8) {
  case 0: // another kind of chunk
    data[offset + 4 + rand() % 4] ^= (uint8_t)(1 << rand() % 8);
    seal(data + offset, length);
    return size;
  case 1: // gone
    memmove(data + offset, data + offset + 12 + length, size - offset - 12 - length);
    return size - 12 - length;
  case 2: // twice
    if (size + 12 + length > maximum_size) return size;
    memmove(data + offset + 12 + length, data + offset, size - offset);
    return size + 12 + length;
  case 3: // cut off
    return offset + 1 + (size_t)rand() % (12 + length);
  case 4:
  case 5:
    if (memcmp(data + offset + 4, "IDAT", 4) == 0) return mutate_pixels(data, size, maximum_size, offset, length);
    return mutate_chunk(data, size, maximum_size, offset, length);
  default: return mutate_chunk(data, size, maximum_size, offset, length);
  }
}
