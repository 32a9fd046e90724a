// The two operators of learning rules that libtorch has not.
//
// swiftlet::mix_states: y[s, r, l, b, j] = sum over k of x[s, r, k, b, j] m[s, 0, k, l].
//
// Neurons have a handful of states, so these products are far too narrow for a matrix kernel: one pass
// over memory is all they need. In float32 on the processor; the result's memory is ordered like the
// input's, whichever of states and batch comes first. Everything else, second derivatives included, is
// composed of libtorch's own operators.
//
// swiftlet::decayed_sum: change + weight * decay, with a cheap gradient where decay is one number.
#include <ATen/Parallel.h>
#include <ATen/ops/addcmul.h>
#include <ATen/ops/dot.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <torch/library.h>

#include <vector>

#include "KernelFunction.hpp"

#if defined(__x86_64__) && defined(__linux__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

namespace {

/// `out[l][j] = sum of in[k][j] matrix[k * outputs + l]`.
FOR_EACH_PROCESSOR void mix_row(
  const float *const *in, float *const *out, const float *matrix, int64_t inputs, int64_t outputs,
  int64_t width
) {
  for (int64_t l = 0; l < outputs; ++l) {
    float *target = out[l];
    int64_t k = 0;
    if (inputs >= 4) {
      const float a = matrix[l], b = matrix[outputs + l];
      const float c = matrix[2 * outputs + l], d = matrix[3 * outputs + l];
      const float *p = in[0], *q = in[1], *r = in[2], *s = in[3];
      for (int64_t j = 0; j < width; ++j) target[j] = a * p[j] + b * q[j] + c * r[j] + d * s[j];
      k = 4;
    } else if (inputs >= 2) {
      const float a = matrix[l], b = matrix[outputs + l];
      const float *p = in[0], *q = in[1];
      for (int64_t j = 0; j < width; ++j) target[j] = a * p[j] + b * q[j];
      k = 2;
    } else {
      const float a = matrix[l];
      for (int64_t j = 0; j < width; ++j) target[j] = a * in[0][j];
      k = 1;
    }
    for (; k < inputs; ++k) {
      const float a = matrix[k * outputs + l];
      const float *p = in[k];
      for (int64_t j = 0; j < width; ++j) target[j] += a * p[j];
    }
  }
}

/// `sums[k * outputs + l] += sum over j of left[k][j] right[l][j]`.
FOR_EACH_PROCESSOR void correlate_row(
  const float *const *left, const float *const *right, double *sums, int64_t inputs,
  int64_t outputs, int64_t width
) {
#pragma clang fp reassociate(on)
  for (int64_t k = 0; k < inputs; ++k) {
    for (int64_t l = 0; l < outputs; ++l) {
      const float *p = left[k], *q = right[l];
      float sum = 0;
      for (int64_t j = 0; j < width; ++j) sum += p[j] * q[j];
      sums[k * outputs + l] += sum;
    }
  }
}

/// Where the states of one example begin.
template <typename Pointer>
void find_states(
  std::vector<Pointer> &states, Pointer data, const at::Tensor &tensor, int64_t s, int64_t r,
  int64_t b
) {
  const int64_t species = tensor.size(0) == 1 ? 0 : s;
  Pointer start =
    data + species * tensor.stride(0) + r * tensor.stride(1) + b * tensor.stride(3);
  for (size_t k = 0; k < states.size(); ++k) states[k] = start + k * tensor.stride(2);
}

bool has_dense_rows(const at::Tensor &tensor) { return tensor.stride(4) == 1 || tensor.size(4) == 1; }

/// An empty tensor `[species, replicas, states, batch, width]` with memory in the order of `like`.
at::Tensor empty_like_order(
  const at::Tensor &like, int64_t species, int64_t states
) {
  const int64_t replicas = like.size(1), batch = like.size(3), width = like.size(4);
  if (like.stride(2) < like.stride(3)) {
    return at::empty({species, replicas, batch, states, width}, like.options()).transpose(2, 3);
  }
  return at::empty({species, replicas, states, batch, width}, like.options());
}

/// Examples that one task takes, so that a task is worth starting.
int64_t grain(int64_t states, int64_t width) {
  return std::max<int64_t>(1, 32768 / std::max<int64_t>(1, states * width));
}

at::Tensor mixed(const at::Tensor &given, const at::Tensor &matrix) {
  const at::Tensor input = has_dense_rows(given) ? given : given.contiguous();
  const at::Tensor dense = matrix.contiguous();
  const int64_t species = std::max(input.size(0), matrix.size(0));
  const int64_t inputs = input.size(2), outputs = matrix.size(3);
  const int64_t replicas = input.size(1), batch = input.size(3), width = input.size(4);
  at::Tensor output = empty_like_order(input, species, outputs);
  const float *input_data = input.const_data_ptr<float>(), *numbers = dense.const_data_ptr<float>();
  float *output_data = output.mutable_data_ptr<float>();
  const int64_t step = dense.size(0) == 1 ? 0 : inputs * outputs;
  at::parallel_for(
    0, species * replicas * batch, grain(inputs, width), [&](int64_t start, int64_t end) {
      std::vector<const float *> in(inputs);
      std::vector<float *> out(outputs);
      for (int64_t i = start; i < end; ++i) {
        const int64_t b = i % batch, r = i / batch % replicas, s = i / batch / replicas;
        find_states(in, input_data, input, s, r, b);
        find_states(out, output_data, output, s, r, b);
        mix_row(in.data(), out.data(), numbers + s * step, inputs, outputs, width);
      }
    });
  return output;
}

/// The gradient of the matrix.
at::Tensor correlated(const at::Tensor &given, const at::Tensor &slope, const at::Tensor &matrix) {
  const at::Tensor input = has_dense_rows(given) ? given : given.contiguous();
  const at::Tensor gradient = has_dense_rows(slope) ? slope : slope.contiguous();
  const int64_t species = gradient.size(0), replicas = gradient.size(1);
  const int64_t inputs = input.size(2), outputs = gradient.size(2);
  const int64_t batch = gradient.size(3), width = gradient.size(4);
  at::Tensor sums = at::zeros({species, 1, inputs, outputs}, matrix.options().dtype(at::kDouble));
  const float *left = input.const_data_ptr<float>(), *right = gradient.const_data_ptr<float>();
  double *totals = sums.mutable_data_ptr<double>();
  at::parallel_for(0, species, 1, [&](int64_t start, int64_t end) {
    std::vector<const float *> one(inputs), other(outputs);
    for (int64_t s = start; s < end; ++s) {
      for (int64_t i = 0; i < replicas * batch; ++i) {
        find_states(one, left, input, s, i / batch, i % batch);
        find_states(other, right, gradient, s, i / batch, i % batch);
        correlate_row(
          one.data(), other.data(), totals + s * inputs * outputs, inputs, outputs, width);
      }
    }
  });
  if (matrix.size(0) == 1 && species > 1) sums = sums.sum(0, true);
  return sums.to(at::kFloat);
}

at::Tensor composed(const at::Tensor &input, const at::Tensor &matrix) {
  return matrix.transpose(2, 3).matmul(input.flatten(3, 4))
    .unflatten(3, {input.size(3), input.size(4)});
}

bool is_supported(const at::Tensor &input, const at::Tensor &matrix) {
  const auto is_plain = [](const at::Tensor &tensor) {
    return tensor.is_cpu() && tensor.scalar_type() == at::kFloat && tensor.numel() > 0;
  };
  return is_plain(input) && is_plain(matrix) && input.dim() == 5 && matrix.dim() == 4 &&
         matrix.size(1) == 1 && input.size(2) == matrix.size(2) &&
         (input.size(0) == matrix.size(0) || input.size(0) == 1 || matrix.size(0) == 1);
}

class MixStates : public torch::autograd::Function<MixStates> {
 public:
  static at::Tensor forward(
    torch::autograd::AutogradContext *context, const at::Tensor &input, const at::Tensor &matrix
  ) {
    context->save_for_backward({input, matrix});
    at::AutoDispatchBelowADInplaceOrView guard;
    return mixed(input, matrix);
  }

