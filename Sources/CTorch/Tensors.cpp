// Handles: what a tensor is, whether it is shared, and how it takes part in differentiation.
#include <ATen/MemoryOverlap.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include "Internal.hpp"

using ctorch::borrow;
using ctorch::guarded;
using ctorch::hand_over;
using ctorch::implementation;

void ct_tensor_release(ct_tensor *tensor) {
  if (tensor == nullptr) return;
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
  // A view or a saved tensor of the gradient graph raises one of the two counts.
  if (c10::raw::intrusive_ptr::use_count(impl) != 1 || impl->storage().use_count() != 1) {
    return false;
  }
  // Broadcast elements and overlapping windows share places and cannot be written one by one.
  return at::has_internal_overlap(impl) == at::MemOverlap::No;
}

char *ct_tensor_leaf(const ct_tensor *tensor, bool requires_gradient, ct_tensor **result) {
  return guarded([&] {
    at::Tensor leaf = borrow(tensor).detach();
    if (requires_gradient) leaf.set_requires_grad(true);
    *result = hand_over(std::move(leaf));
  });
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
      seeds.push_back(borrow(weights[i]));
    }
    for (int32_t i = 0; i < input_count; ++i) points.push_back(borrow(inputs[i]));
    auto found = torch::autograd::grad(
      roots, points, seeds, retain_graph, create_graph, /*allow_unused=*/true);
    for (int32_t i = 0; i < input_count; ++i) gradients[i] = hand_over(std::move(found[i]));
  });
}

int32_t ct_enter_gradient_scope(int32_t change) {
  thread_local int32_t depth = 0;
  const int32_t before = depth;
  depth += change;
  return before;
}

bool ct_set_gradient_recording(bool enabled) {
  const bool before = c10::GradMode::is_enabled();
  c10::GradMode::set_enabled(enabled);
  return before;
}
