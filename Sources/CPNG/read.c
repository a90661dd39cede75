// How a whole PNG file is read by libpng alone: cpng_read owns every resource, read_guarded holds the one setjmp.
#include "reader.h"

#include <stdlib.h>
#include <string.h>

static const size_t piece = 1 << 20;
static const size_t input_piece = 4 << 20;

void cpng_reader_count(reader *self, size_t bytes) {
  self->untold += bytes;
  if (self->untold < piece) return;
  self->untold %= piece;
  if (self->tell) self->tell(self->context);
}

void cpng_reader_count_input(reader *self, size_t bytes) {
  self->untold_input += bytes;
  if (self->untold_input < input_piece) return;
  self->untold_input %= input_piece;
  if (self->tell) self->tell(self->context);
}

static void take_bytes(png_structp png, png_bytep target, size_t length) {
  reader *self = png_get_io_ptr(png);
  if (length > self->count - self->offset) {
    self->ended = 1;
    png_error(png, "the bytes end here");
  }
  memcpy(target, self->bytes + self->offset, length);
  self->offset += length;
  cpng_reader_count_input(self, length);
}

static void keep_error(png_structp png, png_const_charp message) {
  reader *self = png_get_error_ptr(png);
  if (self->picture->message[0] == 0)
    strncpy(self->picture->message, message, sizeof self->picture->message - 1);
  png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static uint32_t big_endian(const uint8_t *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

// What libpng's error was about. Its texts are part of its interface in practice: unchanged since 1.6.0, and tested.
cpng_code cpng_reader_classify(const reader *self) {
  const char *message = self->picture->message;
  if (self->ended) return CPNG_TRUNCATED;
  if (strstr(message, "CRC error")) return CPNG_CHECKSUM;
  if (strstr(message, "memory")) return CPNG_NO_MEMORY;
  // Signature and header take 33 bytes.
  if (strstr(message, "IHDR") || self->offset <= 33) {
    // The checksum was right, so these are the sides that the file means.
    if (self->offset >= 33 && memcmp(self->bytes + 12, "IHDR", 4) == 0) {
      uint32_t width = big_endian(self->bytes + 16), height = big_endian(self->bytes + 20);
      self->picture->width = width;
      self->picture->height = height;
      if (width != 0 && height != 0 && width <= PNG_UINT_31_MAX && height <= PNG_UINT_31_MAX &&
          (width > self->limits.maximum_side || height > self->limits.maximum_side))
        return CPNG_TOO_LARGE_SIDE;
    }
    return CPNG_HEADER;
  }
  if (strncmp(message, "IDAT", 4) == 0 || strstr(message, "image data")) return CPNG_INFLATE;
  return CPNG_DAMAGED;
}

static void set_limits(reader *self) {
  png_structp png = self->png;
  uint32_t side = self->limits.maximum_side;
  if (side > PNG_UINT_31_MAX) side = PNG_UINT_31_MAX;
  png_set_user_limits(png, side, side);
  png_set_chunk_cache_max(png, 16);
  // Only IHDR, PLTE, tRNS, IDAT and IEND are looked into; no text, profile or gamma is kept or applied. The others are
  // passed over in pieces of 1 KiB, so their length costs no memory and needs no limit: with one, libpng would refuse
  // sound files for a long chunk that nobody reads.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_set_chunk_malloc_max(png, 0);
  // A wrong checksum refuses the file in any chunk, and a fault libpng would only warn of (the sum over all pixels,
  // pixels left over) is an error: what was damaged once is not judged.
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_set_benign_errors(png, 0);
}

cpng_code cpng_reader_header(reader *self) {
  cpng_picture *picture = self->picture;
  set_limits(self);
  png_set_read_fn(self->png, self, take_bytes);
  png_read_info(self->png, self->info);

  picture->width = png_get_image_width(self->png, self->info);
  picture->height = png_get_image_height(self->png, self->info);
  picture->bit_depth = png_get_bit_depth(self->png, self->info);
  picture->color_type = png_get_color_type(self->png, self->info);
  picture->interlaced = png_get_interlace_type(self->png, self->info) != PNG_INTERLACE_NONE;
  picture->has_alpha = (picture->color_type & PNG_COLOR_MASK_ALPHA) != 0 ||
                       png_get_valid(self->png, self->info, PNG_INFO_tRNS) != 0;
  picture->channels = picture->color_type & PNG_COLOR_MASK_COLOR ? 3 : 1;
  if ((uint64_t)picture->width * picture->height > self->limits.maximum_pixels) return CPNG_TOO_MANY_PIXELS;
  return CPNG_OK;
}

size_t cpng_reader_expand(reader *self, int *passes) {
  cpng_picture *picture = self->picture;
  png_set_expand(self->png);
  png_set_scale_16(self->png);
  *passes = png_set_interlace_handling(self->png);
  png_read_update_info(self->png, self->info);
  size_t stride = png_get_rowbytes(self->png, self->info);
  if (stride != (size_t)picture->width * (picture->channels + picture->has_alpha))
    png_error(self->png, "rows are not 8 bits a sample");
  return stride;
}

static cpng_code read_guarded(reader *self) {
  if (setjmp(png_jmpbuf(self->png))) return cpng_reader_classify(self);
  cpng_picture *picture = self->picture;
  cpng_code code = cpng_reader_header(self);
  if (code != CPNG_OK) return code;
  int passes;
  size_t stride = cpng_reader_expand(self, &passes);
  picture->pixels = calloc(picture->height, stride);
  if (picture->pixels == NULL) return CPNG_NO_MEMORY;
  for (int pass = 0; pass < passes; pass++)
    for (uint32_t row = 0; row < picture->height; row++) {
      png_read_row(self->png, picture->pixels + row * stride, NULL);
      cpng_reader_count(self, stride);
    }
  png_read_end(self->png, NULL);
  return CPNG_OK;
}

// In place: a pixel's target never lies behind its source. 255 is odd, so no quotient is a tie.
uint32_t cpng_compose_row(const uint8_t *source, uint8_t *target, uint32_t width, uint32_t channels,
                          uint8_t background) {
  uint32_t opaque = 255;
  for (uint32_t column = 0; column < width; column++) {
    uint32_t alpha = source[channels];
    opaque &= alpha;
    for (uint32_t channel = 0; channel < channels; channel++)
      *target++ = (uint8_t)((source[channel] * alpha + background * (255 - alpha) + 127) / 255);
    source += channels + 1;
  }
  return opaque;
}

static void compose_alpha(reader *self, uint8_t background) {
  cpng_picture *picture = self->picture;
  size_t source = (size_t)picture->width * (picture->channels + 1);
  size_t target = (size_t)picture->width * picture->channels;
  uint32_t opaque = 255;
  for (uint32_t row = 0; row < picture->height; row++) {
    opaque &= cpng_compose_row(picture->pixels + row * source, picture->pixels + row * target, picture->width,
                               picture->channels, background);
    cpng_reader_count(self, source);
  }
  picture->transparent = opaque != 255;
}

int cpng_reader_open(reader *self) {
  static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  cpng_picture *picture = self->picture;
  memset(picture, 0, sizeof *picture);
  self->offset = 0;
  self->ended = 0;
  self->png = NULL;
  self->info = NULL;
  if (self->count == 0) {
    picture->code = CPNG_EMPTY;
    return 0;
  }
  if (memcmp(self->bytes, signature, self->count < 8 ? self->count : 8) != 0) {
    picture->code = CPNG_NOT_PNG;
    return 0;
  }
  self->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, self, keep_error, ignore_warning);
  self->info = self->png ? png_create_info_struct(self->png) : NULL;
  if (self->info == NULL) picture->code = CPNG_NO_MEMORY;
  return self->info != NULL;
}

void cpng_reader_close(reader *self) {
  if (self->png) png_destroy_read_struct(&self->png, &self->info, NULL);
}

void cpng_read(const uint8_t *bytes, size_t count, cpng_limits limits, uint8_t background, cpng_picture *picture) {
  cpng_read_telling(bytes, count, limits, background, NULL, NULL, picture);
}

void cpng_read_telling(const uint8_t *bytes, size_t count, cpng_limits limits, uint8_t background,
                       void (*tell)(void *context), void *context, cpng_picture *picture) {
  reader self = {.bytes = bytes, .count = count, .limits = limits, .picture = picture, .tell = tell,
                 .context = context};
  if (cpng_reader_open(&self)) picture->code = read_guarded(&self);
  cpng_reader_close(&self);

  if (picture->code != CPNG_OK) {
    free(picture->pixels);
    picture->pixels = NULL;
  } else if (picture->has_alpha) {
    compose_alpha(&self, background);
  }
}

void cpng_free(void *memory) { free(memory); }

const char *cpng_version(void) { return png_get_libpng_ver(NULL); }
