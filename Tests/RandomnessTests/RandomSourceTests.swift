import Foundation
import Randomness
import Testing

@Suite struct RandomSourceTests {
  @Test func `the stream is the reference implementation's`() throws {
    // xoshiro256++ with state (1, 2, 3, 4), from the authors' C code.
    var random = try #require(RandomSource(words: [1, 2, 3, 4]))
    #expect(
      (0..<4).map { _ in random.next() } == [
        41_943_041, 58_720_359, 3_588_806_011_781_223, 3_591_011_842_654_386,
      ])
  }

  @Test func `a copy repeats and a split differs`() {
    var random = RandomSource(seed: 5)
    var copy = random
    #expect(random.next() == copy.next())
    var other = random.split()
    _ = copy.next()
    #expect(random == copy)
    #expect(other.next() != random.next())
  }

  @Test func `distinct indices are distinct and cover the range evenly`() {
    var random = RandomSource(seed: 1)
    var counts = [Int](repeating: 0, count: 10)
    for _ in 0..<3000 {
      let drawn = random.distinctIndices(3, below: 10)
      #expect(Set(drawn).count == 3)
      for index in drawn { counts[index] += 1 }
    }
    // Each index is drawn 900 times on average with standard deviation 25.
    #expect(counts.allSatisfy { abs($0 - 900) < 125 })
  }

  @Test func `normal draws have the asked mean and spread`() {
    var random = RandomSource(seed: 3)
    let draws = (0..<20_000).map { _ in random.normal(mean: 2, standardDeviation: 3) }
    let mean = draws.reduce(0, +) / 20_000
    let variance = draws.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 19_999
    #expect(abs(mean - 2) < 5 * 3 / 141.4)
    #expect(abs(variance - 9) < 5 * 9 * 0.01)
  }

  @Test func `a saved stream goes on where it was, and damaged words are refused`() throws {
    var random = RandomSource(seed: 6)
    _ = random.next()
    let data = try JSONEncoder().encode(random)
    var later = try JSONDecoder().decode(RandomSource.self, from: data)
    #expect(later == random)
    #expect(later.next() == random.next())
    for text in [#"{"state":[1,2,3]}"#, #"{"state":[0,0,0,0]}"#] {
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode(RandomSource.self, from: Data(text.utf8))
      }
    }
  }
}
