import Datasets
import Randomness
import SwiftletTestSupport
import Testing
import Torch

@testable import HyperTransformer

@Suite struct SequenceSamplerTests {
  /// Every image is of one value that tells its set, class and drawer apart.
  private static func set(_ name: String, classes: Int, drawers: Int, first: Int) -> ImageSet {
    ImageSet(
      name: name, height: 2, width: 2, channels: 1, classNames: (0..<classes).map { "\($0)" },
      counts: [Int](repeating: drawers, count: classes),
      pixels: (0..<classes * drawers).flatMap { image in
        [UInt8](repeating: UInt8(first + image), count: 4)
      })
  }

  /// The numbers of the images of one sequence.
  private func numbers(_ images: Tensor, _ sequence: Int) -> [Int] {
    images.slice(at: sequence, along: 1).slice(at: 0, along: -1).slice(at: 0, along: -1)
      .flattened().toDoubles().map { Int((($0 + 1) * 128).rounded()) }
  }

  @Test func `tasks have classes of their own, and no query is a support image`() throws {
    let set = Self.set("a", classes: 12, drawers: 5, first: 0)
    let plan = SequencePlan(tasks: 4, ways: 3, shots: 2, queriesPerClass: 3)
    let sampler = try SequenceSampler([set], plan: plan)
    var random = RandomSource(seed: 1)
    let batch = sampler.batch(of: 3, using: &random)
    #expect(batch.sequenceCount == 3 && batch.supports.count == 4)
    for sequence in 0..<3 {
      var classes: [[Int: Int]] = []  // the label of every class, per task
      var seen: Set<Int> = []
      for task in 0..<4 {
        let support = batch.supports[task]
        let images = numbers(support.images, sequence)
        let labels = support.labels[sequence].toInts()
        #expect(labels.sorted() == [0, 0, 1, 1, 2, 2])
        classes.append(Dictionary(zip(images.map { $0 / 5 }, labels)) { $1 })
        #expect(classes[task].count == 3)
        let query = batch.queries(ofTasks: [task])
        let asked = numbers(query.images, sequence)
        let expected = query.labels[sequence].toInts()
        #expect(asked.count == 9)
        for (image, label) in zip(asked, expected) {
          #expect(classes[task][image / 5] == label)
        }
        #expect(Set(asked + images).count == 15)
        seen.formUnion(classes[task].keys)
      }
      #expect(seen.count == 12)
    }
  }

  @Test func `the queries of some tasks are parts of all queries`() throws {
    let set = Self.set("a", classes: 12, drawers: 5, first: 0)
    let plan = SequencePlan(tasks: 4, ways: 3, shots: 2, queriesPerClass: 2)
    var random = RandomSource(seed: 2)
    let batch = try SequenceSampler([set], plan: plan).batch(of: 2, using: &random)
    let some = batch.queries(ofTasks: [1, 3])
    let parts = [batch.queries(ofTasks: [1]), batch.queries(ofTasks: [3])]
    #expect(some.images == Tensor(concatenating: parts.map(\.images), along: 0))
    #expect(some.labels == Tensor(concatenating: parts.map(\.labels), along: 1))
    #expect(batch.queries(ofTasks: [0, 1, 2, 3]).images == batch.query.images)
  }

  @Test func `the tasks of several sets take turns`() throws {
    let sets = [
      Self.set("a", classes: 10, drawers: 4, first: 0),
      Self.set("b", classes: 10, drawers: 4, first: 100),
    ]
    let plan = SequencePlan(tasks: 5, ways: 3, shots: 1, queriesPerClass: 1)
    var random = RandomSource(seed: 3)
    let batch = try SequenceSampler(sets, plan: plan).batch(of: 2, using: &random)
    for task in 0..<5 {
      for sequence in 0..<2 {
        let images = numbers(batch.supports[task].images, sequence)
        #expect(images.allSatisfy { ($0 >= 100) == (task % 2 == 1) }, "\(task): \(images)")
      }
    }
  }

  @Test func `pieces have the same classes, other images and common queries`() throws {
    let set = Self.set("a", classes: 6, drawers: 8, first: 0)
    let plan = SequencePlan(
      scenario: .miniBatch, tasks: 3, ways: 4, shots: 2, queriesPerClass: 2)
    var random = RandomSource(seed: 4)
    let batch = try SequenceSampler([set], plan: plan).batch(of: 1, using: &random)
    var all: [Int] = []
    var classes: Set<[Int: Int]> = []
    for support in batch.supports {
      let images = numbers(support.images, 0)
      all += images
      classes.insert(Dictionary(zip(images.map { $0 / 8 }, support.labels[0].toInts())) { $1 })
      #expect(support.labels[0].toInts().sorted() == [0, 0, 1, 1, 2, 2, 3, 3])
    }
    #expect(classes.count == 1)
    #expect(batch.query.labels.shape == [1, 8])
    #expect(Set(all + numbers(batch.query.images, 0)).count == 24 + 8)
  }

  @Test func `the same seed draws the same sequences`() throws {
    let set = Self.set("a", classes: 12, drawers: 5, first: 0)
    let sampler = try SequenceSampler([set], plan: SequencePlan(tasks: 2, queriesPerClass: 2))
    func drawn(_ seed: UInt64) -> [Double] {
      var random = RandomSource(seed: seed)
      return sampler.batch(of: 2, using: &random).query.images.flattened().toDoubles()
    }
    #expect(drawn(1) == drawn(1))
    #expect(drawn(1) != drawn(2))
  }

  @Test func `sequences that cannot be drawn are refused with the reason`() {
    let small = Self.set("small", classes: 9, drawers: 4, first: 0)
    #expect(throws: EpisodeError.tooFewClasses(set: "small", have: 9, need: 10)) {
      try SequenceSampler([small], plan: SequencePlan(tasks: 2, queriesPerClass: 1))
    }
    let large = ImageSet(
      name: "large", height: 3, width: 2, channels: 1, classNames: ["x"], counts: [1],
      pixels: [UInt8](repeating: 0, count: 6))
    #expect {
      try SequenceSampler([small, large], plan: SequencePlan(tasks: 2, ways: 1))
    } throws: {
      "\($0)".contains("data set \"large\" has images of 3 x 2")
    }
    #expect {
      try SequenceSampler([small, small], plan: SequencePlan(scenario: .miniBatch))
    } throws: {
      "\($0)".contains("pieces of one task come from one data set, not 2")
    }
  }
}
