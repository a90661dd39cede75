// How the rows of a PNG file are read one after the other, with a few of them in memory.
//
// libpng reads the header, and everything where our own road does not lead. On our own road the compressed pixels of a
// plain file go through zlib in pieces far larger than a row (with row after row, zlib spends a part of each in its slow
// loop) and unfilter.c. That road is at most as lenient as libpng: whatever looks unusual or wrong on it is read again
// by libpng, from the first byte on, so that libpng alone says what is wrong with a file, in its own words.
#include "reader.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct cpng_rows {
  reader reader;
  cpng_picture picture;
  cpng_road road;
  uint8_t background;
  uint32_t done;   // rows handed out
  uint32_t band;   // rows at a time
  size_t stride;   // bytes of a row before alpha is composed
  uint32_t opaque; // all alphas so far, ANDed
  uint8_t *raw;    // a band with its filters; afterwards the band composed
  uint8_t *lines;  // the row above, and a band
  z_stream stream;
  int is_inflating;   // the stream must be ended
  size_t offset;      // of the next compressed byte
  size_t left;        // bytes of the chunk behind it
  uint32_t checksum;  // of the chunk up to it
  uint32_t skipped;   // rows that libpng reads again
};

// Bytes of a band: in the second-level cache, together with what is made of them.
static const size_t band_bytes = 160 << 10;
// Compressed bytes that are looked at for their checksum and then inflated.
static const size_t piece_bytes = 32 << 10;

