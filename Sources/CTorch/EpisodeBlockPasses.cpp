// swiftlet::episode_block over all images and episodes, forward and backward.
#include "EpisodeBlock.hpp"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>

using ctorch::Block;
using ctorch::ImageKernels;
using ctorch::Numbers;

std::pair<at::Tensor, at::Tensor> ctorch::block_forward(
  const Block &block, const at::Tensor &input, const at::Tensor &weight, const at::Tensor &bias
) {
  const int64_t images = input.size(0), outputs = (block.outputs + 7) / 8 * 8;
  const int64_t size = outputs * block.kernel * block.run;
  const std::vector<int64_t> shape{
    images, block.episodes * block.outputs, block.pooled_height, block.pooled_width};
  at::Tensor output = at::empty(shape, input.options());
  at::Tensor marks = at::empty(shape, input.options().dtype(at::kByte));
  Numbers weights(block.episodes * size), offsets(block.episodes * outputs);
  for (int64_t e = 0; e < block.episodes; ++e) {
    const auto *own = weight.const_data_ptr<float>() + e * block.weight_size();
    pack_lanes(block, own, 8, weights.data() + e * size);
    if (!bias.defined()) continue;
    std::copy_n(
      bias.const_data_ptr<float>() + e * block.outputs, block.outputs,
      offsets.data() + e * outputs);
  }
  const auto *input_data = input.const_data_ptr<float>();
  auto *output_data = output.mutable_data_ptr<float>();
  auto *marks_data = marks.mutable_data_ptr<uint8_t>();
  const ImageKernels &kernels = ImageKernels::best();
  at::parallel_for(0, images * block.episodes, 1, [&](int64_t start, int64_t end) {
    Numbers padded(block.padded_size), lane_output(8 * block.pooled);
    std::vector<uint8_t> lane_marks(8 * block.pooled);
    for (int64_t i = start; i < end; ++i) {
      const int64_t e = i % block.episodes;
      kernels.pad(block, input_data + i * block.input_size(), padded.data());
      kernels.block_forward(
        block, padded.data(), weights.data() + e * size, offsets.data() + e * outputs,
        lane_output.data(), lane_marks.data(), output_data + i * block.output_size(),
        marks_data + i * block.output_size());
    }
  });
  return {output, marks};
}

namespace {

/// Where the windows of the pooled positions' first candidates begin in a padded image.
std::vector<int32_t> find_origins(const Block &block) {
  std::vector<int32_t> origins;
  for (int64_t y = 0; y < block.pooled_height; ++y) {
    for (int64_t x = 0; x < block.pooled_width; ++x) {
      origins.push_back(static_cast<int32_t>(2 * y * block.row + 2 * x * block.inputs));
    }
  }
  return origins;
}

/// The sums of gradients that are still divided into parts, episode by episode.
struct Sums {
  int64_t parts;
  Numbers weight, bias;

  Sums(const Block &block, int64_t parts, bool wants_bias)
      : parts(parts), weight(block.episodes * parts * block.padded_weight_size()),
        bias(wants_bias ? block.episodes * parts * block.outputs : 0) {}

  at::Tensor weight_gradient(const Block &block, const at::Tensor &weight_tensor) {
    at::Tensor result = at::empty_like(weight_tensor);
    for (int64_t e = 0; e < block.episodes; ++e) {
      unpack_runs(
        block, weight.data() + e * parts * block.padded_weight_size(), parts,
        result.mutable_data_ptr<float>() + e * block.weight_size());
    }
    return result;
  }

  at::Tensor bias_gradient(const Block &block, const at::TensorOptions &options) {
    at::Tensor result = at::zeros({block.episodes * block.outputs}, options);
    auto *total = result.mutable_data_ptr<float>();
    for (int64_t i = 0; i < block.episodes * parts * block.outputs; ++i) {
      total[i / (parts * block.outputs) * block.outputs + i % block.outputs] += bias.data()[i];
    }
    return result;
  }
};

}  // namespace

torch::autograd::variable_list ctorch::block_backward(
  const Block &block, const at::Tensor &input, const at::Tensor &weight, const at::Tensor &marks,
  const at::Tensor &gradient, bool wants_input, bool wants_bias
) {
  const int64_t images = input.size(0), step = part_size(images);
  const int64_t size = block.padded_weight_size();
  Sums sums(block, (images + step - 1) / step, wants_bias);
  Numbers weights(block.episodes * size);
  for (int64_t e = 0; e < block.episodes; ++e) {
    const auto *own = weight.const_data_ptr<float>() + e * block.weight_size();
    pack_runs(block, own, weights.data() + e * size);
  }
  const std::vector<int32_t> origins = find_origins(block);
  at::Tensor input_gradient = wants_input ? at::empty_like(input) : at::Tensor();
  auto *change_data = wants_input ? input_gradient.mutable_data_ptr<float>() : nullptr;
  const auto *input_data = input.const_data_ptr<float>();
  const auto *gradient_data = gradient.const_data_ptr<float>();
  const auto *marks_data = marks.const_data_ptr<uint8_t>();
  const ImageKernels &kernels = ImageKernels::best();
  at::parallel_for(0, block.episodes * sums.parts, 1, [&](int64_t start, int64_t end) {
    Numbers padded(block.padded_size), change(wants_input ? block.padded_size : 0);
    Numbers values(block.pooled);
    std::vector<int32_t> offsets(block.pooled);
    for (int64_t task = start; task < end; ++task) {
      const int64_t e = task / sums.parts, first = task % sums.parts * step;
      for (int64_t n = first; n < std::min(first + step, images); ++n) {
        const int64_t i = n * block.episodes + e;
        kernels.pad(block, input_data + i * block.input_size(), padded.data());
        change.clear();
        kernels.block_backward(
          block, origins.data(), padded.data(), weights.data() + e * size,
          gradient_data + i * block.output_size(), marks_data + i * block.output_size(),
          offsets.data(), values.data(), sums.weight.data() + task * size,
          wants_bias ? sums.bias.data() + task * block.outputs : nullptr, change.data());
        if (wants_input) kernels.crop(block, change.data(), change_data + i * block.input_size());
      }
    }
  });
  at::Tensor bias_gradient;
  if (wants_bias) bias_gradient = sums.bias_gradient(block, weight.options());
  return {input_gradient, sums.weight_gradient(block, weight), bias_gradient};
}
