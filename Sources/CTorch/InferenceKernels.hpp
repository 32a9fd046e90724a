// Kernels for networks in use: convolutions over float32 images whose channels lie side by side
// ("channels last"), with packed weights, a bias and an activation, on the processor.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ctorch {

/// What is applied to every value last. The numbers are those of the Swift side.
enum class Activation : int64_t { none, relu, relu6, silu, hard_swish, sigmoid };

constexpr int64_t activation_count = 6;

/// A product of positions and packed weights, to which dense convolutions come down: the values below
/// a window are a few runs of floats, one per row of the window.
struct Product {
  /// Floats of a run, rows of the window, and floats from one run to the next.
  int64_t inputs, height, row;
  int64_t outputs;
  /// Floats from one position of the input to the next one.
  int64_t step;
  Activation activation;
};

/// A convolution with one kernel of its own per channel.
struct Depthwise {
  int64_t channels, height, width, kernel, stride;
  /// Zeros above and to the left.
  int64_t top, left;
  int64_t output_height, output_width;
  Activation activation;
};

/// The inner functions for one instruction set; all absent where there are none.
struct InferenceKernels {
  /// Floats of a vector; images need at least so many channels.
  int64_t lanes;
  /// Pixels that are best handed over together.
  int64_t tile_rows;
  /// `rows` pixels under a 1x1 window; `residual` may be absent and is added before the activation.
  void (*pointwise)(
    const Product &, int64_t rows, const float *input, const float *weight, const float *bias,
    const float *residual, float *output);
  /// A pair of vectors of outputs at `width` positions side by side; an activation that is more than a
  /// cut at two values is left out. `weight` is that of the pair.
  void (*dense)(
    const Product &, int64_t pair, int64_t width, const float *input, const float *weight,
    const float *bias, const float *residual, float *output);
  /// One row of an image. `weight` is `[kernel, kernel, channels]`.
  void (*depthwise)(
    const Depthwise &, int64_t row, const float *input, const float *weight, const float *bias,
    const float *residual, float *output);
  /// Adds `rows` pixels to the sums of `channels`.
  void (*add_rows)(int64_t rows, int64_t channels, const float *input, float *sums);
  /// Scales `rows` pixels channel by channel.
  void (*scale_rows)(
    int64_t rows, int64_t channels, const float *input, const float *scales, float *output);
  /// A matrix `[rows, columns]` times a vector, plus an offset.
  void (*multiply)(
    int64_t rows, int64_t columns, const float *matrix, const float *vector, const float *offset,
    float *output);
  /// Applies an activation in place.
  void (*activate)(Activation, int64_t count, float *values);

  static const InferenceKernels &best();
};

/// How many floats packed weights take; `inputs` counts the whole window.
inline int64_t packed_size(int64_t inputs, int64_t outputs, int64_t lanes) {
  return (outputs + lanes - 1) / lanes * lanes * inputs;
}

/// Brings `[outputs, inputs]` into the order in which products read it: pairs of vectors of outputs,
/// each pair input by input. The last vector ends with the last output, so that it may repeat some of
/// the one before and every store is a whole vector.
void pack_products(
  int64_t inputs, int64_t outputs, int64_t lanes, const float *weight, float *packed);

}  // namespace ctorch
