import Datasets
import FileFixtures
import Files
import Foundation
import Images
import Testing

@Suite struct LoaderTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func picture(_ value: Int, height: Int = 6, width: Int = 6, channels: Int = 1) -> Image {
    Image(
      height: height, width: width, channels: channels,
      pixels: (0..<height * width * channels).map { UInt8(truncatingIfNeeded: $0 + 10 * value) })
  }

  private func idx(_ shape: [Int], _ bytes: [UInt8]) -> [UInt8] {
    [0, 0, 8, UInt8(shape.count)]
      + shape.flatMap {
        [UInt8($0 >> 24), UInt8($0 >> 16 & 255), UInt8($0 >> 8 & 255), UInt8($0 & 255)]
      }
      + bytes
  }

  // MARK: Omniglot

  private let drawings = [
    ("Zulu/character01", 2), ("Alpha/character02", 1), ("Alpha/character01", 3),
  ]

  private func originalFiles(_ part: String) -> [(name: String, bytes: [UInt8])] {
    var files: [(name: String, bytes: [UInt8])] = []
    for (number, (character, count)) in drawings.enumerated() {
      // Last drawer first: the order of the files must not matter.
      for drawer in (1...count).reversed() {
        let bytes = [UInt8](picture(10 * number + drawer).encodedPNG())
        files.append(("images_\(part)/\(character)/000\(number)_0\(drawer).png", bytes))
      }
    }
    return files
  }

  @Test func `Omniglot is the same packed and unpacked, background before evaluation`() throws {
    try folder.write(zipped(originalFiles("background")), to: "packed/images_background.zip")
    try folder.write(zipped(originalFiles("evaluation")), to: "packed/images_evaluation.zip")
    for part in ["background", "evaluation"] {
      for (name, bytes) in originalFiles(part) { try folder.write(bytes, to: "unpacked/\(name)") }
    }
    let packed = try Omniglot.load(from: folder.path + "/packed")
    let unpacked = try Omniglot.load(from: folder.path + "/unpacked")
    #expect(packed.digest == unpacked.digest)
    let names = ["Alpha/character01", "Alpha/character02", "Zulu/character01"]
    #expect(packed.classNames == names + names)
    #expect((0..<6).map { packed.samples(ofClass: $0).count } == [3, 1, 2, 3, 1, 2])
    #expect(packed.image(1) == picture(22))
    let one = try Omniglot.load(from: folder.path + "/packed/images_evaluation.zip")
    #expect(one.classCount == 3)
    let part = try Omniglot.load(from: folder.path + "/packed", parts: [.background])
    #expect(part.classCount == 3)
    let inner = try Omniglot.load(from: folder.path + "/unpacked/images_background")
    #expect(inner.digest == part.digest)
  }

  @Test func `a broken picture in the archive is named`() throws {
    var files = originalFiles("background")
    files[2].bytes = Array("no picture".utf8)
    let path = try folder.write(zipped(files), to: "images_background.zip")
    let failure = #expect(throws: FileFailure.self) { try Omniglot.load(from: path) }
    #expect(failure?.path.hasSuffix(files[2].name) == true)
    #expect(throws: DatasetError.self) { try Omniglot.load(from: folder.path + "/none") }
    let empty = try folder.write(zipped([("readme.txt", [1])]), to: "empty.zip")
    #expect(throws: DatasetError.self) { try Omniglot.load(from: empty) }
  }

  private func repack(rows: Int = 4, firstRow: Int = 2) throws {
    let index = """
      {"height": 2, "width": 3, "drawers_per_character": 2, "alphabets": [
       {"alphabet": "Late", "original_split": "evaluation", "file": "late.gz", "rows": 2,
        "characters": [{"character": "character01", "first_row": 0}]},
       {"alphabet": "Early", "original_split": "background", "file": "early.gz", "rows": \(rows),
        "characters": [{"character": "character01", "first_row": 0},
                       {"character": "character02", "first_row": \(firstRow)}]}]}
      """
    try folder.write(Data(index.utf8), to: "index.json")
    try folder.write(gzipped(idx([2, 2, 3], Array(0..<12))), to: "late.gz")
    try folder.write(gzipped(idx([4, 2, 3], Array(100..<124))), to: "early.gz")
  }

  @Test func `the repacked layout is read by its index`() throws {
    try repack()
    let set = try Omniglot.load(from: folder.path)
    #expect(set.classNames == ["Early/character01", "Early/character02", "Late/character01"])
    #expect(set.pixels == Array(100..<124) + Array(0..<12))
    let inverted = try Omniglot.load(from: folder.path, options: LoadOptions(isInverted: true))
    #expect(inverted.pixels == set.pixels.map { 255 - $0 })
    let small = try Omniglot.load(from: folder.path, options: LoadOptions(side: 1))
    #expect(small.pixels[0] == 103 && small.count == 6)
  }

  @Test(arguments: [(5, 2), (4, 3), (4, -1)])
  func `an index that contradicts its files is refused`(rows: Int, firstRow: Int) throws {
    try repack(rows: rows, firstRow: firstRow)
    #expect(throws: DatasetError.self) { try Omniglot.load(from: folder.path) }
  }

  // MARK: IDX

  @Test func `IDX files are sorted by label, each class in the order of the file`() throws {
    let images = idx([5, 1, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    let labels = idx([5], [7, 0, 7, 2, 0])
    try folder.write(gzipped(images), to: "train-images-idx3-ubyte.gz")
    try folder.write(labels, to: "train-labels-idx1-ubyte")
    let set = try ImageSet.mnist(from: folder.path)
    #expect(set.classNames == ["0", "2", "7"])
    #expect(set.pixels == [3, 4, 9, 10, 7, 8, 1, 2, 5, 6])
    #expect((0..<5).map { set.label(ofSample: $0) } == [0, 0, 1, 2, 2])
    #expect(set.selecting(classes: [2, 0]).pixels == [1, 2, 5, 6, 3, 4, 9, 10])
  }

  @Test func `labels that do not fit the images are refused`() throws {
    let images = try folder.write(idx([2, 1, 2], [1, 2, 3, 4]), to: "images")
    let few = try folder.write(idx([1], [0]), to: "few")
    for (images, labels) in [(images, few), (few, few), (images, images)] {
      #expect(throws: DatasetError.self) {
        try ImageSet.idx(images: images, labels: labels, name: "x")
      }
    }
    let missing = #expect(throws: FileFailure.self) { try ImageSet.mnist(from: folder.path) }
    #expect(missing?.kind == .missing)
  }

  // MARK: Folders

  @Test func `a folder of class folders is read in order of names`() throws {
    for (name, value) in [("b/2.png", 4), ("b/1.png", 3), ("a/9.PNG", 1), ("unlabelled/u.png", 7)] {
      try folder.write(picture(value).encodedPNG(), to: name)
    }
    try folder.write(Data("junk".utf8), to: "a/.hidden")
    try folder.write(Data("read me".utf8), to: "notes.txt")
    let found = try ImageFolder(readingFrom: folder.path)
    #expect(found.images.classNames == ["a", "b"])
    #expect(found.files == ["a/9.PNG", "b/1.png", "b/2.png"])
    #expect(found.images.pixels == [1, 3, 4].flatMap { picture($0).pixels })
    #expect(found.unlabelled == [picture(7)] && found.unlabelledFiles == ["unlabelled/u.png"])
  }

  @Test func `sizes and colors are brought together where a size is asked for`() throws {
    try folder.write(picture(1, height: 4, width: 8, channels: 4).encodedPNG(), to: "a/1.png")
    try folder.write(picture(2).encodedPNG(), to: "b/1.png")
    let found = try ImageFolder(readingFrom: folder.path, options: LoadOptions(side: 3))
    #expect((found.images.height, found.images.width, found.images.channels) == (3, 3, 3))
    let error = #expect(throws: DatasetError.self) { try ImageFolder(readingFrom: folder.path) }
    #expect(
      error
        == .mixedSizes(
          path: folder.path + "/b/1.png", found: "6 x 6 x 3", expected: "4 x 8 x 3"))
  }

  @Test func `bad folders are refused with the place`() throws {
    func refusal() -> DatasetError? {
      #expect(throws: DatasetError.self) { try ImageFolder(readingFrom: folder.path) }
    }
    #expect(refusal() == .noClasses(path: folder.path))
    try folder.write(picture(1).encodedPNG(), to: "a/1.png")
    let empty = folder.path + "/b"
    try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
    #expect(refusal() == .emptyClass(path: empty))
    let text = try folder.write(Data("text".utf8), to: "b/notes.txt")
    #expect(refusal() == .notAnImage(path: text))
    try FileManager.default.removeItem(atPath: text)
    let broken = try folder.write(Data("text".utf8), to: "b/2.png")
    let failure = #expect(throws: FileFailure.self) { try ImageFolder(readingFrom: folder.path) }
    #expect(failure?.path == broken && failure?.kind == .malformed)
    let missing = #expect(throws: FileFailure.self) {
      try ImageFolder(readingFrom: folder.path + "/none")
    }
    #expect(missing?.kind == .missing)
  }

  @Test func `a class of one image loads, and the sampler names it`() throws {
    for name in ["a/1.png", "a/2.png", "lonely/1.png"] {
      try folder.write(picture(1).encodedPNG(), to: name)
    }
    let set = try ImageFolder(readingFrom: folder.path).images
    let error = #expect(throws: EpisodeError.self) {
      try EpisodeSampler(set, plan: EpisodePlan(ways: 2, shots: 1, queriesPerClass: 1))
    }
    #expect(error?.description.contains("class \"lonely\" has 1 image, an episode needs 2") == true)
  }
}

