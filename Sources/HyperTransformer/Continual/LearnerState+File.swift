import Files
import Foundation
import Learning
import Torch

extension LearnerState {
  /// The text that marks such files.
  public static let kind = "continual-state"

  /// Sections of the file.
  private enum Part {
    static let network = "network"
    static let prototypes = "prototypes"
    static let carry = "carry"
  }

  /// Reads a file.
  ///
  /// - Throws: `FileFailure` for a file that is missing, damaged or of another kind,
  ///   `CheckpointError` for tensors that do not fit what it says about itself.
  public init(readingFrom path: String) throws {
    let checkpoint = try Checkpoint(path: path)
    func failure(_ reason: String) -> FileFailure {
      FileFailure(.malformed, path: path, reason: reason)
    }
    guard checkpoint.metadata["kind"] == Self.kind else {
      throw failure(
        "is a \(checkpoint.metadata["kind"] ?? "file of unknown kind"), "
          + "not a state written by `swiftlet continual learn`")
    }
    func text<Value: Decodable>(_ key: String, _ type: Value.Type) throws -> Value {
      guard let json = checkpoint.metadata[key],
        let value = try? JSONDecoder().decode(Value.self, from: Data(json.utf8))
      else { throw failure("its text \"\(key)\" is missing or damaged; begin the state again") }
      return value
    }
    self.init(try text("learner", Description.self))
    guard !tasks.isEmpty else { return }
    let architecture = try text("architecture", ConvNetArchitecture.self)
    guard architecture.isPlausible, architecture.imageSize == preparation.imageSize,
      architecture.imageChannels == preparation.channels,
      tasks.allSatisfy({ !$0.classNames.isEmpty && $0.classNames.count == $0.counts.count })
    else { throw failure("its sizes do not fit together; begin the state again") }
    var network = ConvClassifier(architecture)
    try checkpoint.restore(&network, from: Part.network)
    self.network = network
    guard let centers = checkpoint.tensors["\(Part.prototypes).centers"],
      centers.shape == [1, classCount, architecture.classCount],
      centers.elementType == .float32
    else {
      throw failure(
        "its prototypes are not those of \(classCount) classes; begin the state again")
    }
    prototypes = Prototypes(centers: centers)
    carry = try Self.carry(checkpoint.section(Part.carry), architecture, failure)
  }

  /// The slices for the next step, if any are kept.
  private static func carry(
    _ tensors: [String: Tensor], _ architecture: ConvNetArchitecture,
    _ failure: (String) -> FileFailure
  ) throws -> WeightSlices? {
    guard let head = tensors["logits"] else { return nil }
    let layers = architecture.geometries.indices.map { tensors["layers.\($0)"] }
    let all = layers.compactMap { $0 } + [head]
    guard all.count == tensors.count,
      all.allSatisfy({ $0.shape.count == 3 && $0.extent(0) == 1 && $0.elementType == .float32 }),
      head.shape == [1, architecture.classCount, architecture.featureCount + 1]
    else { throw failure("its carried weights do not fit its network; begin the state again") }
    return WeightSlices(layers: layers, head: head)
  }

  /// Writes the file durably: a crash leaves the earlier state or the new one.
  ///
  /// - Throws: `FileFailure` of kind `unwritable`.
  public func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    func json(_ value: some Encodable) throws -> String {
      String(decoding: try encoder.encode(value), as: UTF8.self)
    }
    var checkpoint = Checkpoint(metadata: [
      "kind": Self.kind, "learner": try json(description),
    ])
    if let network, let prototypes {
      checkpoint.metadata["architecture"] = try json(network.architecture)
      checkpoint.add(network.moved(to: .cpu), as: Part.network)
      checkpoint.tensors["\(Part.prototypes).centers"] = prototypes.centers.moved(to: .cpu)
    }
    if description.carry != .none, let carry { checkpoint.add(carry.moved(to: .cpu), as: Part.carry) }
    try checkpoint.write(to: path)
  }
}
