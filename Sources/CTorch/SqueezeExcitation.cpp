// swiftlet::squeeze_excitation: gates computed from the means of all channels, for networks in use.
//
// Means, two small products and the scaling are six calls and three passes over the images in
// libtorch; here they are one call and two passes. Only for channels-last images; everything else is
// composed of libtorch's operators.
#include <ATen/Parallel.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/sigmoid.h>
#include <torch/library.h>

#include "ImageKernels.hpp"
#include "PackedConvolution.hpp"

using ctorch::Activation;
using ctorch::InferenceKernels;
using ctorch::Numbers;

namespace {

at::Tensor composed(
  const at::Tensor &input, const at::Tensor &reduce_weight, const at::Tensor &reduce_bias,
  const at::Tensor &expand_weight, const at::Tensor &expand_bias, Activation activation
) {
  const auto product = [](const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias) {
    return at::convolution(x, weight, bias, {1, 1}, {0, 0}, {1, 1}, false, {0, 0}, 1);
  };
  const at::Tensor means = at::mean(input, {2, 3}, /*keepdim=*/true);
  const at::Tensor few =
    ctorch::activated(product(means, reduce_weight, reduce_bias), activation);
  return at::mul(input, at::sigmoid(product(few, expand_weight, expand_bias)));
}

bool fits(
  const at::Tensor &input, const at::Tensor &reduce_weight, const at::Tensor &reduce_bias,
  const at::Tensor &expand_weight, const at::Tensor &expand_bias
) {
  using ctorch::is_plain;
  if (InferenceKernels::best().add_rows == nullptr) return false;
  if (!is_plain(input) || input.dim() != 4 || !is_plain(reduce_weight) ||
      !is_plain(expand_weight)) {
    return false;
  }
  if (!input.is_contiguous(at::MemoryFormat::ChannelsLast)) return false;
  const int64_t channels = input.size(1), few = reduce_weight.size(0);
  return reduce_weight.numel() == few * channels && expand_weight.numel() == few * channels &&
    reduce_weight.size(1) == channels && expand_weight.size(0) == channels &&
    ctorch::is_plain_vector(reduce_bias, few) && ctorch::is_plain_vector(expand_bias, channels);
}

/// The weights and how wide they are.
struct Gate {
  int64_t channels, few, pixels;
  const float *reduce_weight, *reduce_bias, *expand_weight, *expand_bias;
  Activation activation;

  void scale(const float *image, float *output) const {
    const InferenceKernels &kernels = InferenceKernels::best();
    Numbers sums(channels), squeezed(few), gates(channels);
    kernels.add_rows(pixels, channels, image, sums.data());
    const float share = 1.0f / static_cast<float>(pixels);
    for (int64_t c = 0; c < channels; ++c) sums.data()[c] *= share;
    kernels.multiply(few, channels, reduce_weight, sums.data(), reduce_bias, squeezed.data());
    kernels.activate(activation, few, squeezed.data());
    kernels.multiply(channels, few, expand_weight, squeezed.data(), expand_bias, gates.data());
    kernels.activate(Activation::sigmoid, channels, gates.data());
    kernels.scale_rows(pixels, channels, image, gates.data(), output);
  }
};

at::Tensor squeeze_excitation(
  const at::Tensor &input, const at::Tensor &reduce_weight, const at::Tensor &reduce_bias,
  const at::Tensor &expand_weight, const at::Tensor &expand_bias, int64_t activation
) {
  TORCH_CHECK(
    activation >= 0 && activation < ctorch::activation_count, "unknown activation ", activation);
  const auto kind = static_cast<Activation>(activation);
  if (ctorch::is_recorded({input, reduce_weight, reduce_bias, expand_weight, expand_bias}) ||
      !fits(input, reduce_weight, reduce_bias, expand_weight, expand_bias)) {
    return composed(input, reduce_weight, reduce_bias, expand_weight, expand_bias, kind);
  }
  const at::Tensor weights[] = {
    reduce_weight.contiguous(), reduce_bias.contiguous(), expand_weight.contiguous(),
    expand_bias.contiguous()};
  at::Tensor output = at::empty_like(input);
  const int64_t images = input.size(0), image = input.numel() / images;
  const Gate gate{
    input.size(1), reduce_weight.size(0), input.size(2) * input.size(3),
    weights[0].const_data_ptr<float>(), weights[1].const_data_ptr<float>(),
    weights[2].const_data_ptr<float>(), weights[3].const_data_ptr<float>(), kind};
  const auto *x = input.const_data_ptr<float>();
  auto *y = output.mutable_data_ptr<float>();
  at::parallel_for(0, images, 1, [&](int64_t start, int64_t end) {
    for (int64_t i = start; i < end; ++i) gate.scale(x + i * image, y + i * image);
  });
  return output;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(swiftlet, library) {
  library.def(
    "squeeze_excitation(Tensor input, Tensor reduce_weight, Tensor reduce_bias, "
    "Tensor expand_weight, Tensor expand_bias, int activation) -> Tensor");
  library.impl(
    "squeeze_excitation", c10::DispatchKey::CompositeImplicitAutograd,
    TORCH_FN(squeeze_excitation));
}
