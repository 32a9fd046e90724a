import Files
import Foundation
import Images

/// A folder with one folder of JPEG or PNG images per class, as people collect them by hand.
///
/// Images without a label stand in a folder called `unlabelled` (or `unlabeled`). Hidden files are
/// ignored. All images become gray where all are gray, and red, green and blue otherwise; opacity
/// is laid over white.
public struct ImageFolder: Sendable {
  /// The labelled images, classes and files in order of their names.
  public var images: ImageSet
  /// The file of each labelled image, relative to the folder.
  public var files: [String]
  /// The images without a label, in order of their names.
  public var unlabelled: [Image]
  /// The file of each image without a label, relative to the folder.
  public var unlabelledFiles: [String]

  /// Reads a folder.
  ///
  /// - Parameters:
  ///   - path: The folder.
  ///   - options: Size and inversion; without a size all images must have the same.
  /// - Throws: `FileFailure` for what cannot be read, ``DatasetError`` for what is not as described.
  public init(readingFrom path: String, options: LoadOptions = LoadOptions()) throws {
    var labelled: [(className: String, files: [String])] = []
    unlabelledFiles = []
    for name in try Self.visibleNames(in: path) where isFolder("\(path)/\(name)") {
      let files = try Self.imageFiles(in: name, of: path)
      if ["unlabelled", "unlabeled"].contains(name.lowercased()) {
        unlabelledFiles += files
      } else {
        guard !files.isEmpty else { throw DatasetError.emptyClass(path: "\(path)/\(name)") }
        labelled.append((name, files))
      }
    }
    guard !labelled.isEmpty else { throw DatasetError.noClasses(path: path) }
    files = labelled.flatMap(\.files)
    let decoded = try (files + unlabelledFiles).map { file in
      options.applied(to: try Image(fileAt: "\(path)/\(file)").opaque())
    }
    let isColored = decoded.contains { $0.channels == 3 }
    let images = isColored ? decoded.map { $0.color() } : decoded
    var collector = ClassCollector(name: (path as NSString).lastPathComponent)
    var position = 0
    for (className, files) in labelled {
      collector.beginClass(className)
      for file in files {
        try collector.append(images[position], path: "\(path)/\(file)")
        position += 1
      }
    }
    guard let set = collector.imageSet() else { throw DatasetError.noClasses(path: path) }
    self.images = set
    unlabelled = Array(images[position...])
    // Only to have the sizes of these images checked, too; the set is already made.
    for (image, file) in zip(unlabelled, unlabelledFiles) {
      try collector.append(image, path: "\(path)/\(file)")
    }
  }

  private static func visibleNames(in path: String) throws -> [String] {
    guard FileManager.default.fileExists(atPath: path) else {
      throw FileFailure(.missing, path: path, reason: "there is no such folder")
    }
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path)
        .filter { !$0.hasPrefix(".") }.sorted()
    } catch {
      throw FileFailure(.unreadable, path: path, reason: "cannot be listed; check its permissions")
    }
  }

  private static func imageFiles(in folder: String, of path: String) throws -> [String] {
    try visibleNames(in: "\(path)/\(folder)").map { name in
      let file = "\(folder)/\(name)"
      guard ImageFiles.isImage(name), !isFolder("\(path)/\(file)") else {
        throw DatasetError.notAnImage(path: "\(path)/\(file)")
      }
      return file
    }
  }
}

/// Whether a path names a folder that exists.
func isFolder(_ path: String) -> Bool {
  var isFolder: ObjCBool = false
  return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
}
