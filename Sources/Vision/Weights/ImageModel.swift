import Datasets
import Files
import Foundation
import Images
import Learning
import Runs
import Torch

/// A network with what is needed to use it: class names, and how images are prepared.
///
/// Its file is a safetensors file of the network's tensors under public names, so other packages load
/// it, too; its texts say the rest:
///
/// | text | what it holds |
/// |---|---|
/// | `kind` | `image-classifier` |
/// | `model` | the network's name in ``ModelCatalog``, or any other |
/// | `architecture` | the network's shape, as JSON |
/// | `preprocessing` | an ``ImagePreparation``, as JSON |
/// | `classes` | the names of the classes in the order of the logits, as JSON; absent if not known |
/// | `naming` | whose names the tensors have: `torchvision`, `timm` or `huggingface` |
/// | `format` | `pt`, by which Hugging Face's package knows files of PyTorch's layout |
public struct ImageModel: Sendable {
  /// The text that marks such files.
  public static let kind = "image-classifier"

  /// The network's name.
  public var name: String
  /// The network.
  public var network: Backbone
  /// How images are prepared.
  public var preparation: ImagePreparation
  /// The name of every class in the order of the logits, or `nil` if nobody knows them.
  public var classNames: [String]?
  /// Whose names the tensors have in files.
  public var naming: Naming

  /// Puts a network and its description together.
  ///
  /// - Precondition: There is a name for every class, or none at all.
  public init(
    name: String, network: Backbone, preparation: ImagePreparation, classNames: [String]? = nil,
    naming: Naming
  ) {
    precondition(
      classNames.map { $0.count == network.classCount } ?? true,
      "\(classNames?.count ?? 0) names for \(network.classCount) classes")
    self.name = name
    self.network = network
    self.preparation = preparation
    self.classNames = classNames
    self.naming = naming
  }

  /// Reads a file of weights.
  ///
  /// - Parameters:
  ///   - path: A file that ``write(to:naming:)`` wrote, or one of another package.
  ///   - model: The network the weights are for; `nil` if the file says so itself.
  ///   - height: Rows of the images it shall take, if others than it was made for.
  ///   - width: Columns of the images it shall take.
  ///   - interpolation: How position embeddings are made to fit them.
  /// - Throws: `FileFailure` for a file that is missing, damaged, or does not say what it is;
  ///   `CheckpointError` listing every tensor that does not fit.
  public init(
    readingFrom path: String, as model: CatalogModel? = nil, height: Int? = nil,
    width: Int? = nil, interpolation: PositionInterpolation = .timm
  ) throws {
    let weights = try StateDictionary(readingFrom: path)
    if let model {
      try self.init(weights, as: model)
    } else {
      try self.init(weights)
    }
    try resize(height: height, width: width, interpolation, path: path)
  }

  /// Weights of a catalog's network; the number of classes is what the file's head has, and the size
  /// of a transformer's images what its position embeddings are made for.
  private init(_ weights: StateDictionary, as catalogModel: CatalogModel) throws(CheckpointError) {
    let model = catalogModel.forGrid(side: weights.positionGridSide)
    let probe = model.unset()
    let head = probe.headName(weights.likeliestNaming(of: probe))
    let classes = weights.rows(of: "\(head).weight") ?? model.classCount
    var network = model.unset(classCount: max(1, classes))
    let naming = try weights.load(into: &network)
    self.init(
      name: model.name, network: network, preparation: model.preparation,
      naming: naming == .standard ? model.naming : naming)
  }

