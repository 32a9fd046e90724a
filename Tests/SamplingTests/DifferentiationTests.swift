import Foundation
import Randomness
import ReferencePosteriors
import Testing

@testable import Sampling

/// The published data of the eight schools.
let declaredSchools = DeclaredSchools(
  effects: [28, 8, -3, 7, -1, 1, 18, 12], errors: [15, 10, 16, 11, 9, 11, 10, 18])

@Suite struct DifferentiationTests {
  @Test func `every function has the slope of finite differences`() {
    let functions: [(String, @Sendable (Traced) -> Traced, @Sendable (Double) -> Double)] = [
      ("exp", { .exp($0) }, { .exp($0) }), ("log", { .log($0) }, { .log($0) }),
      ("log1p", { .log1p($0) }, { .log1p($0) }), ("sqrt", { .sqrt($0) }, { .sqrt($0) }),
      ("square", { .square($0) }, { .square($0) }), ("pow", { .pow($0, 2.7) }, { .pow($0, 2.7) }),
      ("sin", { .sin($0) }, { .sin($0) }), ("cos", { .cos($0) }, { .cos($0) }),
      ("tanh", { .tanh($0) }, { .tanh($0) }),
      ("logGamma", { .logGamma($0) }, { .logGamma($0) }),
      ("inverseLogit", { .inverseLogit($0) }, { .inverseLogit($0) }),
      ("logInverseLogit", { .logInverseLogit($0) }, { .logInverseLogit($0) }),
      ("log1pExp", { .log1pExp($0) }, { .log1pExp($0) }),
      ("logSumExp", { .logSumExp($0, 2 * $0) }, { .logSumExp($0, 2 * $0) }),
      ("arithmetic", { ($0 + 1) * $0 / (2 - $0) - 3 }, { ($0 + 1) * $0 / (2 - $0) - 3 }),
      ("negative", { -$0 * $0 }, { -$0 * $0 }),
    ]
    for (name, traced, plain) in functions {
      let at = AutomaticDensity(dimension: 1) { traced($0[0]) }.evaluated(at: [0.7])
      #expect(close(at.value, plain(0.7), 1e-15), "\(name)")
      #expect(close(at.gradient[0], slope(at: 0.7, plain), 1e-9), "\(name)")
    }
  }

  @Test func `a number used twice gathers both slopes, a constant none`() {
    let density = AutomaticDensity(dimension: 2) { x in
      let shared = x[0] * x[1]
      return .exp(shared) + shared * 3 + Traced(4) * Traced(5)
    }
    let at = density.evaluated(at: [0.5, 0.8])
    #expect(close(at.value, exp(0.4) + 1.2 + 20, 1e-15))
    #expect(close(at.gradient, [0.8 * (exp(0.4) + 3), 0.5 * (exp(0.4) + 3)], 1e-15))
    let constant = AutomaticDensity(dimension: 2) { _ in 7 }.evaluated(at: [1, 2])
    #expect(constant.value == 7 && constant.gradient == [0, 0])
    let input = AutomaticDensity(dimension: 2) { $0[1] }.evaluated(at: [1, 2])
    #expect(input.value == 2 && input.gradient == [0, 1])
  }

  @Test func `long traces grow the tape and copies have tapes of their own`() {
    let density = AutomaticDensity(dimension: 2) { x in
      var sum = x[0]
      for _ in 0..<5000 { sum = sum * 0.999 + x[1] * 0.001 }
      return sum
    }
    var first = density
    var second = first
    var gradient = [0.0, 0]
    for position in [[1.0, 2.0], [3, 4]] {
      let value = first.logDensity(at: position, gradient: &gradient)
      #expect(close(gradient[0], pow(0.999, 5000), 1e-12))
      #expect(close(gradient.reduce(0, +), 1, 1e-12))
      #expect(second.logDensity(at: position, gradient: &gradient) == value)
    }
  }

  @Test func `a declared model is the one written by hand`() throws {
    let declared = Differentiated(declaredSchools)
    let model = declared.model
    let byHand = EightSchools(effects: model.effects, errors: model.errors)
    #expect(declared.dimension == 10)
    for seed in 0..<5 {
      var random = RandomSource(seed: UInt64(seed))
      let position = (0..<10).map { _ in random.normal() }
      let (mine, theirs) = (declared.evaluated(at: position), byHand.evaluated(at: position))
      #expect(close(mine.value, theirs.value, 1e-14))
      #expect(close(mine.gradient, theirs.gradient, 1e-13))
      let values = declared.constrained(position)
      #expect(close(Array(values[10..<18]), Array(byHand.constrained(position)[0..<8]), 1e-15))
    }
    #expect(declared.variables.elementNames.suffix(2) == ["theta[7]", "theta[8]"])
  }

  @Test func `starting values are turned into coordinates or refused`() throws {
    let model = Differentiated(declaredSchools)
    let z = [Double](repeating: 0.5, count: 8)
    let position = try model.unconstrained(["z": z, "mu": [4], "tau": [2]])
    #expect(position == z + [4, log(2)])
    #expect(throws: TransformError.self) { try model.unconstrained(["z": z, "mu": [4]]) }
    #expect(throws: TransformError.self) {
      try model.unconstrained(["z": z, "mu": [4], "tau": [-1]])
    }
  }

  @Test func `names carry their indices from one, the last one fastest`() {
    let matrix = Variable("L", shape: [2, 3])
    #expect(matrix.elementNames.prefix(4) == ["L[1,1]", "L[1,2]", "L[1,3]", "L[2,1]"])
    #expect(Variable("tau").elementNames == ["tau"])
    #expect(Variable("x", shape: [2]).columnNames == ["x.1", "x.2"])
  }
}
