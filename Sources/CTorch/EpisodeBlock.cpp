// swiftlet::episode_block: one layer of many small networks at once.
//
// A grouped convolution that keeps the size (every group is a network with kernels of its own), a
// bias, 2x2 max-pooling and a rectifier, in float32 on the processor. Only the pooled map is ever
// written, and because each pooled value comes from one position, the gradient visits a quarter of
// the convolution's positions. Everything else, second derivatives included, is composed of
// libtorch's own operators.
//
// Sums run in an order that depends on the shapes alone, so results do not depend on the number of
// threads.
#include <ATen/Parallel.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <algorithm>
#include <vector>

#include "Internal.hpp"

namespace {

/// The sizes of one block. Runs are floats that belong to one row of a window.
struct Block {
  int64_t episodes, inputs, outputs, height, width, kernel;
  float slope;
  int64_t border, run, padded_run, row, padded_size, pooled_height, pooled_width, pooled;

  Block(const at::Tensor &input, const at::Tensor &kernel, int64_t episodes, double slope)
      : episodes(episodes), inputs(kernel.size(1)), outputs(kernel.size(0) / episodes),
        height(input.size(2)), width(input.size(3)), kernel(kernel.size(2)),
        slope(static_cast<float>(slope)) {
    border = this->kernel / 2;
    run = this->kernel * inputs;
    padded_run = (run + 7) / 8 * 8;
    row = (width + 2 * border) * inputs;
    padded_size = (height + 2 * border) * row + 8;
    pooled_height = height / 2;
    pooled_width = width / 2;
    pooled = pooled_height * pooled_width;
  }

  int64_t padded_outputs() const { return (outputs + 7) / 8 * 8; }
  int64_t image_size() const { return inputs * height * width; }
  int64_t output_size() const { return outputs * pooled; }
  int64_t gradient_size() const { return outputs * kernel * padded_run; }
};

/// Zeros that begin at a cache line, so that vectors of eight channels do not cross two.
class Numbers {
 public:
  explicit Numbers(int64_t count) : lines((count + 15) / 16) {}
  float *data() { return lines.empty() ? nullptr : lines.data()->numbers; }
  void clear() { std::fill(lines.begin(), lines.end(), Line{}); }

 private:
  struct alignas(64) Line {
    float numbers[16];
  };
  std::vector<Line> lines;
};

/// Positions in a padded image and what happens there.
struct Spots {
  int32_t *offsets;
  float *values;
  int64_t count;
};

/// A pooled value's mark: its place in the 2x2 window, and whether the rectifier was closed.
constexpr int32_t is_closed = 4;

// Nothing here is called from outside of this file, so it does not matter how vectors are passed.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpsabi"
namespace plain {
#include "EpisodeBlockKernel.hpp"
}
#pragma clang diagnostic pop

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
namespace avx2 {
#include "EpisodeBlockKernel.hpp"
}
#pragma clang attribute pop
#pragma clang attribute push( \
  __attribute__((target("avx2,fma,avx512f,avx512vl,avx512bw,avx512dq"))), apply_to = function)
namespace avx512 {
#include "EpisodeBlockKernel.hpp"
}
#pragma clang attribute pop
#endif

/// The kernels for this machine.
struct Kernels {
  decltype(&plain::pad) pad = plain::pad;
  decltype(&plain::crop) crop = plain::crop;
  decltype(&plain::forward_image) forward_image = plain::forward_image;
  decltype(&plain::backward_image) backward_image = plain::backward_image;

  static const Kernels &best() {
    static const Kernels found;
    return found;
  }

 private:
  Kernels() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq")) {
      *this = Kernels(avx512::pad, avx512::crop, avx512::forward_image, avx512::backward_image);
    } else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
      *this = Kernels(avx2::pad, avx2::crop, avx2::forward_image, avx2::backward_image);
    }
#endif
  }

  Kernels(
    decltype(pad) pad, decltype(crop) crop, decltype(forward_image) forward_image,
    decltype(backward_image) backward_image
  )
      : pad(pad), crop(crop), forward_image(forward_image), backward_image(backward_image) {}
};

