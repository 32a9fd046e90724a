// The generic door: look an operator up by name, push boxed values, call, pop results.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>

#include <memory>
#include <vector>

#include "Internal.hpp"

using ctorch::borrow;
using ctorch::guarded;
using ctorch::hand_over;

struct ct_operator {
  c10::OperatorHandle handle;
  std::vector<c10::IValue> defaults;  // one per argument; None where the schema has none
};

namespace {

c10::Device device(int64_t code) {
  const c10::Device place(
    static_cast<c10::DeviceType>(code / 256), static_cast<c10::DeviceIndex>(code % 256));
  if (!place.is_cpu()) ctorch::load_accelerators();
  return place;
}

at::Generator generator(uint64_t seed, int64_t device_code) {
  const c10::Device place = device(device_code);
  if (place.is_cpu()) return at::make_generator<at::CPUGeneratorImpl>(seed);
  at::Generator made =
    at::globalContext().getAcceleratorHooksInterface(place.type()).getNewGenerator(place.index());
  made.set_current_seed(seed);
  return made;
}

template <typename Element>
std::vector<Element> vector(const ct_value &value) {
  const auto *start = static_cast<const Element *>(value.list);
  return std::vector<Element>(start, start + value.count);
}

c10::IValue tensors(const ct_value &value) {
  c10::List<at::Tensor> list;
  list.reserve(value.count);
  const auto *start = static_cast<ct_tensor *const *>(value.list);
  for (int64_t i = 0; i < value.count; ++i) list.push_back(borrow(start[i]));
  return list;
}

c10::IValue optional_tensors(const ct_value &value) {
  c10::List<std::optional<at::Tensor>> list;
  list.reserve(value.count);
  const auto *start = static_cast<ct_tensor *const *>(value.list);
  for (int64_t i = 0; i < value.count; ++i) {
    list.push_back(start[i] ? std::optional<at::Tensor>(borrow(start[i])) : std::nullopt);
  }
  return list;
}

c10::IValue booleans(const ct_value &value) {
  c10::List<bool> list;
  list.reserve(value.count);
  for (const int64_t element : vector<int64_t>(value)) list.push_back(element != 0);
  return list;
}

c10::IValue boxed(const ct_value &value, const c10::IValue &fallback) {
  switch (value.kind) {
    case CT_NONE: return c10::IValue();
    case CT_TENSOR: return borrow(value.tensor);
    case CT_INTEGER: return value.integer;
    case CT_REAL: return value.real;
    case CT_BOOLEAN: return value.integer != 0;
    case CT_INTEGERS: return vector<int64_t>(value);
    case CT_REALS: return vector<double>(value);
    case CT_BOOLEANS: return booleans(value);
    case CT_TENSORS: return tensors(value);
    case CT_OPTIONAL_TENSORS: return optional_tensors(value);
    case CT_STRING:
      return std::string(static_cast<const char *>(value.list), value.count);
    case CT_DEVICE: return device(value.integer);
    case CT_GENERATOR: return generator(static_cast<uint64_t>(value.integer), value.count);
    case CT_DEFAULT: return fallback;
    case CT_SCALAR_OPTIONALS: return c10::List<std::optional<at::Scalar>>();
  }
  TORCH_CHECK(false, "unknown kind of argument ", static_cast<int>(value.kind));
}

ct_value unboxed(c10::IValue &value) {
  ct_value result{};
  if (value.isTensor()) {
    result.kind = CT_TENSOR;
    result.tensor = hand_over(std::move(value).toTensor());
  } else if (value.isInt()) {
    result.kind = CT_INTEGER;
    result.integer = value.toInt();
  } else if (value.isDouble()) {
    result.kind = CT_REAL;
    result.real = value.toDouble();
  } else if (value.isBool()) {
    result.kind = CT_BOOLEAN;
    result.integer = value.toBool();
  } else if (value.isTensorList()) {
    std::vector<at::Tensor> elements = value.toTensorVector();
    auto **list = static_cast<ct_tensor **>(malloc(sizeof(ct_tensor *) * (elements.size() + 1)));
    for (size_t i = 0; i < elements.size(); ++i) list[i] = hand_over(std::move(elements[i]));
    result.kind = CT_TENSORS;
    result.count = static_cast<int64_t>(elements.size());
    result.list = list;
  } else {
    TORCH_CHECK(value.isNone(), "a result of type ", value.tagKind(), " is not supported");
  }
  return result;
}

void release(const ct_value &value) {
  if (value.kind == CT_TENSOR) {
    ct_tensor_release(value.tensor);
  } else if (value.kind == CT_TENSORS) {
    const auto *start = static_cast<ct_tensor *const *>(value.list);
    for (int64_t i = 0; i < value.count; ++i) ct_tensor_release(start[i]);
    ct_list_free(value.list);
  }
}

/// Argument memory that is kept from call to call; operators never call back into Swift, so one
/// stack per thread is enough.
thread_local std::vector<c10::IValue> stack;

/// Empties the stack however the call ends, so that no argument outlives it.
struct Emptying {
  std::vector<c10::IValue> &values;
  ~Emptying() { values.clear(); }
};

}  // namespace

char *ct_operator_find(const char *name, const char *overload, const ct_operator **found) {
  return guarded([&] {
    auto handle = c10::Dispatcher::singleton().findSchemaOrThrow(name, overload);
    std::vector<c10::IValue> defaults;
    for (const c10::Argument &argument : handle.schema().arguments()) {
      const auto &value = argument.default_value();
      defaults.push_back(value.has_value() ? *value : c10::IValue());
    }
    *found = new ct_operator{handle, std::move(defaults)};
  });
}

char *ct_operator_call(
  const ct_operator *op, const ct_value *arguments, int32_t argument_count,
  ct_value *results, int32_t capacity, int32_t *result_count
) {
  return guarded([&] {
    const size_t wanted = op->defaults.size();
    TORCH_CHECK(
      static_cast<size_t>(argument_count) <= wanted, "takes at most ", wanted, " arguments");
    const Emptying emptying{stack};
    for (int32_t i = 0; i < argument_count; ++i) {
      stack.push_back(boxed(arguments[i], op->defaults[i]));
    }
    for (size_t i = argument_count; i < wanted; ++i) stack.push_back(op->defaults[i]);
    op->handle.callBoxed(stack);
    TORCH_CHECK(
      stack.size() <= static_cast<size_t>(capacity), "returns ", stack.size(), " values");
    int32_t taken = 0;
    try {
      for (c10::IValue &value : stack) results[taken++] = unboxed(value);
    } catch (...) {
      for (int32_t i = 0; i + 1 < taken; ++i) release(results[i]);
      throw;
    }
    *result_count = taken;
  });
}

void ct_list_free(const void *list) { free(const_cast<void *>(list)); }

void ct_message_free(char *message) { free(message); }
