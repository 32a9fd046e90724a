import Datasets
import Foundation
import Randomness
import Testing

@Suite struct PlaneTaskTests {
  private func sample(_ task: PlaneTask, _ count: Int = 20000) -> PlaneSample {
    var random = RandomSource(seed: 11)
    return task.sample(count, using: &random)
  }

  @Test(arguments: PlaneTask.allCases.filter { $0.chanceLevel != nil })
  func `the most frequent class is as frequent as the chance level says`(_ task: PlaneTask) throws {
    let targets = sample(task).targets
    let counts = Dictionary(grouping: targets) { $0 }.mapValues(\.count)
    let share = Double(counts.values.max() ?? 0) / Double(targets.count)
    let expected = try #require(task.chanceLevel)
    // Three standard errors of 20,000 draws, plus what a maximum over classes adds.
    #expect(abs(share - expected) < 0.016, "\(task): \(share), expected \(expected)")
  }

  @Test func `the corners of the square lie in their classes`() {
    // Each point with what the definition says of it.
    let random = sample(.and)
    for index in 0..<random.count {
      let (x, y) = (random.points[2 * index], random.points[2 * index + 1])
      #expect((x > 0 && y > 0) == (random.targets[index] == 1))
      #expect(abs(x) <= 1 && abs(y) <= 1)
    }
    let xor = sample(.xor)
    let nxor = sample(.nxor)
    #expect(xor.points == nxor.points)
    #expect(zip(xor.targets, nxor.targets).allSatisfy { $0 == -$1 })
    let circle = sample(.circle)
    for index in 0..<circle.count {
      let (x, y) = (Double(circle.points[2 * index]), Double(circle.points[2 * index + 1]))
      let radius = (x * x + y * y).squareRoot()
      if abs(radius - 0.6) > 1e-4 { #expect((radius < 0.6) == (circle.targets[index] == 1)) }
    }
  }

  @Test func `moons fill the square and have the noise they should`() {
    let moons = sample(.moons)
    // Undoing the scaling, the first moon lies about the unit half circle.
    var squares = 0.0
    var count = 0.0
    for index in 0..<moons.count where moons.targets[index] == -1 {
      let x = (Double(moons.points[2 * index]) + 1) * 1.5 - 1
      let y = (Double(moons.points[2 * index + 1]) + 1) * 0.75 - 0.5
      let error = (x * x + y * y).squareRoot() - 1
      squares += error * error
      count += 1
    }
    #expect(abs((squares / count).squareRoot() - 0.1) < 0.01)
  }

  @Test func `classes from 0, real targets and shapes that are drawn`() {
    #expect(Set(sample(.blobs, 500).targets) == [0, 1, 2, 3, 4])
    #expect(Set(sample(.rings, 500).targets) == [0, 1, 2, 3])
    #expect(sample(.sine, 500).targets.allSatisfy { abs($0) <= 10 })
    var random = RandomSource(seed: 1)
    let shape = PlaneTask.randomCircle.shape(using: &random)
    let one = PlaneTask.randomCircle.sample(400, of: shape, using: &random)
    let share = Double(one.targets.count { $0 == 1 }) / 400
    #expect(share < 0.4)
    #expect(PlaneTask(rawValue: "small-circle") == .smallCircle)
  }

  @Test func `the middle of images`() {
    let pixels = (0..<UInt8(2 * 4 * 5)).map { $0 }
    let set = ImageSet(
      name: "t", height: 4, width: 5, channels: 1, classNames: ["a"], counts: [2], pixels: pixels)
    let middle = set.centerCropped(height: 2, width: 2)
    #expect(middle.pixels == [6, 7, 11, 12, 26, 27, 31, 32])
    #expect(set.centerCropped(height: 4, width: 5).pixels == pixels)
  }
}
