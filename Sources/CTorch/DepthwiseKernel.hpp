// The arithmetic of depthwise convolutions; see InferenceKernels.hpp.

/// One vector of channels at `Columns` positions of a row that begin at `column`; windows may reach
/// over the border if `IsChecked`.
template <int Kernel, int Stride, int Columns, bool IsChecked>
inline void depthwise_tile(
  const Depthwise &shape, const Limits &limits, int64_t first_row, int64_t column, int64_t place,
  const float *input, const float *weight, const float *bias, const float *residual,
  float *output
) {
  Vector sum[Columns];
  const auto offset = load<Vector>(bias + place);
#pragma unroll
  for (int i = 0; i < Columns; ++i) sum[i] = offset;
  const int64_t first = column * Stride - shape.left;
  const int64_t begin = std::max<int64_t>(0, -first_row);
  const int64_t end = std::min<int64_t>(Kernel, shape.height - first_row);
  for (int64_t ky = begin; ky < end; ++ky) {
    const float *x = input + ((first_row + ky) * shape.width + first) * shape.channels + place;
    const float *w = weight + ky * Kernel * shape.channels + place;
    Vector taps[Kernel];
#pragma unroll
    for (int kx = 0; kx < Kernel; ++kx) taps[kx] = load<Vector>(w + kx * shape.channels);
#pragma unroll
    for (int j = 0; j < (Columns - 1) * Stride + Kernel; ++j) {
      if (IsChecked && (first + j < 0 || first + j >= shape.width)) continue;
      const auto value = load<Vector>(x + j * shape.channels);
#pragma unroll
      for (int kx = 0; kx < Kernel; ++kx) {
        if (j >= kx && (j - kx) % Stride == 0 && (j - kx) / Stride < Columns) {
          sum[(j - kx) / Stride] += value * taps[kx];
        }
      }
    }
  }
#pragma unroll
  for (int i = 0; i < Columns; ++i) {
    const int64_t target = (column + i) * shape.channels + place;
    if (residual != nullptr) sum[i] += load<Vector>(residual + target);
    store(output + target, clamped(sum[i], limits.low, limits.high));
  }
}

template <int Kernel, int Stride, int Columns>
inline void depthwise_tiles(
  const Depthwise &shape, const Limits &limits, int64_t first_row, int64_t column,
  const float *input, const float *weight, const float *bias, const float *residual,
  float *output
) {
  const int64_t first = column * Stride - shape.left;
  const bool is_inside = first >= 0 && first + (Columns - 1) * Stride + Kernel <= shape.width;
  for (int64_t c = 0; c < shape.channels; c += lane_count) {
    const int64_t place = std::min(c, shape.channels - lane_count);
    if (is_inside) {
      depthwise_tile<Kernel, Stride, Columns, false>(
        shape, limits, first_row, column, place, input, weight, bias, residual, output);
    } else {
      depthwise_tile<Kernel, Stride, Columns, true>(
        shape, limits, first_row, column, place, input, weight, bias, residual, output);
    }
  }
}

/// A row in tiles; the last one ends with the row, so that it may repeat some of the one before.
template <int Kernel, int Stride, int Columns>
inline void depthwise_columns(
  const Depthwise &shape, const Limits &limits, int64_t first_row, const float *input,
  const float *weight, const float *bias, const float *residual, float *output
) {
  for (int64_t column = 0; column < shape.output_width; column += Columns) {
    depthwise_tiles<Kernel, Stride, Columns>(
      shape, limits, first_row, std::min(column, shape.output_width - Columns), input, weight,
      bias, residual, output);
  }
}

template <int Kernel, int Stride>
void depthwise_row(
  const Depthwise &shape, int64_t row, const float *input, const float *weight,
  const float *bias, const float *residual, float *output
) {
  const Limits limits(shape.activation);
  const int64_t first_row = row * Stride - shape.top;
  const auto columns = shape.output_width % 8 == 0 ? depthwise_columns<Kernel, Stride, 8>
    : shape.output_width >= 7                      ? depthwise_columns<Kernel, Stride, 7>
                                                   : depthwise_columns<Kernel, Stride, 1>;
  columns(shape, limits, first_row, input, weight, bias, residual, output);
  if (!is_clamp(shape.activation)) {
    activate(shape.activation, shape.output_width * shape.channels, output);
  }
}

void depthwise(
  const Depthwise &shape, int64_t row, const float *input, const float *weight,
  const float *bias, const float *residual, float *output
) {
  constexpr decltype(&depthwise_row<3, 1>) rows[] = {
    depthwise_row<3, 1>, depthwise_row<3, 2>, depthwise_row<5, 1>,
    depthwise_row<5, 2>, depthwise_row<7, 1>, depthwise_row<7, 2>,
  };
  rows[(shape.kernel - 3) + shape.stride - 1](shape, row, input, weight, bias, residual, output);
}
