// swiftlet::small_convolution: a convolution of many small images with few channels, and a rectifier.
//
// For float32 on the processor; everything else, second derivatives included, is composed of
// libtorch's own operators. oneDNN brings such images into its own order and back in each operation,
// which takes longer than the arithmetic.
#include <ATen/Parallel.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros.h>
#include <torch/library.h>

#include <limits>

#include "ImageKernels.hpp"
#include "KernelFunction.hpp"

using ctorch::ImageKernels;
using ctorch::Numbers;
using ctorch::SmallConvolution;

namespace {

at::Tensor composed(
  const at::Tensor &input, const at::Tensor &weight, const std::optional<at::Tensor> &bias,
  int64_t stride, at::IntArrayRef border, double slope
) {
  const bool is_even = border[0] == border[1] && border[2] == border[3];
  const at::Tensor images = is_even ? input : at::constant_pad_nd(input, border);
  const std::vector<int64_t> padding{is_even ? border[2] : 0, is_even ? border[0] : 0};
  const at::Tensor y = at::convolution(
    images, weight, bias, {stride, stride}, padding, {1, 1}, false, {0, 0}, 1);
  if (slope == 1) return y;
  return slope == 0 ? at::relu(y) : at::leaky_relu(y, slope);
}

/// Whether the kernels are made for this; shapes that do not fit are left to libtorch's own messages.
bool is_supported(
  const at::Tensor &input, const at::Tensor &weight, const std::optional<at::Tensor> &bias,
  int64_t stride, at::IntArrayRef border
) {
  using ctorch::is_plain;
  if (ImageKernels::best().convolution_forward == nullptr) return false;
  if (!is_plain(input) || !is_plain(weight) || input.dim() != 4 || weight.dim() != 4) return false;
  // With more channels oneDNN is the quicker.
  if (weight.size(0) * weight.size(1) > 32 * 64) return false;
  if (input.size(1) != weight.size(1) || weight.size(2) != weight.size(3)) return false;
  if (stride < 1 || border.size() != 4) return false;
  if (std::any_of(border.begin(), border.end(), [](int64_t width) { return width < 0; })) {
    return false;
  }
  if (border[2] + input.size(2) + border[3] < weight.size(2)) return false;
  if (border[0] + input.size(3) + border[1] < weight.size(3)) return false;
  if (!ctorch::is_plain_vector(bias, weight.size(0))) return false;
  const SmallConvolution shape(input, weight, stride, border, 0);
  return shape.padded_size < std::numeric_limits<int32_t>::max();
}

/// Where the windows begin in a padded image.
std::vector<int32_t> find_origins(const SmallConvolution &shape) {
  std::vector<int32_t> origins;
  for (int64_t y = 0; y < shape.output_height; ++y) {
    for (int64_t x = 0; x < shape.output_width; ++x) {
      origins.push_back(static_cast<int32_t>(shape.stride * (y * shape.row + x * shape.inputs)));
    }
  }
  return origins;
}

at::Tensor convolve(
  const SmallConvolution &shape, const at::Tensor &input, const at::Tensor &weight,
  const at::Tensor &bias
) {
  const int64_t images = input.size(0), outputs = (shape.outputs + 15) / 16 * 16;
  at::Tensor output = at::empty(
    {images, shape.outputs, shape.output_height, shape.output_width}, input.options());
  Numbers weights(outputs * shape.kernel * shape.run), offsets(outputs);
  ctorch::pack_lanes(shape, weight.const_data_ptr<float>(), 16, weights.data());
  if (bias.defined()) {
    std::copy_n(bias.const_data_ptr<float>(), shape.outputs, offsets.data());
  }
  const std::vector<int32_t> origins = find_origins(shape);
  const auto *input_data = input.const_data_ptr<float>();
  auto *output_data = output.mutable_data_ptr<float>();
  const ImageKernels &kernels = ImageKernels::best();
  at::parallel_for(0, images, 1, [&](int64_t start, int64_t end) {
    Numbers padded(shape.padded_size), lane_output(16 * shape.positions);
    for (int64_t i = start; i < end; ++i) {
      kernels.pad(shape, input_data + i * shape.input_size(), padded.data());
      kernels.convolution_forward(
        shape, origins.data(), padded.data(), weights.data(), offsets.data(), lane_output.data(),
        output_data + i * shape.output_size());
    }
  });
  return output;
}

/// Gradients of input, weight and bias.
torch::autograd::variable_list differentiate(
  const SmallConvolution &shape, const at::Tensor &input, const at::Tensor &weight,
  const at::Tensor &output, const at::Tensor &gradient, bool wants_input, bool wants_bias
) {
  const int64_t images = input.size(0), step = ctorch::part_size(images);
  const int64_t parts = (images + step - 1) / step, size = shape.padded_weight_size();
  Numbers weights(size), sums(parts * size), bias_sums(parts * shape.outputs);
  ctorch::pack_runs(shape, weight.const_data_ptr<float>(), weights.data());
  const std::vector<int32_t> origins = find_origins(shape);
  at::Tensor input_gradient = wants_input ? at::empty_like(input) : at::Tensor();
  auto *change_data = wants_input ? input_gradient.mutable_data_ptr<float>() : nullptr;
  const auto *input_data = input.const_data_ptr<float>();
  const auto *output_data = output.const_data_ptr<float>();
  const auto *gradient_data = gradient.const_data_ptr<float>();
  const ImageKernels &kernels = ImageKernels::best();
  at::parallel_for(0, parts, 1, [&](int64_t start, int64_t end) {
    Numbers padded(shape.padded_size), change(wants_input ? shape.padded_size : 0);
    Numbers values(shape.output_size());
    for (int64_t part = start; part < end; ++part) {
      for (int64_t i = part * step; i < std::min((part + 1) * step, images); ++i) {
        kernels.pad(shape, input_data + i * shape.input_size(), padded.data());
        change.clear();
        kernels.convolution_backward(
          shape, origins.data(), padded.data(), weights.data(),
          gradient_data + i * shape.output_size(), output_data + i * shape.output_size(),
          values.data(), sums.data() + part * size,
          wants_bias ? bias_sums.data() + part * shape.outputs : nullptr, change.data());
        if (wants_input) kernels.crop(shape, change.data(), change_data + i * shape.input_size());
      }
    }
  });
  at::Tensor weight_gradient = at::empty_like(weight), bias_gradient;
  ctorch::unpack_runs(shape, sums.data(), parts, weight_gradient.mutable_data_ptr<float>());
  if (wants_bias) {
    bias_gradient = at::zeros({shape.outputs}, weight.options());
    auto *total = bias_gradient.mutable_data_ptr<float>();
    for (int64_t i = 0; i < parts * shape.outputs; ++i) {
      total[i % shape.outputs] += bias_sums.data()[i];
    }
  }
  return {input_gradient, weight_gradient, bias_gradient};
}

struct SmallConvolutionKernel {
  /// The settings are the stride and the widths of the four borders.
  using Settings = std::vector<int64_t>;

