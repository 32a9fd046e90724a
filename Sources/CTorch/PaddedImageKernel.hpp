// What the kernels on small images have in common. Like those it has no include guard: the file
// ImageKernels.cpp includes it once per instruction set, each time inside another namespace.
//
// An image is held with zeros around it and its channels innermost, so that a row of a convolution
// window is one run of floats, whatever the number of channels.

using Marks = int32_t __attribute__((vector_size(32)));

/// Turns an 8x8 matrix over its diagonal; rows are a stride apart.
inline void transpose_tile(const float *source, int64_t stride, float *target, int64_t spacing) {
  Lanes pairs[8], fours[8];
  for (int i = 0; i < 8; i += 2) {
    const Lanes a = load(source + i * stride), b = load(source + (i + 1) * stride);
    pairs[i] = __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13);
    pairs[i + 1] = __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (int i = 0; i < 8; i += 4) {
    for (int j = 0; j < 2; ++j) {
      const Lanes a = pairs[i + j], b = pairs[i + j + 2];
      fours[i + 2 * j] = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
      fours[i + 2 * j + 1] = __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
    }
  }
  for (int i = 0; i < 4; ++i) {
    const Lanes a = fours[i], b = fours[i + 4];
    store(target + i * spacing, __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11));
    store(target + (i + 4) * spacing, __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15));
  }
}

/// Turns a matrix of `rows` x `columns` over its diagonal.
inline void transpose(
  const float *source, int64_t rows, int64_t columns, int64_t stride, float *target,
  int64_t spacing
) {
  if (rows < 8 || columns < 8) {
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < columns; ++c) target[c * spacing + r] = source[r * stride + c];
    }
    return;
  }
  // The last tiles overlap the ones before instead of reaching over the border.
  for (int64_t r = 0; r < rows; r += 8) {
    const int64_t row = std::min(r, rows - 8);
    for (int64_t c = 0; c < columns; c += 8) {
      const int64_t column = std::min(c, columns - 8);
      transpose_tile(
        source + row * stride + column, stride, target + column * spacing + row, spacing);
    }
  }
}

/// The same for marks, of which a row has eight.
inline void transpose(const uint8_t *source, int64_t rows, uint8_t *target) {
  int64_t r = 0;
  for (; r + 8 <= rows; r += 8) {
    using Tile = uint8_t __attribute__((vector_size(64)));
    Tile tile;
    std::memcpy(&tile, source + 8 * r, sizeof tile);
    tile = __builtin_shufflevector(
      tile, tile, 0, 8, 16, 24, 32, 40, 48, 56, 1, 9, 17, 25, 33, 41, 49, 57, 2, 10, 18, 26, 34,
      42, 50, 58, 3, 11, 19, 27, 35, 43, 51, 59, 4, 12, 20, 28, 36, 44, 52, 60, 5, 13, 21, 29, 37,
      45, 53, 61, 6, 14, 22, 30, 38, 46, 54, 62, 7, 15, 23, 31, 39, 47, 55, 63);
    for (int c = 0; c < 8; ++c) {
      std::memcpy(target + c * rows + r, reinterpret_cast<const uint8_t *>(&tile) + 8 * c, 8);
    }
  }
  for (; r < rows; ++r) {
    for (int c = 0; c < 8; ++c) target[c * rows + r] = source[8 * r + c];
  }
}

/// `[channels, height, width]` into the middle of a padded image.
void pad(const Images &images, const float *image, float *padded) {
  const int64_t channels = images.inputs, plane = images.height * images.width;
  for (int64_t y = 0; y < images.height; ++y) {
    float *row = padded + (y + images.top) * images.row + images.left * channels;
    transpose(image + y * images.width, channels, images.width, plane, row, channels);
  }
}

/// The middle of a padded image as `[channels, height, width]`.
void crop(const Images &images, const float *padded, float *image) {
  const int64_t channels = images.inputs, plane = images.height * images.width;
  for (int64_t y = 0; y < images.height; ++y) {
    const float *row = padded + (y + images.top) * images.row + images.left * channels;
    transpose(row, images.width, channels, channels, image + y * images.width, plane);
  }
}

/// Adds the gradients of `Rows` window rows, `Vectors` vectors each, for one output channel. Several
/// positions are summed side by side where one alone would wait for its own last sum.
template <typename Vector, int Rows, int Vectors>
inline void weight_pass(const Images &images, const Spots &spots, const float *x, float *gradient) {
  constexpr int lane_count = sizeof(Vector) / sizeof(float);
  constexpr int strands = Rows * Vectors >= 9 ? 1 : 12 / (Rows * Vectors);
  Vector sum[strands][Rows][Vectors] = {};
  const auto collect = [&](int strand, int64_t spot) __attribute__((always_inline)) {
    const float *window = x + spots.offsets[spot];
    const float value = spots.values[spot];
#pragma unroll
    for (int r = 0; r < Rows; ++r) {
#pragma unroll
      for (int v = 0; v < Vectors; ++v) {
        sum[strand][r][v] += value * load<Vector>(window + r * images.row + lane_count * v);
      }
    }
  };
  int64_t spot = 0;
  for (; spot + strands <= spots.count; spot += strands) {
#pragma unroll
    for (int strand = 0; strand < strands; ++strand) collect(strand, spot + strand);
  }
  for (; spot < spots.count; ++spot) collect(0, spot);
  for (int r = 0; r < Rows; ++r) {
    for (int v = 0; v < Vectors; ++v) {
      float *place = gradient + r * images.padded_run + lane_count * v;
      Vector total = load<Vector>(place);
      for (int strand = 0; strand < strands; ++strand) total += sum[strand][r][v];
      store(place, total);
    }
  }
}

/// Calls `pass` with large pieces of the window that fit into registers.
template <typename Pass>
inline void for_each_piece(const Images &images, const Pass &pass) {
  const int64_t vectors = images.padded_run / 8;
  int64_t start = 0;
  if (images.kernel == 3) {
    if (vectors == 1) return pass.template operator()<Lanes, 3, 1>(0, 0);
    if (vectors == 2) return pass.template operator()<Lanes, 3, 2>(0, 0);
    if (vectors == 3) return pass.template operator()<Lanes, 3, 3>(0, 0);
    if constexpr (has_wide_registers) {
      for (; start + 12 <= vectors; start += 12) {
        pass.template operator()<WideLanes, 3, 6>(0, 8 * start);
      }
      for (; start + 6 <= vectors; start += 6) {
        pass.template operator()<WideLanes, 3, 3>(0, 8 * start);
      }
    }
  }
  for (int64_t r = 0; r < images.kernel; ++r) {
    int64_t v = start;
    for (; v + 12 <= vectors; v += 12) pass.template operator()<Lanes, 1, 12>(r, 8 * v);
    for (; v + 6 <= vectors; v += 6) pass.template operator()<Lanes, 1, 6>(r, 8 * v);
    for (; v + 2 <= vectors; v += 2) pass.template operator()<Lanes, 1, 2>(r, 8 * v);
    for (; v < vectors; ++v) pass.template operator()<Lanes, 1, 1>(r, 8 * v);
  }
}

/// The sum in eight strands.
inline float sum(const float *values, int64_t count) {
  Lanes strands{};
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) strands += load(values + i);
  float total = 0;
  for (int lane = 0; lane < 8; ++lane) total += strands[lane];
  for (; i < count; ++i) total += values[i];
  return total;
}
