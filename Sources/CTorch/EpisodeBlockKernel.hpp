// The arithmetic of swiftlet::episode_block; see PaddedImageKernel.hpp.

/// Keeps the larger value of each lane and where it came from; like libtorch the first of equals,
/// and NaN above all.
inline void keep_larger(Lanes &best, Marks &mark, const Lanes &other, int32_t position) {
  const Marks wins = (other > best) | (other != other);
  best = wins ? other : best;
  mark = wins ? Marks{} + position : mark;
}

/// `Columns` neighboring pooled positions of eight output channels, which lie side by side in the
/// results. `Inputs` is the number of input channels where the compiler shall know it, or 0.
template <int Columns, int Inputs>
inline void block_tile(
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
    mark |= closed & Block::is_closed;
    store(output + 8 * c, best);
    using Bytes = uint8_t __attribute__((vector_size(8)));
    const Bytes bytes = __builtin_convertvector(mark, Bytes);
    std::memcpy(marks + 8 * c, &bytes, sizeof bytes);
  }
}

template <int Inputs>
inline void block_rows(
  const Block &block, const float *padded, const float *weight, const float *bias, float *output,
  uint8_t *marks
) {
  for (int64_t y = 0; y < block.pooled_height; ++y) {
    const float *row = padded + 2 * y * block.row;
    int64_t x = 0;
    const auto tile = [&]<int Columns>() {
      const int64_t position = 8 * (y * block.pooled_width + x);
      block_tile<Columns, Inputs>(
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
void block_forward(
  const Block &block, const float *padded, const float *weight, const float *bias,
  float *lane_output, uint8_t *lane_marks, float *output, uint8_t *marks
) {
  const auto rows = block.inputs == 1 ? block_rows<1>
    : block.inputs == 3               ? block_rows<3>
    : block.inputs == 8               ? block_rows<8>
    : block.inputs == 16              ? block_rows<16>
                                      : block_rows<0>;
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

/// Adds one output channel's share to the gradient of the padded image.
template <typename Vector, int Rows, int Vectors>
inline void scatter(const Block &block, const Spots &spots, float *gradient, const float *weight) {
  constexpr int lane_count = sizeof(Vector) / sizeof(float);
  Vector w[Rows][Vectors];
  for (int r = 0; r < Rows; ++r) {
    for (int v = 0; v < Vectors; ++v) {
      w[r][v] = load<Vector>(weight + r * block.padded_run + lane_count * v);
    }
  }
  for (int64_t spot = 0; spot < spots.count; ++spot) {
    float *window = gradient + spots.offsets[spot];
    const float value = spots.values[spot];
#pragma unroll
    for (int r = 0; r < Rows; ++r) {
#pragma unroll
      for (int v = 0; v < Vectors; ++v) {
        float *place = window + r * block.row + lane_count * v;
        store(place, load<Vector>(place) + value * w[r][v]);
      }
    }
  }
}

/// Where the gradient of one output channel enters the padded image, and how much.
inline void find_spots(
  const Block &block, const int32_t *origins, const float *gradient, const uint8_t *marks,
  int32_t *offsets, float *values
) {
  const auto row = static_cast<int32_t>(block.row), column = static_cast<int32_t>(block.inputs);
  for (int64_t i = 0; i < block.pooled; ++i) {
    const int32_t mark = marks[i];
    offsets[i] = origins[i] + (mark & 2 ? row : 0) + (mark & 1 ? column : 0);
    const float closed = block.slope == 0 ? 0.0f : gradient[i] * block.slope;
    values[i] = mark & Block::is_closed ? closed : gradient[i];
  }
}

/// One image of one episode. `weight` and `weight_gradient` are `[outputs, kernel, padded run]`;
/// gradients are added to what is there; those of bias and input may be absent. `offsets` and
/// `values` have room for the pooled positions.
void block_backward(
  const Block &block, const int32_t *origins, const float *padded, const float *weight,
  const float *gradient, const uint8_t *marks, int32_t *offsets, float *values,
  float *weight_gradient, float *bias_gradient, float *input_gradient
) {
  const int64_t size = block.kernel * block.padded_run;
  const Spots spots{offsets, values, block.pooled};
  for (int64_t o = 0; o < block.outputs; ++o) {
    const int64_t start = o * block.pooled;
    find_spots(block, origins, gradient + start, marks + start, offsets, values);
    if (bias_gradient != nullptr) bias_gradient[o] += sum(values, block.pooled);
    for_each_piece(block, [&]<typename Vector, int Rows, int Vectors>(int64_t r, int64_t start) {
      const int64_t there = o * size + r * block.padded_run + start;
      const int64_t here = r * block.row + start;
      weight_pass<Vector, Rows, Vectors>(block, spots, padded + here, weight_gradient + there);
      if (input_gradient == nullptr) return;
      scatter<Vector, Rows, Vectors>(block, spots, input_gradient + here, weight + there);
    });
  }
}
