#include "CImages.h"

#include <string.h>

// The same loops for plain processors and for those with vectors of 256 bits.
#define INLINE static inline __attribute__((always_inline))

typedef uint8_t bytes4 __attribute__((vector_size(4)));
typedef int32_t words4 __attribute__((vector_size(16)));

enum { PRECISION = 22, HALF = 1 << (PRECISION - 1) };

INLINE uint8_t clipped(int32_t sum) {
  int32_t value = sum >> PRECISION;
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

// All channels of a pixel at once. For three channels the byte after the pixel is read as well,
// which `is_last` forbids for the row at the end of the memory.
INLINE void resample_row(
    const uint8_t *source, bool is_last, int32_t channels, ci_axis axis, uint8_t *target) {
  for (int32_t i = 0; i < axis.size; ++i) {
    const uint8_t *pixel = source + (ptrdiff_t)axis.starts[i] * channels;
    const int32_t *weights = axis.weights + (ptrdiff_t)i * axis.stride;
    int32_t count = axis.counts[i];
    if (channels >= 3 && !(is_last && channels == 3)) {
      words4 sum = {HALF, HALF, HALF, HALF};
      for (int32_t k = 0; k < count; ++k, pixel += channels) {
        bytes4 value;
        memcpy(&value, pixel, 4);
        sum += __builtin_convertvector(value, words4) * weights[k];
      }
      for (int32_t c = 0; c < channels; ++c) target[c] = clipped(sum[c]);
    } else {
      for (int32_t c = 0; c < channels; ++c) {
        int32_t sum = HALF;
        for (int32_t k = 0; k < count; ++k) sum += pixel[k * channels + c] * weights[k];
        target[c] = clipped(sum);
      }
    }
    target += channels;
  }
}

INLINE void resample_rows(
    const uint8_t *source, ptrdiff_t source_stride, const uint8_t *end, int32_t rows,
    int32_t channels, ci_axis axis, uint8_t *target) {
  for (int32_t row = 0; row < rows; ++row) {
    bool is_last = row + 1 == rows || source + source_stride >= end;
    resample_row(source, is_last, channels, axis, target);
    source += source_stride;
    target += (ptrdiff_t)axis.size * channels;
  }
}

// Columns in strips that fit the registers: one sum per byte of a strip.
enum { STRIP = 64 };

INLINE void resample_strip(
    const uint8_t *source, int32_t length, int32_t width, const int32_t *weights, int32_t count,
    uint8_t *target) {
  int32_t sums[STRIP];
  for (int32_t x = 0; x < width; ++x) sums[x] = HALF;
  for (int32_t k = 0; k < count; ++k, source += length) {
    int32_t weight = weights[k];
    for (int32_t x = 0; x < width; ++x) sums[x] += source[x] * weight;
  }
  for (int32_t x = 0; x < width; ++x) target[x] = clipped(sums[x]);
}

INLINE void resample_columns(
    const uint8_t *source, int32_t length, ci_axis axis, uint8_t *target) {
  for (int32_t i = 0; i < axis.size; ++i) {
    const uint8_t *first = source + (ptrdiff_t)axis.starts[i] * length;
    const int32_t *weights = axis.weights + (ptrdiff_t)i * axis.stride;
    int32_t x = 0;
    for (; x + STRIP <= length; x += STRIP) {
      resample_strip(first + x, length, STRIP, weights, axis.counts[i], target + x);
    }
    if (x < length) {
      resample_strip(first + x, length, length - x, weights, axis.counts[i], target + x);
    }
    target += length;
  }
}

INLINE void normalize(
    const uint8_t *source, int32_t height, int32_t width, int32_t channels, bool is_flipped,
    const float *scale, const float *offset, float *target) {
  ptrdiff_t plane = (ptrdiff_t)height * width;
  for (int32_t row = 0; row < height; ++row) {
    const uint8_t *line = source + (ptrdiff_t)row * width * channels;
    for (int32_t c = 0; c < channels; ++c) {
      float *out = target + c * plane + (ptrdiff_t)row * width;
      float factor = scale[c], shift = offset[c];
      if (is_flipped) {
        for (int32_t x = 0; x < width; ++x) {
          out[width - 1 - x] = factor * (float)line[x * channels + c] + shift;
        }
      } else {
        for (int32_t x = 0; x < width; ++x) {
          out[x] = factor * (float)line[x * channels + c] + shift;
        }
      }
    }
  }
}

// Three channels are the rule, and a constant lets the compiler take the pixels apart in registers.
INLINE void normalize_any(
    const uint8_t *source, int32_t height, int32_t width, int32_t channels, bool is_flipped,
    const float *scale, const float *offset, float *target) {
  if (channels == 3) {
    normalize(source, height, width, 3, is_flipped, scale, offset, target);
  } else {
    normalize(source, height, width, channels, is_flipped, scale, offset, target);
  }
}

INLINE void resample_rows_any(
    const uint8_t *source, ptrdiff_t source_stride, const uint8_t *end, int32_t rows,
    int32_t channels, ci_axis axis, uint8_t *target) {
  if (channels == 3) {
    resample_rows(source, source_stride, end, rows, 3, axis, target);
  } else {
    resample_rows(source, source_stride, end, rows, channels, axis, target);
  }
}

#if defined(__x86_64__)
#define WIDE __attribute__((target("avx2,fma")))

WIDE static void resample_rows_wide(
    const uint8_t *source, ptrdiff_t source_stride, const uint8_t *end, int32_t rows,
    int32_t channels, ci_axis axis, uint8_t *target) {
  resample_rows_any(source, source_stride, end, rows, channels, axis, target);
}

WIDE static void resample_columns_wide(
    const uint8_t *source, int32_t length, ci_axis axis, uint8_t *target) {
  resample_columns(source, length, axis, target);
}

WIDE static void normalize_wide(
    const uint8_t *source, int32_t height, int32_t width, int32_t channels, bool is_flipped,
    const float *scale, const float *offset, float *target) {
  normalize_any(source, height, width, channels, is_flipped, scale, offset, target);
}

#define IS_WIDE (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
#else
#define resample_rows_wide resample_rows_any
#define resample_columns_wide resample_columns
#define normalize_wide normalize_any
#define IS_WIDE false
#endif

void ci_resample_rows(
    const uint8_t *source, ptrdiff_t source_stride, const uint8_t *end, int32_t rows,
    int32_t channels, ci_axis axis, uint8_t *target) {
  if (IS_WIDE) {
    resample_rows_wide(source, source_stride, end, rows, channels, axis, target);
  } else {
    resample_rows_any(source, source_stride, end, rows, channels, axis, target);
  }
}

void ci_resample_columns(
    const uint8_t *source, int32_t length, ci_axis axis, uint8_t *target) {
  if (IS_WIDE) {
    resample_columns_wide(source, length, axis, target);
  } else {
    resample_columns(source, length, axis, target);
  }
}

void ci_normalize(
    const uint8_t *source, int32_t height, int32_t width, int32_t channels, bool is_flipped,
    const float *scale, const float *offset, float *target) {
  if (IS_WIDE) {
    normalize_wide(source, height, width, channels, is_flipped, scale, offset, target);
  } else {
    normalize_any(source, height, width, channels, is_flipped, scale, offset, target);
  }
}