/// Visits the weights of an episode as `body(output, row of the window, place in the run, value)`;
/// the value may be written.
template <typename Element, typename Body>
void for_each_weight(const Block &block, Element *weight, const Body &body) {
  for (int64_t o = 0; o < block.outputs; ++o) {
    for (int64_t c = 0; c < block.inputs; ++c) {
      for (int64_t y = 0; y < block.kernel; ++y) {
        for (int64_t x = 0; x < block.kernel; ++x) body(o, y, x * block.inputs + c, *weight++);
      }
    }
  }
}

/// The result and its marks.
std::pair<at::Tensor, at::Tensor> forward(
  const Block &block, const at::Tensor &input, const at::Tensor &kernel, const at::Tensor &bias
) {
  const int64_t images = input.size(0), size = block.kernel * block.run;
  const int64_t padded_outputs = block.padded_outputs();
  const std::vector<int64_t> shape{
    images, block.episodes * block.outputs, block.pooled_height, block.pooled_width};
  at::Tensor output = at::empty(shape, input.options());
  at::Tensor marks = at::empty(shape, input.options().dtype(at::kByte));
  Numbers weights(block.episodes * padded_outputs * size);
  Numbers offsets(block.episodes * padded_outputs);
  const auto *kernel_data = kernel.const_data_ptr<float>();
  for (int64_t e = 0; e < block.episodes; ++e) {
    float *packed = weights.data() + e * padded_outputs * size;
    for_each_weight(
      block, kernel_data + e * block.outputs * size,
      [&](int64_t o, int64_t y, int64_t place, float value) {
        packed[o / 8 * 8 * size + (y * block.run + place) * 8 + o % 8] = value;
      });
    if (!bias.defined()) continue;
    std::copy_n(
      bias.const_data_ptr<float>() + e * block.outputs, block.outputs,
      offsets.data() + e * padded_outputs);
  }
  const auto *input_data = input.const_data_ptr<float>();
  auto *output_data = output.mutable_data_ptr<float>();
  auto *marks_data = marks.mutable_data_ptr<uint8_t>();
  const Kernels &kernels = Kernels::best();
  at::parallel_for(0, images * block.episodes, 1, [&](int64_t start, int64_t end) {
    Numbers padded(block.padded_size), lane_output(8 * block.pooled);
    std::vector<uint8_t> lane_marks(8 * block.pooled);
    for (int64_t i = start; i < end; ++i) {
      const int64_t e = i % block.episodes;
      kernels.pad(block, input_data + i * block.image_size(), padded.data());
      kernels.forward_image(
        block, padded.data(), weights.data() + e * padded_outputs * size,
        offsets.data() + e * padded_outputs, lane_output.data(), lane_marks.data(),
        output_data + i * block.output_size(), marks_data + i * block.output_size());
    }
  });
  return {output, marks};
}

struct Gradients {
  at::Tensor input, kernel, bias;
};

