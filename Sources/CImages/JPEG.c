#include "CImages.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

// More scans than any encoder writes; each costs the time of a whole image, however short it is.
enum { SCAN_LIMIT = 200 };

// Columns decoded beside the wanted ones, because color is smoothed across the edge of a part.
enum { MARGIN = 2 };

typedef struct {
  struct jpeg_error_mgr base;
  jmp_buf exit;
  ci_jpeg_info *info;
} failures;

static void tell(j_common_ptr codec) {
  failures *failure = (failures *)codec->err;
  char text[JMSG_LENGTH_MAX];
  codec->err->format_message(codec, text);
  snprintf(failure->info->message, sizeof failure->info->message, "%s", text);
}

static void fail(j_common_ptr codec) {
  tell(codec);
  longjmp(((failures *)codec->err)->exit, 1);
}

// Warnings that leave every pixel as it was meant are passed over; the others are failures.
static void warn(j_common_ptr codec, int level) {
  if (level >= 0) return;
  switch (codec->err->msg_code) {
  case JWRN_EXTRANEOUS_DATA:
  case JWRN_ADOBE_XFORM:
  case JWRN_JFIF_MAJOR:
    return;
  case JWRN_JPEG_EOF:
  case JWRN_HIT_MARKER:
    ((failures *)codec->err)->info->is_cut_short = true;
    fail(codec);
  default:
    fail(codec);
  }
}

static void print_nothing(j_common_ptr codec) { (void)codec; }

static void limit_scans(j_common_ptr codec) {
  if (codec->is_decompressor && ((j_decompress_ptr)codec)->input_scan_number > SCAN_LIMIT) {
    failures *failure = (failures *)codec->err;
    snprintf(
        failure->info->message, sizeof failure->info->message, "more than %d scans", SCAN_LIMIT);
    longjmp(failure->exit, 1);
  }
}

static struct jpeg_error_mgr *prepare(failures *failure, ci_jpeg_info *info) {
  struct jpeg_error_mgr *manager = jpeg_std_error(&failure->base);
  manager->error_exit = fail;
  manager->emit_message = warn;
  manager->output_message = print_nothing;
  failure->info = info;
  info->message[0] = 0;
  info->is_cut_short = false;
  return manager;
}

static void read_header(
    j_decompress_ptr codec, const uint8_t *file, size_t count, ci_jpeg_info *info) {
  jpeg_mem_src(codec, file, count);
  jpeg_read_header(codec, TRUE);
  info->width = (int32_t)codec->image_width;
  info->height = (int32_t)codec->image_height;
  switch (codec->jpeg_color_space) {
  case JCS_GRAYSCALE:
    codec->out_color_space = JCS_GRAYSCALE;
    info->components = 1;
    break;
  case JCS_CMYK:
  case JCS_YCCK:
    codec->out_color_space = JCS_CMYK;
    info->components = 4;
    break;
  case JCS_RGB:
  case JCS_YCbCr:
    codec->out_color_space = JCS_RGB;
    info->components = 3;
    break;
  default:
    ERREXIT(codec, JERR_CONVERSION_NOTIMPL);
  }
}

bool ci_jpeg_header(const uint8_t *file, size_t count, ci_jpeg_info *info) {
  struct jpeg_decompress_struct codec;
  failures failure;
  codec.err = prepare(&failure, info);
  if (setjmp(failure.exit)) {
    jpeg_destroy_decompress(&codec);
    return false;
  }
  jpeg_create_decompress(&codec);
  read_header(&codec, file, count, info);
  jpeg_destroy_decompress(&codec);
  return true;
}

