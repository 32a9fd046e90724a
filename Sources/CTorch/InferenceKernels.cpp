// The kernels for networks in use, compiled once per instruction set, and the choice between them.
#include "InferenceKernels.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

using ctorch::Activation;
using ctorch::Depthwise;
using ctorch::InferenceKernels;
using ctorch::Product;

namespace {

// Nothing here is called with vectors from outside, so it does not matter how they are passed.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpsabi"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
namespace avx2 {
constexpr bool has_wide_registers = false;
#include "Lanes.hpp"
#include "ActivationKernel.hpp"
#include "ProductKernel.hpp"
#include "DepthwiseKernel.hpp"
}  // namespace avx2
#pragma clang attribute pop

#pragma clang attribute push( \
  __attribute__((target("avx2,fma,avx512f,avx512vl,avx512bw,avx512dq"))), apply_to = function)
namespace avx512 {
constexpr bool has_wide_registers = true;
#include "Lanes.hpp"
#include "ActivationKernel.hpp"
#include "ProductKernel.hpp"
#include "DepthwiseKernel.hpp"
}  // namespace avx512
#pragma clang attribute pop
#endif

#pragma clang diagnostic pop

InferenceKernels choose() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq")) {
    return {
      avx512::lane_count, avx512::tile_rows, avx512::pointwise, avx512::dense,
      avx512::depthwise, avx512::add_rows, avx512::scale_rows, avx512::multiply, avx512::activate};
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    return {
      avx2::lane_count, avx2::tile_rows, avx2::pointwise, avx2::dense,
      avx2::depthwise, avx2::add_rows, avx2::scale_rows, avx2::multiply, avx2::activate};
  }
#endif
  return {};
}

}  // namespace

const InferenceKernels &InferenceKernels::best() {
  static const InferenceKernels found = choose();
  return found;
}

void ctorch::pack_products(
  int64_t inputs, int64_t outputs, int64_t lanes, const float *weight, float *packed
) {
  const int64_t vectors = (outputs + lanes - 1) / lanes;
  for (int64_t vector = 0; vector < vectors; vector += 2) {
    const int64_t count = std::min<int64_t>(2, vectors - vector);
    for (int64_t k = 0; k < inputs; ++k) {
      for (int64_t v = vector; v < vector + count; ++v) {
        const int64_t place = std::min(v * lanes, outputs - lanes);
        for (int64_t lane = 0; lane < lanes; ++lane) {
          *packed++ = weight[(place + lane) * inputs + k];
        }
      }
    }
  }
}
