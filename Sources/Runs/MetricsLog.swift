import Files
import Foundation

/// The file `metrics.jsonl`: one JSON object per line, only ever appended to.
///
/// ```
/// {"step":100,"time":3.217,"split":"train","loss":0.6931471805599453}
/// ```
public final class MetricsLog {
  private let file: AppendOnlyFile

  /// Opens the log for a run that continues after `step`; 0 for one that begins.
  ///
  /// Records after that step, and a half-written last line, are removed durably first: the run is
  /// about to measure them again.
  ///
  /// - Throws: `FileFailure`, naming the line for a log that is damaged before its end.
  public init(path: String, continuingAfter step: Int = 0) throws {
    if FileManager.default.fileExists(atPath: path) {
      let data = try Self.contents(path)
      let lines = try Self.lines(of: data, path: path)
      let kept = Data(lines.filter { $0.record.step <= step }.flatMap { $0.text + [newline] })
      if kept != data { try writeDurably(kept, to: path) }
    }
    guard let file = try AppendOnlyFile(path: path) else {
      throw FileFailure(.unwritable, path: path, reason: "could not be opened")
    }
    self.file = file
  }

  /// Appends a record.
  ///
  /// - Throws: `FileFailure` of kind `unwritable`; the log then ends with the record before.
  public func append(_ record: MetricRecord) throws {
    try file.append(Array((record.line + "\n").utf8))
  }

  /// Waits until the records are on the disk; call it before a checkpoint is written.
  ///
  /// - Throws: `FileFailure` of kind `unwritable`.
  public func sync() throws { try file.sync() }

  /// The records of a log, in order; a half-written last line is left out.
  ///
  /// - Throws: `FileFailure` for a log that is missing, or damaged before its end.
  public static func records(at path: String) throws -> [MetricRecord] {
    try lines(of: contents(path), path: path).map(\.record)
  }

  private static func contents(_ path: String) throws -> Data {
    do {
      return try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      let exists = FileManager.default.fileExists(atPath: path)
      throw FileFailure(
        exists ? .unreadable : .missing, path: path,
        reason: exists ? "may not be read" : "there are no metrics here; has the run begun?")
    }
  }

  private static func lines(
    of data: Data, path: String
  ) throws -> [(text: Data, record: MetricRecord)] {
    let complete = data.lastIndex(of: newline).map { data[...$0] } ?? Data()
    let decoder = JSONDecoder()
    return try complete.split(separator: newline).enumerated().map { index, line in
      guard let record = MetricRecord(line: line, with: decoder) else {
        throw FileFailure(
          .malformed, path: path,
          reason: "line \(index + 1) is not a record of metrics; remove it to go on")
      }
      return (line, record)
    }
  }
}

private let newline = UInt8(ascii: "\n")
