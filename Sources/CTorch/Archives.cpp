// Reading what `torch.save` wrote, through libtorch's own unpickler (it runs no code from the file).
#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/serialization/import_read.h>

#include <vector>

#include "Internal.hpp"

namespace {

using Named = std::vector<std::pair<std::string, at::Tensor>>;

void collect(const c10::IValue &value, const std::string &name, Named &found) {
  if (value.isTensor()) {
    found.emplace_back(name, value.toTensor().detach());
  } else if (value.isGenericDict()) {
    for (const auto &entry : value.toGenericDict()) {
      const std::string key =
        entry.key().isString() ? entry.key().toStringRef() : c10::str(entry.key());
      collect(entry.value(), name.empty() ? key : name + "." + key, found);
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
    collect(root, "", found);
    auto *list = static_cast<ct_entry *>(malloc(sizeof(ct_entry) * (found.size() + 1)));
    for (size_t i = 0; i < found.size(); ++i) {
      list[i] = {strdup(found[i].first.c_str()), ctorch::hand_over(std::move(found[i].second))};
    }
    *entries = list;
    *count = static_cast<int64_t>(found.size());
  });
}

void ct_archive_free(ct_entry *entries) { free(entries); }
