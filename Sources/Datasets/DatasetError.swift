import Foundation

/// Why a data set cannot be had, in one sentence with the next step.
///
/// Damaged single files are reported as `FileFailure`.
public enum DatasetError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
  /// No data set has this name and no folder or file this path.
  case unknown(name: String, known: [String])
  /// The data set is known, but none of the folders holds it.
  case absent(name: String, searched: [String], advice: String)
  /// A class selection such as `omniglot:0-9` cannot be read or does not fit the data.
  case selection(text: String, reason: String)
  /// A folder has no class folders in it.
  case noClasses(path: String)
  /// A class has no image in it.
  case emptyClass(path: String)
  /// A file among the images is of a kind that is not read.
  case notAnImage(path: String)
  /// An image differs in size from the first one and no common size was asked for.
  case mixedSizes(path: String, found: String, expected: String)
  /// A set of images with boxes was asked for as one of images with classes.
  case isDetection(name: String)
  /// Files that belong together contradict each other.
  case contradiction(path: String, reason: String)

  /// The one sentence shown to the user.
  public var description: String {
    switch self {
    case .unknown(let name, let known):
      "data set \"\(name)\": neither a known name (\(known.joined(separator: ", "))) nor an "
        + "existing folder or archive"
    case .absent(let name, let searched, let advice):
      "data set \"\(name)\": not found in \(searched.joined(separator: " or ")); \(advice)"
    case .selection(let text, let reason):
      "class selection \"\(text)\": \(reason)"
    case .noClasses(let path):
      "\(path): holds no class folders; expected one folder of JPEG or PNG images per class"
    case .emptyClass(let path):
      "\(path): holds no images; put at least one JPEG or PNG image there or remove the folder"
    case .notAnImage(let path):
      "\(path): is not a JPEG or PNG image; convert it or move it out of the folder"
    case .mixedSizes(let path, let found, let expected):
      "\(path): is \(found), the images before it are \(expected); "
        + "ask for a common size, as --resize and --side do"
    case .isDetection(let name):
      "data set \"\(name)\": has boxes, not one class per image; choose a data set of classes"
    case .contradiction(let path, let reason):
      "\(path): \(reason)"
    }
  }

  /// The same sentence, for Foundation.
  public var errorDescription: String? { description }
}
