// Kernels for many small float32 images with few channels, on the processor: sizes, memory, and the
// table of functions for this machine's instruction set.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace ctorch {

/// Images and the square windows that slide over them. A run is one row of a window, all channels.
struct Images {
  int64_t inputs, outputs, height, width, kernel;
  /// Zeros above and to the left.
  int64_t top, left;
  int64_t run, padded_run, row, padded_size;

  /// - Parameters:
  ///   - border: Zeros to the left, right, above and below.
  Images(
    const at::Tensor &input, const at::Tensor &weight, int64_t outputs, at::IntArrayRef border
  )
      : inputs(weight.size(1)), outputs(outputs), height(input.size(2)), width(input.size(3)),
        kernel(weight.size(2)), top(border[2]), left(border[0]) {
    run = kernel * inputs;
    padded_run = (run + 7) / 8 * 8;
    row = (border[0] + width + border[1]) * inputs;
    // The last window may be read, and zeros added, up to the end of its last vector.
    padded_size = (border[2] + height + border[3]) * row + 8;
  }

  int64_t input_size() const { return inputs * height * width; }
  int64_t weight_size() const { return outputs * kernel * run; }
  /// Of weights `[outputs, kernel, padded run]`.
  int64_t padded_weight_size() const { return outputs * kernel * padded_run; }
};

/// A convolution that keeps the size, 2x2 max-pooling and a rectifier, for several episodes.
struct Block : Images {
  /// A pooled value's mark is its place in the 2x2 window and whether the rectifier was closed.
  static constexpr int32_t is_closed = 4;

  int64_t episodes;
  float slope;
  int64_t pooled_height, pooled_width, pooled;

  Block(const at::Tensor &input, const at::Tensor &weight, int64_t episodes, double slope)
      : Images(
          input, weight, weight.size(0) / episodes, std::vector<int64_t>(4, weight.size(2) / 2)),
        episodes(episodes), slope(static_cast<float>(slope)), pooled_height(height / 2),
        pooled_width(width / 2), pooled(pooled_height * pooled_width) {}

  int64_t output_size() const { return outputs * pooled; }
};

/// A convolution and a rectifier.
struct SmallConvolution : Images {
  int64_t stride;
  float slope;
  int64_t output_height, output_width, positions;

  SmallConvolution(
    const at::Tensor &input, const at::Tensor &weight, int64_t stride, at::IntArrayRef border,
    double slope
  )
      : Images(input, weight, weight.size(0), border), stride(stride),
        slope(static_cast<float>(slope)),
        output_height((border[2] + height + border[3] - kernel) / stride + 1),
        output_width((border[0] + width + border[1] - kernel) / stride + 1),
        positions(output_height * output_width) {}

  int64_t output_size() const { return outputs * positions; }
};

/// Places in a padded image and the gradients that enter there.
struct Spots {
  const int32_t *offsets;
  const float *values;
  int64_t count;
};

/// Zeros that begin at a cache line, so that vectors of eight channels do not cross two.
class Numbers {
 public:
  explicit Numbers(int64_t count) : lines((count + 15) / 16) {}
  float *data() { return lines.empty() ? nullptr : lines.data()->numbers; }
  void clear() { std::fill(lines.begin(), lines.end(), Line{}); }

 private:
  struct alignas(64) Line {
    float numbers[16];
  };
  std::vector<Line> lines;
};

/// The kernels, one pointer each; what they do is said where they are defined. Those of plain
/// convolutions are absent where libtorch's are the quicker: without vectors of eight.
struct ImageKernels {
  void (*pad)(const Images &, const float *image, float *padded);
  void (*crop)(const Images &, const float *padded, float *image);
  void (*block_forward)(
    const Block &, const float *padded, const float *weight, const float *bias, float *lane_output,
    uint8_t *lane_marks, float *output, uint8_t *marks);
  void (*block_backward)(
    const Block &, const int32_t *origins, const float *padded, const float *weight,
    const float *gradient, const uint8_t *marks, int32_t *offsets, float *values,
    float *weight_gradient, float *bias_gradient, float *input_gradient);
  void (*convolution_forward)(
    const SmallConvolution &, const int32_t *origins, const float *padded, const float *weight,
    const float *bias, float *lane_output, float *output);
  void (*convolution_backward)(
    const SmallConvolution &, const int32_t *origins, const float *padded, const float *weight,
    const float *gradient, const float *output, float *values, float *weight_gradient,
    float *bias_gradient, float *input_gradient);

  /// Those for this machine.
  static const ImageKernels &best();
};

/// Puts `[outputs, inputs, kernel, kernel]` into the order `[outputs / lanes, kernel, run, lanes]`.
void pack_lanes(const Images &images, const float *weight, int64_t lanes, float *packed);

/// Puts `[outputs, inputs, kernel, kernel]` into the order `[outputs, kernel, padded run]`.
void pack_runs(const Images &images, const float *weight, float *packed);

/// Adds `parts` packed gradients, one after the other, and puts the sum into the order
/// `[outputs, inputs, kernel, kernel]`.
void unpack_runs(const Images &images, const float *packed, int64_t parts, float *gradient);

/// How many images one sum of gradients takes; it depends on their number alone, so that results do
/// not depend on the number of threads.
inline int64_t part_size(int64_t images) { return std::max<int64_t>(3, (images + 7) / 8); }

/// Whether a tensor is what the kernels read: `float32` numbers on the processor.
inline bool is_plain(const at::Tensor &tensor) {
  return tensor.is_cpu() && tensor.scalar_type() == at::kFloat &&
    tensor.layout() == at::kStrided && tensor.numel() > 0;
}

/// The same for an optional vector.
inline bool is_plain_vector(const std::optional<at::Tensor> &tensor, int64_t size) {
  if (!tensor.has_value() || !tensor->defined()) return true;
  return is_plain(*tensor) && tensor->dim() == 1 && tensor->size(0) == size;
}

}  // namespace ctorch
