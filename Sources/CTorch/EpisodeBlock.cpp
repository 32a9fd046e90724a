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
#include <torch/library.h>

#include <limits>

#include "KernelFunction.hpp"

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

struct EpisodeBlock {
  /// The settings are the number of episodes.
  using Settings = std::vector<int64_t>;

  static at::Tensor composed(
    const at::Tensor &input, const at::Tensor &weight, const at::Tensor &bias,
    const Settings &settings, double slope
  ) {
    return ::composed(input, weight, bias, settings[0], slope);
  }

  static std::pair<at::Tensor, at::Tensor> forward(
    const at::Tensor &input, const at::Tensor &weight, const at::Tensor &bias,
    const Settings &settings, double slope
  ) {
    return ctorch::block_forward(Block(input, weight, settings[0], slope), input, weight, bias);
  }

  static torch::autograd::variable_list backward(
    const ctorch::GradientRequest &request, const Settings &settings, double slope
  ) {
    return ctorch::block_backward(
      Block(request.input, request.weight, settings[0], slope), request.input, request.weight,
      request.remembered, request.gradient, request.wants_input, request.wants_bias);
  }
};

at::Tensor episode_block(
  const at::Tensor &input, const at::Tensor &weight, const std::optional<at::Tensor> &bias,
  int64_t episodes, double slope
) {
  if (!is_supported(input, weight, bias, episodes)) {
    return composed(input, weight, bias, episodes, slope);
  }
  return ctorch::KernelFunction<EpisodeBlock>::apply(
    input, weight, bias, std::vector<int64_t>{episodes}, slope);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(swiftlet, library) {
  library.def(
    "episode_block(Tensor input, Tensor weight, Tensor? bias, int episodes, float slope) -> Tensor");
  library.impl(
    "episode_block", c10::DispatchKey::CompositeImplicitAutograd, TORCH_FN(episode_block));
}
