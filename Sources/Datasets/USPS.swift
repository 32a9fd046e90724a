import Files
import Foundation

/// USPS: digits from envelopes, 16 x 16 in gray, 255 is ink.
///
/// Read from the text form of the LIBSVM collection, packed with bzip2 or not: a line per image, the
/// label 1 to 10 (one more than the digit), then `place:value` for each of 256 places with values
/// from -1 to 1.
///
/// - Source: Hull, *A Database for Handwritten Text Recognition Research* (1994).
public enum USPS {
  /// Reads the 7,291 training or 2,007 test images.
  ///
  /// - Parameters:
  ///   - path: A folder with `usps` or `usps.t`, each plain or with `.bz2`.
  ///   - isTest: Whether the test part is read.
  ///   - options: Size and inversion.
  /// - Returns: The set, ten classes for the digits.
  /// - Throws: `FileFailure` or ``DatasetError``.
  public static func load(
    from path: String, isTest: Bool = false, options: LoadOptions = LoadOptions()
  ) throws -> ImageSet {
    let stem = "\(path)/\(isTest ? "usps.t" : "usps")"
    let file = FileManager.default.fileExists(atPath: stem) ? stem : stem + ".bz2"
    let text = try readDecompressed(at: file, limit: 1 << 28)
    var (labels, pixels) = ([UInt8](), [UInt8]())
    for line in text.split(separator: UInt8(ascii: "\n")) {
      let fields = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") }
      guard let first = fields.first else { continue }
      guard let label = number(first), let digit = Int(exactly: label - 1), (0..<10).contains(digit)
      else { throw malformed(file, line: labels.count, first, "a label 1 to 10") }
      labels.append(UInt8(digit))
      // A place that is left out has the value 0, the middle of the range.
      var image = [UInt8](repeating: 128, count: 256)
      for field in fields.dropFirst() {
        let parts = field.split(separator: UInt8(ascii: ":"))
        guard parts.count == 2, let place = number(parts[0]), let value = number(parts[1]),
          let index = Int(exactly: place - 1), image.indices.contains(index),
          (-1...1).contains(value)
        else {
          throw malformed(
            file, line: labels.count - 1, field, "a place 1 to 256 and a value -1 to 1")
        }
        image[index] = UInt8(((value + 1) * 127.5).rounded())
      }
      pixels += image
    }
    guard !labels.isEmpty else { throw DatasetError.noClasses(path: file) }
    return options.applied(
      to: ImageSet(
        name: isTest ? "usps-test" : "usps", height: 16, width: 16, channels: 1, labels: labels,
        pixels: pixels))
  }

  private static func number(_ text: Data) -> Double? {
    Double(String(decoding: text, as: UTF8.self))
  }

  private static func malformed(
    _ file: String, line: Int, _ field: Data, _ expected: String
  ) -> DatasetError {
    .contradiction(
      path: file,
      reason: "line \(line + 1) has \"\(String(decoding: field.prefix(40), as: UTF8.self))\", "
        + "expected \(expected); fetch the file again")
  }
}
