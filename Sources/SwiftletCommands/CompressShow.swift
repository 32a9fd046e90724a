import ArgumentParser
import Foundation
import Learning
import MultiHashing
import Reports
import Runs
import Torch
import Vision

/// Prints what is hashed.
struct CompressShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "List what is hashed, where it lies in the pool, and how large it gets.",
    discussion: """
      With a compressed file or a run's folder it tells what stands there; otherwise it works out what \
      training with a recipe would do, without any data.
      """)

  @Argument(help: "A compressed file, or the folder of a training run (default: the recipe).")
  var source: String?

  @Option(help: "A YAML file of settings.")
  var recipe: String?

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "Override one setting, as in --set hashing.pools=[kronecker].", valueName: "key=value"))
  var overrides: [String] = []

  @Option(help: "The network, as `swiftlet model list` prints it.")
  var network: String?

  @Option(help: "Classes of the head (default: those of the public weights).")
  var classes: Int?

  @OptionGroup var output: OutputOptions

  mutating func validate() throws {
    if let classes, classes < 1 {
      throw ValidationError("--classes must be at least 1, got \(classes)")
    }
  }

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let preview = try source.map(read) ?? planned()
      console.result(preview, text: preview.text)
    }
  }

  private func read(_ source: String) throws -> HashingPreview {
    var place = CompressedSource()
    place.source = source
    let file = try CompressedFile(readingFrom: place.path)
    var preview = HashingPreview(
      name: file.metadata["model"] ?? place.path, file.hashed.plan,
      TensorInfo.all(of: file.expanded()), scales: file.hashed.scales)
    preview.compressedBytes = fileSize(place.path)
    preview.denseBytes = try? file.denseByteCount(path: place.path)
    return preview
  }

  private func planned() throws -> HashingPreview {
    var settings = try RecipeReader.load(
      CompressionRecipe.self, path: recipe, overrides: overrides)
    if let network { settings.network.name = network }
    let entry = try ModelCatalog.model(named: settings.network.name)
    let model = try entry.unsetModel(classCount: classes, side: nil)
    let file = try FileContext(model, storage: settings.storage)
    let plan = try HashPlan(for: model.network, settings.hashing, file: file)
    let tensors = TensorInfo.all(of: model.network)
    var preview = HashingPreview(name: entry.name, plan, tensors, scales: nil)
    preview.compressedBytes = file.byteCount(plan, tensors)
    preview.denseBytes = try model.byteCount()
    return preview
  }
}

/// What is hashed, as a table.
struct HashingPreview: Encodable {
  /// A tensor of the network.
  struct Row: Encodable {
    var name: String
    var kind: TensorKind
    var shape: [Int]
    var elements: Int
    var pool: Int?
    var first: Int?
    var last: Int?
    var constant: Double?
    var scale: Double?
    var isAligned: Bool?
  }

  var name: String
  var pools: [String]
  var size: SizeSummary
  var learnedNumbers: Int
  var fraction: Double
  var compressedBytes: Int?
  var denseBytes: Int?
  var rows: [Row]

  init(name: String, _ plan: HashPlan, _ tensors: [TensorInfo], scales: Tensor?) {
    self.name = name
    pools = plan.parts.map(\.shape.summary)
    size = SizeSummary(plan, tensors)
    learnedNumbers = size.count
    fraction = size.fraction
    var places: [String: (pool: Int, slot: HashPlan.Slot, position: Int)] = [:]
    for (pool, part) in plan.parts.enumerated() {
      for slot in part.slots { places[slot.info.name] = (pool, slot, places.count) }
    }
    let values = scales?.toDoubles()
    rows = tensors.filter(\.isLearned).map { info in
      let place = places[info.name]
      return Row(
        name: info.name, kind: info.kind, shape: info.shape, elements: info.count,
        pool: place?.pool, first: place?.slot.range.lowerBound,
        last: place.map { $0.slot.range.upperBound - 1 }, constant: place?.slot.constant,
        scale: place.flatMap { values?[$0.position] },
        isAligned: place.map { plan.isAligned($0.slot, in: plan.parts[$0.pool].shape) })
    }
  }

  var text: String {
    var table = Table(
      columns: [
        .init("tensor"), .init("kind"), .init("shape", .trailing), .init("elements", .trailing),
        .init("in the pool", .trailing), .init("constant", .trailing), .init("scale", .trailing),
      ])
    for row in rows {
      let range = row.first.flatMap { first in row.last.map { "\(first) ... \($0)" } } ?? "kept"
      table.append([
        .init(row.name), .init(row.kind.rawValue),
        .init(row.shape.map(String.init).joined(separator: " x ")), .init(grouped(row.elements)),
        .init(range + (row.isAligned == true ? " (aligned)" : "")),
        row.constant.map { .init($0, decimals: 5) } ?? .init(""),
        row.scale.map { .init($0, decimals: 4) } ?? .init(""),
      ])
    }
    var lines = [name, "", table.text(.terminal), sizeText(size)]
    if pools.count == 1 { lines.append("pool: \(pools[0])") }
    if pools.count > 1 { lines.append("\(pools.count) pools, the first: \(pools[0])") }
    if let compressedBytes {
      let beside = denseBytes.map { ", the ordinary one \(grouped($0))" } ?? ""
      lines.append("the compressed file has \(grouped(compressedBytes)) bytes\(beside)")
    }
    if rows.contains(where: { $0.isAligned == true }) {
      lines.append(
        "aligned tensors have the pool's rank at most; hashing.avoidsAlignment=true widens the pool"
      )
    }
    return lines.joined(separator: "\n")
  }
}
