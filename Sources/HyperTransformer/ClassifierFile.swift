import Files
import Foundation
import Images
import Learning
import Torch

/// A written network with what is needed to use it: class names and how images are prepared.
///
/// The file is a checkpoint like all others; its texts hold the architecture, the class names and
/// the preparation of images as JSON.
public struct ClassifierFile: Sendable {
  /// The text that marks such files.
  public static let kind = "few-shot-classifier"

  /// How an image becomes the network's input.
  public struct Preparation: Codable, Sendable, Hashable {
    /// Side to which images are resized, in pixels.
    public var imageSize: Int
    /// Channels: 1 for gray, 3 for color.
    public var channels: Int
    /// Whether dark and light are exchanged.
    public var isInverted: Bool

    /// Creates a description.
    public init(imageSize: Int, channels: Int, isInverted: Bool) {
      self.imageSize = imageSize
      self.channels = channels
      self.isInverted = isInverted
    }

    /// Turns images into `[images, channels, height, width]`, `value / 128 - 1`.
    public func tensor(of images: [Image]) -> Tensor {
      let values = images.flatMap { image -> [Float] in
        let gray = image.opaque()
        let colored = channels == 1 ? gray.grayscale() : gray.color()
        let small = colored.resized(height: imageSize, width: imageSize)
        let prepared = isInverted ? small.inverted() : small
        return Self.planes(prepared)
      }
      return Tensor(values, shape: [images.count, channels, imageSize, imageSize])
    }

    /// Channel after channel, as networks take them.
    private static func planes(_ image: Image) -> [Float] {
      (0..<image.channels).flatMap { channel in
        stride(from: channel, to: image.pixels.count, by: image.channels).map {
          Float(image.pixels[$0]) / 128 - 1
        }
      }
    }
  }

  /// The network.
  public var classifier: ConvClassifier
  /// The name of every class, in the order of the logits.
  public var classNames: [String]
  /// How images are prepared.
  public var preparation: Preparation

  /// Puts a network and its description together.
  public init(_ classifier: ConvClassifier, classNames: [String], preparation: Preparation) {
    self.classifier = classifier
    self.classNames = classNames
    self.preparation = preparation
  }

  /// Reads a file.
  ///
  /// - Throws: `FileFailure` for a file that is missing, damaged or of another kind,
  ///   `CheckpointError` for tensors that do not fit the architecture it names.
  public init(readingFrom path: String) throws {
    let checkpoint = try Checkpoint(path: path)
    guard checkpoint.metadata["kind"] == Self.kind else {
      throw FileFailure(
        .malformed, path: path,
        reason: "is a \(checkpoint.metadata["kind"] ?? "file of unknown kind"), "
          + "not a network written by `swiftlet few-shot generate`")
    }
    func text<Value: Decodable>(_ key: String, _ type: Value.Type) throws -> Value {
      guard let json = checkpoint.metadata[key],
        let value = try? JSONDecoder().decode(Value.self, from: Data(json.utf8))
      else {
        throw FileFailure(
          .malformed, path: path,
          reason: "its text \"\(key)\" is missing or damaged; generate the network again")
      }
      return value
    }
    let architecture = try text("architecture", ConvNetArchitecture.self)
    guard architecture.isPlausible else {
      throw FileFailure(
        .malformed, path: path,
        reason: "its architecture has sizes that cannot be; generate the network again")
    }
    classifier = ConvClassifier(architecture)
    try checkpoint.restore(&classifier)
    classNames = try text("classes", [String].self)
    preparation = try text("preparation", Preparation.self)
    guard classNames.count == architecture.classCount,
      preparation.imageSize == architecture.imageSize,
      preparation.channels == architecture.imageChannels
    else {
      throw FileFailure(
        .malformed, path: path,
        reason: "its class names or image preparation do not fit its architecture")
    }
  }

  /// Writes the file durably.
  ///
  /// - Throws: `FileFailure` of kind `unwritable`.
  public func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    func json(_ value: some Encodable) throws -> String {
      String(decoding: try encoder.encode(value), as: UTF8.self)
    }
    var checkpoint = Checkpoint(metadata: [
      "kind": Self.kind, "architecture": try json(classifier.architecture),
      "classes": try json(classNames), "preparation": try json(preparation),
    ])
    checkpoint.add(classifier.moved(to: .cpu))
    try checkpoint.write(to: path)
  }

  /// The probability of every class for every image, `[images, classes]`.
  public func probabilities(of images: [Image]) -> Tensor {
    withoutGradients { classifier(preparation.tensor(of: images)).softmax(along: 1) }
  }
}

extension ConvNetArchitecture {
  /// Whether the sizes are such that a network can be built: read from files, they may be anything.
  var isPlausible: Bool {
    let sizes = [imageSize, imageChannels, classCount]
    let inner = layers.flatMap { [$0.channels, $0.kernelSize, $0.stride, $0.pooling] }
    return (sizes + inner).allSatisfy { (1...65_536).contains($0) } && layers.count <= 256
      && geometries.allSatisfy { $0.outputSide >= 1 } && weightCount < 1 << 30
  }
}
