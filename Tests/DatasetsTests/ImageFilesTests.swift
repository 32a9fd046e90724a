import Datasets
import FileFixtures
import Files
import Foundation
import Images
import Testing

@Suite struct ImageFilesTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func picture(_ value: UInt8, height: Int = 4, width: Int = 5) -> Image {
    Image(height: height, width: width, channels: 3, filledWith: value)
  }

  private var files: [(name: String, bytes: [UInt8])] {
    [
      ("set/train/dog/2.jpg", [UInt8](picture(40).encodedJPEG(quality: 100))),
      ("set/train/cat/b.png", [UInt8](picture(20).encodedPNG())),
      ("set/train/cat/a.png", [UInt8](picture(10, height: 7).encodedPNG())),
      ("set/test/dog/1.JPEG", [UInt8](picture(30).encodedJPEG(quality: 100))),
      ("set/readme", [1, 2, 3]), ("set/.hidden/x.png", [0]),
    ].filter { $0.name != "set/readme" }
  }

  @Test func `a folder, a tar and a compressed tar give the same images`() throws {
    for (name, bytes) in files { try folder.write(bytes, to: "plain/\(name)") }
    try folder.write(tarred(files), to: "packed.tar")
    try folder.write(gzipped(tarred(files)), to: "packed.tar.gz")
    let sets = try ["plain", "packed.tar", "packed.tar.gz"]
      .map { try ImageFiles(at: "\(folder.path)/\($0)") }
    for set in sets {
      #expect(set.classNames == ["cat", "dog"])
      #expect(set.labels == [0, 0, 1, 1])
      let values = try (0..<4).map { try set.sample($0).decoded().pixels[0] }
      #expect(values == [10, 20, 30, 40])
      #expect(try set.digest() == sets[0].digest())
    }
    let train = sets[1].inside("set/train")
    #expect(train.count == 3 && train.labels == [0, 0, 1])
    #expect(sets[1].inside("set/test").classNames == ["dog"])
  }

  @Test func `images of various sizes become one set at a size`() throws {
    try folder.write(tarred(files), to: "packed.tar")
    let set = try ImageFiles(at: folder.path + "/packed.tar")
    let error = #expect(throws: DatasetError.self) { try set.decoded() }
    #expect(error?.description.contains("7 x 5 x 3") == true)
    let decoded = try set.decoded(options: LoadOptions(side: 2))
    #expect(decoded.pixels.count == 4 * 12 && decoded.pixels[0] == 10)
  }

  @Test func `what is no image or no class is named`() throws {
    try folder.write([1, 2], to: "odd/cat/notes.txt")
    #expect(throws: DatasetError.notAnImage(path: folder.path + "/odd/cat/notes.txt")) {
      try ImageFiles(at: folder.path + "/odd")
    }
    try folder.write([1, 2], to: "flat/a.png")
    #expect(throws: DatasetError.noClasses(path: folder.path + "/flat")) {
      try ImageFiles(at: folder.path + "/flat")
    }
    let missing = #expect(throws: FileFailure.self) {
      try ImageFiles(at: folder.path + "/none.tar")
    }
    #expect(missing?.kind == .missing)
  }

  @Test func `domains have the same classes or say which differ`() throws {
    for domain in ["web", "shop"] {
      for name in ["bike", "mug"] {
        try folder.write(picture(1).encodedPNG(), to: "office/\(domain)/\(name)/1.png")
      }
    }
    let domains = try DomainFolders(at: folder.path + "/office").domains
    #expect(domains.keys.sorted() == ["shop", "web"])
    #expect(domains["web"]?.classNames == ["bike", "mug"])
    try folder.write(picture(1).encodedPNG(), to: "office/web/pen/1.png")
    let error = #expect(throws: DatasetError.self) {
      try DomainFolders(at: folder.path + "/office")
    }
    #expect(error?.description.contains("pen") == true)
  }

  @Test func `a split keeps the shares of every class and depends on its seed alone`() throws {
    let set = ImageSet(
      name: "x", height: 1, width: 1, channels: 1, classNames: ["a", "b", "c"],
      counts: [100, 40, 10], pixels: [UInt8](repeating: 0, count: 150))
    let split = SampleSplit(of: set, validation: 0.1, test: 0.2, seed: 4)
    #expect((split.training + split.validation + split.test).sorted() == Array(0..<150))
    func shares(_ samples: [Int]) -> [Int] {
      (0..<3).map { label in samples.count { set.label(ofSample: $0) == label } }
    }
    #expect(shares(split.validation) == [10, 4, 1] && shares(split.test) == [20, 8, 2])
    #expect(SampleSplit(of: set, validation: 0.1, test: 0.2, seed: 4) == split)
    #expect(SampleSplit(of: set, validation: 0.1, test: 0.2, seed: 5) != split)
  }

  @Test func `a sample sheet shows every class with its name`() throws {
    for (name, bytes) in files { try folder.write(bytes, to: "plain/\(name)") }
    let sheet = try ImageFiles(at: folder.path + "/plain")
      .sampleGrid(count: 4, side: 32, columns: 2)
    #expect(sheet.channels == 3 && sheet.height > 2 * 32 && sheet.width > 2 * 25)
    for value in [10, 20, 30, 40] as [UInt8] { #expect(sheet.pixels.contains(value)) }
  }
}
