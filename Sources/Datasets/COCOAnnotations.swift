import Files
import Foundation

/// A detection annotation file in the form of COCO, as written.
///
/// - Source: Lin et al., *Microsoft COCO: Common Objects in Context* (2014), "Data format".
public struct COCOAnnotations: Decodable, Sendable {
  /// An image.
  public struct Image: Decodable, Sendable {
    var id: Int
    var fileName: String
    var width: Int
    var height: Int
    var split: String?
  }

  /// A box.
  public struct Annotation: Decodable, Sendable {
    var imageId: Int
    var categoryId: Int
    var bbox: [Double]
    var iscrowd: Flag?
    var difficult: Flag?
    var truncated: Flag?
  }

  /// A class.
  public struct Category: Decodable, Sendable {
    var id: Int
    var name: String
  }

  /// A truth value written as a number or a word.
  struct Flag: Decodable, Sendable {
    var isSet: Bool

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      isSet = try (try? container.decode(Bool.self)) ?? (container.decode(Int.self) != 0)
    }
  }

  var images: [Image]
  var annotations: [Annotation]
  var categories: [Category]

  /// Reads a file held in memory.
  ///
  /// - Parameters:
  ///   - data: The whole file.
  ///   - path: Where it comes from, for messages.
  /// - Throws: `FileFailure` of kind `malformed` that names the place and what was expected there.
  public init(parsing data: Data, path: String) throws(FileFailure) {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      self = try decoder.decode(COCOAnnotations.self, from: data)
    } catch let error as DecodingError {
      throw FileFailure(
        .malformed, path: path,
        reason: "is not a COCO annotation file: \(error.sentence); expected images, annotations "
          + "and categories")
    } catch {
      throw FileFailure(.malformed, path: path, reason: "is not JSON (\(error))")
    }
    if let wrong = annotations.firstIndex(where: { $0.bbox.count != 4 }) {
      throw FileFailure(
        .malformed, path: path,
        reason: "annotations[\(wrong)].bbox has \(annotations[wrong].bbox.count) numbers, expected "
          + "[x, y, width, height]")
    }
  }

  /// The classes in order of their numbers, and the images with their boxes.
  ///
  /// - Parameter problems: Takes what is wrong.
  /// - Returns: Boxes may still lie anywhere, and images be missing; see ``DetectionSet``.
  public func resolved(
    noting problems: inout AnnotationProblems
  ) -> (classNames: [String], images: [DetectionImage]) {
    var labels: [Int: Int] = [:]
    var classNames: [String] = []
    for category in categories.sorted(by: { $0.id < $1.id }) where labels[category.id] == nil {
      labels[category.id] = classNames.count
      classNames.append(category.name)
    }
    var places: [Int: Int] = [:]
    var resolved: [DetectionImage] = []
    for image in images {
      guard places[image.id] == nil else {
        problems.add(.repeatedImage, "\(image.fileName) with id \(image.id)")
        continue
      }
      places[image.id] = resolved.count
      resolved.append(
        DetectionImage(
          file: image.fileName, height: image.height, width: image.width, split: image.split))
    }
    for (number, annotation) in annotations.enumerated() {
      guard let place = places[annotation.imageId] else {
        problems.add(.unknownImage, "annotation \(number) of image \(annotation.imageId)")
        continue
      }
      guard let label = labels[annotation.categoryId] else {
        problems.add(.unknownClass, "\(resolved[place].file): category \(annotation.categoryId)")
        continue
      }
      let box = annotation.bbox
      var object = DetectionObject(
        label: label, box: BoundingBox(x: box[0], y: box[1], width: box[2], height: box[3]))
      object.isCrowd = annotation.iscrowd?.isSet ?? false
      object.isDifficult = annotation.difficult?.isSet ?? false
      object.isTruncated = annotation.truncated?.isSet ?? false
      resolved[place].objects.append(object)
    }
    return (classNames, resolved)
  }
}

extension DecodingError {
  /// Where and what, in one clause.
  var sentence: String {
    func place(_ path: [any CodingKey]) -> String {
      path.reduce("") { text, key in
        if let index = key.intValue { return text + "[\(index)]" }
        return text.isEmpty ? key.stringValue : text + "." + key.stringValue
      }
    }
    return switch self {
    case .keyNotFound(let key, let context):
      "\(place(context.codingPath + [key])) is missing"
    case .valueNotFound(_, let context): "\(place(context.codingPath)) is null"
    case .typeMismatch(let type, let context):
      "\(place(context.codingPath)) is not of type \(type)"
    case .dataCorrupted(let context):
      context.codingPath.isEmpty ? "it is not JSON" : "\(place(context.codingPath)) is unreadable"
    @unknown default: "it cannot be decoded"
    }
  }
}