/// Gradients of the kernel, and of the input and the bias if wanted. The images of an episode are
/// divided into parts, whose sums are added at the end.
Gradients backward(
  const Block &block, const at::Tensor &input, const at::Tensor &kernel, const at::Tensor &marks,
  const at::Tensor &gradient, bool wants_input, bool wants_bias
) {
  const int64_t images = input.size(0), size = block.gradient_size();
  const int64_t part_size = std::max<int64_t>(8, (images + 7) / 8);
  const int64_t parts = (images + part_size - 1) / part_size;
  Numbers weights(block.episodes * size), sums(block.episodes * parts * size);
  Numbers bias_sums(wants_bias ? block.episodes * parts * block.outputs : 0);
  std::vector<int32_t> origins;
  for (int64_t y = 0; y < block.pooled_height; ++y) {
    for (int64_t x = 0; x < block.pooled_width; ++x) {
      origins.push_back(static_cast<int32_t>(2 * y * block.row + 2 * x * block.inputs));
    }
  }
  const auto place_of = [&](int64_t o, int64_t y, int64_t place) {
    return (o * block.kernel + y) * block.padded_run + place;
  };
  const int64_t kernel_size = block.outputs * block.kernel * block.run;
  const auto *kernel_data = kernel.const_data_ptr<float>();
  for (int64_t e = 0; e < block.episodes; ++e) {
    for_each_weight(
      block, kernel_data + e * kernel_size, [&](int64_t o, int64_t y, int64_t place, float value) {
        weights.data()[e * size + place_of(o, y, place)] = value;
      });
  }
  Gradients result;
  if (wants_input) result.input = at::empty_like(input);
  auto *input_gradient = wants_input ? result.input.mutable_data_ptr<float>() : nullptr;
  const auto *input_data = input.const_data_ptr<float>();
  const auto *gradient_data = gradient.const_data_ptr<float>();
  const auto *marks_data = marks.const_data_ptr<uint8_t>();
  const Kernels &kernels = Kernels::best();
  at::parallel_for(0, block.episodes * parts, 1, [&](int64_t start, int64_t end) {
    Numbers padded(block.padded_size), change(wants_input ? block.padded_size : 0);
    Numbers values(block.pooled);
    std::vector<int32_t> offsets(block.pooled);
    const Spots spots{offsets.data(), values.data(), block.pooled};
    for (int64_t task = start; task < end; ++task) {
      const int64_t e = task / parts, first = task % parts * part_size;
      for (int64_t n = first; n < std::min(first + part_size, images); ++n) {
        const int64_t i = n * block.episodes + e;
        kernels.pad(block, input_data + i * block.image_size(), padded.data());
        change.clear();
        kernels.backward_image(
          block, spots, origins.data(), padded.data(), weights.data() + e * size,
          gradient_data + i * block.output_size(), marks_data + i * block.output_size(),
          sums.data() + task * size,
          wants_bias ? bias_sums.data() + task * block.outputs : nullptr, change.data());
        if (wants_input) {
          kernels.crop(block, change.data(), input_gradient + i * block.image_size());
        }
      }
    }
  });
  result.kernel = at::empty_like(kernel);
  if (wants_bias) result.bias = at::zeros({block.episodes * block.outputs}, kernel.options());
  auto *kernel_gradient = result.kernel.mutable_data_ptr<float>();
  auto *bias_gradient = wants_bias ? result.bias.mutable_data_ptr<float>() : nullptr;
  for (int64_t e = 0; e < block.episodes; ++e) {
    for_each_weight(
      block, kernel_gradient + e * kernel_size,
      [&](int64_t o, int64_t y, int64_t place, float &value) {
        value = 0;
        for (int64_t part = 0; part < parts; ++part) {
          value += sums.data()[(e * parts + part) * size + place_of(o, y, place)];
        }
      });
    for (int64_t part = 0; wants_bias && part < parts; ++part) {
      for (int64_t o = 0; o < block.outputs; ++o) {
        bias_gradient[e * block.outputs + o] += bias_sums.data()[(e * parts + part) * block.outputs + o];
      }
    }
  }
  return result;
}

at::Tensor composed(
  const at::Tensor &input, const at::Tensor &kernel, const std::optional<at::Tensor> &bias,
  int64_t episodes, double slope
) {
  const at::Tensor convolved = at::convolution(
    input, kernel, bias, {1, 1}, {kernel.size(2) / 2, kernel.size(3) / 2}, {1, 1}, false, {0, 0},
    episodes);
  const at::Tensor pooled = at::max_pool2d(convolved, {2, 2});
  if (slope == 1) return pooled;
  return slope == 0 ? at::relu(pooled) : at::leaky_relu(pooled, slope);
}

bool is_plain(const at::Tensor &tensor) {
  return tensor.is_cpu() && tensor.scalar_type() == at::kFloat &&
    tensor.layout() == at::kStrided && tensor.numel() > 0;
}

