import Files
import Foundation

/// What a loader did so far.
public struct LoaderReport: Sendable, Hashable {
  /// The batches handed out.
  public var batches = 0
  /// The seconds for which whoever asked for them had to wait.
  public var waitingSeconds = 0.0
  /// The seconds all workers together spent on reading, decoding and varying.
  public var workingSeconds = 0.0
  /// The images that could not be decoded, by their number in the source, each with its sentence.
  public var skipped: [Int: String] = [:]
  /// How often one of them was replaced by another image.
  public var replacements = 0

  /// One sentence about skipped images with the first few of them, or `nil` where none was.
  public var warning: String? {
    guard !skipped.isEmpty else { return nil }
    let shown = skipped.sorted { $0.key < $1.key }.prefix(3).map(\.value)
    let rest = skipped.count > shown.count ? "; and \(skipped.count - shown.count) more" : ""
    return "\(skipped.count) damaged image\(skipped.count == 1 ? " was" : "s were") replaced by "
      + "others \(replacements) times: " + shown.joined(separator: "; ") + rest
  }
}

/// Why a loader has no batch to give.
public enum LoaderError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
  /// There is nothing to load.
  case noImages(name: String)
  /// So many images in a row are damaged that the data set must be; the last one says why.
  case tooManyDamaged(name: String, count: Int, last: String)

  /// The one sentence shown to the user.
  public var description: String {
    switch self {
    case .noImages(let name): "data set \"\(name)\": holds no images to load"
    case .tooManyDamaged(let name, let count, let last):
      "data set \"\(name)\": \(count) images in a row cannot be decoded, the last because "
        + "\(last); check the data set"
    }
  }

  /// The same sentence, for Foundation.
  public var errorDescription: String? { description }
}
