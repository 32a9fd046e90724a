import ArgumentParser
import Files
import Foundation
import Learning
import Randomness
import Runs
import Vision

/// Makes of a file of weights one that says itself what it is.
struct ModelConvert: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Read weights of torchvision, timm, Hugging Face or Google; write safetensors.",
    discussion: """
      The file that is written holds the network's shape, its preprocessing and class names beside \
      the tensors, so `predict` needs nothing else. Where weights do not fit the network, every \
      missing, unexpected and wrongly shaped tensor is listed.
      """)

  @Argument(help: "Weights: .pth, .pt, .bin, .safetensors or .npz.")
  var weights: String

  @Option(help: "The network's name (default: what the file says).")
  var model: String?

  @Option(name: [.customLong("output"), .customShort("o")], help: "The file to write.")
  var outputPath: String

  @Option(help: "Whose names the tensors get: torchvision, timm or huggingface.")
  var naming: String?

  @Option(help: "A text file with one class name a line, in the order of the logits.")
  var classes: String?

  @Option(help: "Replace the head by a new, drawn one for so many classes.")
  var newHead: Int?

  @Option(help: "Seed of a new head.")
  var seed: UInt64 = 1

  @Option(help: "Side of the images it shall take; position embeddings are interpolated.")
  var size: Int?

  @Option(
    help: """
      How position embeddings are interpolated: \
      \(PositionInterpolation.allCases.map(\.rawValue).joined(separator: ", ")).
      """)
  var interpolation: PositionInterpolation = .timm

  @OptionGroup var output: OutputOptions

  mutating func validate() throws {
    if let newHead, newHead < 1 {
      throw ValidationError("--new-head must be at least 1, got \(newHead)")
    }
    if let size, size < 1 { throw ValidationError("--size must be at least 1, got \(size)") }
  }

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let wanted = try naming.map(Naming.init(argument:))
      var converted = try listingMismatches(console) {
        try ImageModel(
          readingFrom: weights, as: try model.map(ModelCatalog.model(named:)), height: size,
          width: size, interpolation: interpolation)
      }
      if let newHead {
        var random = RandomSource(seed: seed)
        converted.network.replaceHead(classCount: newHead, using: &random)
        converted.classNames = nil
      }
      if let classes {
        converted.classNames = try classNames(from: classes, expected: converted.network.classCount)
      }
      converted.naming = wanted ?? converted.naming
      try converted.write(to: outputPath)
      let result = Result(converted, file: outputPath)
      console.result(result, text: result.text)
    }
  }

  private func classNames(from path: String, expected: Int) throws -> [String] {
    let text = String(decoding: try readFile(at: path, limit: 1 << 26), as: UTF8.self)
    let names = text.split(whereSeparator: \.isNewline).map(String.init)
    guard names.count == expected else {
      throw FileFailure(
        .malformed, path: path,
        reason: "has \(names.count) class names, the network has \(expected) classes")
    }
    return names
  }

  private struct Result: Encodable {
    var file: String
    var model: String
    var naming: String
    var parameters: Int
    var classes: Int

    init(_ model: ImageModel, file: String) {
      self.file = file
      self.model = model.name
      naming = model.naming.rawValue
      parameters = model.network.parameterCount
      classes = model.network.classCount
    }

    var text: String {
      "wrote \(file): \(model), \(grouped(parameters)) parameters, \(classes) classes, "
        + "names of \(naming)"
    }
  }
}

extension PositionInterpolation: ExpressibleByArgument {}

/// Runs `body`; where tensors do not fit, every one of them is told on standard error first.
func listingMismatches<Value>(_ console: Console, _ body: () throws -> Value) throws -> Value {
  do {
    return try body()
  } catch let error as CheckpointError {
    if case .mismatch(_, let missing, let unexpected, let misfits) = error {
      for name in missing { console.note("missing: \(name)") }
      for name in unexpected { console.note("unexpected: \(name)") }
      for misfit in misfits {
        console.note("wrong shape: \(misfit.name) \(misfit.found), expected \(misfit.expected)")
      }
    }
    throw error
  }
}