  static torch::autograd::variable_list backward(
    torch::autograd::AutogradContext *context, torch::autograd::variable_list gradients
  ) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &input = saved[0], &matrix = saved[1];
    if (c10::GradMode::is_enabled()) {
      return ctorch::composed_gradient(composed(input, matrix), {input, matrix}, gradients[0], 2);
    }
    at::Tensor gi, gm;
    if (context->needs_input_grad(0)) {
      gi = mixed(gradients[0], matrix.transpose(2, 3));
      if (input.size(0) == 1 && gi.size(0) > 1) gi = gi.sum(0, true);
    }
    if (context->needs_input_grad(1)) gm = correlated(input, gradients[0], matrix);
    return {gi, gm};
  }
};

at::Tensor mix_states(const at::Tensor &input, const at::Tensor &matrix) {
  if (!is_supported(input, matrix)) return composed(input, matrix);
  if (c10::GradMode::is_enabled() && (input.requires_grad() || matrix.requires_grad())) {
    return MixStates::apply(input, matrix);
  }
  return mixed(input, matrix);
}

/// `change + weight * decay` for one number `decay`: the gradient of the number is one dot product, where
/// libtorch would write the product of all elements first.
class DecayedSum : public torch::autograd::Function<DecayedSum> {
 public:
  static at::Tensor forward(
    torch::autograd::AutogradContext *context, const at::Tensor &change, const at::Tensor &weight,
    const at::Tensor &decay
  ) {
    context->save_for_backward({weight, decay});
    at::AutoDispatchBelowADInplaceOrView guard;
    return at::addcmul(change, weight, decay);
  }

