import ArgumentParser
import Foundation
import Reports
import Runs
import Vision

/// Names the networks.
struct ModelList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the networks known by name, with what they cost for one image.")

  @Argument(help: "Only networks whose name contains this.")
  var filter: String?

  @OptionGroup var output: OutputOptions

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let rows = ModelCatalog.models
        .filter { model in
          filter.map { word in ([model.name] + model.aliases).contains { $0.contains(word) } }
            ?? true
        }
        .map(Row.init)
      guard !rows.isEmpty else {
        throw UsageError(
          "no network's name contains \"\(filter ?? "")\"; `swiftlet model list` prints all")
      }
      console.result(["models": rows], text: text(rows))
    }
  }

  private func text(_ rows: [Row]) -> String {
    var table = Table(
      columns: [
        .init("name"), .init("also"), .init("input", .trailing), .init("classes", .trailing),
        .init("parameters", .trailing), .init("million multiply-adds", .trailing),
      ])
    for row in rows {
      table.append([
        .init(row.name), .init(row.aliases.joined(separator: ", ")), .init("\(row.inputSide)"),
        .init("\(row.classes)"), .init(grouped(row.parameters)),
        .init(Double(row.multiplyAdds) / 1e6, decimals: 1),
      ])
    }
    return table.text(.terminal).trimmingCharacters(in: .newlines)
  }

  private struct Row: Encodable {
    var name: String
    var aliases: [String]
    var inputSide: Int
    var classes: Int
    var parameters: Int
    var multiplyAdds: Int
    var naming: String

    init(_ model: CatalogModel) {
      let network = model.unset()
      let profile = ModelProfile(
        of: network, height: model.preparation.height, width: model.preparation.width)
      name = model.name
      aliases = model.aliases
      inputSide = model.preparation.height
      classes = model.classCount
      parameters = profile.parameters
      multiplyAdds = profile.multiplyAdds
      naming = model.naming.rawValue
    }
  }
}

/// A number with its thousands set apart.
func grouped(_ number: Int) -> String {
  let digits = String(number)
  return String(
    digits.enumerated().flatMap { index, digit in
      index > 0 && (digits.count - index) % 3 == 0 ? [",", digit] : [digit]
    })
}
