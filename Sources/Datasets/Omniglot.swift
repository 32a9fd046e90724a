import Files
import Foundation
import Images

/// Omniglot: handwritten characters of many alphabets, 20 drawers each, 0 is ink and 255 paper.
///
/// Two layouts are read. The original one is `images_background.zip` and `images_evaluation.zip`,
/// or the folders unpacked from them (`Alphabet/character01/0709_01.png`). The repacked one is
/// `index.json` with one IDX file per alphabet. Classes come in the same order from both: the
/// background alphabets, then the evaluation alphabets, each part by name; a class is named
/// `Alphabet/character01`.
///
/// - Source: Lake, Salakhutdinov and Tenenbaum, *Human-level concept learning through probabilistic
///   program induction* (2015).
public enum Omniglot {
  /// The two parts in which the author released the alphabets.
  public enum Part: String, Sendable, Hashable, CaseIterable {
    /// 30 alphabets, 964 characters.
    case background
    /// 20 alphabets, 659 characters.
    case evaluation
  }

  /// Reads the data set in whichever layout it is found.
  ///
  /// - Parameters:
  ///   - path: A folder with `index.json`, a folder with the parts (packed or unpacked), one
  ///     packed part, or one unpacked part.
  ///   - parts: The parts wanted; a part that is not there is an error only if none is.
  ///   - options: Size and inversion.
  ///   - workers: The threads to use at the same time.
  /// - Returns: The characters of the parts that were found.
  /// - Throws: `FileFailure` or ``DatasetError``.
  public static func load(
    from path: String, parts: [Part] = Part.allCases, options: LoadOptions = LoadOptions(),
    workers: Int = 4
  ) throws -> ImageSet {
    if FileManager.default.fileExists(atPath: path + "/index.json") {
      return try loadRepacked(from: path, parts: parts, options: options, workers: workers)
    }
    let sources = sources(in: path, parts: parts)
    guard !sources.isEmpty else {
      throw DatasetError.absent(
        name: "omniglot", searched: [path],
        advice: "expected index.json, or images_background and images_evaluation (folder or .zip)")
    }
    let sets = try concurrentMap(sources.count, workers: workers) { index in
      try loadOriginal(from: sources[index], options: options)
    }
    return sets.dropFirst().reduce(sets[0]) { $0.appending($1) }
  }

  /// Whether a folder holds Omniglot in one of its layouts.
  static func isPresent(in path: String) -> Bool {
    FileManager.default.fileExists(atPath: path + "/index.json")
      || !sources(in: path, parts: Part.allCases).isEmpty
  }

  /// The archives or folders of the original layout that are there.
  private static func sources(in path: String, parts: [Part]) -> [String] {
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    guard isFolder(path) else { return [path] }
    let found = parts.compactMap { part in
      ["/images_\(part.rawValue)", "/images_\(part.rawValue).zip"].map { path + $0 }
        .first { FileManager.default.fileExists(atPath: $0) }
    }
    guard found.isEmpty else { return found }
    return isUnpackedPart(path) ? [path] : []
  }

  /// Whether a folder looks like `Alphabet/character01`.
  private static func isUnpackedPart(_ path: String) -> Bool {
    let alphabets = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return alphabets.contains {
      FileManager.default.fileExists(atPath: "\(path)/\($0)/character01")
    }
  }
}
