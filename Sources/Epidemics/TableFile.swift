import Files
import Foundation

/// A CSV file with a header, each row with the number of its line.
struct TableFile: Sendable {
  let path: String
  let header: [String]
  let rows: [Row]

  struct Row: Sendable {
    /// Counted from 1, the header included.
    var line: Int
    var cells: [String]
  }

  /// Reads a file of comma- or semicolon-separated values, quoted as in RFC 4180.
  init(path: String) throws {
    self.path = path
    let data = try readFile(at: path, limit: 1 << 30)
    guard let text = String(data: data, encoding: .utf8) else {
      throw FileFailure(
        .malformed, path: path, reason: "is not UTF-8 text; a CSV file was expected")
    }
    var parser = CSVParser(text)
    guard let first = parser.next(), first.cells.contains(where: { !$0.isEmpty }) else {
      throw FileFailure(.malformed, path: path, reason: "is empty; a header line was expected")
    }
    header = first.cells.map { $0.trimmingCharacters(in: .whitespaces) }
    var rows: [Row] = []
    while let row = parser.next() {
      if row.cells.allSatisfy(\.isEmpty) { continue }
      guard row.cells.count == header.count else {
        throw FileFailure(
          .malformed, path: path,
          reason: "line \(row.line) has \(row.cells.count) cells, the header \(header.count)")
      }
      rows.append(row)
    }
    self.rows = rows
    guard !rows.isEmpty else {
      throw FileFailure(.malformed, path: path, reason: "has a header and no rows")
    }
  }

  /// The column with one of these names, in their order, whatever the case.
  func column(_ names: [String]) -> Int? {
    let known = header.map { $0.lowercased().replacingOccurrences(of: " ", with: "_") }
    return names.lazy.compactMap { known.firstIndex(of: $0) }.first
  }

  /// The refusal of a cell, naming file, line and place.
  func failure(_ row: Row, place: String, _ reason: String) -> FileFailure {
    FileFailure(.malformed, path: path, reason: "line \(row.line), \(place): \(reason)")
  }

  /// The number in a cell; `nil` for an empty one.
  ///
  /// - Throws: `FileFailure` for anything else that is not a finite number.
  func number(_ row: Row, _ column: Int, place: String) throws -> Double? {
    let text = row.cells[column].trimmingCharacters(in: .whitespaces)
    if text.isEmpty || text == "NA" { return nil }
    guard let value = Double(text), value.isFinite else {
      throw failure(
        row, place: place,
        "\(header[column]) is \"\(text)\", a number was expected; leave unknown cells empty")
    }
    return value
  }
}

/// Splits text into rows of cells.
private struct CSVParser {
  private let bytes: [UInt8]
  private let separator: UInt8
  private var position = 0
  private var line = 1

  init(_ text: String) {
    var bytes = Array(text.utf8)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    self.bytes = bytes
    let head = bytes.prefix { $0 != UInt8(ascii: "\n") }
    let commas = head.count { $0 == UInt8(ascii: ",") }
    let semicolons = head.count { $0 == UInt8(ascii: ";") }
    separator = semicolons > commas ? UInt8(ascii: ";") : UInt8(ascii: ",")
  }

  mutating func next() -> TableFile.Row? {
    guard position < bytes.count else { return nil }
    let start = line
    var cells: [String] = []
    var cell: [UInt8] = []
    var isQuoted = false
    func text() -> String { String(decoding: cell, as: UTF8.self) }
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\n") { line += 1 }
      if byte == UInt8(ascii: "\"") {
        if isQuoted, position < bytes.count, bytes[position] == byte {
          cell.append(byte)
          position += 1
        } else {
          isQuoted.toggle()
        }
      } else if isQuoted {
        cell.append(byte)
      } else if byte == separator {
        cells.append(text())
        cell.removeAll(keepingCapacity: true)
      } else if byte == UInt8(ascii: "\n") {
        break
      } else if byte != UInt8(ascii: "\r") {
        cell.append(byte)
      }
    }
    cells.append(text())
    return TableFile.Row(line: start, cells: cells)
  }
}
