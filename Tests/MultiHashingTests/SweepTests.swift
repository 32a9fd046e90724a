import Datasets
import Learning
import Runs
import Testing
import Torch
import Vision

@testable import MultiHashing

/// Comparing methods and sizes.
@Suite struct SweepTests {
  private var squares: ClassificationData {
    let pixels = (0..<24).flatMap { index in
      [UInt8](repeating: index < 12 ? UInt8(index) : UInt8(255 - index), count: 64)
    }
    return ClassificationData(
      ImageSet(
        name: "squares", height: 8, width: 8, channels: 1, classNames: ["dark", "bright"],
        counts: [12, 12], pixels: pixels), heldBackShare: 0.25, seed: 1)
  }

  private var recipe: CompressionRecipe {
    var recipe = CompressionRecipe()
    recipe.network.name = "resnet20_cifar"
    recipe.data.side = 8
    recipe.data.workers = 0
    recipe.augmentation.padding = 1
    recipe.training.batchSize = 4
    recipe.training.steps = 2
    return recipe
  }

  @Test func `rates are chosen first, then all sizes of a seed come before the next seed`() throws {
    let sweep = Sweep(
      methods: [.matrix, .dense], fractions: [0.25, 0.1], rates: [0.01, 0.02], seeds: [7, 8],
      tuningSteps: 1, tuningFraction: 0.1)
    var points: [SweepPoint] = []
    try sweep.run(recipe, data: squares, device: .cpu) { points.append($0) }
    #expect(points.prefix(4).allSatisfy { $0.isTuning && $0.steps == 1 })
    let rest = points.dropFirst(4)
    #expect(rest.map(\.seed) == [7, 7, 7, 8, 8, 8] && rest.allSatisfy { $0.steps == 2 })
    #expect(rest.map(\.method) == [.matrix, .dense, .matrix, .matrix, .dense, .matrix])
    #expect(rest.filter { $0.method == .matrix }.allSatisfy { $0.learnedNumbers < 67_431 })
    #expect(points.means.map(\.seeds) == [2, 2, 2])
    // Written and read, nothing is left to do.
    let read = [SweepPoint](csv: points.csv)
    #expect(read.map(\.learnedNumbers) == points.map(\.learnedNumbers))
    try sweep.run(recipe, data: squares, device: .cpu, done: read) { _ in
      Issue.record("a point was made twice")
    }
  }

  @Test func `every size chooses its own rate unless one chooses for all`() throws {
    let sweep = Sweep(
      methods: [.narrow, .dense], fractions: [0.25, 0.1], rates: [1e30, 0.01], seeds: [7],
      tuningSteps: 3)
    var points: [SweepPoint] = []
    try sweep.run(recipe, data: squares, device: .cpu) { points.append($0) }
    let tuning = points.filter(\.isTuning)
    #expect(tuning.map(\.method) == [.narrow, .narrow, .narrow, .narrow, .dense, .dense])
    #expect(tuning.map(\.fraction) == [0.25, 0.25, 0.1, 0.1, 1, 1])
    #expect(points.filter { !$0.isTuning }.map(\.fraction) == [0.25, 1, 0.1])
    #expect(points.means.allSatisfy { $0.rate == 0.01 })
  }

  @Test func `what cannot be made so small is left out`() throws {
    let sweep = Sweep(methods: [.lowRank, .matrix], fractions: [0.02], seeds: [1])
    var (made, left): ([SweepMethod], [SweepMethod]) = ([], [])
    try sweep.run(
      recipe, data: squares, device: .cpu, skip: { method, _, _ in left.append(method) },
      report: { made.append($0.method) })
    #expect(made == [.matrix] && left == [.lowRank])
  }

  @Test func `a rate at which training leaves the finite numbers loses, and the sweep goes on`()
    throws
  {
    let sweep = Sweep(
      methods: [.matrixFixed], fractions: [0.1], rates: [0.01, 1e30], seeds: [1], tuningSteps: 4)
    var made: [SweepPoint] = []
    try sweep.run(recipe, data: squares, device: .cpu) { made.append($0) }
    #expect(made.map(\.rate) == [0.01, 1e30, 0.01])
    #expect(made[1].accuracy == 0 && made[1].steps < 4)
  }

  @Test func `a constant that the recipe names is that of every hashed method`() {
    var base = recipe
    base.hashing.modifiers = [.fanIn]
    #expect(SweepMethod.matrixFixed.recipe(from: base, fraction: 0.1).hashing.modifiers == [.fanIn])
    #expect(
      SweepMethod.tenHashes.recipe(from: base, fraction: 0.1).hashing.modifiers
        == [.fanIn, .learned])
    #expect(
      SweepMethod.hashedNets.recipe(from: recipe, fraction: 0.1).hashing.modifiers == [.fanOut])
  }

  @Test func `every method keeps the budget`() throws {
    for method in SweepMethod.allCases where method != .dense {
      let changed = method.recipe(from: recipe, fraction: 0.25)
      let job = try CompressionTraining(changed, data: squares)
      #expect(job.start.size.count <= 67_431, "\(method)")
      #expect(job.start.size.count > 60_000, "\(method)")
    }
  }
}
