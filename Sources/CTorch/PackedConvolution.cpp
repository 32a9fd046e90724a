// swiftlet::packed_convolution: a convolution of a network in use, with its bias, a residual and the
// activation, over channels-last images and weights that were packed once.
//
// Three ways, by shape: windows of one pixel, other dense windows, and a kernel per channel. All else
// is composed of libtorch's operators, which also have the gradients. oneDNN's operators with packed
// weights were measured and are not among the ways: they reach nine tenths of the processor's peak on
// large layers, where these do as well, and take 30 us to prepare every call, longer than many layers
// of a mobile network compute; see Documentation/Results/Vision.md.
#include "PackedConvolution.hpp"

#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/add.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/hardswish.h>
#include <ATen/ops/hardtanh.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <c10/core/GradMode.h>
#include <torch/library.h>

#include <algorithm>
#include <vector>

#include "ImageKernels.hpp"

using ctorch::Activation;
using ctorch::Depthwise;
using ctorch::InferenceKernels;
using ctorch::PackedShape;
using ctorch::Product;

at::Tensor ctorch::activated(const at::Tensor &x, Activation activation) {
  switch (activation) {
    case Activation::none: return x;
    case Activation::relu: return at::relu(x);
    case Activation::relu6: return at::hardtanh(x, 0, 6);
    case Activation::silu: return at::silu(x);
    case Activation::hard_swish: return at::hardswish(x);
    case Activation::sigmoid: return at::sigmoid(x);
  }
  TORCH_CHECK(false, "unknown activation ", static_cast<int64_t>(activation));
}

bool ctorch::is_recorded(at::TensorList tensors) {
  return c10::GradMode::is_enabled() &&
    std::any_of(tensors.begin(), tensors.end(), [](const at::Tensor &tensor) {
      return tensor.defined() && tensor.requires_grad();
    });
}

