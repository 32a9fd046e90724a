import Files
import Foundation
import Learning
import Torch

/// Named tensors of a file of weights, whatever package wrote it.
///
/// ```swift
/// let weights = try StateDictionary(readingFrom: "resnet50-11ad3fa6.pth")
/// try weights.load(into: &network)
/// ```
public struct StateDictionary: Sendable {
  /// The tensors by name.
  public var tensors: [String: Tensor]
  /// The texts that travel with the tensors; only safetensors files have any.
  public var metadata: [String: String]
  /// Where the tensors come from, for messages.
  public var origin: String

  /// Puts tensors together.
  public init(
    tensors: [String: Tensor], metadata: [String: String] = [:], origin: String = "weights"
  ) {
    self.tensors = tensors
    self.metadata = metadata
    self.origin = origin
  }

  /// Reads a file: `.safetensors`, `.npz`, or one that PyTorch's `torch.save` wrote (any other name).
  ///
  /// What training scripts wrap around a state dictionary (`state_dict.`, `model.`, `module.`) is taken
  /// off, and what stands beside it (an optimizer's memory) is left out.
  ///
  /// - Throws: `FileFailure` of kind `missing`, `unreadable` or `malformed`.
  public init(readingFrom path: String) throws {
    let found: [(name: String, tensor: Tensor)]
    var metadata: [String: String] = [:]
    switch (path as NSString).pathExtension.lowercased() {
    case "safetensors": (found, metadata) = try loadSafetensors(path)
    case "npz": found = try loadNumPyArchive(path)
    default: found = try loadPyTorchArchive(path)
    }
    var tensors: [String: Tensor] = [:]
    for (name, tensor) in found { tensors[name] = tensor }
    self.init(tensors: tensors, metadata: metadata, origin: path)
    unwrap()
    if (path as NSString).pathExtension.lowercased() == "npz" { translateGoogleNames() }
    renameOtherVersions()
  }

  /// The rows of the tensor of that name, so the classes of a head.
  func rows(of name: String) -> Int? { tensors[name].flatMap { $0.rank > 0 ? $0.extent(0) : nil } }

  private mutating func unwrap() {
    for wrapper in ["state_dict_ema.", "model_ema.", "state_dict.", "model_state_dict.", "model."] {
      let inside = tensors.filter { $0.key.hasPrefix(wrapper) }
      guard !inside.isEmpty else { continue }
      tensors = [:]
      for (name, tensor) in inside { tensors[String(name.dropFirst(wrapper.count))] = tensor }
    }
    let wrapper = "module."
    guard !tensors.isEmpty, tensors.keys.allSatisfy({ $0.hasPrefix(wrapper) }) else { return }
    var inside: [String: Tensor] = [:]
    for (name, tensor) in tensors { inside[String(name.dropFirst(wrapper.count))] = tensor }
    tensors = inside
  }

  /// Gives tensors that other versions of a package named otherwise the names of its public files:
  /// torchvision's transformers before 0.13, and those of Hugging Face in memory since version 5.
  private mutating func renameOtherVersions() {
    for (name, tensor) in tensors {
      let renamed = nameInPublicFiles(name)
      guard renamed != name else { continue }
      tensors[name] = nil
      tensors[renamed] = tensor
    }
  }

  private func nameInPublicFiles(_ name: String) -> String {
    if name.contains(".mlp.linear_") {
      return name.replacing(".mlp.linear_1.", with: ".mlp.0.")
        .replacing(".mlp.linear_2.", with: ".mlp.3.")
    }
    guard name.hasPrefix("vit.layers.") else { return name }
    let parts = [
      "vit.layers.": "vit.encoder.layer.", ".attention.q_proj.": ".attention.attention.query.",
      ".attention.k_proj.": ".attention.attention.key.",
      ".attention.v_proj.": ".attention.attention.value.",
      ".attention.o_proj.": ".attention.output.dense.", ".mlp.fc1.": ".intermediate.dense.",
      ".mlp.fc2.": ".output.dense.",
    ]
    return parts.reduce(name) { $0.replacing($1.key, with: $1.value) }
  }
}
