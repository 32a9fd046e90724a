// Whole vectors: activations, sums, scales and small products; see InferenceKernels.hpp.

using Vector = std::conditional_t<has_wide_registers, WideLanes, Lanes>;
constexpr int64_t lane_count = sizeof(Vector) / sizeof(float);

inline Vector filled(float value) { return Vector{} + value; }

inline Vector smaller(Vector a, Vector b) { return a < b ? a : b; }

/// A value that is not a number stays one.
inline Vector clamped(Vector x, Vector low, Vector high) {
  x = x < low ? low : x;
  return x > high ? high : x;
}

/// The exponential function, to about two units in the last place.
///
/// Powers of two times a polynomial in -ln 2 / 2 ... ln 2 / 2; the coefficients are the expansion's
/// last ones adjusted to the interval (Cephes).
inline Vector exponential(Vector x) {
  using Integers = std::conditional_t<
    has_wide_registers, int32_t __attribute__((vector_size(64))),
    int32_t __attribute__((vector_size(32)))>;
  x = clamped(x, filled(-87.0f), filled(88.0f));
  // Adding 1.5 * 2^23 rounds, and leaves the integer in the low bits.
  const Vector shift = filled(12582912.0f);
  const Vector shifted = x * 1.44269504f + shift;
  const Vector n = shifted - shift;
  Vector r = x - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  Vector p = filled(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  Integers bits, power;
  std::memcpy(&bits, &p, sizeof bits);
  std::memcpy(&power, &shifted, sizeof power);
  bits += power << 23;
  std::memcpy(&p, &bits, sizeof p);
  return p;
}

inline Vector activated(Vector x, Activation activation) {
  switch (activation) {
    case Activation::none: return x;
    case Activation::relu: return x < 0.0f ? Vector{} : x;
    case Activation::relu6: return clamped(x, Vector{}, filled(6));
    case Activation::silu: return x / (exponential(-x) + 1.0f);
    case Activation::sigmoid: return 1.0f / (exponential(-x) + 1.0f);
    case Activation::hard_swish:
      return x * clamped(x + 3.0f, Vector{}, filled(6)) * (1.0f / 6.0f);
  }
}

/// Whether an activation is a cut at two values, which costs nothing on the way to memory.
inline bool is_clamp(Activation activation) {
  return activation == Activation::none || activation == Activation::relu ||
    activation == Activation::relu6;
}

struct Limits {
  Vector low, high;

  explicit Limits(Activation activation) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    low = filled(activation == Activation::relu || activation == Activation::relu6 ? 0 : -infinity);
    high = filled(activation == Activation::relu6 ? 6 : infinity);
  }
};

template <Activation activation>
inline void activate_values(int64_t count, float *values) {
  int64_t i = 0;
  for (; i + lane_count <= count; i += lane_count) {
    store(values + i, activated(load<Vector>(values + i), activation));
  }
  if (i == count) return;
  Vector rest{};
  std::memcpy(&rest, values + i, (count - i) * sizeof(float));
  rest = activated(rest, activation);
  std::memcpy(values + i, &rest, (count - i) * sizeof(float));
}

void activate(Activation activation, int64_t count, float *values) {
  switch (activation) {
    case Activation::none: return;
    case Activation::relu: return activate_values<Activation::relu>(count, values);
    case Activation::relu6: return activate_values<Activation::relu6>(count, values);
    case Activation::silu: return activate_values<Activation::silu>(count, values);
    case Activation::hard_swish: return activate_values<Activation::hard_swish>(count, values);
    case Activation::sigmoid: return activate_values<Activation::sigmoid>(count, values);
  }
}

void add_rows(int64_t rows, int64_t channels, const float *input, float *sums) {
  for (int64_t row = 0; row < rows; ++row, input += channels) {
    int64_t c = 0;
    for (; c + lane_count <= channels; c += lane_count) {
      store(sums + c, load<Vector>(sums + c) + load<Vector>(input + c));
    }
    for (; c < channels; ++c) sums[c] += input[c];
  }
}

void scale_rows(
  int64_t rows, int64_t channels, const float *input, const float *scales, float *output
) {
  for (int64_t row = 0; row < rows; ++row, input += channels, output += channels) {
    int64_t c = 0;
    for (; c + lane_count <= channels; c += lane_count) {
      store(output + c, load<Vector>(input + c) * load<Vector>(scales + c));
    }
    for (; c < channels; ++c) output[c] = input[c] * scales[c];
  }
}

void multiply(
  int64_t rows, int64_t columns, const float *matrix, const float *vector, const float *offset,
  float *output
) {
  for (int64_t row = 0; row < rows; ++row, matrix += columns) {
    Vector strands{};
    int64_t c = 0;
    for (; c + lane_count <= columns; c += lane_count) {
      strands += load<Vector>(matrix + c) * load<Vector>(vector + c);
    }
    float total = offset[row];
    for (int lane = 0; lane < lane_count; ++lane) total += strands[lane];
    for (; c < columns; ++c) total += matrix[c] * vector[c];
    output[row] = total;
  }
}
