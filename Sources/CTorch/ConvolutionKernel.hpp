// The arithmetic of swiftlet::small_convolution; see PaddedImageKernel.hpp.

/// Sixteen output channels at `Positions` positions, which lie side by side in the result.
template <int Positions>
inline void convolution_tile(
  const SmallConvolution &shape, const float *padded, const int32_t *origins, const float *weight,
  const float *bias, float *output
) {
  WideLanes sum[Positions] = {};
  for (int64_t ky = 0; ky < shape.kernel; ++ky) {
    const float *rows[Positions];
#pragma unroll
    for (int p = 0; p < Positions; ++p) rows[p] = padded + origins[p] + ky * shape.row;
    for (int64_t i = 0; i < shape.run; ++i, weight += 16) {
      const auto w = load<WideLanes>(weight);
#pragma unroll
      for (int p = 0; p < Positions; ++p) sum[p] += w * rows[p][i];
    }
  }
  const auto offset = load<WideLanes>(bias);
#pragma unroll
  for (int p = 0; p < Positions; ++p) {
    const WideLanes y = sum[p] + offset;
    const WideLanes rectified = y <= 0.0f ? (shape.slope == 0 ? WideLanes{} : y * shape.slope) : y;
    store(output + 16 * p, rectified);
  }
}

/// One image. `weight` is `[outputs / 16, kernel, run, 16]`, `bias` is padded likewise;
/// `lane_output` has room for `[positions, 16]`.
void convolution_forward(
  const SmallConvolution &shape, const int32_t *origins, const float *padded, const float *weight,
  const float *bias, float *lane_output, float *output
) {
  constexpr decltype(&convolution_tile<1>) tiles[] = {
    convolution_tile<1>, convolution_tile<2>, convolution_tile<3>,
    convolution_tile<4>, convolution_tile<5>, convolution_tile<6>,
  };
  for (int64_t o = 0; o < shape.outputs; o += 16) {
    int64_t done = 0;
    // Tiles of nearly equal size, because the smallest ones wait for their own sums.
    for (int64_t left = (shape.positions + 5) / 6; left > 0; --left) {
      const int64_t count = (shape.positions - done + left - 1) / left;
      tiles[count - 1](
        shape, padded, origins + done, weight + o * shape.kernel * shape.run, bias + o,
        lane_output + 16 * done);
      done += count;
    }
    const int64_t count = std::min<int64_t>(shape.outputs - o, 16);
    transpose(
      lane_output, shape.positions, count, 16, output + o * shape.positions, shape.positions);
  }
}

/// The gradient before the rectifier, for one image.
inline void unrectify(
  const SmallConvolution &shape, const float *gradient, const float *output, float *values
) {
  const int64_t count = shape.outputs * shape.positions;
  for (int64_t i = 0; i < count; ++i) {
    const float closed = shape.slope == 0 ? 0.0f : gradient[i] * shape.slope;
    values[i] = output[i] <= 0 ? closed : gradient[i];
  }
}

/// Adds the shares of all output channels to `Rows` rows, `Vectors` vectors each, of every window of
/// the padded image's gradient.
template <typename Vector, int Rows, int Vectors>
inline void input_pass(
  const SmallConvolution &shape, const int32_t *origins, const float *values, const float *weight,
  float *gradient
) {
  constexpr int lane_count = sizeof(Vector) / sizeof(float);
  const int64_t size = shape.kernel * shape.padded_run;
  for (int64_t position = 0; position < shape.positions; ++position) {
    float *window = gradient + origins[position];
    Vector total[Rows][Vectors];
    for (int r = 0; r < Rows; ++r) {
      for (int v = 0; v < Vectors; ++v) {
        total[r][v] = load<Vector>(window + r * shape.row + lane_count * v);
      }
    }
    for (int64_t o = 0; o < shape.outputs; ++o) {
      const float value = values[o * shape.positions + position];
      const float *w = weight + o * size;
#pragma unroll
      for (int r = 0; r < Rows; ++r) {
#pragma unroll
        for (int v = 0; v < Vectors; ++v) {
          total[r][v] += value * load<Vector>(w + r * shape.padded_run + lane_count * v);
        }
      }
    }
    for (int r = 0; r < Rows; ++r) {
      for (int v = 0; v < Vectors; ++v) {
        store(window + r * shape.row + lane_count * v, total[r][v]);
      }
    }
  }
}

/// One image. `weight` and `weight_gradient` are `[outputs, kernel, padded run]`; gradients are added
/// to what is there; those of bias and input may be absent. `values` has room for the output.
void convolution_backward(
  const SmallConvolution &shape, const int32_t *origins, const float *padded, const float *weight,
  const float *gradient, const float *output, float *values, float *weight_gradient,
  float *bias_gradient, float *input_gradient
) {
  const int64_t size = shape.kernel * shape.padded_run;
  unrectify(shape, gradient, output, values);
  for (int64_t o = 0; bias_gradient != nullptr && o < shape.outputs; ++o) {
    bias_gradient[o] += sum(values + o * shape.positions, shape.positions);
  }
  for_each_piece(shape, [&]<typename Vector, int Rows, int Vectors>(int64_t r, int64_t start) {
    const int64_t there = r * shape.padded_run + start, here = r * shape.row + start;
    for (int64_t o = 0; o < shape.outputs; ++o) {
      const Spots spots{origins, values + o * shape.positions, shape.positions};
      weight_pass<Vector, Rows, Vectors>(
        shape, spots, padded + here, weight_gradient + o * size + there);
    }
    if (input_gradient == nullptr) return;
    input_pass<Vector, Rows, Vectors>(
      shape, origins, values, weight + there, input_gradient + here);
  });
}
