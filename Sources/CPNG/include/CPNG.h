// PNG files in memory, read and written by libpng's low-level interface.
//
// This is C because libpng reports errors by longjmp: Swift cannot call setjmp, and without a target png_error ends the
// process. It can go when libpng gains an interface that returns its errors and keeps these limits.
#ifndef CPNG_H
#define CPNG_H

#include <stddef.h>
#include <stdint.h>

/// What came of reading or writing.
typedef enum {
  CPNG_OK = 0,
  CPNG_EMPTY,           // no byte at all
  CPNG_NOT_PNG,         // another signature
  CPNG_TRUNCATED,       // the bytes end before the end chunk
  CPNG_CHECKSUM,        // a chunk's CRC is wrong, whatever the chunk
  CPNG_INFLATE,         // the compressed pixels are damaged, too few or too many
  CPNG_HEADER,          // IHDR says what no PNG may say
  CPNG_TOO_MANY_PIXELS, // more than limits.maximum_pixels
  CPNG_TOO_LARGE_SIDE,  // wider or higher than limits.maximum_side
  CPNG_DAMAGED,         // anything else
  CPNG_NO_MEMORY,
} cpng_code;

/// What a picture may need at most.
typedef struct {
  uint32_t maximum_side;   // pixels
  uint64_t maximum_pixels; // width times height, checked before pixels are allocated
} cpng_limits;

/// A picture, or why there is none.
typedef struct {
  cpng_code code;
  char message[160];    // libpng's own words for the first error, empty where there are none
  uint32_t width;       // from the header, 0 where none was read
  uint32_t height;
  uint32_t channels;    // 1 or 3
  uint32_t bit_depth;   // in the file
  uint32_t color_type;  // in the file: 0 grey, 2 colour, 3 palette, 4 grey with alpha, 6 colour with alpha
  uint32_t interlaced;  // 0 or 1
  uint32_t has_alpha;   // 0 or 1: an alpha channel or a tRNS chunk
  uint32_t transparent; // 0 or 1: some pixel's alpha is below 255
  uint8_t *pixels;      // height * width * channels samples of 8 bits, or NULL; given back to cpng_free
} cpng_picture;

/// A written file, or why there is none.
typedef struct {
  cpng_code code;
  char message[160];
  uint8_t *bytes; // given back to cpng_free
  size_t count;
} cpng_file;

/// Reads one PNG file to its end; alpha is composed on a grey background of the given level.
void cpng_read(const uint8_t *bytes, size_t count, cpng_limits limits, uint8_t background, cpng_picture *picture);

/// The same, and calls `tell` with `context` after every mebibyte or so of samples; never across a longjmp's frames.
void cpng_read_telling(const uint8_t *bytes, size_t count, cpng_limits limits, uint8_t background,
                       void (*tell)(void *context), void *context, cpng_picture *picture);

/// Writes 8-bit samples, 1 (grey) or 3 (red, green, blue) channels, as a PNG file; fast, or small.
void cpng_write(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels, int is_fast,
                cpng_file *file);

/// Frees what cpng_read or cpng_write allocated.
void cpng_free(void *memory);

/// The version of the libpng that runs, such as "1.6.39".
const char *cpng_version(void);

#endif
