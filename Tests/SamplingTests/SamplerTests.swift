import Foundation
import Randomness
import Synchronization
import Testing

@testable import Sampling

@Suite struct SamplerTests {
  private let gaussian = CorrelatedGaussian(
    mean: [1, -2, 0.5, 10], scale: [1, 0.1, 5, 2], correlation: 0.8)

  @Test(arguments: [
    (MetricKind.unit, SamplerConfiguration.Trajectory.noUTurn()), (.diagonal, .noUTurn()),
    (.dense, .noUTurn()), (.diagonal, .fixed(time: 1.7)), (.dense, .fixed(time: 1.7)),
  ])
  func `a correlated Gaussian has its known moments`(
    _ kind: MetricKind, _ trajectory: SamplerConfiguration.Trajectory
  ) throws {
    let sampler = HamiltonianSampler(
      configuration: .init(warmup: 600, draws: 2000, metric: kind, trajectory: trajectory))
    let draws = try sampler.sample(gaussian, seed: 3)
    #expect(draws.divergences == 0)
    for index in 0..<4 {
      let chains = draws[element: index]
      let all = chains.flatMap { $0 }
      #expect(rHat(chains) < 1.02)
      #expect(abs(average(all) - gaussian.mean[index]) < 4 * meanMCSE(chains))
      #expect(
        abs(spread(all) - gaussian.scale[index]) < 4 * standardDeviationMCSE(chains))
    }
    let products = zip(draws[element: 0], draws[element: 1]).map { first, second in
      zip(first, second).map { ($0 - 1) * ($1 + 2) / 0.1 }
    }
    #expect(abs(average(products.flatMap { $0 }) - 0.8) < 4 * meanMCSE(products))
  }

  @Test func `the dense metric learns the covariance and needs fewer steps`() throws {
    func leapfrogs(_ kind: MetricKind) throws -> Int {
      let draws = try HamiltonianSampler(configuration: .init(draws: 500, metric: kind))
        .sample(gaussian, chains: 2, seed: 3)
      if kind == .dense {
        let covariance = draws.adapted[0].metric.inverse
        #expect(abs(covariance[0 * 4 + 1] - 0.08) < 0.02)
        #expect(abs(covariance[2 * 4 + 2] - 25) < 5)
      }
      return draws.statistics.flatMap { $0 }.reduce(0) { $0 + $1.leapfrogs }
    }
    #expect(try leapfrogs(.dense) < leapfrogs(.diagonal))
  }

  @Test func `tree depth, leapfrog steps and acceptance fit together`() throws {
    let draws = try HamiltonianSampler(configuration: .init(draws: 400)).sample(
      gaussian, chains: 2, seed: 8)
    for item in draws.statistics.flatMap({ $0 }) {
      // A subtree may end early, so the steps lie between two powers of two.
      #expect(item.leapfrogs >= (1 << item.treeDepth) - 1)
      #expect(item.leapfrogs < 2 << item.treeDepth)
      #expect(item.acceptance > 0 && item.acceptance <= 1)
      #expect(item.energy >= -item.logDensity)
    }
    let acceptance = average(draws.statistics.flatMap { $0 }.map(\.acceptance))
    // Tuning ends a little above its target, as Stan's does.
    #expect(acceptance > 0.75 && acceptance < 0.95)
  }

  @Test func `the deepest tree is never exceeded`() throws {
    let draws = try HamiltonianSampler(
      configuration: .init(
        warmup: 0, draws: 50, trajectory: .noUTurn(maximumDepth: 3), initialStepSize: 1e-3)
    ).sample(gaussian, chains: 1, seed: 8, starts: [.position(gaussian.mean)])
    #expect(draws.statistics[0].allSatisfy { $0.treeDepth == 3 && $0.leapfrogs == 7 })
  }

  @Test func `a step far too large is a divergence`() throws {
    let draws = try HamiltonianSampler(
      configuration: .init(warmup: 0, draws: 50, initialStepSize: 50)
    ).sample(gaussian, chains: 1, seed: 8)
    #expect(draws.divergences == 50)
    #expect(draws.statistics[0].allSatisfy { $0.leapfrogs == 1 && $0.treeDepth == 0 })
  }

  @Test func `the same seed gives the same draws on any number of threads`() throws {
    let sampler = HamiltonianSampler(configuration: .init(warmup: 200, draws: 100))
    let one = try sampler.sample(gaussian, chains: 3, seed: 5, threads: 1)
    let three = try sampler.sample(gaussian, chains: 3, seed: 5, threads: 3)
    #expect(one == three)
    #expect(one.values[0] != one.values[1])
    #expect(try one != sampler.sample(gaussian, chains: 3, seed: 6))
  }

  @Test(arguments: [30, 100, 149, 150, 180])
  func `a chain stopped anywhere and resumed from its file is the uninterrupted one`(
    _ stop: Int
  ) throws {
    let sampler = HamiltonianSampler(
      configuration: .init(warmup: 150, draws: 60, metric: .dense))
    let whole = try sampler.sample(gaussian, chains: 2, seed: 5)
    let saved = Mutex<[Int: Data]>([:])
    let calls = Atomic<Int>(0)
    #expect(throws: SamplingError.stopped) {
      _ = try sampler.sample(
        gaussian, chains: 2, seed: 5, threads: 1,
        shouldStop: { calls.add(1, ordering: .relaxed).newValue >= stop },
        checkpoint: { chain, state in
          let data = try JSONEncoder().encode(state)
          saved.withLock { $0[chain] = data }
        })
    }
    let states = try saved.withLock { $0 }.mapValues {
      try JSONDecoder().decode(ChainCheckpoint.self, from: $0)
    }
    #expect(states[0]?.state.iteration == stop)
    let resumed = try sampler.sample(gaussian, chains: 2, seed: 5, resuming: states)
    #expect(resumed == whole)
  }

  @Test func `a state is resumed only with its own settings and model`() throws {
    let chain = try Chain(gaussian, configuration: .init(), random: RandomSource(seed: 1))
    let other = CorrelatedGaussian(mean: [0], scale: [1], correlation: 0)
    #expect(throws: SamplingError.self) { try Chain(resuming: chain.state, model: other) }
    let sampler = HamiltonianSampler(configuration: .init(warmup: 10))
    let error = #expect(throws: SamplingError.self) {
      try sampler.sample(
        gaussian, chains: 1, seed: 1, resuming: [0: ChainCheckpoint(state: chain.state)])
    }
    #expect(error?.description.contains("other settings") == true)
  }

  @Test func `copies of a chain go their own ways from the same state`() throws {
    var chain = try Chain(gaussian, configuration: .init(), random: RandomSource(seed: 1))
    for _ in 0..<20 { _ = try chain.advance() }
    var copy = chain
    let first = try (0..<5).map { _ in try chain.advance().position }
    let second = try (0..<5).map { _ in try copy.advance().position }
    #expect(first == second)
    #expect(chain.state == copy.state)
  }

  @Test func `a density that cannot be sampled is named in a sentence`() {
    func failure(_ body: @escaping @Sendable ([Traced]) -> Traced) -> String? {
      let density = AutomaticDensity(dimension: 1, body)
      do {
        _ = try Chain(density, configuration: .init(), random: RandomSource(seed: 1))
        return nil
      } catch {
        return error.description
      }
    }
    #expect(failure { _ in Traced(-.infinity) }?.contains("none of 100 random starts") == true)
    #expect(failure { _ in Traced(0) }?.contains("improper") == true)
  }

  @Test func `progress is reported and ends with every chain's end`() throws {
    let last = Mutex<[Int: ChainProgress]>([:])
    _ = try HamiltonianSampler(configuration: .init(warmup: 100, draws: 60)).sample(
      gaussian, chains: 2, seed: 1,
      progress: { report in last.withLock { $0[report.chain] = report } })
    let reports = last.withLock { $0 }
    #expect(reports.count == 2)
    #expect(reports.values.allSatisfy { $0.iteration == 160 && $0.iterations == 160 })
  }
}
