import Datasets
import Foundation
import Images
import Randomness
import Testing

@Suite struct EpisodeAugmentationTests {
  private let plan = EpisodePlan(ways: 3, shots: 2, unlabelledPerClass: 1, queriesPerClass: 3)

  /// The turn that brings the stored image to what was drawn.
  private func turn(_ values: ArraySlice<Float>, _ set: ImageSet, _ sample: Int) -> Int? {
    let pixels = values.map { UInt8(($0 + 1) * 128) }
    return (0..<4).first { set.image(sample).rotated(quarterTurns: $0).pixels == pixels }
  }

  @Test func `quarter turns are shared by a class's support and queries, and all occur`() throws {
    let set = numberedSet(counts: [8, 8, 8, 8])
    let sampler = try EpisodeSampler(set, plan: plan, augmentation: .omniglot)
    var random = RandomSource(seed: 1)
    var turns: [Int] = []
    for _ in 0..<200 {
      let episode = sampler.episode(using: &random)
      var ofClass: [Int: Set<Int?>] = [:]
      for images in [episode.support, episode.query] {
        for (order, sample) in images.samples.enumerated() {
          let found = turn(images.values[order * 16..<order * 16 + 16], set, sample)
          #expect(found != nil)
          ofClass[set.label(ofSample: sample), default: []].insert(found)
        }
      }
      #expect(ofClass.values.allSatisfy { $0.count == 1 })
      turns += ofClass.values.compactMap { $0.first ?? nil }
    }
    for quarter in 0..<4 { #expect((110...190).contains(turns.count { $0 == quarter })) }
  }

  @Test func `one turn for all classes where they do not vary for themselves`() throws {
    var augmentation = EpisodeAugmentation.omniglot
    augmentation.perClass = false
    let set = numberedSet(counts: [8, 8, 8])
    let sampler = try EpisodeSampler(set, plan: plan, augmentation: augmentation)
    var random = RandomSource(seed: 1)
    var seen: Set<Int?> = []
    for _ in 0..<30 {
      let query = sampler.episode(using: &random).query
      let turns = query.samples.enumerated().map { order, sample in
        turn(query.values[order * 16..<order * 16 + 16], set, sample)
      }
      #expect(Set(turns).count == 1)
      seen.formUnion(turns)
    }
    #expect(seen.count == 4)
  }

  /// Draws one image of a set of one image per role, with one variation certain.
  private func drawn(
    _ image: Image, seed: UInt64 = 4, _ change: (inout EpisodeAugmentation) -> Void
  ) throws -> [Float] {
    let set = ImageSet(
      name: "one", height: image.height, width: image.width, channels: image.channels,
      classNames: ["a"], counts: [1], pixels: image.pixels)
    var augmentation = EpisodeAugmentation()
    change(&augmentation)
    let sampler = try EpisodeSampler(
      set, plan: EpisodePlan(ways: 1, shots: 1, queriesPerClass: 0), augmentation: augmentation)
    var random = RandomSource(seed: seed)
    return sampler.episode(using: &random).support.values.map { ($0 + 1) * 128 }
  }

  private var blot: Image {
    var image = Image(height: 9, width: 9, filledWith: 200)
    for row in 3..<6 { for column in 2..<5 { image[row, column] = UInt8(10 * row + column) } }
    return image
  }

  @Test func `negation is 255 minus the value`() throws {
    let values = try drawn(blot) { $0.negationProbability = 1 }
    #expect(values == blot.pixels.map { 255 - Float($0) })
  }

  @Test func `rolling keeps every value and moves by at most 0.3 of the side`() throws {
    var moves: Set<[Float]> = []
    for seed in 0..<20 as Range<UInt64> {
      let values = try drawn(blot, seed: seed) { $0.rollProbability = 1 }
      #expect(values.sorted() == blot.pixels.map { Float($0) }.sorted())
      let place = try #require(values.firstIndex(of: 43))
      let (down, right) = (place / 9 - 4, place % 9 - 3)
      #expect(min(abs(down), 9 - abs(down)) <= 3 && min(abs(right), 9 - abs(right)) <= 3)
      moves.insert(values)
    }
    #expect(moves.count > 5)
  }

  @Test func `reduction keeps the ground and shrinks the blot about the middle`() throws {
    var image = Image(height: 21, width: 21, filledWith: 200)
    for row in 5..<16 { for column in 5..<16 { image[row, column] = 0 } }
    let values = try drawn(image) { $0.reductionProbability = 1 }
    let ink = values.reduce(0) { $0 + (200 - $1) } / 200
    // 121 pixels times the square of a scale from 0.7 to 1; edges are blurred by less than 3 %.
    #expect(ink > 121 * 0.49 * 0.97 && ink < 121)
    let center = values.enumerated().reduce(0) { $0 + Float($1.offset / 21) * (200 - $1.element) }
    #expect(abs(center / (200 * ink) - 10) < 1e-3)
    #expect(values[0] == 200 && values[220] == 0)
  }

  @Test func `rotation about the middle keeps a disc`() throws {
    var image = Image(height: 31, width: 31, filledWith: 255)
    for row in 0..<31 {
      for column in 0..<31 where (row - 15) * (row - 15) + (column - 15) * (column - 15) < 100 {
        image[row, column] = 0
      }
    }
    let values = try drawn(image) { $0.rotationProbability = 1 }
    let difference = zip(values, image.pixels).reduce(0) { $0 + abs($1.0 - Float($1.1)) }
    // Only the rim of some 63 pixels can change.
    #expect(difference > 0 && difference < 255 * 30)
  }

  @Test func `contrast and smoothing fill the range 0 to 255 and keep the order of values`() throws
  {
    let stretched = try drawn(blot) { $0.contrastProbability = 1 }
    #expect(abs((stretched.min() ?? 1) - 0) < 1e-3 && abs((stretched.max() ?? 0) - 255) < 1e-3)
    let order = blot.pixels.indices.sorted { blot.pixels[$0] < blot.pixels[$1] }
    for (lower, higher) in zip(order, order.dropFirst()) {
      #expect(stretched[lower] <= stretched[higher] + 1e-3)
    }
    var dot = Image(height: 9, width: 9, filledWith: 0)
    dot[4, 4] = 90
    let smooth = try drawn(dot) { $0.smoothingProbability = 1 }
    for index in smooth.indices {
      let isNear = abs(index / 9 - 4) <= 1 && abs(index % 9 - 4) <= 1
      #expect(abs(smooth[index] - (isNear ? 255 : 0)) < 1e-3)
    }
  }

  @Test func `a probability of one half happens half of the time`() throws {
    let plain = blot.pixels.map { Float($0) }
    let changed = try (0..<400 as Range<UInt64>).count { seed in
      try drawn(blot, seed: seed) { $0.negationProbability = 0.5 } != plain
    }
    // 200 with standard deviation 10.
    #expect((155...245).contains(changed))
  }

  @Test func `color variation without room is only a flip`() throws {
    var recipe = ColorAugmentation()
    recipe.hueLimit = 0
    recipe.brightnessLimit = 0
    recipe.contrast = 1...1
    recipe.smallestCrop = 1
    let pixels = (0..<6 * 6 * 3).map { UInt8(truncatingIfNeeded: $0 * 53) }
    let image = Image(height: 6, width: 6, channels: 3, pixels: pixels)
    // Planes of channels, as drawn.
    func planes(_ flipped: Bool) -> [Float] {
      (0..<3).flatMap { channel in
        (0..<36).map { place in
          Float(image[place / 6, flipped ? 5 - place % 6 : place % 6, channel])
        }
      }
    }
    func distance(_ left: [Float], _ right: [Float]) -> Float {
      zip(left, right).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }
    let flips = try (0..<100 as Range<UInt64>).count { seed in
      let values = try drawn(image, seed: seed) { $0.color = recipe }
      let isFlipped = distance(values, planes(true)) < 1e-2
      #expect(isFlipped || distance(values, planes(false)) < 1e-2)
      return isFlipped
    }
    #expect((25...75).contains(flips))
  }

  @Test func `a shift of the hue leaves gray alone and keeps the lightest and darkest channel`()
    throws
  {
    var recipe = ColorAugmentation()
    recipe.brightnessLimit = 0
    recipe.contrast = 1...1
    recipe.smallestCrop = 1
    let red = Image(
      height: 2, width: 2, channels: 3,
      pixels: [200, 40, 40, 90, 90, 90, 200, 40, 40, 90, 90, 90])
    let values = try drawn(red) { $0.color = recipe }
    for pixel in 0..<4 {
      let colors = [values[pixel], values[4 + pixel], values[8 + pixel]].sorted()
      let isGray = abs(colors[0] - 90) < 1e-2 && abs(colors[2] - 90) < 1e-2
      #expect(isGray || (abs(colors[0] - 40) < 1e-2 && abs(colors[2] - 200) < 1e-2))
    }
    // A fifth of the circle at most: red stays the lightest only up to a sixth.
    #expect(values != [200, 90, 200, 90, 40, 90, 40, 90, 40, 90, 40, 90])
  }
}
