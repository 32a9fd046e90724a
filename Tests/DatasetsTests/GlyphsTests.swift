import Datasets
import Foundation
import Randomness
import Testing

@Suite struct GlyphsTests {
  let set = Glyphs(classes: 200, seed: 5).imageSet(workers: 4)

  /// Ink from 0 to 1, image by image.
  private var ink: [[Float]] {
    (0..<set.count).map { sample in
      set.pixels[sample * 784..<(sample + 1) * 784].map { 1 - Float($0) / 255 }
    }
  }

  @Test func `the same seed gives the same bytes, another seed others`() {
    #expect(
      Glyphs(classes: 60, drawers: 3, seed: 7).imageSet().digest
        == "8d9e983a2dd73ca67f49147085aea9366cc192402b33b54e52d938d588fae394")
    #expect(
      Glyphs(classes: 5, seed: 1).imageSet().pixels != Glyphs(classes: 5, seed: 2).imageSet().pixels
    )
  }

  @Test func `workers change nothing, and more classes begin with the same`() {
    let few = Glyphs(classes: 40, seed: 5).imageSet()
    #expect(few.pixels == Array(set.pixels[..<few.pixels.count]))
    #expect(few.classNames == Array(set.classNames[..<40]))
    #expect(Set(set.classNames).count == 200)
  }

  @Test func `both sizes show the same drawing`() {
    let small = Glyphs(classes: 5, drawers: 2, seed: 3).imageSet()
    let large = Glyphs(classes: 5, drawers: 2, side: 105, seed: 3).imageSet()
    #expect(large.pixels.allSatisfy { $0 == 0 || $0 == 255 })
    let shrunk = large.resized(height: 28, width: 28)
    let difference = zip(small.pixels, shrunk.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    #expect(Double(difference) / Double(small.pixels.count) < 6)
  }

  /// Omniglot at 28 x 28 has ink on 8.1 % of the paper, boxes of 16.4 x 15.3 pixels, sizes that
  /// differ within a class by 2.05, and centers that differ by 1.3.
  @Test func `ink, size and variation are those of Omniglot`() {
    let ink = ink
    let mean = ink.reduce(0) { $0 + $1.reduce(0, +) / 784 } / Float(ink.count)
    #expect(mean > 0.065 && mean < 0.095)
    let boxes = ink.map { image in
      let rows = (0..<28).filter { row in (0..<28).contains { image[row * 28 + $0] > 0.15 } }
      let columns = (0..<28).filter { side in (0..<28).contains { image[$0 * 28 + side] > 0.15 } }
      return (
        height: Double((rows.last ?? 0) - (rows.first ?? 0) + 1),
        width: Double((columns.last ?? 0) - (columns.first ?? 0) + 1),
        middle: Double((rows.last ?? 0) + (rows.first ?? 0)) / 2 + 0.5
      )
    }
    let height = boxes.reduce(0) { $0 + $1.height } / Double(boxes.count)
    let width = boxes.reduce(0) { $0 + $1.width } / Double(boxes.count)
    #expect((14.5...18.5).contains(height) && (13.5...18).contains(width))
    func spreadWithinClasses(_ value: (Int) -> Double) -> Double {
      let sum = (0..<200).reduce(0) { sum, index in
        let values = set.samples(ofClass: index).map(value)
        let mean = values.reduce(0, +) / 20
        return sum + (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20).squareRoot()
      }
      return sum / 200
    }
    #expect((1.5...2.7).contains(spreadWithinClasses { boxes[$0].height }))
    #expect((0.9...1.7).contains(spreadWithinClasses { boxes[$0].middle }))
  }

  /// Nearest neighbor by pixels finds 45 % on Omniglot, 5-way 1-shot; chance is 20 %.
  @Test func `characters are as hard to tell apart by pixels as those of Omniglot`() throws {
    let sampler = try EpisodeSampler(set, plan: EpisodePlan(ways: 5, shots: 1, queriesPerClass: 2))
    var random = RandomSource(seed: 1)
    var right = 0
    for _ in 0..<300 {
      let episode = sampler.episode(using: &random)
      for query in 0..<10 {
        let distances = (0..<5).map { shot in
          (0..<784).reduce(Float(0)) { sum, place in
            let difference =
              episode.query.values[query * 784 + place] - episode.support.values[shot * 784 + place]
            return sum + difference * difference
          }
        }
        let nearest = (0..<5).min { distances[$0] < distances[$1] } ?? 0
        right += episode.support.labels[nearest] == episode.query.labels[query] ? 1 : 0
      }
    }
    #expect((0.38...0.58).contains(Double(right) / 3000))
  }
}
