// The arithmetic of dense convolutions as products; see InferenceKernels.hpp.

/// As many sums as there are registers for, less those of the weights and one value.
constexpr int tile_rows = has_wide_registers ? 14 : 6;

/// `Rows` positions times `Vectors` vectors of outputs, which begin at `places`. Each of the window's
/// `height` rows is one run of `inputs` floats, `row` floats after the one before.
template <int Rows, int Vectors>
void product_tile(
  const Product &shape, const Limits &limits, const int64_t *places, const float *input,
  const float *weight, const float *bias, const float *residual, float *output
) {
  Vector sum[Rows][Vectors];
  for (int v = 0; v < Vectors; ++v) {
    const auto offset = load<Vector>(bias + places[v]);
    for (int r = 0; r < Rows; ++r) sum[r][v] = offset;
  }
  // What is needed last is fetched while the sums are made.
  for (int r = 0; r < Rows; ++r) {
    for (int v = 0; v < Vectors; ++v) {
      __builtin_prefetch(output + r * shape.outputs + places[v], /*for writing*/ 1);
      if (residual != nullptr) __builtin_prefetch(residual + r * shape.outputs + places[v]);
    }
  }
  const int64_t step = shape.step;
  for (int64_t y = 0; y < shape.height; ++y, input += shape.row) {
    // Every third position has a pointer; the others are one and two steps away from it.
    constexpr int pointers = (Rows + 2) / 3;
    const float *pixel[pointers];
    for (int p = 0; p < pointers; ++p) pixel[p] = input + 3 * p * step;
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
  const Product &, const Limits &, const int64_t *, const float *, const float *, const float *,
  const float *, float *);

template <int Vectors, int... Rows>
constexpr std::array<Tile, sizeof...(Rows)> tiles(std::integer_sequence<int, Rows...>) {
  return {product_tile<Rows + 1, Vectors>...};
}

constexpr auto single_tiles = tiles<1>(std::make_integer_sequence<int, tile_rows>());
constexpr auto pair_tiles = tiles<2>(std::make_integer_sequence<int, tile_rows>());

/// Where two vectors of outputs begin, and how many there are. The last one ends with the last output.
struct Pair {
  int64_t places[2];
  int64_t count;

  Pair(int64_t number, int64_t outputs) {
    const int64_t vectors = (outputs + lane_count - 1) / lane_count;
    count = std::min<int64_t>(2, vectors - 2 * number);
    for (int64_t i = 0; i < 2; ++i) {
      places[i] = std::min((2 * number + i) * lane_count, outputs - lane_count);
    }
  }

  Tile tile(int64_t rows) const { return (count == 2 ? pair_tiles : single_tiles)[rows - 1]; }
};

void pointwise(
  const Product &shape, int64_t rows, const float *input, const float *weight,
  const float *bias, const float *residual, float *output
) {
  // Pixels a multiple of 4 KiB apart compete for the same places of the first cache.
  const bool collides = shape.step * sizeof(float) % 4096 == 0 && shape.outputs >= 4 * lane_count;
  const int64_t spacing = shape.inputs + lane_count;
  std::vector<float> copies(collides ? tile_rows * spacing : 0);
  Product inner = shape;
  if (collides) inner.step = spacing;
  const Limits limits(shape.activation);
  const int64_t pairs = (shape.outputs + 2 * lane_count - 1) / (2 * lane_count);
  for (int64_t row = 0; row < rows; row += tile_rows) {
    const int64_t count = std::min<int64_t>(tile_rows, rows - row);
    const float *pixels = input + row * shape.step, *w = weight;
    const float *added = residual == nullptr ? nullptr : residual + row * shape.outputs;
    float *result = output + row * shape.outputs;
    for (int64_t r = 0; collides && r < count; ++r) {
      std::copy_n(pixels + r * shape.step, shape.inputs, copies.data() + r * spacing);
    }
    if (collides) pixels = copies.data();
    // The next tile's pixels come from far away while this one's are used.
    const float *next = input + (row + tile_rows) * shape.step;
    for (int64_t r = tile_rows; r < std::min<int64_t>(2 * tile_rows, rows - row); ++r) {
      for (int64_t k = 0; k < shape.inputs; k += 16) __builtin_prefetch(next + k, 0, 2);
      next += shape.step;
    }
    for (int64_t number = 0; number < pairs; ++number) {
      const Pair pair(number, shape.outputs);
      pair.tile(count)(inner, limits, pair.places, pixels, w, bias, added, result);
      w += pair.count * lane_count * shape.inputs;
    }
    if (!is_clamp(shape.activation)) activate(shape.activation, count * shape.outputs, result);
  }
}

void dense(
  const Product &shape, int64_t number, int64_t width, const float *input, const float *weight,
  const float *bias, const float *residual, float *output
) {
  const Limits limits(shape.activation);
  const Pair pair(number, shape.outputs);
  // Tiles of nearly equal size, because the smallest ones wait for their own sums.
  int64_t done = 0;
  for (int64_t left = (width + tile_rows - 1) / tile_rows; left > 0; --left) {
    const int64_t count = (width - done + left - 1) / left;
    pair.tile(count)(
      shape, limits, pair.places, input + done * shape.step, weight, bias,
      residual == nullptr ? nullptr : residual + done * shape.outputs,
      output + done * shape.outputs);
    done += count;
  }
}
