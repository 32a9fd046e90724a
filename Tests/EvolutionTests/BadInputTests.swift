import Foundation
import Randomness
import Testing

@testable import Evolution

@Suite struct BadInputTests {
  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "nothing was thrown"
    } catch {
      return "\(error)"
    }
  }

  @Test func `settings outside their range are named with their value`() {
    #expect(
      message { _ = try CMAES(mean: [0, 0], stepSize: 1, configuration: .init(population: 1)) }
        == "evolution: population is 1, but must be at least 2, because one candidate has nothing to "
        + "be compared with")
    #expect(
      message { _ = try CMAES(mean: [0, 0], stepSize: 0) }
        == "evolution: stepSize is 0.0, but must be above 0 and finite")
    for stepSize in [-1, .nan, .infinity] {
      #expect(throws: EvolutionError.self) { try CMAES(mean: [0], stepSize: stepSize) }
    }
    #expect(throws: EvolutionError.self) { try CMAES(mean: [], stepSize: 1) }
    #expect(throws: EvolutionError.self) { try CMAES(mean: [.nan], stepSize: 1) }
    #expect(throws: EvolutionError.self) {
      try CMAES(
        mean: [0], stepSize: 1,
        configuration: .init(shape: .separable, noise: .adaptLearningRates))
    }
    #expect(throws: EvolutionError.self) {
      try OpenAIES(mean: [0], stepSize: 1, configuration: .init(population: 3))
    }
    #expect(throws: EvolutionError.self) {
      try RandomSearch(mean: [0], stepSize: 1, population: 0)
    }
  }

  @Test func `bounds and scales that do not fit are named`() {
    func failure(_ space: SearchSpace) -> String {
      message { _ = try CMAES(mean: [0, 0], stepSize: 1, configuration: .init(space: space)) }
    }
    #expect(
      failure(SearchSpace(lower: [0, 2], upper: [1, 1]))
        == "evolution: coordinate 1 has the lower bound 2.0 above its upper bound 1.0; exchange them"
    )
    #expect(
      failure(SearchSpace(scales: [1]))
        == "evolution: scales has 1 numbers for 2 coordinates; give one for each")
    #expect(failure(SearchSpace(scales: [1, 0])).contains("scales is 0.0"))
    #expect(failure(SearchSpace(lower: [.nan, 0])).contains("lower is nan"))
  }

  @Test func `telling the wrong number of values is a mistake in the program`() async {
    await #expect(processExitsWith: .failure) {
      var random = RandomSource(seed: 1)
      var search = try CMAES(mean: [0, 0], stepSize: 1)
      _ = search.ask(using: &random)
      search.tell([1])
    }
    await #expect(processExitsWith: .failure) {
      var search = try CMAES(mean: [0, 0], stepSize: 1)
      search.tell([1, 2, 3, 4, 5, 6])
    }
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func `a value that is not finite counts as the worst`(value: Double) throws {
    var random = RandomSource(seed: 3)
    var broken = try CMAES(mean: [1, 1, 1], stepSize: 0.5)
    var punished = broken
    for _ in 0..<20 {
      let points = broken.ask(using: &random)
      _ = punished.ask(normals: try #require(broken.state.pending).normals)
      broken.tell(points.map { $0[0] < 0.5 ? value : sphere($0) })
      punished.tell(points.map { $0[0] < 0.5 ? 1e300 : sphere($0) })
    }
    #expect(broken.mean == punished.mean)
    #expect(broken.mean.allSatisfy { $0.isFinite })
    #expect(try #require(broken.best).value.isFinite)
  }
}
