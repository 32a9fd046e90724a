// What the operators for networks in use have in common.
#pragma once

#include <ATen/core/Tensor.h>

#include "InferenceKernels.hpp"

namespace ctorch {

/// How a convolution is made. The border is left, right, above, below.
struct PackedShape {
  int64_t stride;
  at::IntArrayRef border;
  int64_t groups;
  Activation activation;

  bool is_even() const { return border[0] == border[1] && border[2] == border[3]; }
};

/// An activation by libtorch's operators.
at::Tensor activated(const at::Tensor &x, Activation activation);

/// Whether somebody will ask for the gradient of one of these.
bool is_recorded(at::TensorList tensors);

}  // namespace ctorch
