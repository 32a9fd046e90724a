// The arithmetic of pointwise convolutions; see InferenceKernels.hpp.

/// As many sums as there are registers for, less those of the weights and one value.
constexpr int tile_rows = has_wide_registers ? 14 : 6;

/// `Rows` pixels times `Vectors` vectors of outputs, which begin at `places`.
template <int Rows, int Vectors>
void product_tile(
  const Pointwise &shape, const Limits &limits, const int64_t *places, const float *input,
  const float *weight, const float *bias, const float *residual, float *output
) {
  Vector sum[Rows][Vectors];
  for (int v = 0; v < Vectors; ++v) {
    const auto offset = load<Vector>(bias + places[v]);
    for (int r = 0; r < Rows; ++r) sum[r][v] = offset;
  }
  // Every third pixel has a pointer; the others are one and two steps away from it.
  constexpr int pointers = (Rows + 2) / 3;
  const float *pixel[pointers];
  for (int p = 0; p < pointers; ++p) pixel[p] = input + 3 * p * shape.step;
  const int64_t step = shape.step;
  for (int64_t k = 0; k < shape.inputs; ++k, weight += Vectors * lane_count) {
    Vector w[Vectors];
#pragma unroll
    for (int v = 0; v < Vectors; ++v) w[v] = load<Vector>(weight + v * lane_count);
#pragma unroll
    for (int r = 0; r < Rows; ++r) {
      const float x = pixel[r / 3][(r % 3) * step + k];
#pragma unroll
      for (int v = 0; v < Vectors; ++v) sum[r][v] += x * w[v];
    }
  }
  if (residual != nullptr) {
#pragma unroll
    for (int r = 0; r < Rows; ++r) {
#pragma unroll
      for (int v = 0; v < Vectors; ++v) {
        sum[r][v] += load<Vector>(residual + r * shape.outputs + places[v]);
      }
    }
  }
#pragma unroll
  for (int r = 0; r < Rows; ++r) {
#pragma unroll
    for (int v = 0; v < Vectors; ++v) {
      store(
        output + r * shape.outputs + places[v], clamped(sum[r][v], limits.low, limits.high));
    }
  }
}

using Tile = void (*)(
  const Pointwise &, const Limits &, const int64_t *, const float *, const float *, const float *,
  const float *, float *);

template <int Vectors, int... Rows>
constexpr std::array<Tile, sizeof...(Rows)> tiles(std::integer_sequence<int, Rows...>) {
  return {product_tile<Rows + 1, Vectors>...};
}

void pointwise(
  const Pointwise &shape, int64_t rows, const float *input, const float *weight,
  const float *bias, const float *residual, float *output
) {
  // Pixels a multiple of 4 KiB apart compete for the same places of the first cache.
  const bool collides = shape.step * sizeof(float) % 4096 == 0 && shape.outputs >= 4 * lane_count;
  const int64_t spacing = shape.inputs + lane_count;
  std::vector<float> copies(collides ? tile_rows * spacing : 0);
  Pointwise inner = shape;
  if (collides) inner.step = spacing;
  constexpr auto single = tiles<1>(std::make_integer_sequence<int, tile_rows>());
  constexpr auto pairs = tiles<2>(std::make_integer_sequence<int, tile_rows>());
  const Limits limits(shape.activation);
  const int64_t vectors = (shape.outputs + lane_count - 1) / lane_count;
  const auto place = [&](int64_t vector) {
    return std::min(vector * lane_count, shape.outputs - lane_count);
  };
  for (int64_t row = 0; row < rows; row += tile_rows) {
    const int64_t count = std::min<int64_t>(tile_rows, rows - row);
    const float *pixels = input + row * shape.step, *w = weight;
    const float *added = residual == nullptr ? nullptr : residual + row * shape.outputs;
    float *result = output + row * shape.outputs;
    for (int64_t r = 0; collides && r < count; ++r) {
      std::copy_n(pixels + r * shape.step, shape.inputs, copies.data() + r * spacing);
    }
    if (collides) pixels = copies.data();
    for (int64_t vector = 0; vector < vectors; vector += 2) {
      const int64_t places[2] = {place(vector), place(vector + 1)};
      const bool is_pair = vector + 1 < vectors;
      (is_pair ? pairs : single)[count - 1](
        inner, limits, places, pixels, w, bias, added, result);
      w += (is_pair ? 2 : 1) * lane_count * shape.inputs;
    }
    if (!is_clamp(shape.activation)) activate(shape.activation, count * shape.outputs, result);
  }
}