namespace {

enum class Way { composed, pointwise, dense, depthwise };

Way way(const at::Tensor &weight, const PackedShape &shape) {
  const InferenceKernels &kernels = InferenceKernels::best();
  if (kernels.pointwise == nullptr || !ctorch::is_plain(weight) || weight.dim() != 4) {
    return Way::composed;
  }
  if (shape.stride < 1 || shape.border.size() != 4 || weight.size(2) != weight.size(3) ||
      std::any_of(shape.border.begin(), shape.border.end(), [](int64_t n) { return n < 0; })) {
    return Way::composed;
  }
  const int64_t outputs = weight.size(0), window = weight.size(2);
  const bool is_borderless =
    std::all_of(shape.border.begin(), shape.border.end(), [](int64_t n) { return n == 0; });
  if (shape.groups == 1) {
    if (outputs < kernels.lanes) return Way::composed;
    return window == 1 && is_borderless ? Way::pointwise : Way::dense;
  }
  const bool is_depthwise = shape.groups == outputs && weight.size(1) == 1;
  if (is_depthwise && outputs >= kernels.lanes && window % 2 == 1 && window >= 3 && window <= 7 &&
      shape.stride <= 2) {
    return Way::depthwise;
  }
  return Way::composed;
}

at::Tensor composed(
  const at::Tensor &input, const at::Tensor &weight, const std::optional<at::Tensor> &bias,
  const std::optional<at::Tensor> &residual, const PackedShape &shape
) {
  const bool is_even = shape.is_even();
  const at::Tensor images = is_even ? input : at::constant_pad_nd(input, shape.border);
  const std::vector<int64_t> padding{
    is_even ? shape.border[2] : 0, is_even ? shape.border[0] : 0};
  at::Tensor y = at::convolution(
    images, weight, bias, {shape.stride, shape.stride}, padding, {1, 1}, false, {0, 0},
    shape.groups);
  if (residual.has_value() && residual->defined()) y = at::add(y, *residual);
  return ctorch::activated(y, shape.activation);
}

at::Tensor empty_output(const at::Tensor &input, const at::Tensor &weight, const PackedShape &shape) {
  const auto extent = [&](int axis, int64_t before, int64_t after) {
    return (input.size(axis) + before + after - weight.size(axis)) / shape.stride + 1;
  };
  return at::empty(
    {input.size(0), weight.size(0), extent(2, shape.border[2], shape.border[3]),
     extent(3, shape.border[0], shape.border[1])},
    input.options().memory_format(at::MemoryFormat::ChannelsLast));
}

/// How many rows one thread takes at least, so that starting it pays off.
int64_t grain(int64_t work_per_row) { return std::max<int64_t>(1, 200'000 / (work_per_row + 1)); }

void run_pointwise(
  const at::Tensor &input, const float *packed, const float *bias, const float *residual,
  const PackedShape &shape, at::Tensor &output
) {
  const InferenceKernels &kernels = InferenceKernels::best();
  const int64_t inputs = input.size(1), outputs = output.size(1);
  const Product product{inputs, 1, 0, outputs, inputs * shape.stride, shape.activation};
  const auto *x = input.const_data_ptr<float>();
  auto *y = output.mutable_data_ptr<float>();
  const auto run = [&](int64_t rows, const float *from, int64_t first) {
    kernels.pointwise(
      product, rows, from, packed, bias, residual ? residual + first * outputs : nullptr,
      y + first * outputs);
  };
  if (shape.stride == 1) {
    const int64_t rows = output.numel() / outputs, tile = kernels.tile_rows;
    at::parallel_for(0, (rows + tile - 1) / tile, grain(tile * inputs * outputs),
      [&](int64_t start, int64_t end) {
        const int64_t first = start * tile;
        run(std::min(end * tile, rows) - first, x + first * inputs, first);
      });
    return;
  }
  const int64_t height = output.size(2), width = output.size(3);
  at::parallel_for(0, output.size(0) * height, grain(width * inputs * outputs),
    [&](int64_t start, int64_t end) {
      for (int64_t line = start; line < end; ++line) {
        const int64_t source = line / height * input.size(2) + line % height * shape.stride;
        run(width, x + source * input.size(3) * inputs, line * width);
      }
    });
}

void run_depthwise(
  const at::Tensor &input, const float *packed, const float *bias, const float *residual,
  const PackedShape &shape, int64_t window, at::Tensor &output
) {
  const int64_t height = output.size(2), channels = input.size(1);
  const int64_t line_size = output.size(3) * channels, image = input.numel() / input.size(0);
  const Depthwise convolution{
    channels, input.size(2), input.size(3), window, shape.stride, shape.border[2], shape.border[0],
    height, output.size(3), shape.activation};
  const auto *x = input.const_data_ptr<float>();
  auto *y = output.mutable_data_ptr<float>();
  at::parallel_for(0, output.size(0) * height, grain(line_size * window * window),
    [&](int64_t start, int64_t end) {
      for (int64_t line = start; line < end; ++line) {
        InferenceKernels::best().depthwise(
          convolution, line % height, x + line / height * image, packed, bias,
          residual ? residual + line * line_size : nullptr, y + line * line_size);
      }
    });
}

/// Copies an image into the middle of zeros.
void pad(const at::Tensor &input, const float *image, at::IntArrayRef border, float *padded) {
  const int64_t line = input.size(3) * input.size(1);
  const int64_t before = border[0] * input.size(1), after = border[1] * input.size(1);
  const int64_t row = before + line + after;
  padded = std::fill_n(padded, border[2] * row, 0.0f);
  for (int64_t y = 0; y < input.size(2); ++y, image += line) {
    padded = std::fill_n(padded, before, 0.0f);
    padded = std::copy_n(image, line, padded);
    padded = std::fill_n(padded, after, 0.0f);
  }
  std::fill_n(padded, border[3] * row, 0.0f);
}

void run_dense(
  const at::Tensor &input, const float *packed, const float *bias, const float *residual,
  const PackedShape &shape, int64_t window, at::Tensor &output
) {
  const InferenceKernels &kernels = InferenceKernels::best();
  const int64_t inputs = input.size(1), outputs = output.size(1);
  const int64_t height = output.size(2), width = output.size(3);
  const int64_t row = (shape.border[0] + input.size(3) + shape.border[1]) * inputs;
  const int64_t rows = shape.border[2] + input.size(2) + shape.border[3];
  const int64_t image = input.numel() / input.size(0), result = height * width * outputs;
  const Product product{
    window * inputs, window, row, outputs, shape.stride * inputs, shape.activation};
  const int64_t pairs = (outputs + 2 * kernels.lanes - 1) / (2 * kernels.lanes);
  const int64_t pair_size = 2 * kernels.lanes * window * window * inputs;
  const at::Tensor scratch = at::empty({rows * row}, input.options());
  auto *padded = scratch.mutable_data_ptr<float>();
  for (int64_t i = 0; i < input.size(0); ++i) {
    pad(input, input.const_data_ptr<float>() + i * image, shape.border, padded);
    auto *y = output.mutable_data_ptr<float>() + i * result;
    const float *added = residual == nullptr ? nullptr : residual + i * result;
    // Pair by pair, so that the weights of one stay in the second cache for all rows.
    at::parallel_for(0, pairs * height, grain(width * pair_size),
      [&](int64_t start, int64_t end) {
        for (int64_t task = start; task < end; ++task) {
          const int64_t pair = task / height, line = task % height, place = line * width * outputs;
          kernels.dense(
            product, pair, width, padded + line * shape.stride * row,
            packed + pair * pair_size, bias, added == nullptr ? nullptr : added + place, y + place);
        }
      });
  }
  if (shape.activation > Activation::relu6) {
    kernels.activate(shape.activation, output.numel(), output.mutable_data_ptr<float>());
  }
}

/// Whether the images fit the packed weights; those that do not are left to libtorch's own messages.
bool fits(
  const at::Tensor &input, const at::Tensor &weight, const at::Tensor &bias,
  const std::optional<at::Tensor> &residual, const PackedShape &shape
) {
  if (!ctorch::is_plain(input) || input.dim() != 4) return false;
  if (input.size(1) != weight.size(1) * shape.groups) return false;
  if (!ctorch::is_plain_vector(bias, weight.size(0))) return false;
  if (input.size(2) + shape.border[2] + shape.border[3] < weight.size(2)) return false;
  if (input.size(3) + shape.border[0] + shape.border[1] < weight.size(3)) return false;
  return !residual.has_value() || !residual->defined() || ctorch::is_plain(*residual);
}

at::Tensor pack_convolution(
  const at::Tensor &weight, int64_t stride, at::IntArrayRef border, int64_t groups
) {
  const PackedShape shape{stride, border, groups, Activation::none};
  const InferenceKernels &kernels = InferenceKernels::best();
  switch (way(weight, shape)) {
    case Way::composed: return at::empty({0}, weight.options());
    case Way::pointwise:
    case Way::dense: {
      const at::Tensor plain = weight.permute({0, 2, 3, 1}).contiguous();
      const int64_t outputs = weight.size(0), inputs = weight.numel() / outputs;
      at::Tensor packed =
        at::empty({ctorch::packed_size(inputs, outputs, kernels.lanes)}, weight.options());
      ctorch::pack_products(
        inputs, outputs, kernels.lanes, plain.const_data_ptr<float>(),
        packed.mutable_data_ptr<float>());
      return packed;
    }
    case Way::depthwise: return weight.permute({2, 3, 1, 0}).contiguous().flatten();
  }
  TORCH_CHECK(false, "unknown way");
}

at::Tensor packed_convolution(
  const at::Tensor &input, const at::Tensor &weight, const at::Tensor &packed,
  const at::Tensor &bias, const std::optional<at::Tensor> &residual, int64_t stride,
  at::IntArrayRef border, int64_t groups, int64_t activation
) {
  TORCH_CHECK(
    activation >= 0 && activation < ctorch::activation_count, "unknown activation ", activation);
  const PackedShape shape{stride, border, groups, static_cast<Activation>(activation)};
  const Way chosen = way(weight, shape);
  if (chosen == Way::composed || packed.numel() == 0 ||
      ctorch::is_recorded({input, weight, bias, residual.value_or(at::Tensor())}) ||
      !fits(input, weight, bias, residual, shape)) {
    return composed(input, weight, bias, residual, shape);
  }
  at::AutoDispatchBelowADInplaceOrView guard;
  constexpr auto format = at::MemoryFormat::ChannelsLast;
  const at::Tensor images = input.contiguous(format);
  std::optional<at::Tensor> added;
  if (residual.has_value() && residual->defined()) added = residual->contiguous(format);
  at::Tensor output = empty_output(images, weight, shape);
  TORCH_CHECK(
    !added.has_value() || added->sizes() == output.sizes(), "the residual has the shape ",
    added.has_value() ? added->sizes() : at::IntArrayRef(), ", the result ", output.sizes());
  const auto *offsets = bias.const_data_ptr<float>();
  const auto *weights = packed.const_data_ptr<float>();
  const float *residuals = added.has_value() ? added->const_data_ptr<float>() : nullptr;
  if (chosen == Way::pointwise) {
    run_pointwise(images, weights, offsets, residuals, shape, output);
  } else if (chosen == Way::dense) {
    run_dense(images, weights, offsets, residuals, shape, weight.size(2), output);
  } else {
    run_depthwise(images, weights, offsets, residuals, shape, weight.size(2), output);
  }
  return output;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(swiftlet, library) {
  library.def(
    "pack_convolution(Tensor weight, int stride, int[] border, int groups) -> Tensor");
  library.impl(
    "pack_convolution", c10::DispatchKey::CompositeImplicitAutograd, TORCH_FN(pack_convolution));
  library.def(
    "packed_convolution(Tensor input, Tensor weight, Tensor packed, Tensor bias, "
    "Tensor? residual, int stride, int[] border, int groups, int activation) -> Tensor");
  library.impl(
    "packed_convolution", c10::DispatchKey::CompositeImplicitAutograd,
    TORCH_FN(packed_convolution));
}
