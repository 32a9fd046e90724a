// The kernels on small images, compiled once per instruction set, and the choice between them.
#include "ImageKernels.hpp"

#include <cstring>

using ctorch::Block;
using ctorch::ImageKernels;
using ctorch::Images;
using ctorch::SmallConvolution;
using ctorch::Spots;

namespace {

// Nothing here is called with vectors from outside, so it does not matter how they are passed.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpsabi"

namespace plain {
constexpr bool has_wide_registers = false;
#include "Lanes.hpp"
#include "PaddedImageKernel.hpp"
#include "EpisodeBlockKernel.hpp"
}  // namespace plain

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
namespace avx2 {
constexpr bool has_wide_registers = false;
#include "Lanes.hpp"
#include "PaddedImageKernel.hpp"
#include "EpisodeBlockKernel.hpp"
#include "ConvolutionKernel.hpp"
}  // namespace avx2
#pragma clang attribute pop

#pragma clang attribute push( \
  __attribute__((target("avx2,fma,avx512f,avx512vl,avx512bw,avx512dq"))), apply_to = function)
namespace avx512 {
constexpr bool has_wide_registers = true;
#include "Lanes.hpp"
#include "PaddedImageKernel.hpp"
#include "EpisodeBlockKernel.hpp"
#include "ConvolutionKernel.hpp"
}  // namespace avx512
#pragma clang attribute pop
#endif

#pragma clang diagnostic pop

ImageKernels choose() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq")) {
    return {
      avx512::pad, avx512::crop, avx512::block_forward, avx512::block_backward,
      avx512::convolution_forward, avx512::convolution_backward};
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    return {
      avx2::pad, avx2::crop, avx2::block_forward, avx2::block_backward,
      avx2::convolution_forward, avx2::convolution_backward};
  }
#endif
  return {
    plain::pad, plain::crop, plain::block_forward, plain::block_backward,
    /*convolution_forward=*/nullptr, /*convolution_backward=*/nullptr};
}

/// Visits weights as `body(output, row of the window, place in the run, value)`; the value may be
/// written.
template <typename Element, typename Body>
void for_each_weight(const Images &images, Element *weight, const Body &body) {
  for (int64_t o = 0; o < images.outputs; ++o) {
    for (int64_t c = 0; c < images.inputs; ++c) {
      for (int64_t y = 0; y < images.kernel; ++y) {
        for (int64_t x = 0; x < images.kernel; ++x) body(o, y, x * images.inputs + c, *weight++);
      }
    }
  }
}

}  // namespace

const ImageKernels &ImageKernels::best() {
  static const ImageKernels found = choose();
  return found;
}

void ctorch::pack_lanes(const Images &images, const float *weight, int64_t lanes, float *packed) {
  for_each_weight(images, weight, [&](int64_t o, int64_t y, int64_t place, float value) {
    const int64_t group = o / lanes * images.kernel + y;
    packed[(group * images.run + place) * lanes + o % lanes] = value;
  });
}

void ctorch::pack_runs(const Images &images, const float *weight, float *packed) {
  for_each_weight(images, weight, [&](int64_t o, int64_t y, int64_t place, float value) {
    packed[(o * images.kernel + y) * images.padded_run + place] = value;
  });
}

void ctorch::unpack_runs(
  const Images &images, const float *packed, int64_t parts, float *gradient
) {
  for_each_weight(images, gradient, [&](int64_t o, int64_t y, int64_t place, float &value) {
    const float *first = packed + (o * images.kernel + y) * images.padded_run + place;
    value = 0;
    for (int64_t part = 0; part < parts; ++part) value += first[part * images.padded_weight_size()];
  });
}
