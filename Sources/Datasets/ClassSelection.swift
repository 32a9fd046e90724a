/// Names a data set and some of its classes: `name:1-10,20-30,40`, ends included, counted from 0.
///
/// Without a colon all classes are meant. The order written is the order of the classes.
public struct ClassSelection: Sendable, Hashable, CustomStringConvertible {
  /// The part before the colon: a name or a path.
  public var source: String
  /// The class ranges, or `nil` for all classes.
  public var ranges: [ClosedRange<Int>]?

  /// Reads a selection.
  ///
  /// A colon counts only where digits, commas and hyphens alone follow it, so that paths with
  /// colons can be named.
  ///
  /// - Throws: ``DatasetError/selection(text:reason:)`` that names the part that cannot be read.
  public init(parsing text: String) throws(DatasetError) {
    guard let colon = text.lastIndex(of: ":"), !text[colon...].contains("/") else {
      source = text
      return
    }
    source = String(text[..<colon])
    var ranges: [ClosedRange<Int>] = []
    let parts = text[text.index(after: colon)...].split(
      separator: ",", omittingEmptySubsequences: false)
    for part in parts {
      let range = try Self.range(part, in: text)
      if let other = ranges.first(where: { $0.overlaps(range) }) {
        let class_ = max(other.lowerBound, range.lowerBound)
        throw .selection(text: text, reason: "class \(class_) is named twice")
      }
      ranges.append(range)
    }
    self.ranges = ranges
  }

  /// The classes meant, in the order written.
  ///
  /// - Parameter count: The classes the data set has.
  /// - Returns: Class numbers.
  /// - Throws: ``DatasetError/selection(text:reason:)`` where a range ends beyond them.
  public func classes(of count: Int) throws(DatasetError) -> [Int] {
    guard let ranges else { return Array(0..<count) }
    if let beyond = ranges.first(where: { $0.upperBound >= count }) {
      throw .selection(
        text: description,
        reason: "class \(beyond.upperBound) does not exist, the last of \(count) is \(count - 1)")
    }
    return ranges.flatMap { Array($0) }
  }

  /// The selection as it can be read again.
  public var description: String {
    guard let ranges else { return source }
    let parts = ranges.map { range in
      range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
    }
    return source + ":" + parts.joined(separator: ",")
  }

  private static func range(
    _ part: Substring, in text: String
  ) throws(DatasetError) -> ClosedRange<Int> {
    let ends = part.split(separator: "-", omittingEmptySubsequences: false)
    let numbers = ends.compactMap { end in
      end.allSatisfy { ("0"..."9").contains($0) } ? Int(end) : nil
    }
    guard numbers.count == ends.count, (1...2).contains(numbers.count) else {
      throw .selection(
        text: text, reason: "\"\(part)\" is not a class number or a range such as 20-30")
    }
    guard numbers[0] <= numbers[numbers.count - 1] else {
      throw .selection(text: text, reason: "range \(part) ends before it begins")
    }
    return numbers[0]...numbers[numbers.count - 1]
  }
}
