import Datasets
import FileFixtures
import Files
import Foundation
import Images
import Testing

@Suite struct DatasetCatalogTests {
  let folder: TemporaryFolder
  let catalog: DatasetCatalog

  init() throws {
    folder = try TemporaryFolder()
    catalog = DatasetCatalog(environment: [
      "SWIFTLET_DATA": folder.path + "/given", "XDG_DATA_HOME": folder.path + "/own",
      "HOME": "/none",
    ])
  }

  private func writeDigits(to place: String) throws {
    let images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 5, 6]
    try folder.write(images, to: place + "/train-images-idx3-ubyte")
    try folder.write(
      [0, 0, 8, 1, 0, 0, 0, 2, 0, 1] as [UInt8], to: place + "/train-labels-idx1-ubyte")
  }

  @Test func `the given folder is searched before the user's own`() throws {
    let entry = try catalog.entry(named: "mnist")
    #expect(catalog.location(of: entry) == nil)
    try writeDigits(to: "own/swiftlet/mnist")
    #expect(catalog.location(of: entry) == folder.path + "/own/swiftlet/mnist")
    try writeDigits(to: "given/mnist")
    #expect(catalog.location(of: entry) == folder.path + "/given/mnist")
    #expect(try catalog.load("mnist:1").pixels == [6])
    #expect(
      DatasetCatalog(environment: ["HOME": "/h"]).searchFolders == ["/h/.local/share/swiftlet"])
  }

  @Test func `unknown names and absent data sets say what to do`() {
    let unknown = #expect(throws: DatasetError.self) { try catalog.load("mnits") }
    #expect(unknown?.description.contains("omniglot, mnist") == true)
    let absent = #expect(throws: DatasetError.self) { try catalog.load("omniglot:0-3") }
    #expect(absent?.description.contains("SWIFTLET_DATA") == true)
    #expect(absent?.description.contains(folder.path + "/given") == true)
  }

  @Test func `a path is recognized by what it holds`() throws {
    try writeDigits(to: "digits")
    #expect(try catalog.load(folder.path + "/digits").classNames == ["0", "1"])
    let png = Image(height: 2, width: 2, filledWith: 3).encodedPNG()
    for name in ["x", "y", "z"] { try folder.write(png, to: "birds/\(name)/1.png") }
    #expect(try catalog.load(folder.path + "/birds:1-2").classNames == ["y", "z"])
    try folder.write(png, to: "letters/images_background/A/character01/0001_01.png")
    #expect(try catalog.load(folder.path + "/letters").classNames == ["A/character01"])
  }

  @Test func `a check compares counts`() throws {
    try writeDigits(to: "given/mnist")
    let report = try catalog.check("mnist")
    #expect(report.classes == 2 && report.images == 2)
    #expect(report.verdict == .unexpected("expected 10 classes and 60000 images"))
  }

  @Test func `glyphs need no files`() throws {
    let set = try catalog.load("glyphs:0-2", options: LoadOptions(side: 14, isInverted: true))
    #expect(set.classCount == 3 && set.count == 60 && set.height == 14)
    #expect(set.pixels == Glyphs(classes: 3, side: 14).imageSet().inverted().pixels)
  }
}

/// The real data, where this machine has it.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["SWIFTLET_DATA"] != nil))
struct RealDataTests {
  @Test(arguments: ["omniglot", "mnist", "mnist-test", "fashion-600"])
  func `a data set is complete`(name: String) throws {
    let catalog = DatasetCatalog()
    guard let entry = try? catalog.entry(named: name), catalog.location(of: entry) != nil else {
      return
    }
    let report = try catalog.check(name)
    #expect(report.verdict == .verified || report.verdict == .counted, "\(report)")
  }

  @Test func `Omniglot is 20 drawings of every character, a tenth or less of them ink`() throws {
    let catalog = DatasetCatalog()
    guard catalog.location(of: try catalog.entry(named: "omniglot")) != nil else { return }
    let set = try catalog.load("omniglot", options: LoadOptions(side: 28))
    #expect((0..<set.classCount).allSatisfy { set.samples(ofClass: $0).count == 20 })
    #expect(Set(set.classNames).count == set.classCount)
    let paper = set.pixels.reduce(0) { $0 + Int($1) } / set.pixels.count
    #expect((229...240).contains(paper))
  }
}
