// What the C++ files behind the C header share.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <cstring>
#include <string>

#include "CTorch.h"

namespace ctorch {

inline c10::TensorImpl *implementation(const ct_tensor *tensor) {
  return reinterpret_cast<c10::TensorImpl *>(const_cast<ct_tensor *>(tensor));
}

/// A new C++ reference to a borrowed handle.
inline at::Tensor borrow(const ct_tensor *tensor) {
  if (tensor == nullptr) return at::Tensor();
  return at::Tensor(
    c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim_copy(
      implementation(tensor)));
}

/// Hands a reference over to the caller; an undefined tensor becomes NULL.
inline ct_tensor *hand_over(at::Tensor tensor) {
  if (!tensor.defined()) return nullptr;
  return reinterpret_cast<ct_tensor *>(tensor.unsafeReleaseTensorImpl());
}

inline char *message(const char *text) { return strdup(text); }

/// Runs `body`; an exception becomes its message without the engine's backtrace.
template <typename Body>
char *guarded(Body &&body) {
  try {
    body();
    return nullptr;
  } catch (const c10::Error &error) {
    return message(error.what_without_backtrace());
  } catch (const std::exception &error) {
    return message(error.what());
  } catch (...) {
    return message("unknown C++ exception");
  }
}

/// Brings in the CUDA kernels, once; without a GPU build this does nothing.
void load_accelerators();

}  // namespace ctorch