  static at::Tensor composed(
    const at::Tensor &input, const at::Tensor &weight, const at::Tensor &bias,
    const Settings &settings, double slope
  ) {
    return ::composed(input, weight, bias, settings[0], border(settings), slope);
  }

  static std::pair<at::Tensor, at::Tensor> forward(
    const at::Tensor &input, const at::Tensor &weight, const at::Tensor &bias,
    const Settings &settings, double slope
  ) {
    const at::Tensor output = convolve(
      SmallConvolution(input, weight, settings[0], border(settings), slope), input, weight, bias);
    // Without a rectifier the gradient has no use for the output.
    return {output, slope == 1 ? at::Tensor() : output};
  }

  static torch::autograd::variable_list backward(
    const ctorch::GradientRequest &request, const Settings &settings, double slope
  ) {
    const SmallConvolution shape(
      request.input, request.weight, settings[0], border(settings), slope);
    return differentiate(
      shape, request.input, request.weight,
      slope == 1 ? request.gradient : request.remembered, request.gradient, request.wants_input,
      request.wants_bias);
  }

 private:
  static at::IntArrayRef border(const Settings &settings) {
    return at::IntArrayRef(settings).slice(1);
  }
};

at::Tensor small_convolution(
  const at::Tensor &input, const at::Tensor &weight, const std::optional<at::Tensor> &bias,
  int64_t stride, at::IntArrayRef border, double slope
) {
  if (!is_supported(input, weight, bias, stride, border)) {
    return composed(input, weight, bias, stride, border, slope);
  }
  std::vector<int64_t> settings{stride};
  settings.insert(settings.end(), border.begin(), border.end());
  return ctorch::KernelFunction<SmallConvolutionKernel>::apply(
    input, weight, bias, settings, slope);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(swiftlet, library) {
  library.def(
    "small_convolution(Tensor input, Tensor weight, Tensor? bias, int stride, int[] border, "
    "float slope) -> Tensor");
  library.impl(
    "small_convolution", c10::DispatchKey::CompositeImplicitAutograd, TORCH_FN(small_convolution));
}
