// The frame of our operators with kernels of their own: what is saved for the gradient, and higher
// derivatives through libtorch's operators.
#pragma once

#include <c10/core/GradMode.h>
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

/// What a kernel's gradient is computed from, and what of it is wanted.
struct GradientRequest {
  at::Tensor input, weight;
  /// What the kernel's forward pass left for this.
  at::Tensor remembered;
  at::Tensor gradient;
  bool wants_input, wants_bias;
};

/// An operator of images, a kernel and a bias. `Kernel` has three static functions:
///
/// - `composed(input, weight, bias, settings, slope)`: the same of libtorch's operators;
/// - `forward(input, weight, bias, settings, slope)`: the output and what the gradient needs of it;
/// - `backward(request, settings, slope)`: the gradients of input, weight and bias.
///
/// The last two get gapless tensors, and an undefined bias where there is none.
template <typename Kernel>
class KernelFunction : public torch::autograd::Function<KernelFunction<Kernel>> {
 public:
  static at::Tensor forward(
    torch::autograd::AutogradContext *context, const at::Tensor &input, const at::Tensor &weight,
    const std::optional<at::Tensor> &bias, const std::vector<int64_t> &settings, double slope
  ) {
    at::AutoDispatchBelowADInplaceOrView guard;
    const at::Tensor offsets = bias.value_or(at::Tensor());
    auto [output, remembered] = Kernel::forward(
      input.contiguous(), weight.contiguous(), offsets.defined() ? offsets.contiguous() : offsets,
      settings, slope);
    context->save_for_backward({input, weight, offsets, remembered});
    context->saved_data["settings"] = settings;
    context->saved_data["slope"] = slope;
    return output;
  }

  static torch::autograd::variable_list backward(
    torch::autograd::AutogradContext *context, torch::autograd::variable_list gradients
  ) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &input = saved[0], &weight = saved[1], &bias = saved[2];
    const auto settings = context->saved_data["settings"].toIntVector();
    const double slope = context->saved_data["slope"].toDouble();
    constexpr size_t argument_count = 5;
    if (c10::GradMode::is_enabled()) {
      return composed_gradient(
        Kernel::composed(input, weight, bias, settings, slope), {input, weight, bias},
        gradients[0], argument_count);
    }
    // Inputs are counted without the absent ones.
    auto result = Kernel::backward(
      {input.contiguous(), weight.contiguous(), saved[3], gradients[0].contiguous(),
       context->needs_input_grad(0), bias.defined() && context->needs_input_grad(2)},
      settings, slope);
    result.resize(argument_count);
    return result;
  }
};

}  // namespace ctorch
