// Handles: what a tensor is, whether it is shared, and how it takes part in differentiation.
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include "Internal.hpp"

using ctorch::borrow;
using ctorch::guarded;
using ctorch::hand_over;
using ctorch::implementation;

void ct_tensor_release(ct_tensor *tensor) {
  c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim(implementation(tensor));
}

void ct_tensor_describe(const ct_tensor *tensor, ct_description *description) {
  c10::TensorImpl *impl = implementation(tensor);
  const c10::Device device = impl->device();
  description->element_type = static_cast<int32_t>(c10::typeMetaToScalarType(impl->dtype()));
  description->device_kind = static_cast<int32_t>(device.type());
  description->device_index = device.index() < 0 ? 0 : device.index();
  description->rank = static_cast<int32_t>(impl->dim());
  description->shape = impl->sizes().data();
  description->strides = impl->strides().data();
  description->element_count = impl->numel();
  description->requires_gradient = impl->requires_grad();
  description->is_contiguous = impl->is_contiguous();
  description->is_conjugated = impl->is_conj() || impl->is_neg();
  description->data = impl->has_storage() ? impl->mutable_data() : nullptr;
}

bool ct_tensor_is_unique(const ct_tensor *tensor) {
  c10::TensorImpl *impl = implementation(tensor);
  // Broadcast elements share one place and cannot be written one by one.
  for (int64_t axis = 0; axis < impl->dim(); ++axis) {
    if (impl->sizes()[axis] > 1 && impl->strides()[axis] == 0) return false;
  }
  // A view or a saved tensor of the gradient graph raises one of the two counts.
  return c10::raw::intrusive_ptr::use_count(impl) == 1 && impl->storage().use_count() == 1;
}

ct_tensor *ct_tensor_leaf(const ct_tensor *tensor, bool requires_gradient) {
  at::Tensor leaf = borrow(tensor).detach();
  if (requires_gradient) leaf.set_requires_grad(true);
  return hand_over(std::move(leaf));
}

char *ct_gradient(
  ct_tensor *const *outputs, ct_tensor *const *weights, int32_t output_count,
  ct_tensor *const *inputs, int32_t input_count,
  bool retain_graph, bool create_graph, ct_tensor **gradients
) {
  return guarded([&] {
    torch::autograd::variable_list roots, points, seeds;
    for (int32_t i = 0; i < output_count; ++i) {
      roots.push_back(borrow(outputs[i]));
      if (weights != nullptr) seeds.push_back(borrow(weights[i]));
    }
    for (int32_t i = 0; i < input_count; ++i) points.push_back(borrow(inputs[i]));
    auto found = torch::autograd::grad(
      roots, points, seeds, retain_graph, create_graph, /*allow_unused=*/true);
    for (int32_t i = 0; i < input_count; ++i) gradients[i] = hand_over(std::move(found[i]));
  });
}

bool ct_set_gradient_recording(bool enabled) {
  const bool before = c10::GradMode::is_enabled();
  c10::GradMode::set_enabled(enabled);
  return before;
}
