// How operators of our own get higher derivatives: through libtorch's operators, of which they are
// composed.
#pragma once

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

namespace ctorch {

/// Gradients, themselves differentiable, of an output composed of libtorch's operators; undefined for
/// points that need none. `count` is how many gradients the operator's arguments have in all.
inline torch::autograd::variable_list composed_gradient(
  const at::Tensor &output, const torch::autograd::variable_list &points,
  const at::Tensor &gradient, size_t count
) {
  torch::autograd::variable_list wanted, result(count);
  std::vector<size_t> places;
  for (size_t i = 0; i < points.size(); ++i) {
    if (!points[i].defined() || !points[i].requires_grad()) continue;
    wanted.push_back(points[i]);
    places.push_back(i);
  }
  const auto found = torch::autograd::grad(
    {output}, wanted, {gradient}, /*retain_graph=*/true, /*create_graph=*/true,
    /*allow_unused=*/true);
  for (size_t i = 0; i < places.size(); ++i) result[places[i]] = found[i];
  return result;
}

}  // namespace ctorch
