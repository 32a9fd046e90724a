// The arithmetic of swiftlet::episode_block. It has no include guard: EpisodeBlock.cpp includes it
// once per instruction set, each time inside another namespace.
//
// An image is held with zeros around it and its channels innermost, so that a row of a convolution
// window is one run of floats, whatever the number of channels.

using Lanes = float __attribute__((vector_size(32)));
using Marks = int32_t __attribute__((vector_size(32)));

inline Lanes load(const float *start) {
  Lanes lanes;
  std::memcpy(&lanes, start, sizeof lanes);
  return lanes;
}

inline void store(float *start, Lanes lanes) { std::memcpy(start, &lanes, sizeof lanes); }
inline void add(float *start, Lanes change) { store(start, load(start) + change); }

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
void pad(const Block &block, const float *image, float *padded) {
  const int64_t channels = block.inputs, plane = block.height * block.width;
  for (int64_t y = 0; y < block.height; ++y) {
    float *row = padded + (y + block.border) * block.row + block.border * channels;
    transpose(image + y * block.width, channels, block.width, plane, row, channels);
  }
}

/// The middle of a padded image as `[channels, height, width]`.
void crop(const Block &block, const float *padded, float *image) {
  const int64_t channels = block.inputs, plane = block.height * block.width;
  for (int64_t y = 0; y < block.height; ++y) {
    const float *row = padded + (y + block.border) * block.row + block.border * channels;
    transpose(row, block.width, channels, channels, image + y * block.width, plane);
  }
}

/// Keeps the larger value of each lane and where it came from; like libtorch the first of equals,
/// and NaN above all.
inline void keep_larger(Lanes &best, Marks &mark, const Lanes &other, int32_t position) {
  const Marks wins = (other > best) | (other != other);
  best = wins ? other : best;
  mark = wins ? Marks{} + position : mark;
}

/// `Columns` neighboring pooled positions of eight output channels, which lie side by side in the
/// results. `Inputs` is the number of input
/// channels where the compiler shall know it, or 0.
template <int Columns, int Inputs>
inline void forward_tile(
  const Block &block, const float *x, const float *weight, const Lanes &bias, float *output,
  uint8_t *marks
) {
  const int64_t inputs = Inputs == 0 ? block.inputs : Inputs;
  Lanes sum[2][2 * Columns] = {};
  for (int64_t ky = 0; ky < block.kernel; ++ky) {
    const float *top = x + ky * block.row, *bottom = top + block.row;
    for (int64_t i = 0; i < block.run; ++i, weight += 8) {
      const Lanes w = load(weight);
#pragma unroll
      for (int c = 0; c < 2 * Columns; ++c) {
        sum[0][c] += w * top[i + c * inputs];
        sum[1][c] += w * bottom[i + c * inputs];
      }
    }
  }
#pragma unroll
  for (int c = 0; c < Columns; ++c) {
    Lanes best = sum[0][2 * c];
    Marks mark{};
    keep_larger(best, mark, sum[0][2 * c + 1], 1);
    keep_larger(best, mark, sum[1][2 * c], 2);
    keep_larger(best, mark, sum[1][2 * c + 1], 3);
    best += bias;
    const Marks closed = best <= 0.0f;
    best = closed ? (block.slope == 0 ? Lanes{} : best * block.slope) : best;
    mark |= closed & is_closed;
    store(output + 8 * c, best);
    using Bytes = uint8_t __attribute__((vector_size(8)));
    const Bytes bytes = __builtin_convertvector(mark, Bytes);
    std::memcpy(marks + 8 * c, &bytes, sizeof bytes);
  }
}

template <int Inputs>
inline void forward_rows(
  const Block &block, const float *padded, const float *weight, const float *bias, float *output,
  uint8_t *marks
) {
  for (int64_t y = 0; y < block.pooled_height; ++y) {
    const float *row = padded + 2 * y * block.row;
    int64_t x = 0;
    const auto tile = [&]<int Columns>() {
      const int64_t position = 8 * (y * block.pooled_width + x);
      forward_tile<Columns, Inputs>(
        block, row + 2 * x * block.inputs, weight, load(bias), output + position,
        marks + position);
      x += Columns;
    };
    while (x + 3 <= block.pooled_width) tile.template operator()<3>();
    if (x + 2 <= block.pooled_width) tile.template operator()<2>();
    if (x < block.pooled_width) tile.template operator()<1>();
  }
}

/// One image of one episode. `weight` is `[outputs / 8, kernel, run, 8]`, `bias` is padded likewise;
/// `lane_output` and `lane_marks` have room for `[pooled, 8]`.
void forward_image(
  const Block &block, const float *padded, const float *weight, const float *bias,
  float *lane_output, uint8_t *lane_marks, float *output, uint8_t *marks
) {
  const auto rows = block.inputs == 1 ? forward_rows<1>
    : block.inputs == 3               ? forward_rows<3>
    : block.inputs == 8               ? forward_rows<8>
    : block.inputs == 16              ? forward_rows<16>
                                      : forward_rows<0>;
  for (int64_t o = 0; o < block.outputs; o += 8) {
    rows(block, padded, weight + o * block.kernel * block.run, bias + o, lane_output, lane_marks);
    const int64_t count = std::min<int64_t>(block.outputs - o, 8), pooled = block.pooled;
    transpose(lane_output, pooled, count, 8, output + o * pooled, pooled);
    if (count == 8) {
      transpose(lane_marks, pooled, marks + o * pooled);
      continue;
    }
    for (int64_t i = 0; i < pooled; ++i) {
      for (int64_t c = 0; c < count; ++c) marks[(o + c) * pooled + i] = lane_marks[8 * i + c];
    }
  }
}

