import Datasets
import Foundation
import Randomness
import SwiftletTestSupport
import Testing
import Torch

@testable import UpdateRules

@Suite struct RuleTaskTests {
  /// Five classes of six images of 2 x 2, every pixel telling class and image.
  private var set: ImageSet {
    ImageSet(
      name: "numbered", height: 2, width: 2, channels: 1,
      classNames: (0..<5).map { "class \($0)" }, counts: [6, 6, 6, 6, 6],
      pixels: (0..<30).flatMap { [UInt8](repeating: UInt8($0 * 8), count: 4) })
  }

  private func image(_ value: Float) -> Int { Int((value * 255 / 8).rounded()) }

  @Test func `inputs and labels belong together, in every replica and batch`() throws {
    let table = ImageTable(set, scaling: .unit)
    let task = try RuleTask("numbered", table)
    var random = RandomSource(seed: 1)
    let episode = task.draw(replicas: 2, updates: 3, batch: 16, using: &random)
    #expect(episode.inputs.shape == [2, 4, 16, 4] && episode.targets.shape == [2, 4, 16, 5])
    let labels = episode.targets.argmax(along: 3).flattened().toInts()
    let images = episode.inputs[.rest, 0].flattened().toFloats().map(image)
    #expect(zip(labels, images).allSatisfy { $0 == $1 / 6 })
    #expect(Set(labels) == [0, 1, 2, 3, 4])
    #expect(episode.targets.sum(along: 3).toDoubles().allSatisfy { $0 == -3 })
  }

  @Test func `standardized pixels have mean 0 and deviation 1, by given statistics if wanted`()
    throws
  {
    let table = ImageTable(set, scaling: .standard)
    #expect(abs(table.values.mean().scalar()) < 1e-6)
    #expect(abs(table.values.variance(correction: 0).scalar() - 1) < 1e-5)
    let other = ImageTable(set, scaling: .standard, statistics: (0.5, 2))
    expectClose(
      other.values, (ImageTable(set, scaling: .unit).values - 0.5) / 2, relative: 1e-6,
      absolute: 1e-7)
  }

  @Test func `held-out images are others, and episodes of some classes keep queries apart`() throws
  {
    let table = ImageTable(set, scaling: .unit)
    var random = RandomSource(seed: 1)
    func images(_ episode: RuleEpisode, _ batches: Range<Int>) -> Set<Int> {
      Set(episode.inputs[.all, batches, .all, 0].flattened().toFloats().map(image))
    }
    let training = try RuleTask("n", table, part: .training, isWhole: false)
    let test = try RuleTask("n", table, part: .test, isWhole: false)
    let learned = images(training.draw(replicas: 1, updates: 9, batch: 32, using: &random), 0..<10)
    let asked = images(test.draw(replicas: 1, updates: 9, batch: 32, using: &random), 0..<10)
    #expect(learned.isDisjoint(with: asked) && !learned.isEmpty && !asked.isEmpty)
    let few = try RuleTask("n", table, classesPerEpisode: 3)
    let episode = few.draw(replicas: 1, updates: 9, batch: 32, using: &random)
    #expect(images(episode, 0..<9).isDisjoint(with: images(episode, 9..<10)))
    #expect(Set(images(episode, 0..<9).map { $0 / 6 }).count == 3)
    #expect(few.outputCount == 3 && few.chanceLevel == 1.0 / 3)
  }

  @Test func `pixels in another order are the same pixels, a projection is linear`() throws {
    var random = RandomSource(seed: 2)
    let pixels = (0..<(30 * 4)).map { _ in UInt8(random.index(below: 256)) }
    let noise = ImageSet(
      name: "noise", height: 2, width: 2, channels: 1, classNames: ["a", "b"], counts: [10, 20],
      pixels: pixels)
    let table = ImageTable(noise, scaling: .standard)
    let shuffled = table.rearranged(shuffles: true, projection: nil).values
    #expect(shuffled != table.values)
    for row in [0, 17] {
      #expect(shuffled[row].toFloats().sorted() == table.values[row].toFloats().sorted())
    }
    let small = table.rearranged(shuffles: false, projection: 3).values
    #expect(small.shape == [30, 3])
    let sum = table.values[0] + table.values[1]
    let matrix = table.values.leastSquares(small)
    expectClose(
      sum.expandingShape(at: 0).matmul(matrix)[0], small[0] + small[1], relative: 1e-3,
      absolute: 1e-3)
  }

  @Test func `too few classes are refused by name`() throws {
    let table = ImageTable(set, scaling: .unit)
    let error = #expect(throws: RuleError.self) {
      try RuleTask("n", table, part: .training, isWhole: false, classesPerEpisode: 4)
    }
    #expect(error?.description.contains("\"n\"") == true)
  }

  @Test func `problems of the plane have one output, or one per class`() throws {
    let single = try RuleTask(named: "xor")
    var options = RuleDataOptions()
    options.hasOutputPerClass = true
    let double = try RuleTask(named: "xor", options: options)
    #expect(single.outputCount == 1 && double.outputCount == 2)
    var (one, two) = (RandomSource(seed: 4), RandomSource(seed: 4))
    let first = single.draw(replicas: 1, updates: 1, batch: 8, using: &one).targets
    let second = double.draw(replicas: 1, updates: 1, batch: 8, using: &two).targets
    #expect(second[.rest, 1...1] == first && second[.rest, 0...0] == -first)
    #expect(try RuleTask(named: "blobs").outputCount == 5)
    #expect(throws: DatasetError.self) { try RuleTask(named: "nowhere") }
  }
}

/// The real data, where this machine has it.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["SWIFTLET_DATA"] != nil))
struct RuleRealDataTests {
  @Test func `digits cropped and resized, a subset of them, clothing, ten characters`() throws {
    var options = RuleDataOptions()
    options.imageSize = 10
    options.crop = 20
    let digits = try RuleTask(named: "mnist:0-4", options: options)
    #expect(digits.inputCount == 100 && digits.outputCount == 5)
    var random = RandomSource(seed: 1)
    let episode = digits.draw(replicas: 1, updates: 1, batch: 64, using: &random)
    // The middle of digits is darker ink than the whole picture: above the mean of all pixels.
    #expect(episode.inputs.reshaped(-1, 10, 10)[.all, 4...5, 4...5].mean().scalar() > 0)
    #expect(try RuleTask(named: "fashion-600", options: options).outputCount == 10)
    options.crop = nil
    options.imageSize = 14
    options.classesPerEpisode = 10
    let characters = try RuleTask(named: "omniglot", part: .test, options: options)
    #expect(characters.outputCount == 10 && characters.inputCount == 196)
    options.crop = 200
    #expect(throws: RuleError.self) { try RuleTask(named: "fashion-600", options: options) }
  }
}
