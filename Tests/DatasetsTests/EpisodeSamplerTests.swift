import Datasets
import Foundation
import Randomness
import Testing

@Suite struct EpisodeSamplerTests {
  let set = numberedSet(counts: [9, 12, 9, 30, 10, 9, 11])

  private func episodes(_ plan: EpisodePlan, count: Int = 300) throws -> [Episode] {
    var random = RandomSource(seed: 3)
    let sampler = try EpisodeSampler(set, plan: plan)
    return (0..<count).map { _ in sampler.episode(using: &random) }
  }

  private func labels(_ images: Episode.Images, _ label: Int) -> Int {
    images.labels.count { $0 == label }
  }

  @Test func `images, labels and numbers belong together and values are scaled`() throws {
    for episode in try episodes(EpisodePlan(ways: 5, shots: 2, queriesPerClass: 3), count: 50) {
      #expect(Set(episode.classes).count == 5)
      for images in [episode.support, episode.query] {
        #expect(images.values.count == images.count * 16)
        for (order, sample) in images.samples.enumerated() {
          let value = images.values[order * 16..<order * 16 + 16].map { ($0 + 1) * 128 }
          let number = sample - set.samples(ofClass: set.label(ofSample: sample)).lowerBound
          #expect(Int(value[0]) == set.label(ofSample: sample))
          #expect(Int(value[1]) == number && value[15] == 255)
          #expect(episode.classes[images.labels[order]] == set.label(ofSample: sample))
        }
      }
    }
  }

  @Test func `every class has its share, and no image is both support and query`() throws {
    for episode in try episodes(EpisodePlan(ways: 4, shots: 3, queriesPerClass: 6)) {
      for way in 0..<4 {
        #expect(labels(episode.support, way) == 3 && labels(episode.query, way) == 6)
      }
      #expect(Set(episode.support.samples + episode.query.samples).count == 4 * 9)
    }
  }

  @Test func `every class and every image has its turn`() throws {
    let drawn = try episodes(EpisodePlan(ways: 4, shots: 3, queriesPerClass: 6))
    #expect(Set(drawn.flatMap(\.support.samples)).count == set.count)
    #expect(Set(drawn.flatMap(\.query.samples)).count == set.count)
    // 300 draws of 4 from 7 classes: each is expected 171 times, with standard deviation 8.6.
    for index in 0..<7 {
      #expect((130...213).contains(drawn.count { $0.classes.contains(index) }))
    }
    let first = drawn.map { $0.support.labels[0] }
    for way in 0..<4 { #expect((40...112).contains(first.count { $0 == way })) }
  }

  @Test func `leaky draws meet in as many images as chance says`() throws {
    let plan = EpisodePlan(ways: 2, shots: 5, queriesPerClass: 5, drawing: .leaky)
    var random = RandomSource(seed: 3)
    let sampler = try EpisodeSampler(numberedSet(counts: [20, 20]), plan: plan)
    var shared = 0
    for _ in 0..<2000 {
      let episode = sampler.episode(using: &random)
      #expect(Set(episode.support.samples).count == 10 && Set(episode.query.samples).count == 10)
      shared += episode.query.samples.count { Set(episode.support.samples).contains($0) }
    }
    // Of 20,000 queries a quarter; the hypergeometric standard deviation is about 55.
    #expect((4750...5250).contains(shared))
  }

  @Test func `pooled draws are disjoint and leave the classes to chance`() throws {
    let plan = EpisodePlan(ways: 4, shots: 2, queriesPerClass: 3, drawing: .pooled)
    let drawn = try episodes(plan)
    for episode in drawn {
      #expect(episode.support.count == 8 && episode.query.count == 12)
      #expect(Set(episode.support.samples + episode.query.samples).count == 20)
    }
    #expect(Set(drawn.map { labels($0.support, 0) }).count > 3)
  }

  @Test(arguments: [EpisodePlan.Drawing.disjoint, .leaky])
  func `hidden labels are the number of ways, in the support alone`(
    drawing: EpisodePlan.Drawing
  ) throws {
    let plan = EpisodePlan(
      ways: 3, shots: 2, unlabelledPerClass: 4, queriesPerClass: 3, drawing: drawing)
    #expect(plan.supportCount == 18)
    for episode in try episodes(plan) {
      #expect(labels(episode.support, 3) == 12 && labels(episode.query, 3) == 0)
      for way in 0..<3 { #expect(labels(episode.support, way) == 2) }
      let hidden = zip(episode.support.samples, episode.support.labels).filter { $0.1 == 3 }
        .map { set.label(ofSample: $0.0) }
      for index in episode.classes { #expect(hidden.count { $0 == index } == 4) }
    }
  }

  @Test func `a batch is the same for every number of workers, and its episodes differ`() throws {
    let plan = EpisodePlan(ways: 3, shots: 1, queriesPerClass: 2)
    let sampler = try EpisodeSampler(set, plan: plan, augmentation: .omniglot)
    let batches = [1, 3, 8].map { workers in
      var random = RandomSource(seed: 9)
      return sampler.batch(of: 7, using: &random, workers: workers)
    }
    for batch in batches {
      #expect(batch.support.values == batches[0].support.values)
      #expect(batch.query.samples == batches[0].query.samples)
      #expect(batch.support.values.count == 7 * 3 * 16 && batch.classes.count == 21)
    }
    var random = RandomSource(seed: 9)
    var stream = random.split()
    let first = sampler.episode(using: &stream)
    #expect(Array(batches[0].query.values[..<(6 * 16)]) == first.query.values)
    let draws = (0..<7).map { number in Array(batches[0].query.samples[number * 6..<number * 6 + 6])
    }
    #expect(Set(draws).count > 5)
  }

  @Test func `impossible plans are refused with what is there and what is needed`() {
    func refusal(_ plan: EpisodePlan, _ augmentation: EpisodeAugmentation = .none) -> EpisodeError?
    {
      #expect(throws: EpisodeError.self) {
        try EpisodeSampler(set, plan: plan, augmentation: augmentation)
      }
    }
    #expect(
      refusal(EpisodePlan(ways: 8, shots: 1, queriesPerClass: 1))
        == .tooFewClasses(set: "numbered", have: 7, need: 8))
    #expect(
      refusal(EpisodePlan(ways: 2, shots: 5, unlabelledPerClass: 3, queriesPerClass: 2))
        == .tooFewImages(set: "numbered", className: "class 0", have: 9, need: 10, others: 2))
    #expect(refusal(EpisodePlan(ways: 0, shots: 1, queriesPerClass: 1)) != nil)
    #expect(refusal(EpisodePlan(ways: 2, shots: 0, queriesPerClass: 1)) != nil)
    #expect(refusal(EpisodePlan(ways: 2, shots: 1, queriesPerClass: -1)) != nil)
    var colored = EpisodeAugmentation()
    colored.color = ColorAugmentation()
    #expect(refusal(EpisodePlan(ways: 2, shots: 1, queriesPerClass: 1), colored) != nil)
  }
}
