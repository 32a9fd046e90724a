import ArgumentParser
import Datasets
import Foundation
import Runs

/// Data sets on the command line.
struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "List, fetch, check and export the data sets known by name.",
    discussion: """
      Data sets are looked for in the folder that SWIFTLET_DATA names, then among those fetched \
      before. `glyphs` is made on the spot and needs neither.
      """,
    subcommands: [DataList.self, DataFetch.self, DataCheck.self, DataExport.self])
}

/// Names the data sets and where they are.
struct DataList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the data sets known by name and where they are.")

  @OptionGroup var output: OutputOptions

  func run() throws {
    let console = Console(json: output.json)
    let catalog = DatasetCatalog()
    let rows = catalog.entries.map { entry in
      Row(
        name: entry.name, summary: entry.summary,
        folder: entry.folder == nil ? "built in" : catalog.location(of: entry),
        canBeFetched: !entry.origins.isEmpty)
    }
    console.result(["datasets": rows], text: rows.map(\.text).joined(separator: "\n"))
  }

  private struct Row: Encodable {
    var name: String
    var summary: String
    var folder: String?
    var canBeFetched: Bool

    var text: String {
      let place = folder ?? (canBeFetched ? "not here; swiftlet data fetch \(name)" : "not here")
      return name.padding(toLength: 20, withPad: " ", startingAt: 0) + summary + "\n"
        + String(repeating: " ", count: 20) + place
    }
  }
}

/// Fetches the public original of a data set.
struct DataFetch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch", abstract: "Fetch the public original of a data set and check it.")

  @Argument(help: "The data set's name.")
  var name: String

  @OptionGroup var output: OutputOptions

  func run() async throws {
    let console = Console(json: output.json)
    do {
      let note = FetchNotes(console)
      let report = try await DatasetCatalog().fetch(name) { file, received, expected in
        note.tell(file, received, expected)
      }
      console.result(DataCheck.Result(report), text: report.description)
    } catch {
      throw ArgumentParser.ExitCode(console.failure(error).rawValue)
    }
  }
}

/// Says at every tenth how far a file has come.
private final class FetchNotes: @unchecked Sendable {
  // The downloader calls from one thread at a time; the lock keeps the last tenth consistent.
  private let lock = NSLock()
  private let console: Console
  private var told: [String: Int64] = [:]

  init(_ console: Console) { self.console = console }

  func tell(_ file: String, _ received: Int64, _ expected: Int64) {
    guard expected > 0 else { return }
    lock.lock()
    defer { lock.unlock() }
    let tenth = 10 * received / expected
    guard told[file] != tenth else { return }
    told[file] = tenth
    console.note("\(file): \(10 * tenth) %")
  }
}

/// Reads a data set completely and compares it with what it should be.
struct DataCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Read data sets completely and compare them with what they should be.")

  @Argument(help: "Names of data sets (default: all that are here).")
  var names: [String] = []

  @Option(
    help: ArgumentHelp(
      "Folder for one sheet of sample images per data set, with boxes where there are some.",
      valueName: "folder"))
  var samples: String?

  @OptionGroup var output: OutputOptions

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let catalog = DatasetCatalog()
      let present = catalog.entries.filter { $0.folder == nil || catalog.location(of: $0) != nil }
      let chosen = names.isEmpty ? present.map(\.name) : names
      let reports = try chosen.map { name in
        console.note("checking \(name)")
        let report = try catalog.check(name)
        if let samples {
          let path = "\(samples)/\(name).png"
          try catalog.sampleGrid(of: name).writePNG(to: path)
          console.note("wrote \(path)")
        }
        return report
      }
      console.result(
        ["datasets": reports.map(Result.init)],
        text: reports.map(\.description).joined(separator: "\n"))
      if reports.contains(where: { $0.isUnexpected }) {
        throw ArgumentParser.ExitCode(Runs.ExitCode.badInput.rawValue)
      }
    }
  }

  struct Result: Encodable {
    var name: String
    var folder: String
    var classes: Int
    var images: Int
    var boxes: Int?
    var digest: String
    var isExpected: Bool
    var text: String

    init(_ report: DatasetReport) {
      name = report.name
      folder = report.folder
      classes = report.classes
      images = report.images
      boxes = report.objects
      digest = report.digest
      isExpected = !report.isUnexpected
      text = report.description
    }
  }
}

extension DatasetReport {
  /// Whether something differs from the published data set.
  fileprivate var isUnexpected: Bool {
    if case .unexpected = verdict { true } else { false }
  }
}
