import Datasets
import Foundation
import Images
import Testing

/// Pictures of the real data, where this machine has it.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["SWIFTLET_DATA"] != nil))
struct RealImagesTests {
  let catalog = DatasetCatalog()

  private func isHere(_ name: String) -> Bool {
    (try? catalog.entry(named: name)).flatMap { catalog.location(of: $0) } != nil
  }

  @Test(arguments: ["cifar10-test", "office-amazon", "office-dslr", "office-webcam"])
  func `pictures with classes are complete`(name: String) throws {
    guard isHere(name) else { return }
    let report = try catalog.check(name)
    #expect(report.verdict == .verified, "\(report)")
  }

  @Test(arguments: ["bccd", "cards", "indoor", "kangaroo", "voc100"])
  func `pictures with boxes are complete and their annotations sound`(name: String) throws {
    guard isHere(name) else { return }
    let report = try catalog.check(name)
    #expect(report.verdict == .verified, "\(report)")
    #expect(try catalog.detectionSet(name).problems.isEmpty)
  }

  @Test func `CIFAR-10 has 5,000 training images of each class`() throws {
    guard isHere("cifar10") else { return }
    let set = try catalog.load("cifar10")
    #expect(set.classNames == CIFAR.classNames)
    #expect((0..<10).allSatisfy { set.samples(ofClass: $0).count == 5000 })
    // The means of the published training images; these are JPEG copies of them.
    for (channel, mean) in [125.3, 123.0, 113.9].enumerated() {
      let sum = stride(from: channel, to: set.pixels.count, by: 3)
        .reduce(0) { $0 + Int(set.pixels[$1]) }
      #expect(abs(Double(sum) / Double(set.pixels.count / 3) - mean) < 0.5)
    }
  }

  @Test func `the domains of the office objects share their classes`() throws {
    guard isHere("office-amazon"),
      let folder = catalog.location(of: try catalog.entry(named: "office-amazon"))
    else { return }
    let domains = try DomainFolders(at: folder).domains
    #expect(domains.mapValues(\.count) == ["amazon": 766, "dslr": 126, "webcam": 237])
  }

  @Test(arguments: [
    ("bccd", ["train": 205, "val": 87, "test": 72]), ("cards", ["train": 100, "test": 40]),
  ])
  func `the published parts have their sizes`(name: String, parts: [String: Int]) throws {
    guard isHere(name) else { return }
    let set = try catalog.detectionSet(name)
    for (part, count) in parts { #expect(set.part(part).images.count == count) }
  }
}