  static torch::autograd::variable_list backward(
    torch::autograd::AutogradContext *context, torch::autograd::variable_list gradients
  ) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &weight = saved[0], &decay = saved[1], &g = gradients[0];
    at::Tensor gw, gd;
    if (context->needs_input_grad(1)) gw = at::mul(g, decay);
    if (context->needs_input_grad(2)) {
      const bool is_plain = !c10::GradMode::is_enabled() && g.strides() == weight.strides() &&
                            g.is_non_overlapping_and_dense();
      gd = is_plain ? at::dot(flat(g), flat(weight)) : at::mul(g, weight).sum();
      gd = gd.reshape(decay.sizes());
    }
    return {g, gw, gd};
  }

 private:
  /// The elements in the order of memory.
  static at::Tensor flat(const at::Tensor &tensor) {
    return tensor.as_strided({tensor.numel()}, {1}, tensor.storage_offset());
  }
};

at::Tensor decayed_sum(const at::Tensor &change, const at::Tensor &weight, const at::Tensor &decay) {
  const bool is_tracked = c10::GradMode::is_enabled() && decay.requires_grad();
  if (!is_tracked || decay.numel() != 1 || change.sizes() != weight.sizes() ||
      decay.dim() > weight.dim()) {
    return at::addcmul(change, weight, decay);
  }
  return DecayedSum::apply(change, weight, decay);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(swiftlet, library) {
  library.def("mix_states(Tensor input, Tensor matrix) -> Tensor");
  library.impl("mix_states", c10::DispatchKey::CompositeImplicitAutograd, TORCH_FN(mix_states));
  library.def("decayed_sum(Tensor change, Tensor weight, Tensor decay) -> Tensor");
  library.impl("decayed_sum", c10::DispatchKey::CompositeImplicitAutograd, TORCH_FN(decayed_sum));
}