/// Whether the kernels above are made for this; shapes that do not fit are left to libtorch's own
/// messages.
bool is_supported(
  const at::Tensor &input, const at::Tensor &kernel, const std::optional<at::Tensor> &bias,
  int64_t episodes
) {
  if (!is_plain(input) || !is_plain(kernel) || input.dim() != 4 || kernel.dim() != 4) return false;
  if (episodes < 1 || kernel.size(0) % episodes != 0) return false;
  if (input.size(1) != episodes * kernel.size(1)) return false;
  if (kernel.size(2) != kernel.size(3) || kernel.size(2) % 2 == 0) return false;
  if (input.size(2) < 2 || input.size(3) < 2) return false;
  if (bias.has_value() && bias->defined()) {
    if (!is_plain(*bias) || bias->dim() != 1 || bias->size(0) != kernel.size(0)) return false;
  }
  const Block block(input, kernel, episodes, 0);
  return block.padded_size < std::numeric_limits<int32_t>::max();
}

class EpisodeBlock : public torch::autograd::Function<EpisodeBlock> {
 public:
  static at::Tensor forward(
    torch::autograd::AutogradContext *context, const at::Tensor &input, const at::Tensor &kernel,
    const std::optional<at::Tensor> &bias, int64_t episodes, double slope
  ) {
    at::AutoDispatchBelowADInplaceOrView guard;
    const at::Tensor offsets = bias.value_or(at::Tensor());
    const Block block(input, kernel, episodes, slope);
    auto [output, marks] = ::forward(
      block, input.contiguous(), kernel.contiguous(),
      offsets.defined() ? offsets.contiguous() : offsets);
    context->save_for_backward({input, kernel, offsets, marks});
    context->saved_data["episodes"] = episodes;
    context->saved_data["slope"] = slope;
    return output;
  }

  static torch::autograd::variable_list backward(
    torch::autograd::AutogradContext *context, torch::autograd::variable_list gradients
  ) {
    const auto saved = context->get_saved_variables();
    const int64_t episodes = context->saved_data["episodes"].toInt();
    const double slope = context->saved_data["slope"].toDouble();
    // Inputs are counted without the absent ones.
    const bool wants_bias = saved[2].defined() && context->needs_input_grad(2);
    const bool wants_input = context->needs_input_grad(0);
    if (c10::GradMode::is_enabled()) {
      return differentiable(saved, gradients[0], episodes, slope);
    }
    const Block block(saved[0], saved[1], episodes, slope);
    Gradients found = ::backward(
      block, saved[0].contiguous(), saved[1].contiguous(), saved[3], gradients[0].contiguous(),
      wants_input, wants_bias);
    return {found.input, found.kernel, found.bias, at::Tensor(), at::Tensor()};
  }

 private:
  /// Gradients that have gradients themselves.
  static torch::autograd::variable_list differentiable(
    const torch::autograd::variable_list &saved, const at::Tensor &gradient, int64_t episodes,
    double slope
  ) {
    const at::Tensor output = composed(saved[0], saved[1], saved[2], episodes, slope);
    torch::autograd::variable_list points, result(5);
    for (int i = 0; i < 3; ++i) {
      if (saved[i].defined() && saved[i].requires_grad()) points.push_back(saved[i]);
    }
    auto found = torch::autograd::grad({output}, points, {gradient}, true, true, true);
    for (int i = 2; i >= 0; --i) {
      if (saved[i].defined() && saved[i].requires_grad()) {
        result[i] = std::move(found.back());
        found.pop_back();
      }
    }
    return result;
  }
};

at::Tensor episode_block(
  const at::Tensor &input, const at::Tensor &kernel, const std::optional<at::Tensor> &bias,
  int64_t episodes, double slope
) {
  if (!is_supported(input, kernel, bias, episodes)) {
    return composed(input, kernel, bias, episodes, slope);
  }
  return EpisodeBlock::apply(input, kernel, bias, episodes, slope);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(swiftlet, library) {
  library.def(
    "episode_block(Tensor input, Tensor kernel, Tensor? bias, int episodes, float slope) -> Tensor");
  library.impl(
    "episode_block", c10::DispatchKey::CompositeImplicitAutograd, TORCH_FN(episode_block));
}
