import Files
import Foundation

/// Zarr, version 2, without compression: a folder of JSON headers and raw little-endian numbers, one
/// chunk per array. The layout is that of the published specification.
extension InferenceData {
  /// Writes a Zarr folder that `arviz.from_zarr` opens.
  ///
  /// The folder is written beside its place and exchanged at the end, so a crash leaves either the
  /// old folder or the new one complete.
  ///
  /// - Parameter path: The folder, usually ending in `.zarr`; an older one is replaced.
  /// - Throws: `FileFailure` of kind `unwritable`.
  public func write(to path: String) throws {
    let temporary = "\(path).\(UInt32.random(in: 0 ... .max)).tmp"
    do {
      try writeFiles(in: temporary)
      try replace(path, by: temporary)
    } catch {
      try? FileManager.default.removeItem(atPath: temporary)
      throw error
    }
  }

  private func writeFiles(in folder: String) throws {
    var metadata: [String: Any] = [:]
    func put(_ header: [String: Any], _ name: String) throws {
      metadata[name] = header
      try writeDurably(json(header), to: "\(folder)/\(name)")
    }
    try put(["zarr_format": 2], ".zgroup")
    try put([:], ".zattrs")
    for group in Group.allCases where groups[group] != nil {
      let prefix = group.rawValue
      try put(["zarr_format": 2], "\(prefix)/.zgroup")
      try put(["inference_library": "swiftlet"], "\(prefix)/.zattrs")
      for array in arraysWithCoordinates(group) {
        try put(array.header, "\(prefix)/\(array.name)/.zarray")
        try put(["_ARRAY_DIMENSIONS": array.dimensions], "\(prefix)/\(array.name)/.zattrs")
        try writeDurably(array.bytes, to: "\(folder)/\(prefix)/\(array.name)/\(array.chunkName)")
      }
    }
    // Readers that find all headers in one file need not look for them.
    let all: [String: Any] = ["zarr_consolidated_format": 1, "metadata": metadata]
    try writeDurably(json(all), to: "\(folder)/.zmetadata")
  }

  private func replace(_ path: String, by temporary: String) throws {
    let files = FileManager.default
    let old = "\(temporary).old"
    do {
      let exists = files.fileExists(atPath: path)
      if exists { try files.moveItem(atPath: path, toPath: old) }
      try files.moveItem(atPath: temporary, toPath: path)
      if exists { try files.removeItem(atPath: old) }
    } catch {
      throw FileFailure(
        .unwritable, path: path,
        reason: "cannot be replaced (\(error.localizedDescription)); remove or rename it")
    }
  }
}

private func json(_ object: [String: Any]) throws -> Data {
  try JSONSerialization.data(withJSONObject: object, options: [.prettyPrinted, .sortedKeys])
}

extension InferenceData.Array {
  /// The `.zarray` file: one chunk as large as the array.
  fileprivate var header: [String: Any] {
    [
      "zarr_format": 2, "shape": shape, "chunks": shape.map { max(1, $0) }, "dtype": elementType,
      "compressor": NSNull(), "filters": NSNull(), "fill_value": NSNull(), "order": "C",
    ]
  }

  /// `0.0.0` for three axes; `0` for a scalar.
  fileprivate var chunkName: String {
    shape.isEmpty ? "0" : shape.map { _ in "0" }.joined(separator: ".")
  }

  private var elementType: String {
    switch content {
    case .reals: "<f8"
    case .integers: "<i8"
    case .booleans: "|b1"
    case .texts: "<U\(textWidth)"
    }
  }

  private var textWidth: Int {
    guard case .texts(let texts) = content else { return 0 }
    return max(1, texts.map { $0.unicodeScalars.count }.max() ?? 1)
  }

  fileprivate var bytes: Data {
    switch content {
    case .reals(let numbers): return PackedDoubles.bytes(of: numbers)
    case .integers(let numbers):
      var data = Data(capacity: 8 * numbers.count)
      for number in numbers {
        withUnsafeBytes(of: Int64(number).littleEndian) { data.append(contentsOf: $0) }
      }
      return data
    case .booleans(let flags): return Data(flags.map { $0 ? 1 : 0 })
    case .texts(let texts): return textBytes(texts)
    }
  }

  /// Every text as UTF-32, filled with zeros.
  private func textBytes(_ texts: [String]) -> Data {
    var data = Data()
    for text in texts {
      let scalars = text.unicodeScalars.map(\.value)
      for index in 0..<textWidth {
        let scalar = index < scalars.count ? scalars[index] : 0
        withUnsafeBytes(of: scalar.littleEndian) { data.append(contentsOf: $0) }
      }
    }
    return data
  }
}
