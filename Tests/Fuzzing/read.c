// Feeds the PNG reader with whatever libFuzzer makes up; run by hand, from the top of the repository:
//
//   mkdir -p .build/fuzz/corpus
//   clang -g -O1 -fsanitize=fuzzer,address,undefined -ISources/CPNG/include \
//     Sources/CPNG/read.c Sources/CPNG/write.c Tests/Fuzzing/read.c -lpng -lz -o .build/fuzz/read
//   .build/fuzz/read -max_len=65536 -max_total_time=300 .build/fuzz/corpus
//
// Checksums would stop nearly every input at its first chunk, so the chunks' checksums are put right first (for all but
// every eighth input, told by its length).
#include "CPNG.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static void correct_checksums(uint8_t *bytes, size_t count) {
  size_t offset = 8;
  while (count - offset >= 12) {
    uint32_t length = (uint32_t)bytes[offset] << 24 | bytes[offset + 1] << 16 | bytes[offset + 2] << 8 | bytes[offset + 3];
    if (length > count - offset - 12) return;
    uint32_t checksum = (uint32_t)crc32(0, bytes + offset + 4, length + 4);
    uint8_t *target = bytes + offset + 8 + length;
    for (int index = 0; index < 4; index++) target[index] = (uint8_t)(checksum >> (24 - 8 * index));
    offset += 12 + (size_t)length;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t count) {
  static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  // A copy of exactly this length: the address sanitizer sees one byte too many.
  uint8_t *bytes = malloc(count ? count : 1);
  memcpy(bytes, data, count);
  if (count > 8 && count % 8) {
    memcpy(bytes, signature, 8);
    correct_checksums(bytes, count);
  }
  cpng_limits limits = {.maximum_side = 4096, .maximum_pixels = 1 << 20};
  cpng_picture picture;
  cpng_read(bytes, count, limits, count & 1 ? 255 : 0, &picture);
  if ((picture.code == CPNG_OK) != (picture.pixels != NULL)) abort();
  if (picture.pixels) {
    if (picture.channels != 1 && picture.channels != 3) abort();
    if (picture.width > 4096 || picture.height > 4096) abort();
    // Every sample is there, and what is written reads back the same.
    size_t size = (size_t)picture.width * picture.height * picture.channels;
    if (size <= 1 << 14) {
      cpng_file file;
      cpng_write(picture.pixels, picture.width, picture.height, picture.channels, 0, &file);
      cpng_picture again;
      cpng_read(file.bytes, file.count, limits, 0, &again);
      if (again.code != CPNG_OK || again.channels != picture.channels) abort();
      if (memcmp(again.pixels, picture.pixels, size) != 0) abort();
      cpng_free(again.pixels);
      cpng_free(file.bytes);
    }
  }
  cpng_free(picture.pixels);
  free(bytes);
  return 0;
}