/// Adds the gradients of `Rows` window rows, `Vectors` vectors each, for one output channel. Several
/// positions are summed side by side where one alone would wait for its own last sum.
template <int Rows, int Vectors>
inline void weight_pass(const Block &block, const Spots &spots, const float *x, float *gradient) {
  constexpr int Strands = Rows * Vectors >= 8 ? 1 : 8 / (Rows * Vectors);
  Lanes sum[Strands][Rows][Vectors] = {};
  const auto collect = [&](int strand, int64_t spot) __attribute__((always_inline)) {
    const float *window = x + spots.offsets[spot];
    const float value = spots.values[spot];
#pragma unroll
    for (int r = 0; r < Rows; ++r) {
#pragma unroll
      for (int v = 0; v < Vectors; ++v) {
        sum[strand][r][v] += value * load(window + r * block.row + 8 * v);
      }
    }
  };
  int64_t spot = 0;
  for (; spot + Strands <= spots.count; spot += Strands) {
#pragma unroll
    for (int strand = 0; strand < Strands; ++strand) collect(strand, spot + strand);
  }
  for (; spot < spots.count; ++spot) collect(0, spot);
  for (int r = 0; r < Rows; ++r) {
    for (int v = 0; v < Vectors; ++v) {
      Lanes total = sum[0][r][v];
      for (int strand = 1; strand < Strands; ++strand) total += sum[strand][r][v];
      add(gradient + r * block.padded_run + 8 * v, total);
    }
  }
}

/// Adds one output channel's share to the gradient of the padded image.
template <int Rows, int Vectors>
inline void input_pass(const Block &block, const Spots &spots, float *gradient, const float *weight) {
  Lanes w[Rows][Vectors];
  for (int r = 0; r < Rows; ++r) {
    for (int v = 0; v < Vectors; ++v) w[r][v] = load(weight + r * block.padded_run + 8 * v);
  }
  for (int64_t spot = 0; spot < spots.count; ++spot) {
    float *window = gradient + spots.offsets[spot];
    const float value = spots.values[spot];
#pragma unroll
    for (int r = 0; r < Rows; ++r) {
#pragma unroll
      for (int v = 0; v < Vectors; ++v) {
        add(window + r * block.row + 8 * v, value * w[r][v]);
      }
    }
  }
}

/// Calls `pass` with the largest pieces of the window that fit into registers: all three rows of a
/// 3x3 window of up to eight channels, else pieces of single rows.
template <typename Pass>
inline void for_each_piece(const Block &block, const Pass &pass) {
  const int64_t vectors = block.padded_run / 8;
  if (block.kernel == 3 && vectors == 3) return pass.template operator()<3, 3>(0, 0);
  if (block.kernel == 3 && vectors == 2) return pass.template operator()<3, 2>(0, 0);
  if (block.kernel == 3 && vectors == 1) return pass.template operator()<3, 1>(0, 0);
  for (int64_t r = 0; r < block.kernel; ++r) {
    int64_t v = 0;
    for (; v + 6 <= vectors; v += 6) pass.template operator()<1, 6>(r, 8 * v);
    for (; v + 2 <= vectors; v += 2) pass.template operator()<1, 2>(r, 8 * v);
    for (; v < vectors; ++v) pass.template operator()<1, 1>(r, 8 * v);
  }
}

/// Where the gradient of one output channel enters the padded image, and how much.
inline void find_spots(
  const Block &block, const int32_t *origins, const float *gradient, const uint8_t *marks,
  const Spots &spots
) {
  const auto row = static_cast<int32_t>(block.row), column = static_cast<int32_t>(block.inputs);
  for (int64_t i = 0; i < spots.count; ++i) {
    const int32_t mark = marks[i];
    spots.offsets[i] = origins[i] + (mark & 2 ? row : 0) + (mark & 1 ? column : 0);
    const float closed = block.slope == 0 ? 0.0f : gradient[i] * block.slope;
    spots.values[i] = mark & is_closed ? closed : gradient[i];
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

/// One image of one episode. `weight` and `weight_gradient` are `[outputs, kernel, padded run]`;
/// gradients are added to what is there; those of bias and input may be absent.
void backward_image(
  const Block &block, const Spots &spots, const int32_t *origins, const float *padded,
  const float *weight, const float *gradient, const uint8_t *marks, float *weight_gradient,
  float *bias_gradient, float *input_gradient
) {
  const int64_t size = block.kernel * block.padded_run;
  for (int64_t o = 0; o < block.outputs; ++o) {
    find_spots(block, origins, gradient + o * block.pooled, marks + o * block.pooled, spots);
    if (bias_gradient != nullptr) bias_gradient[o] += sum(spots.values, spots.count);
    for_each_piece(block, [&]<int Rows, int Vectors>(int64_t r, int64_t start) {
      const int64_t there = o * size + r * block.padded_run + start;
      const int64_t here = r * block.row + start;
      weight_pass<Rows, Vectors>(block, spots, padded + here, weight_gradient + there);
      if (input_gradient == nullptr) return;
      input_pass<Rows, Vectors>(block, spots, input_gradient + here, weight + there);
    });
  }
}
