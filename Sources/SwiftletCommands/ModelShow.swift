import ArgumentParser
import Foundation
import Images
import Learning
import Reports
import Runs
import Vision

/// Prints a network layer by layer.
struct ModelShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Print a network's layers with output shapes, parameters and multiply-adds.",
    discussion: """
      Multiply-adds are the products of weights (in attention: keys and values) with inputs for one \
      image; additions of biases, norms, activations and pooling are not counted.
      """)

  @Argument(help: "A network's name, as `swiftlet model list` prints it, or a file of weights.")
  var model: String

  @Option(help: "Side of the input, in pixels (default: the network's own).")
  var size: Int?

  @Option(help: "Classes of the head (default: those of the public weights).")
  var classes: Int?

  @Option(help: "Whose names layers have: torchvision, timm or huggingface.")
  var naming: String?

  @OptionGroup var output: OutputOptions

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let result = try Result(opened(), classNaming: try naming.map(Naming.init(argument:)))
      console.result(result, text: result.text)
    }
  }

  private func opened() throws -> ImageModel {
    if FileManager.default.fileExists(atPath: model) {
      return try ImageModel(readingFrom: model, height: size, width: size)
    }
    let entry = try ModelCatalog.model(named: model)
    if let classes, classes < 1 { throw UsageError("--classes must be at least 1, got \(classes)") }
    return try entry.unsetModel(classCount: classes, side: size)
  }

  private struct Result: Encodable {
    var name: String
    var input: [Int]
    var preprocessing: ImagePreparation
    var profile: ModelProfile

    init(_ model: ImageModel, classNaming: Naming?) throws {
      name = model.name
      preprocessing = model.preparation
      input = [3, preprocessing.height, preprocessing.width]
      profile = ModelProfile(
        of: model.network, height: preprocessing.height, width: preprocessing.width,
        naming: classNaming ?? model.naming)
    }

    var text: String {
      var table = Table(
        columns: [
          .init("layer"), .init("kind"), .init("result", .trailing),
          .init("parameters", .trailing), .init("million multiply-adds", .trailing),
        ])
      for row in profile.rows {
        table.append([
          .init(row.name), .init(row.kind),
          .init(row.outputShape.map(String.init).joined(separator: " x ")),
          .init(grouped(row.parameters)), .init(Double(row.multiplyAdds) / 1e6, decimals: 3),
        ])
      }
      let rest = profile.parameters - profile.rows.reduce(0) { $0 + $1.parameters }
      table.append([
        .init("norms, tokens, positions"), .init(""), .init(""), .init(grouped(rest)), .init(""),
      ])
      table.append([
        .init("total"), .init(""), .init(""), .init(grouped(profile.parameters)),
        .init(Double(profile.multiplyAdds) / 1e6, decimals: 3),
      ])
      let head = "\(name), input 3 x \(input[1]) x \(input[2])"
      return head + "\n\n" + table.text(.terminal).trimmingCharacters(in: .newlines)
    }
  }
}

extension Naming {
  /// Reads one of the namings that can be asked for.
  ///
  /// - Throws: `UsageError`.
  init(argument: String) throws {
    let known: [Naming] = [.torchvision, .timm, .huggingFace]
    guard let found = known.first(where: { $0.rawValue == argument }) else {
      throw UsageError(
        "names \"\(argument)\" are not known; use torchvision, timm or huggingface")
    }
    self = found
  }
}

extension CatalogModel {
  /// The network without weights, for images of another size if that is asked for.
  ///
  /// - Throws: `UsageError` for a size that the network cannot take.
  func unsetModel(classCount: Int?, side: Int?) throws -> ImageModel {
    var preparation = preparation
    var network = unset(classCount: classCount)
    if let side {
      let patch = network.visionTransformer?.architecture.patchSize ?? 1
      guard (32...16_384).contains(side), side % patch == 0 else {
        throw UsageError(
          "--size \(side) does not do for \(name); expected 32 to 16384"
            + (patch > 1 ? ", a multiple of \(patch)" : ""))
      }
      preparation = preparation.resized(height: side, width: side)
      network = network.resized(imageHeight: side, imageWidth: side)
    }
    return ImageModel(name: name, network: network, preparation: preparation, naming: naming)
  }
}
