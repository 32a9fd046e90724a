// Devices, threads and versions.
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/autocast_mode.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>
#include <stdlib.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif
#include <torch/version.h>

#include <algorithm>
#include <climits>

#include "Internal.hpp"

// The linker drops a library nobody refers to, so the CUDA kernels are brought in by name. They
// register themselves with the dispatcher; without them the device count is zero.
void ctorch::load_accelerators() {
  static const void *library = dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL);
  static_cast<void>(library);
}

int32_t ct_device_count(int32_t device_kind) {
  const auto type = static_cast<c10::DeviceType>(device_kind);
  if (type == c10::kCPU) return 1;
  ctorch::load_accelerators();
  try {
    if (!c10::impl::hasDeviceGuardImpl(type)) return 0;
    return c10::impl::VirtualGuardImpl(type).deviceCount();
  } catch (...) {
    return 0;
  }
}

char *ct_synchronize(int32_t device_kind, int32_t device_index) {
  return ctorch::guarded([&] {
    const auto type = static_cast<c10::DeviceType>(device_kind);
    if (type == c10::kCPU) return;
    c10::impl::VirtualGuardImpl(type).synchronizeDevice(
      static_cast<c10::DeviceIndex>(device_index));
  });
}

bool ct_set_autocast(int32_t device_kind, int32_t element_type, bool enabled) {
  const auto type = static_cast<c10::DeviceType>(device_kind);
  const bool before = at::autocast::is_autocast_enabled(type);
  if (enabled) at::autocast::set_autocast_dtype(type, static_cast<at::ScalarType>(element_type));
  at::autocast::set_autocast_enabled(type, enabled);
  // Weights converted once are kept until the outermost scope ends.
  if (enabled && !before) at::autocast::increment_nesting();
  if (!enabled && before && at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  return before;
}

int32_t ct_thread_count(void) { return at::get_num_threads(); }

void ct_set_thread_count(int32_t count) { at::set_num_threads(count); }

void ct_set_deterministic(bool enabled) {
  at::globalContext().setDeterministicAlgorithms(enabled, /*warn_only=*/true);
}

void ct_keep_freed_memory(int64_t bytes) {
#if defined(__GLIBC__)
  const int limit = static_cast<int>(std::clamp<int64_t>(bytes, 0, INT_MAX));
  mallopt(M_TRIM_THRESHOLD, limit);
  // Older versions allow no more than 32 MiB here.
  if (mallopt(M_MMAP_THRESHOLD, limit) == 0) mallopt(M_MMAP_THRESHOLD, std::min(limit, 32 << 20));
#else
  static_cast<void>(bytes);
#endif
}

const char *ct_version(void) { return TORCH_VERSION; }
