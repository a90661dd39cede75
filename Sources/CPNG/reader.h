// What reading a whole picture and reading its rows share; of no interest outside of this module.
#ifndef CPNG_READER_H
#define CPNG_READER_H

#include "CPNG.h"

#include <png.h>

// All state lives here, in a frame or on the heap outside of the function that calls setjmp: nothing that changes after
// setjmp is a local of that function, so none can be left indeterminate by longjmp.
typedef struct {
  const uint8_t *bytes;
  size_t count;
  size_t offset;
  int ended; // libpng asked for more bytes than there are
  cpng_limits limits;
  png_structp png;
  png_infop info;
  cpng_picture *picture;
  void (*tell)(void *context); // of every piece of work; may be NULL
  void *context;
  size_t untold; // bytes of samples since the last time
  size_t untold_input; // bytes of the file since the last time
} reader;

// Not seen by other modules.
#define CPNG_INNER __attribute__((visibility("hidden")))

// Clears the picture, checks the signature and makes libpng's state; 0 when picture->code says why not.
CPNG_INNER int cpng_reader_open(reader *self);

// Gives libpng's state back.
CPNG_INNER void cpng_reader_close(reader *self);

// Reads up to the first pixels and fills in what the header says; may jump to the caller's png_jmpbuf.
CPNG_INNER cpng_code cpng_reader_header(reader *self);

// Has libpng give 8 bits a sample; returns the bytes of a row, the number of passes in *passes; may jump as well.
CPNG_INNER size_t cpng_reader_expand(reader *self, int *passes);

// What libpng's error was about, after a jump.
CPNG_INNER cpng_code cpng_reader_classify(const reader *self);

// Counts samples and tells of every mebibyte.
CPNG_INNER void cpng_reader_count(reader *self, size_t bytes);

// Counts bytes of the file and tells of every four mebibytes: compressed bytes need not give samples.
CPNG_INNER void cpng_reader_count_input(reader *self, size_t bytes);

// Composes a row's pixels of `channels` samples and an alpha, also in place; returns the least of ANDed alphas.
CPNG_INNER uint32_t cpng_compose_row(const uint8_t *source, uint8_t *target, uint32_t width, uint32_t channels,
                                     uint8_t background);

// Takes the filters off rows that lie one after the other, each behind its filter's byte; 0 for an unknown filter. Behind
// `raw` are four bytes that are loaded and do not count; `lines` has room for one row more: the row above comes first.
// `bytes`, 1 to 4, is the distance of a sample and its left neighbour.
CPNG_INNER int cpng_unfilter(const uint8_t *raw, uint8_t *lines, size_t stride, uint32_t rows, uint32_t bytes);

#endif
