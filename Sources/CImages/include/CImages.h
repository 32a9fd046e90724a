/// What Images needs from C: libjpeg, which leaves a failed call with longjmp, where Swift code may
/// not be jumped over, and inner loops that are compiled for several widths of vectors.
///
/// Ownership: everything is the caller's; nothing is kept beyond a call but the memory of an
/// encoded file, which `ci_jpeg_free` releases.
#ifndef CIMAGES_H
#define CIMAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What the header of a JPEG file says, or why it cannot be read.
typedef struct ci_jpeg_info {
  int32_t width;
  int32_t height;
  /// 1 for gray, 3 for color, 4 for the four inks of print.
  int32_t components;
  /// The first failure or harmful warning of libjpeg, or empty.
  char message[256];
  /// The file ends before its image does.
  bool is_cut_short;
} ci_jpeg_info;

/// Which part of an image is wanted, and at which scale.
typedef struct ci_jpeg_request {
  /// The image is decoded at `eighths` / 8 of its size, 1 to 8, each side rounded up.
  int32_t eighths;
  /// The first row and column wanted and how many, in pixels of the scaled image.
  int32_t top, left, height, width;
} ci_jpeg_request;

/// Reads the header.
bool ci_jpeg_header(const uint8_t *file, size_t count, ci_jpeg_info *info);

/// Decodes a part of an image into `pixels`, `height * width * components` samples without gaps.
/// Four inks come as ink is counted in the file of libjpeg: 255 is none where `is_inverted`.
bool ci_jpeg_decode(
    const uint8_t *file, size_t count, ci_jpeg_request request, uint8_t *pixels,
    bool *is_inverted, ci_jpeg_info *info);

/// Encodes an image of 1 or 3 channels. `quality` is 1 to 100; color is halved in both directions
/// where `halves_color`.
bool ci_jpeg_encode(
    const uint8_t *pixels, int32_t height, int32_t width, int32_t channels, int32_t quality,
    bool halves_color, uint8_t **file, size_t *count, ci_jpeg_info *info);

/// Releases what `ci_jpeg_encode` made.
void ci_jpeg_free(uint8_t *file);

/// One axis of a resampling: output `i` is the weighted sum of `counts[i]` inputs from `starts[i]`,
/// with weights `weights[i * stride ...]` in units of 2^-22.
typedef struct ci_axis {
  const int32_t *starts;
  const int32_t *counts;
  const int32_t *weights;
  int32_t stride;
  int32_t size;
} ci_axis;

/// Resamples `rows` rows of pixels along the width. A row of the source is `source_stride` bytes
/// after the one before; `end` is one past the last byte that may be read. The target has no gaps.
void ci_resample_rows(
    const uint8_t *source, ptrdiff_t source_stride, const uint8_t *end, int32_t rows,
    int32_t channels, ci_axis axis, uint8_t *target);

/// Resamples along the height: rows of `length` bytes without gaps become `axis.size` such rows.
void ci_resample_columns(
    const uint8_t *source, int32_t length, ci_axis axis, uint8_t *target);

/// Writes `[height, width, channels]` bytes as planes `[channels, height, width]` of
/// `scale[c] * value + offset[c]`, each row from right to left where `is_flipped`.
void ci_normalize(
    const uint8_t *source, int32_t height, int32_t width, int32_t channels, bool is_flipped,
    const float *scale, const float *offset, float *target);

#endif
