// swiftlet::episode_block: one layer of many small networks at once.
//
// A grouped convolution that keeps the size (every group is a network with kernels of its own), a
// bias, 2x2 max-pooling and a rectifier, in float32 on the processor. Only the pooled map is ever
// written, and because each pooled value comes from one position, the gradient visits a quarter of
// the convolution's positions. Everything else, second derivatives included, is composed of
// libtorch's own operators.
#include "EpisodeBlock.hpp"

#include <ATen/ops/convolution.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/relu.h>
#include <c10/core/GradMode.h>
#include <torch/library.h>

#include <limits>

#include "ComposedGradient.hpp"

using ctorch::Block;

namespace {

at::Tensor composed(
  const at::Tensor &input, const at::Tensor &weight, const std::optional<at::Tensor> &bias,
  int64_t episodes, double slope
) {
  const at::Tensor convolved = at::convolution(
    input, weight, bias, {1, 1}, {weight.size(2) / 2, weight.size(3) / 2}, {1, 1}, false, {0, 0},
    episodes);
  const at::Tensor pooled = at::max_pool2d(convolved, {2, 2});
  if (slope == 1) return pooled;
  return slope == 0 ? at::relu(pooled) : at::leaky_relu(pooled, slope);
}

/// Whether the kernels are made for this; shapes that do not fit are left to libtorch's own messages.
bool is_supported(
  const at::Tensor &input, const at::Tensor &weight, const std::optional<at::Tensor> &bias,
  int64_t episodes
) {
  using ctorch::is_plain;
  if (!is_plain(input) || !is_plain(weight) || input.dim() != 4 || weight.dim() != 4) return false;
  if (episodes < 1 || weight.size(0) % episodes != 0) return false;
  if (input.size(1) != episodes * weight.size(1)) return false;
  if (weight.size(2) != weight.size(3) || weight.size(2) % 2 == 0) return false;
  if (input.size(2) < 2 || input.size(3) < 2) return false;
  if (!ctorch::is_plain_vector(bias, weight.size(0))) return false;
  return Block(input, weight, episodes, 0).padded_size < std::numeric_limits<int32_t>::max();
}

class EpisodeBlock : public torch::autograd::Function<EpisodeBlock> {
 public:
  static at::Tensor forward(
    torch::autograd::AutogradContext *context, const at::Tensor &input, const at::Tensor &weight,
    const std::optional<at::Tensor> &bias, int64_t episodes, double slope
  ) {
    at::AutoDispatchBelowADInplaceOrView guard;
    const at::Tensor offsets = bias.value_or(at::Tensor());
    auto [output, marks] = ctorch::block_forward(
      Block(input, weight, episodes, slope), input.contiguous(), weight.contiguous(),
      offsets.defined() ? offsets.contiguous() : offsets);
    context->save_for_backward({input, weight, offsets, marks});
    context->saved_data["episodes"] = episodes;
    context->saved_data["slope"] = slope;
    return output;
  }

  static torch::autograd::variable_list backward(
    torch::autograd::AutogradContext *context, torch::autograd::variable_list gradients
  ) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &input = saved[0], &weight = saved[1], &bias = saved[2];
    const int64_t episodes = context->saved_data["episodes"].toInt();
    const double slope = context->saved_data["slope"].toDouble();
    if (c10::GradMode::is_enabled()) {
      return ctorch::composed_gradient(
        composed(input, weight, bias, episodes, slope), {input, weight, bias}, gradients[0], 5);
    }
    // Inputs are counted without the absent ones.
    auto result = ctorch::block_backward(
      Block(input, weight, episodes, slope), input.contiguous(), weight.contiguous(), saved[3],
      gradients[0].contiguous(), context->needs_input_grad(0),
      bias.defined() && context->needs_input_grad(2));
    result.resize(5);
    return result;
  }
};

at::Tensor episode_block(
  const at::Tensor &input, const at::Tensor &weight, const std::optional<at::Tensor> &bias,
  int64_t episodes, double slope
) {
  if (!is_supported(input, weight, bias, episodes)) {
    return composed(input, weight, bias, episodes, slope);
  }
  return EpisodeBlock::apply(input, weight, bias, episodes, slope);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(swiftlet, library) {
  library.def(
    "episode_block(Tensor input, Tensor weight, Tensor? bias, int episodes, float slope) -> Tensor");
  library.impl(
    "episode_block", c10::DispatchKey::CompositeImplicitAutograd, TORCH_FN(episode_block));
}
