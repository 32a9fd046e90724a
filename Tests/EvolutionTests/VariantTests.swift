import Foundation
import Randomness
import Testing

@testable import Evolution

@Suite struct VariantTests {
  @Test func `bounds are never crossed and an optimum on them is found`() throws {
    // The free optimum is at 0; within the bounds it is at (1, -2, 0).
    let space = SearchSpace(
      lower: [1, -.infinity, -5], upper: [4, -2, .infinity])
    var search = try CMAES(
      mean: [3, -8, 4], stepSize: 2,
      configuration: .init(space: space, limits: SearchLimits(generations: 300)))
    var random = RandomSource(seed: 1)
    while search.stopReasons.isEmpty {
      let points = search.ask(using: &random)
      for point in points {
        #expect(point[0] >= 1 && point[0] <= 4 && point[1] <= -2 && point[2] >= -5)
      }
      search.tell(points.map(sphere))
    }
    expectClose(
      try #require(search.best).point, [1, -2, 0], relative: 0, absolute: 1e-4)
  }

  @Test(arguments: [1.0, 1.01, 2.7, 3.99, 4]) func `a start within bounds stays where it is`(
    start: Double
  ) {
    let space = SearchSpace(scales: [3], lower: [1], upper: [4])
    expectClose(space.point(for: space.inner(for: [start])), [start], relative: 1e-14)
  }

  @Test func `beyond its bounds a coordinate is mirrored, far away too`() {
    let space = SearchSpace(lower: [0, 0, -1e308], upper: [1, .infinity, 3])
    var last = space.point(for: [0.5, 0.5, 0])
    for step in 0..<20_000 {
      let value = Double(step) * 0.001 - 10
      let point = space.point(for: [value, value, value])
      #expect(point[0] >= 0 && point[0] <= 1 && point[1] >= 0 && point[2] <= 3)
      // No jumps: neighbouring steps stay neighbours.
      if step > 0 { #expect(zip(point, last).allSatisfy { abs($0 - $1) < 0.0011 }) }
      last = point
    }
    #expect(space.point(for: [1e17, 1e17, 0])[0].isFinite)
    #expect(SearchSpace(lower: [2], upper: [2]).point(for: [7]) == [2])
  }

  @Test func `scales put coordinates of unlike size on an equal footing`() throws {
    let scales = [1, 1e-3, 1e3, 1, 1e-2]
    func evaluations(_ space: SearchSpace) throws -> Int {
      finish(
        try CMAES(start: 0.1, dimension: 5, stepSize: 0.5, target: 1e-9) { $0.space = space },
        seed: 2
      ) { sphere(zip($0, scales).map { $0 / $1 }) }.evaluations
    }
    let scaled = try CMAES(
      mean: scales.map { 0.1 * $0 }, stepSize: 0.5,
      configuration: .init(
        space: SearchSpace(scales: scales), limits: SearchLimits(target: 1e-9)))
    let plain = try CMAES(start: 0.1, dimension: 5, stepSize: 0.5, target: 1e-9)
    let first = finish(scaled, seed: 2) { sphere(zip($0, scales).map { $0 / $1 }) }
    #expect(abs(first.evaluations - finish(plain, seed: 2, sphere).evaluations) <= 16)
    let without = try evaluations(SearchSpace())
    #expect(without > 2 * first.evaluations, "\(without) and \(first.evaluations)")
  }

  @Test(arguments: [Restarts.Policy.increasingPopulation, .twoPopulations])
  func `restarts find the lowest of many optima`(policy: Restarts.Policy) throws {
    var solved = 0
    var single = 0
    for seed in 1...5 {
      var configuration = CMAES.Configuration(
        limits: SearchLimits(target: 1e-8, evaluations: 60_000))
      configuration.space = SearchSpace(
        lower: [Double](repeating: -5, count: 5), upper: [Double](repeating: 5, count: 5))
      let start = [Double](repeating: 3, count: 5)
      let search = finish(
        try RestartingCMAES(
          mean: start, stepSize: 2, configuration: configuration, restarts: Restarts(policy)),
        seed: UInt64(seed), rastrigin)
      if search.stopReasons == [.target] { solved += 1 }
      #expect(search.evaluations < 60_000 + 1000)
      let one = finish(
        try CMAES(mean: start, stepSize: 2, configuration: configuration), seed: UInt64(seed),
        rastrigin)
      if one.stopReasons.contains(.target) { single += 1 }
    }
    // Of sixty seeds, IPOP solves sixty, BIPOP forty-eight, and a single run none.
    #expect(solved >= (policy == .increasingPopulation ? 5 : 3))
    #expect(single == 0)
  }

  @Test func `restarts end when they are used up and can be saved between runs`() throws {
    var search = try RestartingCMAES(
      mean: [3, 3], stepSize: 1, restarts: Restarts(.increasingPopulation, doublings: 2))
    var random = RandomSource(seed: 1)
    var populations: Set<Int> = []
    while search.stopReasons.isEmpty {
      let points = search.ask(using: &random)
      populations.insert(points.count)
      search.tell(points.map(rastrigin))
      let text = try JSONEncoder().encode(search)
      search = try JSONDecoder().decode(RestartingCMAES.self, from: text)
    }
    #expect(search.stopReasons.last == .restartsUsed)
    #expect(search.restartCount == 2)
    #expect(populations == [6, 12, 24])
  }

  @Test func `adapted learning rates get nearer to a noisy optimum`() throws {
    func distance(_ noise: CMAES.Noise) throws -> Double {
      let ends = try (1...5).map { (seed: UInt64) -> Double in
        var draws = RandomSource(seed: seed + 100)
        let search = finish(
          try CMAES(start: 3, dimension: 10, stepSize: 2, target: nil) {
            $0.noise = noise
            $0.limits.evaluations = 10_000
            $0.stopping.checksStagnation = false
            $0.stopping.functionTolerance = 0
            $0.stopping.stepTolerance = 0
          }, seed: seed
        ) { sphere($0) + draws.normal() }
        return sphere(search.mean)
      }
      return ends.sorted()[2]
    }
    let (plain, adapted) = try (distance(.none), distance(.adaptLearningRates))
    #expect(adapted < 0.3 * plain, "\(adapted) with, \(plain) without")
  }

  @Test func `adapted learning rates cost little without noise and shrink with it`() throws {
    let exact = finish(
      try CMAES(start: 1, dimension: 6, stepSize: 0.5, target: 1e-9) {
        $0.noise = .adaptLearningRates
      }, seed: 1, sphere)
    #expect(exact.stopReasons == [.target])
    #expect(exact.evaluations < 3000)
    var draws = RandomSource(seed: 5)
    let noisy = finish(
      try CMAES(start: 1, dimension: 6, stepSize: 0.5, target: nil) {
        $0.noise = .adaptLearningRates
        $0.limits.generations = 300
      }, seed: 1
    ) { sphere($0) + 100 * draws.normal() }
    #expect(try #require(noisy.learningRates).mean < 0.1)
  }

  @Test(arguments: [1, 2, 7], [2, 3, 4, 40])
  func `the smallest problems and populations are searched like others`(
    dimension: Int, population: Int
  ) throws {
    for shape in CMAES.Shape.allCases {
      let search = finish(
        try CMAES(start: 2, dimension: dimension, stepSize: 0.5, target: 1e-6) {
          $0.population = population
          $0.shape = shape
          $0.limits.evaluations = 40_000
        }, seed: 3, sphere)
      #expect(search.stopReasons.contains(.target), "\(search.stopReasons)")
    }
  }

  @Test func `ten thousand coordinates fit where only variances are learned`() throws {
    var random = RandomSource(seed: 1)
    var search = try CMAES(start: 1, dimension: 10_000, stepSize: 0.1, target: nil) {
      $0.shape = .separable
    }
    for _ in 0..<50 { search.tell(search.ask(using: &random).map(sphere)) }
    #expect(sphere(search.mean) < 9900)
  }

  @Test func `an injected solution is evaluated as it is and pulls the mean`() throws {
    var random = RandomSource(seed: 1)
    for dimension in [4, 30] {
      var search = try CMAES(start: 5, dimension: dimension, stepSize: 0.1, target: nil)
      let optimum = [Double](repeating: 0, count: dimension)
      let before = sphere(search.mean)
      search.inject([optimum])
      let points = search.ask(using: &random)
      #expect(points.contains(optimum))
      search.tell(points.map(sphere))
      #expect(search.best == EvaluatedPoint(point: optimum, value: 0))
      #expect(sphere(search.mean) < before)
      #expect(search.stepSize < 0.2)
    }
  }

  @Test func `the gradient strategy and random search go down`() throws {
    let start = [Double](repeating: 2, count: 10)
    let limits = SearchLimits(evaluations: 8000)
    let gradient = finish(
      try OpenAIES(mean: start, stepSize: 0.1, configuration: .init(limits: limits)), seed: 1,
      sphere)
    #expect(sphere(gradient.mean) < 0.05)
    let luck = finish(
      try RandomSearch(mean: start, stepSize: 2, population: 20, limits: limits), seed: 1, sphere)
    let best = try #require(luck.best)
    #expect(best.value < sphere(start) && best.value > 0.05)
    #expect(luck.mean == best.point)
  }

  @Test func `the gradient strategy uses each draw with both signs and equal ranks alike`() throws {
    var random = RandomSource(seed: 1)
    var search = try OpenAIES(mean: [1, 2], stepSize: 0.5)
    let points = search.ask(using: &random)
    for pair in stride(from: 0, to: points.count, by: 2) {
      expectClose(points[pair][0] + points[pair + 1][0], 2, relative: 1e-12)
      expectClose(points[pair][1] + points[pair + 1][1], 4, relative: 1e-12)
    }
    #expect(centeredRanks([3, 1, 2]) == [0.5, -0.5, 0])
    #expect(centeredRanks([1, 1, 1]) == [0, 0, 0])
    // Equal values have no direction, so the first step of Adam has none either.
    search.tell([Double](repeating: 1, count: points.count))
    #expect(search.mean == [1, 2])
  }
}
