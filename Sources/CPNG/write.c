// How a PNG file is written: cpng_write owns every resource, write_guarded holds the one setjmp.
#include "CPNG.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

// As in read.c: nothing that changes after setjmp is a local of the function that calls it.
typedef struct {
  const uint8_t *pixels;
  uint32_t width, height, channels;
  size_t capacity;
  int is_fast;
  png_structp png;
  png_infop info;
  cpng_file *file;
} writer;

static void append_bytes(png_structp png, png_bytep bytes, size_t length) {
  writer *self = png_get_io_ptr(png);
  cpng_file *file = self->file;
  if (length > self->capacity - file->count) {
    size_t capacity = self->capacity * 2 + length + 4096;
    uint8_t *larger = realloc(file->bytes, capacity);
    if (larger == NULL) png_error(png, "out of memory");
    file->bytes = larger;
    self->capacity = capacity;
  }
  memcpy(file->bytes + file->count, bytes, length);
  file->count += length;
}

static void keep_error(png_structp png, png_const_charp message) {
  writer *self = png_get_error_ptr(png);
  if (self->file->message[0] == 0) strncpy(self->file->message, message, sizeof self->file->message - 1);
  png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void flush_nothing(png_structp png) { (void)png; }

static cpng_code write_guarded(writer *self) {
  if (setjmp(png_jmpbuf(self->png)))
    return strstr(self->file->message, "memory") ? CPNG_NO_MEMORY : CPNG_DAMAGED;
  png_set_user_limits(self->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_write_fn(self->png, self, append_bytes, flush_nothing);
  png_set_IHDR(self->png, self->info, self->width, self->height, 8,
               self->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (self->is_fast) {
    // Rows that repeat the one above become zeros, which is most of an enlarged picture.
    png_set_filter(self->png, PNG_FILTER_TYPE_BASE, PNG_FILTER_UP);
    png_set_compression_level(self->png, 1);
  }
  png_write_info(self->png, self->info);
  for (uint32_t row = 0; row < self->height; row++)
    png_write_row(self->png, self->pixels + (size_t)row * self->width * self->channels);
  png_write_end(self->png, self->info);
  return CPNG_OK;
}

void cpng_write(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels, int is_fast,
                cpng_file *file) {
  memset(file, 0, sizeof *file);
  writer self = {.pixels = pixels, .width = width, .height = height, .channels = channels, .is_fast = is_fast, .file = file};
  self.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &self, keep_error, ignore_warning);
  self.info = self.png ? png_create_info_struct(self.png) : NULL;
  file->code = self.info ? write_guarded(&self) : CPNG_NO_MEMORY;
  if (self.png) png_destroy_write_struct(&self.png, &self.info);
  if (file->code != CPNG_OK) {
    free(file->bytes);
    file->bytes = NULL;
    file->count = 0;
  }
}
