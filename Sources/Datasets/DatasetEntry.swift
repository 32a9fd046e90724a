import Foundation

/// A data set that is known by name.
public struct DatasetEntry: Sendable {
  /// A file of the public original.
  public struct Origin: Sendable {
    /// Where the file is published.
    public var url: URL
    /// Its size in bytes, or `nil` where its publisher states none.
    public var byteCount: Int?
    /// Its SHA-256 digest, or `nil` where its publisher states none; its content is counted then.
    public var sha256: String?

    /// The name it is kept under.
    public var fileName: String { url.lastPathComponent }
  }

  /// What the complete data set, or a known excerpt of it, holds.
  public struct Contents: Sendable, Hashable {
    /// The number of classes.
    public var classes: Int
    /// The number of images.
    public var images: Int
    /// The ``ImageSet/digest`` of the unchanged set, or `nil` where none has been taken.
    public var digest: String?
    /// The number of boxes, where there are some.
    public var objects: Int?
  }

  /// The name used in commands and recipes.
  public var name: String
  /// One sentence: what it is, how much, by whom.
  public var summary: String
  /// The folder it is looked for in, inside each of the search folders; `nil` where it is made on
  /// the spot.
  public var folder: String?
  /// Files or folders one of which is there where the data set is.
  public var marks: [String]
  /// Where the public original is; empty where it cannot be fetched.
  public var origins: [Origin]
  /// What it may hold.
  public var contents: [Contents]
  /// Reads it from its folder.
  let read: @Sendable (_ folder: String, _ options: LoadOptions) throws -> ImageSet
  /// Lists its files, where its images have various sizes.
  var files: (@Sendable (_ folder: String) throws -> ImageFiles)?
  /// Reads it from its folder, where it is a set of images with boxes.
  var boxes: (@Sendable (_ folder: String) throws -> DetectionSet)?
}

extension DatasetEntry {
  /// The data sets Swiftlet knows.
  public static var known: [DatasetEntry] {
    [omniglot] + idxSets + [glyphs, newAlphabet] + pictures + detection
  }

  private static var omniglot: DatasetEntry {
    let place = "https://raw.githubusercontent.com/brendenlake/omniglot/master/python/"
    return DatasetEntry(
      name: "omniglot",
      summary: "Handwritten characters of 50 alphabets, 1,623 x 20 images of 105 x 105, 0 is ink "
        + "(Lake, Salakhutdinov, Tenenbaum 2015; MIT license)",
      folder: "omniglot",
      marks: ["index.json"]
        + Omniglot.Part.allCases.flatMap { ["images_\($0).zip", "images_\($0)"] },
      origins: [
        origin(place + "images_background.zip", 9_464_212, nil),
        origin(place + "images_evaluation.zip", 6_462_886, nil),
      ].compactMap { $0 },
      contents: [
        Contents(classes: 1623, images: 32460, digest: nil),
        Contents(
          classes: 1305, images: 26100,
          digest: "834bfc2548d31090b840cc18db4c8fd27b33523a93b52a5350295dc62a950a1a"),
      ],
      read: { try Omniglot.load(from: $0, options: $1) })
  }

  private static var glyphs: DatasetEntry {
    DatasetEntry(
      name: "glyphs",
      summary: "Characters of invented alphabets, 1,000 x 20 images of 28 x 28, made on the spot "
        + "in the manner of Omniglot, 0 is ink",
      folder: nil, marks: [], origins: [],
      contents: [Contents(classes: 1000, images: 20000, digest: nil)],
      read: { _, options in
        let set = Glyphs(side: options.side ?? 28).imageSet(workers: 4)
        return options.isInverted ? set.inverted() : set
      })
  }

  private static var newAlphabet: DatasetEntry {
    DatasetEntry(
      name: "new-alphabet",
      summary: "Ten characters of one more invented alphabet, 20 images each, none of them in "
        + "glyphs",
      folder: nil, marks: [], origins: [],
      contents: [Contents(classes: 10, images: 200, digest: nil)],
      read: { _, options in
        let set = Glyphs(classes: 10, side: options.side ?? 28, seed: 2).imageSet(workers: 4)
        return options.isInverted ? set.inverted() : set
      })
  }

  static func origin(_ address: String, _ byteCount: Int?, _ sha256: String?) -> Origin? {
    URL(string: address).map { Origin(url: $0, byteCount: byteCount, sha256: sha256) }
  }
}
