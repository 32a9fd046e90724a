// swiftlet::linear, y = x Wᵀ + b, and swiftlet::matmul, y = x W, through whichever of MKL and oneDNN
// is the quicker here.
//
// libtorch sends float32 products to MKL. On some processors the bundled oneDNN is up to twice as
// fast on the same plain (unpacked) weights; `mkldnn::_linear_pointwise` reaches it but has no
// gradient, so these operators give it one. Both backward products go through them again, which also
// makes higher derivatives work.
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/linear_compositeimplicitautograd_dispatch.h>
#include <ATen/ops/matmul_compositeimplicitautograd_dispatch.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <atomic>

#include "Internal.hpp"

namespace {

std::atomic<int64_t> onednn_threshold{-1};

using Pointwise = at::Tensor(
  const at::Tensor &, const at::Tensor &, const std::optional<at::Tensor> &, std::string_view,
  c10::List<std::optional<at::Scalar>>, std::optional<std::string_view>);

const c10::OperatorHandle *onednn_operator() {
  static const auto found =
    c10::Dispatcher::singleton().findSchema({"mkldnn::_linear_pointwise", ""});
  return found.has_value() ? &*found : nullptr;
}

/// The kernel reads matrices stored by rows or by columns; others (broadcast ones) are copied.
at::Tensor dense(const at::Tensor &matrix) {
  if (matrix.dim() == 2 && matrix.stride(0) == 1 && matrix.stride(1) == matrix.size(0)) {
    return matrix;
  }
  return matrix.contiguous();
}

at::Tensor onednn_product(
  const at::Tensor &x, const at::Tensor &weight, const std::optional<at::Tensor> &bias
) {
  static const auto op = onednn_operator()->typed<Pointwise>();
  return op.call(
    x.contiguous(), dense(weight), bias, "none", c10::List<std::optional<at::Scalar>>(), "");
}

bool is_plain(const at::Tensor &tensor) {
  return tensor.is_cpu() && tensor.scalar_type() == at::kFloat;
}

/// Whether oneDNN shall multiply `x` by a matrix whose given axis meets the last one of `x`. Shapes
/// that do not fit are left to libtorch's own messages.
bool prefers_onednn(const at::Tensor &x, const at::Tensor &matrix, int64_t inputs_axis) {
  const int64_t threshold = onednn_threshold.load(std::memory_order_relaxed);
  if (threshold < 0 || x.dim() < 2 || matrix.dim() != 2) return false;
  if (!is_plain(x) || !is_plain(matrix)) return false;
  if (x.size(-1) != matrix.size(inputs_axis)) return false;
  const int64_t work = x.numel() * matrix.size(1 - inputs_axis);
  return work > 0 && work >= threshold;
}

bool is_fitting(const std::optional<at::Tensor> &bias, int64_t outputs) {
  if (!bias.has_value() || !bias->defined()) return true;
  return is_plain(*bias) && bias->dim() == 1 && bias->size(0) == outputs;
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
    const at::Tensor g = gradients[0].flatten(0, -2).contiguous();
    at::Tensor gx, gw, gb;
    if (context->needs_input_grad(0)) {
      gx = routed_linear(g, weight.t(), std::nullopt).view(saved[0].sizes());
    }
    if (context->needs_input_grad(1)) gw = routed_linear(g.t(), x.t(), std::nullopt);
    // Inputs are counted without the absent ones.
    if (context->saved_data["has_bias"].toBool() && context->needs_input_grad(2)) gb = g.sum(0);
    return {gx, gw, gb};
  }
};

bool is_tracked(const std::optional<at::Tensor> &tensor) {
  return tensor.has_value() && tensor->defined() && tensor->requires_grad();
}

at::Tensor differentiable_product(
  const at::Tensor &x, const at::Tensor &weight, const std::optional<at::Tensor> &bias
) {
  if (c10::GradMode::is_enabled() && (is_tracked(x) || is_tracked(weight) || is_tracked(bias))) {
    return OneDNNLinear::apply(x, weight, bias);
  }
  return onednn_product(x, weight, bias);
}

at::Tensor routed_linear(
  const at::Tensor &x, const at::Tensor &weight, const std::optional<at::Tensor> &bias
) {
  if (!prefers_onednn(x, weight, 1) || !is_fitting(bias, weight.size(0))) {
    return at::compositeimplicitautograd::linear(x, weight, bias);
  }
  return differentiable_product(x, weight, bias);
}

at::Tensor routed_matmul(const at::Tensor &x, const at::Tensor &matrix) {
  if (!prefers_onednn(x, matrix, 0)) return at::compositeimplicitautograd::matmul(x, matrix);
  return differentiable_product(x, matrix.t(), std::nullopt);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(swiftlet, library) {
  library.def("linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor");
  library.impl("linear", c10::DispatchKey::CompositeImplicitAutograd, TORCH_FN(routed_linear));
  library.def("matmul(Tensor input, Tensor other) -> Tensor");
  library.impl("matmul", c10::DispatchKey::CompositeImplicitAutograd, TORCH_FN(routed_matmul));
}

void ct_set_onednn_threshold(int64_t multiply_adds) {
  onednn_threshold = onednn_operator() == nullptr ? -1 : multiply_adds;
}

int64_t ct_onednn_threshold(void) { return onednn_threshold; }
