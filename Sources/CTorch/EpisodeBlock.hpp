// swiftlet::episode_block where its kernels fit; tensors are contiguous, absent ones undefined.
#pragma once

#include <torch/csrc/autograd/custom_function.h>

#include "ImageKernels.hpp"

namespace ctorch {

/// The pooled map, and the marks that its gradient needs.
std::pair<at::Tensor, at::Tensor> block_forward(
  const Block &block, const at::Tensor &input, const at::Tensor &weight, const at::Tensor &bias);

/// Gradients of input, weight and bias.
torch::autograd::variable_list block_backward(
  const Block &block, const at::Tensor &input, const at::Tensor &weight, const at::Tensor &marks,
  const at::Tensor &gradient, bool wants_input, bool wants_bias);

}  // namespace ctorch
