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

/// The same, and calls `tell` with `context` after every mebibyte or so of samples and every four of the file. It may be
/// called from within libpng, across whose frames nothing may be thrown or jump.
void cpng_read_telling(const uint8_t *bytes, size_t count, cpng_limits limits, uint8_t background,
                       void (*tell)(void *context), void *context, cpng_picture *picture);

/// A file whose rows are read one after the other, top to bottom: a few of them are in memory at a time.
///
/// An interlaced file is the exception: its first row is complete only with its last pass, so it is read whole.
typedef struct cpng_rows cpng_rows;

/// How rows come out of a file.
typedef enum {
  CPNG_ROAD_STREAM,  // our own: zlib's output in large pieces, filters taken off several rows at once
  CPNG_ROAD_LIBPNG,  // libpng, row by row: whatever the first does not know, and whatever it found wrong
  CPNG_ROAD_WHOLE,   // libpng, the whole picture: interlaced files
} cpng_road;

/// Reads a file up to its first pixels; `bytes` must stay until cpng_rows_close. NULL without memory; anything else
/// that is wrong is in the code of cpng_rows_picture.
///
/// With `first` other than CPNG_ROAD_STREAM, our own road is not taken: for comparisons.
cpng_rows *cpng_rows_open(const uint8_t *bytes, size_t count, cpng_limits limits, uint8_t background, cpng_road first);

/// What is known of the file so far; its `pixels` are NULL. Whether a pixel was transparent is known at the end.
const cpng_picture *cpng_rows_picture(const cpng_rows *rows);

/// The road that is taken now.
cpng_road cpng_rows_road(const cpng_rows *rows);

/// The next rows, width * channels samples each, until the next call; NULL and 0 behind the last row, and when the file
/// is not sound. The last rows come only when the file was sound to its end. Calls `tell` like cpng_read_telling.
const uint8_t *cpng_rows_next(cpng_rows *rows, void (*tell)(void *context), void *context, uint32_t *row_count);

/// Ends the reading, at any time; NULL is allowed.
void cpng_rows_close(cpng_rows *rows);

/// Writes 8-bit samples, 1 (grey) or 3 (red, green, blue) channels, as a PNG file; fast, or small.
void cpng_write(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels, int is_fast,
                cpng_file *file);

/// Frees what cpng_read or cpng_write allocated.
void cpng_free(void *memory);

/// The version of the libpng that runs, such as "1.6.39".
const char *cpng_version(void);

#endif
