// Reading what `torch.save` wrote, through libtorch's own unpickler (it runs no code from the file).
#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/serialization/import_read.h>

#include <vector>

#include "Internal.hpp"

namespace {

using Named = std::vector<std::pair<std::string, at::Tensor>>;

// Deeper than any sensible file; a hostile one must not exhaust the stack.
constexpr int deepest = 64;

std::string joined(const std::string &name, const std::string &key) {
  return name.empty() ? key : name + "." + key;
}

void collect(const c10::IValue &value, const std::string &name, int depth, Named &found) {
  TORCH_CHECK(depth < deepest, "dictionaries nested more than ", deepest, " deep");
  if (value.isTensor()) {
    found.emplace_back(name, value.toTensor().detach());
  } else if (value.isGenericDict()) {
    for (const auto &entry : value.toGenericDict()) {
      const std::string key =
        entry.key().isString() ? entry.key().toStringRef() : c10::str(entry.key());
      collect(entry.value(), joined(name, key), depth + 1, found);
    }
  } else if (value.isTuple() || value.isList()) {
    const auto elements =
      value.isTuple() ? value.toTupleRef().elements().vec() : value.toListRef().vec();
    for (size_t i = 0; i < elements.size(); ++i) {
      collect(elements[i], joined(name, std::to_string(i)), depth + 1, found);
    }
  }
}

}  // namespace

char *ct_archive_read(const char *path, ct_entry **entries, int64_t *count) {
  return ctorch::guarded([&] {
    caffe2::serialize::PyTorchStreamReader reader{std::string(path)};
    const c10::IValue root = torch::jit::readArchiveAndTensors(
      "data", "", "", std::nullopt, std::nullopt, c10::Device(c10::kCPU), reader);
    Named found;
    collect(root, "", 0, found);
    auto *list = static_cast<ct_entry *>(malloc(sizeof(ct_entry) * (found.size() + 1)));
    for (size_t i = 0; i < found.size(); ++i) {
      list[i] = {strdup(found[i].first.c_str()), ctorch::hand_over(std::move(found[i].second))};
    }
    *entries = list;
    *count = static_cast<int64_t>(found.size());
  });
}

void ct_archive_free(ct_entry *entries) { free(entries); }
