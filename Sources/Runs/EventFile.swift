import Files
import Foundation

/// A TensorBoard event file, `events.out.tfevents.*`, holding numbers over steps.
///
/// Each sitting of a run writes a file of its own; TensorBoard joins the files of a folder.
public final class EventFile {
  /// The file that is written.
  public var path: String { file.path }
  private let file: AppendOnlyFile

  /// Creates a new file in `folder`.
  ///
  /// - Parameters:
  ///   - folder: An existing folder.
  ///   - step: The step after which a resumed run continues; TensorBoard then forgets what an
  ///     earlier sitting wrote after it. `nil` for a run that begins.
  ///   - wallTime: Seconds since 1970, for the name and the first record.
  /// - Throws: `FileFailure` of kind `unwritable`.
  public init(
    folder: String, continuingAfter step: Int? = nil,
    wallTime: Double = Date().timeIntervalSince1970
  ) throws {
    file = try Self.newFile(in: folder, wallTime: wallTime)
    try file.append(EventRecord.framed(EventRecord.version(wallTime: wallTime)))
    if let step {
      try file.append(EventRecord.framed(EventRecord.restart(wallTime: wallTime, step: step + 1)))
    }
  }

  /// Appends the values of a record, each named `split/name`.
  ///
  /// - Parameters:
  ///   - record: What was measured.
  ///   - wallTime: Seconds since 1970.
  /// - Throws: `FileFailure` of kind `unwritable`.
  public func append(
    _ record: MetricRecord, wallTime: Double = Date().timeIntervalSince1970
  ) throws {
    let values = record.values.sorted { $0.key < $1.key }
      .map { ("\(record.split)/\($0.key)", Float($0.value)) }
    try file.append(
      EventRecord.framed(
        EventRecord.scalars(values, wallTime: wallTime, step: record.step)))
  }

  private static func newFile(in folder: String, wallTime: Double) throws -> AppendOnlyFile {
    let host = ProcessInfo.processInfo.hostName.filter { $0.isLetter || $0.isNumber || $0 == "-" }
    // Readers sort the files of a folder by name, hence the time first and ten digits of it.
    let name =
      String(
        format: "events.out.tfevents.%010d.", Int(wallTime)) + "\(host).\(getpid())"
    for attempt in 0..<1000 {
      let path = "\(folder)/\(name).\(attempt)"
      if let file = try AppendOnlyFile(path: path, mustBeNew: true) { return file }
    }
    throw FileFailure(.unwritable, path: folder, reason: "holds a thousand event files already")
  }
}

/// The bytes of event files: `tensorflow.Event` messages in TFRecord frames, written by hand
/// because three small messages do not justify a protocol-buffer compiler.
package enum EventRecord {
  /// Length (8 bytes), masked checksum of the length, data, masked checksum of the data.
  package static func framed(_ data: [UInt8]) -> [UInt8] {
    let length = littleEndian(UInt64(data.count))
    return length + littleEndian(Checksum.masked(length))
      + data + littleEndian(Checksum.masked(data))
  }

  /// Event.file_version, which a file begins with.
  package static func version(wallTime: Double) -> [UInt8] {
    time(wallTime) + bytes(field: 3, Array("brain.Event:2".utf8))
  }

  /// Event.session_log with status START: what came at `step` or later is to be forgotten.
  package static func restart(wallTime: Double, step: Int) -> [UInt8] {
    time(wallTime) + number(field: 2, step) + bytes(field: 7, number(field: 1, 1))
  }

  /// Event.summary with one Summary.Value (tag, simple_value) per number.
  package static func scalars(_ values: [(String, Float)], wallTime: Double, step: Int) -> [UInt8] {
    let summary = values.flatMap { tag, value in
      bytes(
        field: 1,
        bytes(field: 1, Array(tag.utf8)) + key(2, wire: 5) + littleEndian(value.bitPattern))
    }
    return time(wallTime) + number(field: 2, step) + bytes(field: 5, summary)
  }

  /// Event.wall_time.
  private static func time(_ seconds: Double) -> [UInt8] {
    key(1, wire: 1) + littleEndian(seconds.bitPattern)
  }

  private static func number(field: Int, _ value: Int) -> [UInt8] {
    key(field, wire: 0) + varint(UInt64(bitPattern: Int64(value)))
  }

  private static func bytes(field: Int, _ content: [UInt8]) -> [UInt8] {
    key(field, wire: 2) + varint(UInt64(content.count)) + content
  }

  private static func key(_ field: Int, wire: Int) -> [UInt8] {
    varint(UInt64(field << 3 | wire))
  }

  private static func varint(_ value: UInt64) -> [UInt8] {
    var rest = value
    var result: [UInt8] = []
    while rest >= 0x80 {
      result.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return result + [UInt8(rest)]
  }

  private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
