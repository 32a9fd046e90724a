import Testing

@testable import Evolution

/// Three generations computed by an independent implementation, with the same draws in each.
@Suite struct TraceTests {
  @Test func `three generations follow the independent implementation`() throws {
    var search = try CMAES(
      mean: [0.5, -0.3], stepSize: 0.4, configuration: .init(population: 6))
    let draws = Matrix(
      rows: 6, columns: 2,
      elements: [0.3, -1.1, 1.2, 0.4, -0.7, 0.9, -1.5, -0.2, 0.1, 0.6, 0.8, -0.5])
    func next() {
      let points = search.ask(normals: draws)
      search.tell(points.map { $0[0] * $0[0] + 100 * $0[1] * $0[1] + 0.5 * $0[0] * $0[1] })
    }
    func covariance() -> [Double] {
      let matrix = search.state.covariance.matrix
      return [matrix[0, 0], matrix[1, 0], matrix[1, 1]]
    }
    next()
    expectClose(search.mean, [0.37063673, 0.01017413], absolute: 6e-9)
    expectClose(search.stepSize, 0.375414471638, absolute: 6e-13)
    expectClose(covariance(), [0.8625374874, -0.0183156152, 0.9638217797], absolute: 6e-11)
    expectClose(search.state.stepPath, [-0.38354338, 0.91962146], absolute: 6e-9)
    expectClose(search.state.covariancePath, [-0.42693061, 1.02365096], absolute: 6e-9)
    next()
    expectClose(search.mean, [0.17859727, -0.00729085], absolute: 6e-9)
    expectClose(search.stepSize, 0.350463011716, absolute: 6e-13)
    expectClose(covariance(), [0.9526885638, 0.0236339571, 0.6972478618], absolute: 6e-11)
    next()
    expectClose(search.mean, [-0.01023549, -0.02525474], absolute: 6e-9)
    expectClose(search.stepSize, 0.341470908542, absolute: 6e-13)
    expectClose(covariance(), [1.0995085747, 0.083946991, 0.4963358288], absolute: 6e-11)
    expectClose(search.state.stepPath, [-1.13364373, 0.18479048], absolute: 6e-9)
    expectClose(search.state.covariancePath, [-1.02499316, 0.05357064], absolute: 6e-9)
  }
}
