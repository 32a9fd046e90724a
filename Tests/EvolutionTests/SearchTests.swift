import FileFixtures
import Files
import Foundation
import Randomness
import Synchronization
import Testing

@testable import Evolution

@Suite struct SearchTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func valley() throws -> CMAES {
    try CMAES(start: 0, dimension: 12, stepSize: 0.3, target: nil) {
      $0.population = 8
      $0.limits.generations = 25
    }
  }

  @Test func `several threads find exactly what one finds`() throws {
    var serial = Minimization(try valley(), random: RandomSource(seed: 4))
    var parallel = serial
    try serial.run { rosenbrock($0.point) }
    try parallel.run(workers: 4) { rosenbrock($0.point) }
    #expect(parallel.strategy.mean == serial.strategy.mean)
    #expect(parallel.strategy.best == serial.strategy.best)
    #expect(parallel.random == serial.random)
  }

  @Test(arguments: [CMAES.Shape.full, .separable])
  func `a search saved after any evaluation goes on bit for bit and repeats none`(
    shape: CMAES.Shape
  ) throws {
    let path = folder.path + "/search.json"
    let start = try CMAES(start: 0, dimension: 12, stepSize: 0.3, target: nil) {
      $0.limits.generations = 12
      $0.shape = shape
      $0.population = 8
    }
    var whole = Minimization(start, random: RandomSource(seed: 4))
    try whole.run { rosenbrock($0.point) }

    let evaluated = Mutex<[String]>([])
    var search = Minimization(start, random: RandomSource(seed: 4))
    var reasons: [StopReason] = [.interrupted]
    while reasons == [.interrupted] {
      // Stops after five evaluations, which is in the middle of most generations.
      let left = Atomic<Int>(5)
      reasons = try search.run(
        shouldStop: { left.subtract(1, ordering: .relaxed).oldValue <= 0 },
        objective: { candidate in
          evaluated.withLock { $0.append("\(candidate.generation) \(candidate.index)") }
          return rosenbrock(candidate.point)
        })
      try search.save(to: path)
      search = try Minimization(contentsOf: path)
    }
    #expect(reasons == [.generationBudget])
    #expect(search.strategy.mean == whole.strategy.mean)
    #expect(search.strategy.stepSize == whole.strategy.stepSize)
    #expect(search.strategy.best == whole.strategy.best)
    let names = evaluated.withLock { $0 }
    #expect(names.count == 8 * 12)
    #expect(Set(names).count == names.count)
  }

  @Test func `a crash loses nothing that was saved after its evaluation`() throws {
    struct Crash: Error {}
    let saved = Mutex<Data>(Data())
    let count = Atomic<Int>(0)
    var search = Minimization(try valley(), random: RandomSource(seed: 4))
    #expect(throws: Crash.self) {
      try search.run(
        workers: 2,
        onEvaluation: { state in
          let data = try JSONEncoder().encode(state)
          saved.withLock { $0 = data }
        },
        objective: { candidate in
          if count.add(1, ordering: .relaxed).oldValue == 20 { throw Crash() }
          return rosenbrock(candidate.point)
        })
    }
    // The process is gone; only the last saved text is left.
    var later = try JSONDecoder().decode(
      Minimization<CMAES>.self, from: saved.withLock { $0 })
    let finished = Atomic<Int>(0)
    try later.run { candidate in
      finished.add(1, ordering: .relaxed)
      return rosenbrock(candidate.point)
    }
    #expect(finished.load(ordering: .relaxed) == 25 * 8 - 20)
    var whole = Minimization(try valley(), random: RandomSource(seed: 4))
    try whole.run { rosenbrock($0.point) }
    #expect(later.strategy.mean == whole.strategy.mean)
  }

  @Test(arguments: [1, 3, 8, 20]) func `groups of candidates give the same search`(size: Int) throws
  {
    var whole = Minimization(try valley(), random: RandomSource(seed: 4))
    try whole.run { rosenbrock($0.point) }
    var search = Minimization(try valley(), random: RandomSource(seed: 4))
    let sizes = Mutex<[Int]>([])
    while search.strategy.stopReasons.isEmpty {
      try search.runGeneration(groupsOf: size, workers: 2) { group in
        sizes.withLock { $0.append(group.count) }
        return group.map { rosenbrock($0.point) }
      }
    }
    #expect(search.strategy.mean == whole.strategy.mean)
    #expect(sizes.withLock { $0.reduce(0, +) } == 25 * 8)
    #expect(sizes.withLock { $0.max() } == min(size, 8))
  }

  @Test func `asking again while a generation is pending gives the same candidates`() throws {
    var random = RandomSource(seed: 1)
    var search = try valley()
    let first = search.ask(using: &random)
    #expect(search.ask(using: &random) == first)
  }

  @Test func `a damaged file is refused`() throws {
    var search = Minimization(try valley(), random: RandomSource(seed: 4))
    _ = search.unfinished()
    let text = String(decoding: try JSONEncoder().encode(search), as: UTF8.self)
    func expectRefusal(_ changed: String) {
      #expect(changed != text)
      #expect(throws: (any Error).self) {
        try JSONDecoder().decode(Minimization<CMAES>.self, from: Data(changed.utf8))
      }
    }
    expectRefusal(text.replacingOccurrences(of: "\"dimension\":12", with: "\"dimension\":13"))
    expectRefusal(text.replacingOccurrences(of: "\"population\":8", with: "\"population\":9"))
    expectRefusal(text.replacingOccurrences(of: "\"population\":8", with: "\"population\":1"))
    expectRefusal(text.replacingOccurrences(of: "\"rows\":12", with: "\"rows\":11"))
    #expect(throws: FileFailure.self) {
      try Minimization<CMAES>(contentsOf: "/nonexistent/search.json")
    }
  }

  @Test func `one call finds the optimum and keeps the sign that was asked for`() throws {
    var random = RandomSource(seed: 2)
    let low = try minimize(from: [3, 3], stepSize: 1, using: &random, rosenbrock)
    expectClose(low.point, [1, 1], relative: 1e-4)
    #expect(low.value < 1e-10)
    #expect(low.reasons == [.toleranceFunction])
    var settings = CMAES.Configuration()
    settings.limits.target = 4.999
    let high = try maximize(
      from: [3, 3], stepSize: 1, configuration: settings, using: &random, workers: 2,
      onGeneration: { ($0?.value ?? -1) <= 5 }
    ) { 5 - sphere($0) }
    #expect(high.reasons == [.target])
    #expect(high.value >= 4.999 && high.value <= 5)
    expectClose(high.point, [0, 0], relative: 0, absolute: 0.04)
  }

  @Test func `a callback ends the search`() throws {
    var random = RandomSource(seed: 2)
    var generations = 0
    let found = try minimize(
      from: [3, 3], stepSize: 1, using: &random,
      onGeneration: { _ in
        generations += 1
        return generations < 4
      }, sphere)
    #expect(found.generations == 4)
    #expect(found.reasons == [.interrupted])
  }
}
