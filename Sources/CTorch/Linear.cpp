// swiftlet::linear: y = x Wᵀ + b through whichever of MKL and oneDNN is the quicker here.
//
// libtorch sends float32 products to MKL. On some processors the bundled oneDNN is up to twice as
// fast on the same plain (unpacked) weights; `mkldnn::_linear_pointwise` reaches it but has no
// gradient, so this operator gives it one. Both backward products go through this operator again,
// which also makes higher derivatives work.
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/linear.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <atomic>

#include "Internal.hpp"

namespace {

std::atomic<int64_t> onednn_threshold{-1};

using Pointwise = at::Tensor(
  const at::Tensor &, const at::Tensor &, const std::optional<at::Tensor> &, std::string_view,
  c10::List<std::optional<at::Scalar>>, std::optional<std::string_view>);

at::Tensor onednn_product(
  const at::Tensor &x, const at::Tensor &weight, const std::optional<at::Tensor> &bias
) {
  static const auto op = c10::Dispatcher::singleton()
                           .findSchemaOrThrow("mkldnn::_linear_pointwise", "")
                           .typed<Pointwise>();
  return op.call(x, weight, bias, "none", c10::List<std::optional<at::Scalar>>(), "");
}

bool prefers_onednn(const at::Tensor &x, const at::Tensor &weight) {
  const int64_t threshold = onednn_threshold.load(std::memory_order_relaxed);
  if (threshold < 0 || !x.is_cpu() || weight.dim() != 2 || x.dim() < 2) return false;
  if (x.scalar_type() != at::kFloat || weight.scalar_type() != at::kFloat) return false;
  return x.numel() * weight.size(0) >= threshold && x.size(-1) == weight.size(1);
}

at::Tensor routed_linear(
  const at::Tensor &x, const at::Tensor &weight, const std::optional<at::Tensor> &bias);

class OneDNNLinear : public torch::autograd::Function<OneDNNLinear> {
 public:
  static at::Tensor forward(
    torch::autograd::AutogradContext *context, const at::Tensor &x, const at::Tensor &weight,
    const std::optional<at::Tensor> &bias
  ) {
    context->save_for_backward({x, weight});
    context->saved_data["has_bias"] = bias.has_value() && bias->defined();
    at::AutoDispatchBelowADInplaceOrView guard;
    return onednn_product(x, weight, bias);
  }

  static torch::autograd::variable_list backward(
    torch::autograd::AutogradContext *context, torch::autograd::variable_list gradients
  ) {
    const auto saved = context->get_saved_variables();
    const at::Tensor x = saved[0].flatten(0, -2), weight = saved[1];
    const at::Tensor g = gradients[0].flatten(0, -2);
    at::Tensor gx, gw, gb;
    if (context->needs_input_grad(0)) gx = routed_linear(g, weight.t(), std::nullopt).view_as(saved[0]);
    if (context->needs_input_grad(1)) gw = routed_linear(g.t(), x.t(), std::nullopt);
    if (context->saved_data["has_bias"].toBool() && context->needs_input_grad(2)) gb = g.sum(0);
    return {gx, gw, gb};
  }
};

at::Tensor routed_linear(
  const at::Tensor &x, const at::Tensor &weight, const std::optional<at::Tensor> &bias
) {
  if (!prefers_onednn(x, weight)) return at::linear(x, weight, bias);
  return OneDNNLinear::apply(x, weight, bias);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(swiftlet, library) {
  library.def("linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor");
  library.impl("linear", c10::DispatchKey::CompositeImplicitAutograd, TORCH_FN(routed_linear));
}

void ct_set_onednn_threshold(int64_t multiply_adds) { onednn_threshold = multiply_adds; }

int64_t ct_onednn_threshold(void) { return onednn_threshold; }