  /// Weights that say themselves what they are, by the texts that ``write(to:naming:)`` writes.
  ///
  /// - Throws: `FileFailure` where texts are missing or damaged; `CheckpointError` listing every tensor
  ///   that does not fit.
  public init(_ weights: StateDictionary) throws {
    let path = weights.origin
    guard weights.metadata["kind"] == Self.kind else {
      throw FileFailure(
        .malformed, path: path,
        reason: "does not say what network its weights are for; name it with --model, or convert "
          + "the file with `swiftlet model convert`")
    }
    func text<Value: Decodable>(_ key: String, _ type: Value.Type) throws(FileFailure) -> Value {
      guard let json = weights.metadata[key],
        let value = try? JSONDecoder().decode(Value.self, from: Data(json.utf8))
      else {
        throw FileFailure(
          .malformed, path: path,
          reason: "its text \"\(key)\" is missing or damaged; convert the weights again")
      }
      return value
    }
    let architecture = try text("architecture", BackboneArchitecture.self)
    preparation = try text("preprocessing", ImagePreparation.self)
    guard architecture.isPlausible, preparation.isPlausible else {
      throw FileFailure(
        .malformed, path: path,
        reason: "its architecture or preprocessing has sizes that cannot be; convert the weights "
          + "again")
    }
    naming = Naming(rawValue: weights.metadata["naming"] ?? "")
    name = weights.metadata["model"] ?? "unnamed"
    let head = Backbone(unset: architecture, classCount: 1).headName(naming)
    guard let classes = weights.rows(of: "\(head).weight"), (1...1_000_000).contains(classes) else {
      throw FileFailure(.malformed, path: path, reason: "has no head \"\(head).weight\"")
    }
    network = Backbone(unset: architecture, classCount: classes)
    if weights.metadata["classes"] != nil {
      let names = try text("classes", [String].self)
      guard names.count == classes else {
        throw FileFailure(
          .malformed, path: path, reason: "has \(names.count) class names for \(classes) classes")
      }
      classNames = names
    }
    try weights.load(into: &network)
  }

  /// Makes the network take images of another size.
  private mutating func resize(
    height: Int?, width: Int?, _ interpolation: PositionInterpolation, path: String
  ) throws(FileFailure) {
    let (newHeight, newWidth) = (height ?? preparation.height, width ?? preparation.width)
    guard (newHeight, newWidth) != (preparation.height, preparation.width) else { return }
    if let patch = network.visionTransformer?.architecture.patchSize,
      newHeight % patch != 0 || newWidth % patch != 0
    {
      throw FileFailure(
        .malformed, path: path,
        reason: "patches of \(patch) pixels do not tile images of \(newHeight)x\(newWidth); choose "
          + "multiples of \(patch)")
    }
    preparation = preparation.resized(height: newHeight, width: newWidth)
    network = network.resized(imageHeight: newHeight, imageWidth: newWidth, interpolation)
  }

  /// Writes the file durably.
  ///
  /// - Parameters:
  ///   - path: Where it shall stand.
  ///   - wanted: Whose names the tensors get; those of ``naming`` when `nil`.
  /// - Throws: `FileFailure` of kind `unwritable`.
  public func write(to path: String, naming wanted: Naming? = nil) throws {
    let naming = wanted ?? naming
    let metadata = try metadata(naming)
    let named = network.moved(to: .cpu).tensors(naming)
    try saveSafetensors(
      zip(named.names, named.tensors).map { (name: $0, tensor: $1) }, metadata: metadata, to: path)
  }

  /// The texts of the file, for tensors under the names of a package.
  ///
  /// - Throws: Nothing that a caller could mend; encoding the parts does not fail.
  public func metadata(_ naming: Naming) throws -> [String: String] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    func json(_ value: some Encodable) throws -> String {
      String(decoding: try encoder.encode(value), as: UTF8.self)
    }
    var metadata = [
      "kind": Self.kind, "model": name, "architecture": try json(network.architecture),
      "preprocessing": try json(preparation), "naming": naming.rawValue, "format": "pt",
    ]
    if let classNames { metadata["classes"] = try json(classNames) }
    return metadata
  }

  /// The probability of every class for every image, `[images, classes]`.
  ///
  /// - Throws: `FileFailure` for an image that cannot be prepared.
  public func probabilities(of images: [Image]) throws -> Tensor {
    let values = try images.map { try preparation.prepared(.pixels($0)) }
    let input = Tensor(
      values.flatMap { $0 },
      shape: [images.count, preparation.channels, preparation.height, preparation.width],
      on: network.head.weight.device
    ).cast(to: network.head.weight.elementType)
    return withoutGradients { network(input).softmax(along: 1) }
  }
}
