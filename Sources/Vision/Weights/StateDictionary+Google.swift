import Learning
import Torch

extension StateDictionary {
  /// Gives the arrays of Google's `.npz` files of vision transformers timm's names and PyTorch's
  /// layouts; other tensors keep their names.
  ///
  /// Read are the files of 2020 and of "How to train your ViT" (2021), with or without `opt/target/` in
  /// front, and those of big_vision (`params/`, other numbers of the parts, blocks one by one or
  /// stacked). The layer `pre_logits` is left out: it belongs to the pretraining.
  mutating func translateGoogleNames() {
    var arrays: [String: Tensor] = [:]
    for (name, tensor) in tensors {
      let prefixes = ["opt/target/", "params/img/", "params/"]
      let prefix = prefixes.first { name.hasPrefix($0) } ?? ""
      arrays[String(name.dropFirst(prefix.count))] = tensor
    }
    guard arrays["embedding/kernel"] != nil else { return }
    unstackBlocks(&arrays)
    var result: [String: Tensor] = [:]
    for (name, tensor) in arrays where !name.hasPrefix("pre_logits/") {
      guard !isAttentionInput(name) else { continue }
      let (translated, value) = googleTranslation(name, tensor)
      result[translated] = value
    }
    for (name, tensor) in joinedAttentions(arrays) { result[name] = tensor }
    tensors = result
  }
}

private let blockPrefix = "Transformer/encoderblock_"

private func isAttentionInput(_ name: String) -> Bool {
  ["query", "key", "value"].contains { name.contains("/\($0)/") } && name.hasPrefix(blockPrefix)
}

/// `Transformer/encoderblock/...` with a leading axis of blocks becomes one array for every block.
private func unstackBlocks(_ arrays: inout [String: Tensor]) {
  let stacked = "Transformer/encoderblock/"
  for (name, tensor) in arrays where name.hasPrefix(stacked) {
    arrays[name] = nil
    for (index, slice) in tensor.unstacked().enumerated() {
      arrays["\(blockPrefix)\(index)/\(name.dropFirst(stacked.count))"] = slice
    }
  }
}

/// Queries, keys and values of every block as one map.
private func joinedAttentions(_ arrays: [String: Tensor]) -> [(String, Tensor)] {
  var result: [(String, Tensor)] = []
  for (name, _) in arrays where name.contains("/query/") && name.hasPrefix(blockPrefix) {
    let parts = ["query", "key", "value"].compactMap {
      arrays[name.replacing("/query/", with: "/\($0)/")]
    }
    guard parts.count == 3, let block = blockNumber(name) else { continue }
    let isKernel = name.hasSuffix("/kernel")
    // [width, heads, headWidth] becomes [outputs, inputs].
    let maps = parts.map { part in
      isKernel ? part.flattened(from: 1).transposed() : part.flattened()
    }
    result.append(
      (
        "blocks.\(block).attn.qkv.\(isKernel ? "weight" : "bias")",
        Tensor(concatenating: maps)
      ))
  }
  return result
}

private func blockNumber(_ name: String) -> Int? {
  Int(name.dropFirst(blockPrefix.count).prefix { $0.isNumber })
}

/// The name and value of one array in PyTorch's terms.
private func googleTranslation(_ name: String, _ tensor: Tensor) -> (String, Tensor) {
  let whole = [
    "cls": "cls_token", "Transformer/posembed_input/pos_embedding": "pos_embed",
    "pos_embedding": "pos_embed", "embedding/bias": "patch_embed.proj.bias",
    "Transformer/encoder_norm/scale": "norm.weight",
    "Transformer/encoder_norm/bias": "norm.bias", "head/bias": "head.bias",
  ]
  if let known = whole[name] { return (known, tensor) }
  if name == "embedding/kernel" {
    return ("patch_embed.proj.weight", tensor.permuted(3, 2, 0, 1).rowMajor())
  }
  if name == "head/kernel" { return ("head.weight", tensor.transposed().rowMajor()) }
  guard name.hasPrefix(blockPrefix), let block = blockNumber(name) else { return (name, tensor) }
  let rest = name.drop { $0 != "_" }.drop { $0 != "/" }.dropFirst()
  let parts = rest.split(separator: "/").map(String.init)
  guard let part = googlePart(parts.dropLast()), let last = parts.last else {
    return (name, tensor)
  }
  let value: Tensor
  switch (last, part) {
  case ("kernel", "attn.proj"): value = tensor.flattened(from: 0, through: 1).transposed()
  case ("kernel", _): value = tensor.transposed()
  default: value = tensor
  }
  let kind = last == "bias" ? "bias" : "weight"
  return ("blocks.\(block).\(part).\(kind)", value.rowMajor())
}

/// What timm calls a part of a block; the numbers differ between Google's two code bases.
private func googlePart(_ path: ArraySlice<String>) -> String? {
  switch path.joined(separator: "/") {
  case "LayerNorm_0": "norm1"
  case "LayerNorm_1", "LayerNorm_2": "norm2"
  case "MultiHeadDotProductAttention_0/out", "MultiHeadDotProductAttention_1/out": "attn.proj"
  case "MlpBlock_0/Dense_0", "MlpBlock_3/Dense_0": "mlp.fc1"
  case "MlpBlock_0/Dense_1", "MlpBlock_3/Dense_1": "mlp.fc2"
  default: nil
  }
}
