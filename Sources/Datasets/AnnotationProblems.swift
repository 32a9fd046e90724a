/// What was wrong with annotations: how often, and with which images.
public struct AnnotationProblems: Sendable, Hashable, CustomStringConvertible {
  /// The kinds of mistakes.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// An annotated image is not there; it is left out.
    case missingImage = "images that are not there"
    /// Two images have the same identity; the first one counts.
    case repeatedImage = "images listed twice"
    /// A size that is not positive; the image is left out.
    case emptyImage = "images without a size"
    /// A box of an image that is not listed; it is left out.
    case unknownImage = "boxes of images that are not listed"
    /// A box of a class that is not listed; it is left out.
    case unknownClass = "boxes of unknown classes"
    /// A box without area; it is left out.
    case emptyBox = "boxes without area"
    /// A box that reaches outside of its image; it is cut off there, or left out if nothing is left.
    case boxOutside = "boxes that reach outside of their image"
  }

  /// How often each kind occurred.
  public private(set) var counts: [Kind: Int] = [:]
  /// The first few places of each kind.
  public private(set) var examples: [Kind: [String]] = [:]

  /// Creates an empty account.
  public init() {}

  /// Whether nothing was wrong.
  public var isEmpty: Bool { counts.isEmpty }

  /// Counts a mistake.
  ///
  /// - Parameters:
  ///   - kind: What was wrong.
  ///   - place: The image, and what it was about.
  public mutating func add(_ kind: Kind, _ place: @autoclosure () -> String) {
    counts[kind, default: 0] += 1
    if counts[kind, default: 0] <= 3 { examples[kind, default: []].append(place()) }
  }

  /// One clause such as `2 boxes without area (a.jpg #3, b.jpg #1)`, joined by semicolons.
  public var description: String {
    Kind.allCases.compactMap { kind in
      counts[kind].map { count in
        let named = (examples[kind] ?? []).joined(separator: ", ")
        return "\(count) \(kind.rawValue) (\(named)\(count > 3 ? ", ..." : ""))"
      }
    }.joined(separator: "; ")
  }
}