// Skips to the first wanted row, then copies the wanted columns of each row.
//
// A progressive file may leave out the last bits of its coefficients, and the library then guesses them
// from the blocks around, which it does not do for parts. So nothing of such a file is left out.
static void read_part(j_decompress_ptr codec, ci_jpeg_request request, uint8_t *pixels) {
  bool is_whole = codec->progressive_mode;
  JDIMENSION left = (JDIMENSION)(request.left > MARGIN ? request.left - MARGIN : 0);
  JDIMENSION right = (JDIMENSION)(request.left + request.width + MARGIN);
  if (right > codec->output_width) right = codec->output_width;
  JDIMENSION width = right - left;
  if (is_whole) {
    left = 0;
    width = codec->output_width;
  } else if (width < codec->output_width) {
    jpeg_crop_scanline(codec, &left, &width);
  }
  size_t components = (size_t)codec->output_components;
  size_t before = ((size_t)request.left - left) * components;
  size_t length = (size_t)request.width * components;
  bool is_direct = before == 0 && width == (JDIMENSION)request.width;
  JSAMPARRAY line = codec->mem->alloc_sarray(
      (j_common_ptr)codec, JPOOL_IMAGE, codec->output_width * (JDIMENSION)components, 1);
  if (is_whole) {
    for (int32_t row = 0; row < request.top; ++row) jpeg_read_scanlines(codec, line, 1);
  } else if (request.top > 0) {
    jpeg_skip_scanlines(codec, (JDIMENSION)request.top);
  }
  for (int32_t row = 0; row < request.height; ++row) {
    JSAMPROW target = is_direct ? pixels + (size_t)row * length : line[0];
    if (jpeg_read_scanlines(codec, &target, 1) != 1) ERREXIT(codec, JERR_TOO_LITTLE_DATA);
    if (!is_direct) memcpy(pixels + (size_t)row * length, line[0] + before, length);
  }
}

bool ci_jpeg_decode(
    const uint8_t *file, size_t count, ci_jpeg_request request, uint8_t *pixels,
    bool *is_inverted, ci_jpeg_info *info) {
  struct jpeg_decompress_struct codec;
  struct jpeg_progress_mgr progress = {.progress_monitor = limit_scans};
  failures failure;
  codec.err = prepare(&failure, info);
  if (setjmp(failure.exit)) {
    jpeg_destroy_decompress(&codec);
    return false;
  }
  jpeg_create_decompress(&codec);
  codec.progress = &progress;
  read_header(&codec, file, count, info);
  // What Photoshop writes counts paper instead of ink, and says so with its marker.
  *is_inverted = codec.saw_Adobe_marker;
  codec.scale_num = (unsigned)request.eighths;
  codec.scale_denom = 8;
  jpeg_start_decompress(&codec);
  if (request.top < 0 || request.left < 0 || request.height < 1 || request.width < 1 ||
      (int64_t)request.top + request.height > codec.output_height ||
      (int64_t)request.left + request.width > codec.output_width) {
    ERREXIT(&codec, JERR_WIDTH_OVERFLOW);
  }
  read_part(&codec, request, pixels);
  jpeg_destroy_decompress(&codec);
  return true;
}

bool ci_jpeg_encode(
    const uint8_t *pixels, int32_t height, int32_t width, int32_t channels, int32_t quality,
    bool halves_color, uint8_t **file, size_t *count, ci_jpeg_info *info) {
  struct jpeg_compress_struct codec;
  failures failure;
  unsigned char *volatile memory = NULL;
  unsigned long size = 0;
  codec.err = prepare(&failure, info);
  if (setjmp(failure.exit)) {
    jpeg_destroy_compress(&codec);
    free(memory);
    return false;
  }
  jpeg_create_compress(&codec);
  jpeg_mem_dest(&codec, (unsigned char **)&memory, &size);
  codec.image_height = (JDIMENSION)height;
  codec.image_width = (JDIMENSION)width;
  codec.input_components = channels;
  codec.in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&codec);
  jpeg_set_quality(&codec, quality, TRUE);
  int factor = halves_color && channels == 3 ? 2 : 1;
  codec.comp_info[0].h_samp_factor = factor;
  codec.comp_info[0].v_samp_factor = factor;
  codec.optimize_coding = TRUE;
  jpeg_start_compress(&codec, TRUE);
  while (codec.next_scanline < codec.image_height) {
    const uint8_t *line = pixels + (size_t)codec.next_scanline * (size_t)(width * channels);
    JSAMPROW row = (JSAMPROW)line;
    jpeg_write_scanlines(&codec, &row, 1);
  }
  jpeg_finish_compress(&codec);
  jpeg_destroy_compress(&codec);
  *file = memory;
  *count = size;
  return true;
}

void ci_jpeg_free(uint8_t *file) { free(file); }
