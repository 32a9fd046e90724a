import Files
import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif

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

  fileprivate init() {}

  /// Reads a file held in memory.
  ///
  /// - Parameters:
  ///   - data: The whole file.
  ///   - path: Where it comes from, for messages.
  /// - Throws: `FileFailure` of kind `malformed` with the line.
  public init(parsing data: Data, path: String) throws(FileFailure) {
    let reader = VOCReader()
    let parser = XMLParser(data: data)
    parser.delegate = reader
    let isRead = parser.parse()
    if let reason = reader.flaw ?? (isRead ? nil : "it is not well-formed XML") {
      throw FileFailure(
        .malformed, path: path,
        reason: "is not a Pascal VOC annotation: \(reason) at line \(parser.lineNumber)")
    }
    self = reader.annotation
    guard reader.isAnnotation, !file.isEmpty else {
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

/// Follows the elements of an annotation; those that are of no use, such as the parts of an
/// object, are passed over.
private final class VOCReader: NSObject, XMLParserDelegate {
  var annotation = VOCAnnotation()
  var isAnnotation = false
  var flaw: String?
  private var path: [String] = []
  private var text = ""

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    path.append(name)
    text = ""
    // Deeper than any annotation: somebody wants to exhaust the stack.
    if path.count > 100 { fail(parser, "its elements are nested more than 100 deep") }
    if path == ["annotation"] { isAnnotation = true }
    if path == ["annotation", "object"] { annotation.objects.append(VOCAnnotation.Object()) }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    if text.utf8.count < 4096 { text += string }
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    defer {
      if !path.isEmpty { path.removeLast() }
      text = ""
    }
    guard path.first == "annotation" else { return }
    switch path.dropFirst() {
    case ["filename"]: annotation.file = word
    case ["size", "width"]: annotation.width = whole(parser)
    case ["size", "height"]: annotation.height = whole(parser)
    default:
      guard path.count > 2, path[1] == "object", !annotation.objects.isEmpty else { return }
      read(Array(path[2...]), into: &annotation.objects[annotation.objects.count - 1], parser)
    }
  }

  private func read(
    _ path: [String], into object: inout VOCAnnotation.Object, _ parser: XMLParser
  ) {
    switch path {
    case ["name"]: object.name = word
    case ["difficult"]: object.isDifficult = word == "1"
    case ["truncated"]: object.isTruncated = word == "1"
    case ["bndbox", "xmin"]: object.xmin = number(parser)
    case ["bndbox", "ymin"]: object.ymin = number(parser)
    case ["bndbox", "xmax"]: object.xmax = number(parser)
    case ["bndbox", "ymax"]: object.ymax = number(parser)
    default: break
    }
  }

  private var word: String { text.trimmingCharacters(in: .whitespacesAndNewlines) }

  private func number(_ parser: XMLParser) -> Double {
    if let value = Double(word), value.isFinite { return value }
    fail(parser, "\(path.last ?? "") is \"\(word.prefix(40))\", expected a number")
    return 0
  }

  private func whole(_ parser: XMLParser) -> Int {
    if let value = Int(exactly: number(parser).rounded()), flaw == nil { return value }
    fail(parser, "\(path.last ?? "") is \"\(word.prefix(40))\", expected a whole number")
    return 0
  }

  private func fail(_ parser: XMLParser, _ reason: String) {
    flaw = flaw ?? reason
    parser.abortParsing()
  }
}