static uint32_t big_endian(const uint8_t *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static cpng_code fail(cpng_rows *self, cpng_code code) { return self->picture.code = code; }

static cpng_code open_guarded(cpng_rows *self) {
  if (setjmp(png_jmpbuf(self->reader.png))) return cpng_reader_classify(&self->reader);
  return cpng_reader_header(&self->reader);
}

static cpng_code allocate_band(cpng_rows *self) {
  cpng_picture *picture = &self->picture;
  self->stride = (size_t)picture->width * (picture->channels + picture->has_alpha);
  size_t band = band_bytes / (self->stride + 1);
  // unfilter.c takes four and eight rows together.
  band = band >= 8 ? band / 8 * 8 : band >= 4 ? 4 : band;
  self->band = band < 1 ? 1 : band > picture->height ? picture->height : (uint32_t)band;
  // unfilter.c may load a few bytes too many.
  self->raw = malloc(self->band * (self->stride + 1) + 4);
  self->lines = calloc(self->band + 1, self->stride);
  return self->raw && self->lines ? CPNG_OK : CPNG_NO_MEMORY;
}

// MARK: Our own road

// Whether the file is one that our own road knows: libpng has just read the first IDAT's length and name.
static int is_plain(cpng_rows *self) {
  const cpng_picture *picture = &self->picture;
  const reader *reader = &self->reader;
  if (picture->bit_depth != 8 || picture->color_type == PNG_COLOR_TYPE_PALETTE) return 0;
  if (picture->has_alpha && !(picture->color_type & PNG_COLOR_MASK_ALPHA)) return 0;
  if (reader->offset < 8 || memcmp(reader->bytes + reader->offset - 4, "IDAT", 4) != 0) return 0;
  // zlib counts in 32 bits.
  if (self->stride >= (size_t)1 << 30) return 0;
  self->offset = reader->offset;
  self->left = big_endian(reader->bytes + reader->offset - 8);
  if (self->left == 0 || self->left > reader->count - self->offset) return 0;
  self->checksum = (uint32_t)crc32(0, reader->bytes + self->offset - 4, 4);
  // A stream may state a smaller window than deflate's largest. zlib then refuses matches from farther away, unless they
  // lie in the output at hand, and ours is larger than libpng's. Where all of the picture fits into the window, or the
  // window is the largest, there are no such matches.
  uint32_t window = reader->bytes[self->offset] >> 4;
  uint64_t total = (self->stride + 1) * (uint64_t)picture->height;
  if (window > 7 || (window < 7 && total > (uint64_t)1 << (window + 8))) return 0;
  self->is_inflating = inflateInit2(&self->stream, 0) == Z_OK;
  return self->is_inflating;
}

// Gives zlib the next compressed bytes; 0 where there are none, or a checksum is wrong.
static int refill(cpng_rows *self) {
  const uint8_t *bytes = self->reader.bytes;
  size_t count = self->reader.count;
  while (self->left == 0) {
    // The checksum, and the length and name of the next chunk.
    if (count - self->offset < 12 || big_endian(bytes + self->offset) != self->checksum) return 0;
    self->left = big_endian(bytes + self->offset + 4);
    if (memcmp(bytes + self->offset + 8, "IDAT", 4) != 0) return 0;
    self->offset += 12;
    if (self->left > PNG_UINT_31_MAX || self->left > count - self->offset) return 0;
    self->checksum = (uint32_t)crc32(0, bytes + self->offset - 4, 4);
  }
  size_t piece = self->left < piece_bytes ? self->left : piece_bytes;
  self->checksum = (uint32_t)crc32(self->checksum, bytes + self->offset, (uInt)piece);
  // zlib does not write to its input; its type only does not say so.
  self->stream.next_in = (Bytef *)(uintptr_t)(bytes + self->offset);
  self->stream.avail_in = (uInt)piece;
  self->offset += piece;
  self->left -= piece;
  cpng_reader_count_input(&self->reader, piece);
  return 1;
}

// Exactly so many bytes of the filtered picture; 0 where that cannot be.
static int inflate_bytes(cpng_rows *self, uint8_t *target, size_t count) {
  self->stream.next_out = target;
  self->stream.avail_out = (uInt)count;
  while (self->stream.avail_out > 0) {
    if (self->stream.avail_in == 0 && !refill(self)) return 0;
    int code = inflate(&self->stream, Z_NO_FLUSH);
    if (code == Z_STREAM_END) return self->stream.avail_out == 0 ? 2 : 0;
    if (code != Z_OK && code != Z_BUF_ERROR) return 0;
  }
  return 1;
}

static int is_ancillary(const uint8_t *name) {
  for (int index = 0; index < 4; index++) {
    uint8_t letter = name[index] | 0x20;
    if (letter < 'a' || letter > 'z') return 0;
  }
  return (name[0] & 0x20) != 0;
}

// Whether the stream ends here, with a right sum over all pixels, and the file with sound chunks after it.
static int ends_well(cpng_rows *self, int has_ended) {
  const uint8_t *bytes = self->reader.bytes;
  size_t count = self->reader.count;
  uint8_t more;
  self->stream.next_out = &more;
  self->stream.avail_out = 1;
  while (!has_ended) {
    if (self->stream.avail_in == 0 && !refill(self)) return 0;
    int code = inflate(&self->stream, Z_NO_FLUSH);
    if (self->stream.avail_out == 0 || (code != Z_OK && code != Z_STREAM_END)) return 0;
    has_ended = code == Z_STREAM_END;
  }
  if (self->stream.avail_in != 0 || self->left != 0) return 0;
  if (count - self->offset < 4 || big_endian(bytes + self->offset) != self->checksum) return 0;
  size_t offset = self->offset + 4;
  while (count - offset >= 12) {
    size_t length = big_endian(bytes + offset);
    const uint8_t *name = bytes + offset + 4;
    if (length > PNG_UINT_31_MAX || length > count - offset - 12) return 0;
    uint32_t checksum = (uint32_t)crc32_z(0, name, 4 + length);
    if (checksum != big_endian(name + 4 + length)) return 0;
    if (memcmp(name, "IEND", 4) == 0) return length == 0;
    if (!is_ancillary(name)) return 0;
    cpng_reader_count(&self->reader, length);
    offset += 12 + length;
  }
  return 0;
}

static int stream_band(cpng_rows *self, uint32_t rows) {
  int state = inflate_bytes(self, self->raw, rows * (self->stride + 1));
  if (state == 0) return 0;
  // What is above the band: its predecessor's last row, or nothing.
  if (self->done > 0) memcpy(self->lines, self->lines + self->band * self->stride, self->stride);
  uint32_t bytes = self->picture.channels + self->picture.has_alpha;
  if (!cpng_unfilter(self->raw, self->lines, self->stride, rows, bytes)) return 0;
  if (self->done + rows < self->picture.height) return state == 1;
  return ends_well(self, state == 2);
}

// MARK: libpng's road

// Begins anew, and passes over the rows that were handed out.
static cpng_code restart_guarded(cpng_rows *self) {
  if (setjmp(png_jmpbuf(self->reader.png))) return cpng_reader_classify(&self->reader);
  cpng_code code = cpng_reader_header(&self->reader);
  if (code != CPNG_OK) return code;
  int passes;
  size_t stride = cpng_reader_expand(&self->reader, &passes);
  for (self->skipped = 0; self->skipped < self->done; self->skipped++) {
    png_read_row(self->reader.png, self->lines, NULL);
    cpng_reader_count(&self->reader, stride);
  }
  return CPNG_OK;
}

static cpng_code restart(cpng_rows *self) {
  // The header is the same as before, and with it everything that was handed out of the picture's kind.
  cpng_reader_close(&self->reader);
  self->road = CPNG_ROAD_LIBPNG;
  if (!cpng_reader_open(&self->reader)) return self->picture.code;
  return fail(self, restart_guarded(self));
}

static cpng_code expand_guarded(cpng_rows *self) {
  if (setjmp(png_jmpbuf(self->reader.png))) return cpng_reader_classify(&self->reader);
  int passes;
  cpng_reader_expand(&self->reader, &passes);
  return CPNG_OK;
}

static cpng_code read_guarded(cpng_rows *self, const uint32_t rows) {
  if (setjmp(png_jmpbuf(self->reader.png))) return cpng_reader_classify(&self->reader);
  for (uint32_t row = 1; row <= rows; row++)
    png_read_row(self->reader.png, self->lines + row * self->stride, NULL);
  if (self->done + rows == self->picture.height) png_read_end(self->reader.png, NULL);
  return CPNG_OK;
}

// MARK: What callers see

static void begin(cpng_rows *self, cpng_road first) {
  if (!cpng_reader_open(&self->reader)) return;
  if (fail(self, open_guarded(self)) != CPNG_OK) return;
  if (self->picture.interlaced) {
    // Read whole with the first rows: what is said of its kind is known.
    cpng_reader_close(&self->reader);
    self->road = CPNG_ROAD_WHOLE;
    return;
  }
  if (fail(self, allocate_band(self)) != CPNG_OK) return;
  if (first == CPNG_ROAD_STREAM && is_plain(self)) return;
  self->road = CPNG_ROAD_LIBPNG;
  fail(self, expand_guarded(self));
}

cpng_rows *cpng_rows_open(const uint8_t *bytes, size_t count, cpng_limits limits, uint8_t background, cpng_road first) {
  cpng_rows *self = calloc(1, sizeof *self);
  if (self == NULL) return NULL;
  self->reader = (reader){.bytes = bytes, .count = count, .limits = limits, .picture = &self->picture};
  self->background = background;
  self->opaque = 255;
  begin(self, first);
  return self;
}

const cpng_picture *cpng_rows_picture(const cpng_rows *rows) { return &rows->picture; }

cpng_road cpng_rows_road(const cpng_rows *rows) { return rows->road; }

static const uint8_t *next_whole(cpng_rows *self, uint32_t *row_count) {
  cpng_picture *picture = &self->picture;
  const reader *reader = &self->reader;
  if (picture->pixels == NULL)
    cpng_read_telling(reader->bytes, reader->count, reader->limits, self->background, reader->tell, reader->context,
                      picture);
  if (picture->code != CPNG_OK) return NULL;
  *row_count = picture->height;
  self->done = picture->height;
  return picture->pixels;
}

// A band's alpha composed, where it has one: into `raw`, because the stream's next band needs the last row as it is.
static const uint8_t *composed(cpng_rows *self, uint32_t rows) {
  cpng_picture *picture = &self->picture;
  const uint8_t *lines = self->lines + self->stride;
  if (!picture->has_alpha) return lines;
  for (uint32_t row = 0; row < rows; row++)
    self->opaque &= cpng_compose_row(lines + row * self->stride,
                                     self->raw + (size_t)row * picture->width * picture->channels, picture->width,
                                     picture->channels, self->background);
  picture->transparent = self->opaque != 255;
  return self->raw;
}

const uint8_t *cpng_rows_next(cpng_rows *self, void (*tell)(void *context), void *context, uint32_t *row_count) {
  *row_count = 0;
  cpng_picture *picture = &self->picture;
  if (picture->code != CPNG_OK || self->done == picture->height) return NULL;
  self->reader.tell = tell;
  self->reader.context = context;
  if (self->road == CPNG_ROAD_WHOLE) return next_whole(self, row_count);
  uint32_t rest = picture->height - self->done;
  uint32_t rows = rest < self->band ? rest : self->band;
  int is_there = self->road == CPNG_ROAD_STREAM && stream_band(self, rows);
  if (!is_there) {
    if (self->road == CPNG_ROAD_STREAM && restart(self) != CPNG_OK) return NULL;
    if (fail(self, read_guarded(self, rows)) != CPNG_OK) return NULL;
  }
  const uint8_t *result = composed(self, rows);
  self->done += rows;
  cpng_reader_count(&self->reader, rows * self->stride);
  *row_count = rows;
  return result;
}

void cpng_rows_close(cpng_rows *self) {
  if (self == NULL) return;
  cpng_reader_close(&self->reader);
  if (self->is_inflating) inflateEnd(&self->stream);
  free(self->raw);
  free(self->lines);
  free(self->picture.pixels);
  free(self);
}
