import Files
import Foundation
import Images

/// Images with boxes around the things in them, read when they are asked for.
///
/// Annotations are checked while they are read: what is wrong is counted and named in ``problems``,
/// and what remains is sound, so boxes have area, lie in their image and have a known class, and
/// every image is there. ``checked()`` makes any mistake an error.
public struct DetectionSet: Sendable {
  /// The name of the data set.
  public var name: String
  /// The name of every class, in order.
  public let classNames: [String]
  /// The images and the things in them.
  public private(set) var images: [DetectionImage]
  /// What was wrong with the annotations.
  public private(set) var problems: AnnotationProblems
  private let store: FileStore

  /// Reads annotations in the form of COCO.
  ///
  /// - Parameters:
  ///   - path: The annotation file.
  ///   - place: The folder or tar archive of the images; unless told, `images` or `images.tar`
  ///     beside the annotation file.
  ///   - name: The name of the data set; that of the folder unless told.
  /// - Throws: `FileFailure` for files that cannot be read or are not of this form.
  public init(coco path: String, images place: String? = nil, name: String? = nil) throws {
    let folder = (path as NSString).deletingLastPathComponent
    let annotations = try COCOAnnotations(parsing: readFile(at: path), path: path)
    var problems = AnnotationProblems()
    let (classNames, images) = annotations.resolved(noting: &problems)
    let standing = ["images", "images.tar", "images.tar.gz"].map { "\(folder)/\($0)" }
      .first { FileManager.default.fileExists(atPath: $0) }
    try self.init(
      name: name ?? (folder as NSString).lastPathComponent, classNames: classNames, images: images,
      problems: problems, store: FileStore(at: place ?? standing ?? "\(folder)/images"))
  }

  /// Reads annotations in the form of Pascal VOC.
  ///
  /// - Parameters:
  ///   - path: A folder with `Annotations` (one XML file per image) and `JPEGImages`; where there is
  ///     `ImageSets/Main`, its lists `train`, `val` and `test` name the part of each image.
  ///   - classNames: The classes in order; those that occur, by name, unless told.
  ///   - name: The name of the data set; that of the folder unless told.
  /// - Throws: `FileFailure` for files that cannot be read or are not of this form.
  public init(voc path: String, classNames: [String]? = nil, name: String? = nil) throws {
    let folder = "\(path)/Annotations"
    guard let entries = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      throw FileFailure(
        .missing, path: folder, reason: "there is no such folder; expected one XML file per image")
    }
    let annotations = try entries.filter { $0.hasSuffix(".xml") }.sorted().map { entry in
      try VOCAnnotation(
        parsing: readFile(at: "\(folder)/\(entry)", limit: 1 << 26), path: "\(folder)/\(entry)")
    }
    let names = classNames ?? Set(annotations.flatMap { $0.objects.map(\.name) }).sorted()
    let labels = Dictionary(
      names.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })
    let splits = try Self.splits(in: "\(path)/ImageSets/Main")
    var problems = AnnotationProblems()
    var files: Set<String> = []
    var images: [DetectionImage] = []
    for annotation in annotations {
      guard files.insert(annotation.file).inserted else {
        problems.add(.repeatedImage, annotation.file)
        continue
      }
      var image = annotation.resolved(labels: labels, noting: &problems)
      image.split = splits[(annotation.file as NSString).deletingPathExtension]
      images.append(image)
    }
    try self.init(
      name: name ?? (path as NSString).lastPathComponent, classNames: names, images: images,
      problems: problems, store: FileStore(at: "\(path)/JPEGImages"))
  }

  private init(
    name: String, classNames: [String], images: [DetectionImage], problems: AnnotationProblems,
    store: FileStore
  ) {
    self.name = name
    self.classNames = classNames
    self.store = store
    var problems = problems
    self.images = images.compactMap { Self.sound($0, store: store, noting: &problems) }
    self.problems = problems
  }

  /// The number of boxes.
  public var objectCount: Int { images.reduce(0) { $0 + $1.objects.count } }

  /// The same set, if nothing was wrong with its annotations.
  ///
  /// - Throws: ``DatasetError/contradiction(path:reason:)`` that counts and names the mistakes.
  public func checked() throws(DatasetError) -> DetectionSet {
    guard problems.isEmpty else {
      throw .contradiction(path: name, reason: "has \(problems); correct the annotations")
    }
    return self
  }

  /// The images of one part, such as `train`.
  public func part(_ split: String) -> DetectionSet {
    var result = self
    result.name = "\(name)/\(split)"
    result.images = images.filter { $0.split == split }
    return result
  }

  /// The file of an image, its pixels not decoded yet. Boxes count in stored pixels, so the EXIF
  /// orientation must not be applied.
  ///
  /// - Precondition: The image exists.
  /// - Throws: `FileFailure` for what cannot be read, or whose size is not the annotated one.
  public func file(_ index: Int) throws(FileFailure) -> EncodedImage {
    let image = images[index]
    let file = try EncodedImage(store.bytes(of: image.file), path: store.path(of: image.file))
    guard (file.height, file.width) == (image.height, image.width) else {
      throw FileFailure(
        .malformed, path: store.path(of: image.file),
        reason: "is \(file.height) x \(file.width), its annotation says "
          + "\(image.height) x \(image.width)")
    }
    return file
  }

  /// A digest of classes, files, boxes and the bytes of the images.
  ///
  /// - Throws: `FileFailure` for what cannot be read.
  public func digest() throws(FileFailure) -> String {
    var digest = SHA256()
    Data(classNames.joined(separator: "\n").utf8).withUnsafeBytes { digest.update($0) }
    for image in images {
      let boxes = image.objects.map { object in
        let box = object.box
        return "\(object.label) \(box.x) \(box.y) \(box.width) \(box.height)"
      }
      let text = ([image.file] + boxes).joined(separator: "\n")
      Data(text.utf8).withUnsafeBytes { digest.update($0) }
      try store.bytes(of: image.file).withUnsafeBytes { digest.update($0) }
    }
    return digest.hexadecimal()
  }

  /// The image with the boxes that can be used, or `nil` where it cannot be itself.
  private static func sound(
    _ image: DetectionImage, store: FileStore, noting problems: inout AnnotationProblems
  ) -> DetectionImage? {
    guard store.has(image.file) else {
      problems.add(.missingImage, image.file)
      return nil
    }
    guard image.height > 0, image.width > 0 else {
      problems.add(.emptyImage, image.file)
      return nil
    }
    var result = image
    result.objects = []
    for (number, object) in image.objects.enumerated() {
      guard object.box.area > 0 else {
        problems.add(.emptyBox, "\(image.file) #\(number + 1)")
        continue
      }
      var object = object
      let clipped = object.box.clipped(toHeight: image.height, width: image.width)
      if clipped != object.box {
        problems.add(.boxOutside, "\(image.file) #\(number + 1)")
        guard clipped.area > 0 else { continue }
        object.box = clipped
      }
      result.objects.append(object)
    }
    return result
  }

  private static func splits(in folder: String) throws -> [String: String] {
    var splits: [String: String] = [:]
    for part in ["train", "val", "test"] {
      let path = "\(folder)/\(part).txt"
      guard FileManager.default.fileExists(atPath: path) else { continue }
      for line in String(decoding: try readFile(at: path), as: UTF8.self).split(separator: "\n") {
        if let name = line.split(separator: " ").first { splits[String(name)] = part }
      }
    }
    return splits
  }
}