/// EMNIST in the layouts it is published and unpacked in.
@Suite struct EMNISTTests {
  /// Two 2x3 images of label 10 (A) and one of label 36 (a), stored column by column.
  private let images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 3] + Array(1...18)
  private let labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 3, 10, 36, 10]

  @Test func `images come out upright from the archive and from its files`() throws {
    let folder = try TemporaryFolder()
    let stem = "emnist-byclass-train-"
    let files = [
      (name: "gzip/\(stem)images-idx3-ubyte.gz", bytes: [UInt8](gzipped(images))),
      (name: "gzip/\(stem)labels-idx1-ubyte.gz", bytes: [UInt8](gzipped(labels))),
      (name: "gzip/emnist-letters-train-labels-idx1-ubyte.gz", bytes: [1, 2]),
    ]
    try folder.write(zipped(files), to: "packed/gzip.zip")
    for (name, bytes) in files { try folder.write(bytes, to: "unpacked/\(name)") }
    try folder.write(images, to: "plain/\(stem)images-idx3-ubyte")
    try folder.write(labels, to: "plain/\(stem)labels-idx1-ubyte")
    for layout in ["packed", "unpacked", "plain"] {
      let set = try EMNIST.load(from: "\(folder.path)/\(layout)")
      #expect(set.classNames == ["A", "a"])
      #expect((set.height, set.width) == (3, 2))
      #expect((0..<2).map { set.samples(ofClass: $0).count } == [2, 1])
      // 1 2 3 over 4 5 6 in the file are columns.
      #expect(set.image(0).pixels == [1, 4, 2, 5, 3, 6])
      #expect(set.image(2).pixels == [7, 10, 8, 11, 9, 12])
      let few = try EMNIST.load(from: "\(folder.path)/\(layout)", mostPerClass: 1)
      #expect(few.count == 2 && few.image(0).pixels == set.image(0).pixels)
    }
  }

  @Test func `a split that is not there names the file`() throws {
    let folder = try TemporaryFolder()
    try folder.write(zipped([(name: "gzip/other", bytes: [1])]), to: "gzip.zip")
    let failure = #expect(throws: FileFailure.self) {
      try EMNIST.load(from: folder.path, .balanced)
    }
    #expect(failure?.path.contains("emnist-balanced-train-images") == true)
    #expect(failure?.kind == .missing)
  }

  @Test func `KMNIST and Fashion-MNIST are known by name with the names of their classes`() throws {
    let folder = try TemporaryFolder()
    let digits: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 3, 0, 9, 9]
    for place in ["kmnist", "fashion-mnist"] {
      try folder.write(gzipped(images), to: "\(place)/train-images-idx3-ubyte.gz")
      try folder.write(gzipped(digits), to: "\(place)/train-labels-idx1-ubyte.gz")
    }
    let catalog = DatasetCatalog(environment: ["SWIFTLET_DATA": folder.path])
    #expect(try catalog.load("kmnist").classNames == ["o", "wo"])
    #expect(try catalog.load("fashion-mnist").classNames == ["T-shirt", "ankle boot"])
    for name in ["kmnist", "kmnist-test", "fashion-mnist-test", "emnist", "emnist-balanced"] {
      #expect(!(try catalog.entry(named: name)).origins.isEmpty)
    }
  }
}
