import Foundation

/// Printing: nested brackets with aligned columns; long axes are shortened in the middle.
extension Tensor: CustomStringConvertible, CustomDebugStringConvertible {
  /// The elements, aligned, with long axes shortened; other types than `float32` are named.
  public var description: String {
    let shape = self.shape
    if shape.contains(0) { return "[] with shape \(shape), \(elementType)" }
    let words = detached().shortened(shape).words()
    let note = elementType == .float32 && device == .cpu ? "" : "  // \(elementType), \(device)"
    return TensorPrinter(words: words, shape: shape).text + note
  }

  /// Shape, type and device, then the elements.
  public var debugDescription: String { "\(summary) on \(device)\n\(description)" }

  /// The part that is printed: the ends of axes longer than the limit.
  private func shortened(_ shape: [Int]) -> Tensor {
    var part = self
    for (axis, extent) in shape.enumerated() where extent > TensorPrinter.limit {
      let edge = TensorPrinter.edge
      part = Tensor(
        concatenating: [
          part.narrowed(along: axis, from: 0, count: edge),
          part.narrowed(along: axis, from: extent - edge, count: edge),
        ], along: axis)
    }
    return part
  }

  /// Every element as it is printed.
  private func words() -> [String] {
    if elementType == .bool { return toInts().map { $0 == 0 ? "false" : "true" } }
    if elementType.isInteger { return toInts().map(String.init) }
    guard elementType.isComplex else { return TensorPrinter.format(toDoubles()) }
    let real = TensorPrinter.format(realPart().toDoubles())
    let imaginary = TensorPrinter.format(imaginaryPart().toDoubles())
    return zip(real, imaginary).map { $1.hasPrefix("-") ? "\($0)\($1)i" : "\($0)+\($1)i" }
  }
}

/// Lays out numbers in brackets.
private struct TensorPrinter {
  static let limit = 8
  static let edge = 3

  let words: [String]
  let shape: [Int]

  var text: String {
    var rest = words[...]
    return block(shape[...], indent: 1, width: words.map(\.count).max() ?? 0, &rest)
  }

  private func block(
    _ shape: ArraySlice<Int>, indent: Int, width: Int, _ rest: inout ArraySlice<String>
  ) -> String {
    guard let extent = shape.first else {
      let word = rest.removeFirst()
      return String(repeating: " ", count: max(width - word.count, 0)) + word
    }
    let isRow = shape.count == 1
    let isLong = extent > Self.limit
    var parts = (0..<(isLong ? 2 * Self.edge : extent)).map { _ in
      block(shape.dropFirst(), indent: indent + 1, width: width, &rest)
    }
    if isLong { parts.insert("...", at: Self.edge) }
    let separator = isRow ? ", " : ",\n" + String(repeating: " ", count: indent)
    return "[" + parts.joined(separator: separator) + "]"
  }

  /// Whole numbers plainly, others with four digits after the point, or in powers of ten where that
  /// would hide them.
  static func format(_ elements: [Double]) -> [String] {
    let finite = elements.filter(\.isFinite)
    if finite.allSatisfy({ $0 == $0.rounded() && abs($0) < 1e15 }) {
      return elements.map { $0.isFinite ? String(Int($0)) : "\($0)" }
    }
    let sizes = finite.map(abs).filter { $0 > 0 }
    let scientific = (sizes.max() ?? 0) >= 1e5 || (sizes.min() ?? 1) < 1e-4
    return elements.map { String(format: scientific ? "%.4e" : "%.4f", $0) }
  }
}
