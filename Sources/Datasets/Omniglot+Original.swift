import Files
import Foundation
import Images

extension Omniglot {
  /// Reads one part in the author's layout, packed or unpacked.
  static func loadOriginal(from path: String, options: LoadOptions) throws -> ImageSet {
    var classes: [String: [Drawing]] = [:]
    let add = { (name: String, bytes: Data) in
      guard let place = place(of: name) else { return }
      let image = try Image(png: bytes, path: "\(path)/\(name)").grayscale()
      classes[place.character, default: []].append(
        Drawing(file: place.file, image: options.applied(to: image)))
    }
    if isFolder(path) {
      for name in try FileManager.default.subpathsOfDirectory(atPath: path)
      where place(of: name) != nil {
        try add(name, readFile(at: "\(path)/\(name)"))
      }
    } else {
      try Archive(path: path, entryLimit: 1 << 24)
        .forEachEntry(where: { place(of: $0) != nil }) { try add($0.name, $0.bytes) }
    }
    return try imageSet(of: classes, path: path)
  }

  private struct Drawing {
    var file: String
    var image: Image
  }

  private static func imageSet(of classes: [String: [Drawing]], path: String) throws -> ImageSet {
    var collector = ClassCollector(name: "omniglot")
    for (character, drawings) in classes.sorted(by: { $0.key < $1.key }) {
      collector.beginClass(character)
      for drawing in drawings.sorted(by: { $0.file < $1.file }) {
        try collector.append(drawing.image, path: "\(path)/\(character)/\(drawing.file)")
      }
    }
    guard let set = collector.imageSet() else { throw DatasetError.noClasses(path: path) }
    return set
  }

  /// Splits `.../Alphabet/character01/0709_01.png`; anything else is no drawing.
  private static func place(of name: String) -> (character: String, file: String)? {
    let parts = name.split(separator: "/")
    guard parts.count >= 3, parts[parts.count - 1].hasSuffix(".png"),
      !parts.contains("__MACOSX"), !parts[parts.count - 1].hasPrefix(".")
    else { return nil }
    return ("\(parts[parts.count - 3])/\(parts[parts.count - 2])", String(parts[parts.count - 1]))
  }
}
