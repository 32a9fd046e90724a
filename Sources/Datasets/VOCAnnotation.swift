import Files
import Formats
import Foundation

/// The annotation of one image in the form of Pascal VOC, as written.
///
/// - Source: Everingham et al., *The Pascal Visual Object Classes Challenge* (2010).
public struct VOCAnnotation: Sendable, Hashable {
  /// An annotated thing.
  public struct Object: Sendable, Hashable {
    /// The name of its class.
    public var name = ""
    /// The corners: the left, upper, right and lower edge.
    public var xmin, ymin, xmax, ymax: Double?
    /// Whether evaluations may leave it out.
    public var isDifficult = false
    /// Whether it goes on beyond the box.
    public var isTruncated = false
  }

  /// The file of the image, without its folder.
  public var file = ""
  /// The rows of the image.
  public var height = 0
  /// The columns of the image.
  public var width = 0
  /// The things in it.
  public var objects: [Object] = []

  /// Reads a file held in memory.
  ///
  /// - Parameters:
  ///   - data: The whole file.
  ///   - path: Where it comes from, for messages.
  /// - Throws: `FileFailure` of kind `malformed` with the line.
  public init(parsing data: Data, path: String) throws(FileFailure) {
    var reader = try XMLReader(data, path: path)
    var elements: [String] = []
    var text = ""
    while let event = try reader.next() {
      switch event {
      case .start(let name):
        elements.append(name)
        text = ""
        if elements == ["annotation", "object"] { objects.append(Object()) }
      case .text(let part): text += part
      case .end:
        do {
          try take(text.trimmingCharacters(in: .whitespacesAndNewlines), of: elements)
        } catch {
          throw FileFailure(
            .malformed, path: path,
            reason: "is not a Pascal VOC annotation: \(error.reason) at line \(reader.line)")
        }
        elements.removeLast()
        text = ""
      }
    }
    guard !file.isEmpty else {
      throw FileFailure(
        .malformed, path: path,
        reason: "is not a Pascal VOC annotation: it has no annotation with a filename")
    }
    if let wrong = objects.first(where: {
      $0.name.isEmpty || $0.xmin == nil || $0.ymin == nil || $0.xmax == nil || $0.ymax == nil
    }) {
      throw FileFailure(
        .malformed, path: path,
        reason: "is not a Pascal VOC annotation: an object \"\(wrong.name)\" lacks its name or a "
          + "corner of its bndbox")
    }
  }

  /// The image with its boxes; corners are taken as edges, without an offset.
  ///
  /// - Parameters:
  ///   - labels: The number of every class.
  ///   - problems: Takes what is wrong.
  /// - Returns: Boxes may still lie anywhere; see ``DetectionSet``.
  func resolved(
    labels: [String: Int], noting problems: inout AnnotationProblems
  ) -> DetectionImage {
    var image = DetectionImage(file: file, height: height, width: width)
    for object in objects {
      guard let label = labels[object.name] else {
        problems.add(.unknownClass, "\(file): \(object.name)")
        continue
      }
      let (left, top) = (object.xmin ?? 0, object.ymin ?? 0)
      var resolved = DetectionObject(
        label: label,
        box: BoundingBox(
          x: left, y: top, width: (object.xmax ?? 0) - left, height: (object.ymax ?? 0) - top))
      resolved.isDifficult = object.isDifficult
      resolved.isTruncated = object.isTruncated
      image.objects.append(resolved)
    }
    return image
  }
}

extension VOCAnnotation {
  /// A text that is not what its element needs.
  private struct Flaw: Error {
    var reason: String
  }

  /// Takes the text of an element; those that are of no use, such as the parts of an object, are
  /// passed over.
  private mutating func take(_ word: String, of elements: [String]) throws(Flaw) {
    guard elements.first == "annotation" else { return }
    switch Array(elements.dropFirst()) {
    case ["filename"]: file = word
    case ["size", "width"]: width = try Self.whole(word, "width")
    case ["size", "height"]: height = try Self.whole(word, "height")
    case ["object", "name"]: objects[objects.count - 1].name = word
    case ["object", "difficult"]: objects[objects.count - 1].isDifficult = word == "1"
    case ["object", "truncated"]: objects[objects.count - 1].isTruncated = word == "1"
    case ["object", "bndbox", "xmin"]: objects[objects.count - 1].xmin = try Self.number(word)
    case ["object", "bndbox", "ymin"]: objects[objects.count - 1].ymin = try Self.number(word)
    case ["object", "bndbox", "xmax"]: objects[objects.count - 1].xmax = try Self.number(word)
    case ["object", "bndbox", "ymax"]: objects[objects.count - 1].ymax = try Self.number(word)
    default: break
    }
  }

  private static func number(_ word: String) throws(Flaw) -> Double {
    guard let value = Double(word), value.isFinite else {
      throw Flaw(reason: "a corner is \"\(word.prefix(40))\", expected a number")
    }
    return value
  }

  private static func whole(_ word: String, _ name: String) throws(Flaw) -> Int {
    guard let value = Int(word), value >= 0 else {
      throw Flaw(reason: "\(name) is \"\(word.prefix(40))\", expected a whole number")
    }
    return value
  }
}
