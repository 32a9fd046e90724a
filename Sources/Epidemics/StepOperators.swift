/// One Runge-Kutta step of the chain towards death, as a linear map with four infection inputs.
///
/// Write `x` for the stages E, I, J (and those of reporting) of people who will die or not, J being
/// counted as if everybody died, and `B` for the step length times the chain's generator. Only the
/// infections are not linear. With `v₁..v₄` the infections of the four inner points (per step), the
/// classical fourth-order step is, without any approximation,
///
///     x' = (1 + B + B²/2 + B³/6 + B⁴/24) x
///        + [(1 + B + B²/2 + B³/4) v₁ + (2 + B + B²/2) v₂ + (2 + B) v₃ + v₄] e₁ / 6
///
/// and the infectious people at the inner points are fixed combinations of `x` and earlier `v`.
/// Every matrix is a band of at most four diagonals below the main one, computed once per gradient
/// (once per model while the waits are fixed), so a step costs half the operations of the usual
/// four evaluations and its adjoint needs none of them again.
struct StepOperators: Sendable {
  /// Diagonals of a lower triangular band matrix: `[d][i]` stands in row `i`, column `i - d`.
  typealias Band = [[Double]]

  /// Stages before death is counted.
  let stages: Int
  /// Stages in which people infect others or will.
  let transmitting: Int
  /// The first infectious stage.
  let firstInfectious: Int
  /// The propagator, with the row of the counted dead (less one) as the last row.
  private(set) var propagator: Band
  /// What the infections at the inner points add: `[m][i]`, rows 0 to 3 below the infections.
  private(set) var entry: [[Double]]
  /// Infectious people at inner points 2, 3 and 4 as a combination of stages: `[m][i]`.
  private(set) var infectious: [[Double]]
  /// What earlier infections add to infectious people: (v₁ → 3), (v₁ → 4), (v₂ → 4).
  private(set) var early: [Double]

  /// The operators for a chain of waits and a number of steps per day.
  init(_ course: DiseaseCourse, stepsPerDay: Int) {
    let powers = Self.powers(of: Self.generator(course, stepsPerDay))
    self.init(powers, course)
  }

  private init(_ powers: [Band], _ course: DiseaseCourse) {
    stages = course.deathChain.reduce(0) { $0 + $1.stages }
    firstInfectious = course.exposed.stages
    transmitting = course.exposed.stages + course.infectious.stages
    propagator = Self.combination(powers, [1, 1, 1.0 / 2, 1.0 / 6, 1.0 / 24])
    let inputs: [[Double]] = [[1, 1, 0.5, 0.25], [2, 1, 0.5], [2, 1], [1]]
    entry = inputs.map { weights in
      let band = Self.combination(powers, weights.map { $0 / 6 })
      // The first column: row i stands on diagonal i.
      return (0...3).map { $0 < band.count && $0 <= powers[0][0].count - 1 ? band[$0][$0] : 0 }
    }
    let inner: [[Double]] = [[1, 0.5], [1, 0.5, 0.25], [1, 1, 0.5, 0.25]]
    let (first, end) = (firstInfectious, transmitting)
    infectious = inner.map { weights in
      let band = Self.combination(powers, weights)
      return (0..<end).map { column in
        (first..<end).reduce(0) { sum, row in
          let diagonal = row - column
          return diagonal >= 0 && diagonal < band.count ? sum + band[diagonal][row] : sum
        }
      }
    }
    // The first column of a power m of the chain reaches rows 0 to m; s · Bᵐ e₁ sums those of I.
    func sum(_ power: Int) -> Double {
      (first..<end).reduce(0) { $1 <= power ? $0 + powers[power][$1][$1] : $0 }
    }
    early = [sum(1) / 4, sum(2) / 4, sum(1) / 2]
  }

  /// Step length times generator: two diagonals, the counted dead as an absorbing last row.
  private static func generator(_ course: DiseaseCourse, _ stepsPerDay: Int) -> Band {
    let rates = course.deathChain.flatMap { wait in
      Array(repeating: wait.rate / Double(stepsPerDay), count: wait.stages)
    }
    return [rates.map { -$0 } + [0], [0] + rates]
  }

  /// The powers 0 to 4 of a generator.
  private static func powers(of generator: Band) -> [Band] {
    let size = generator[0].count
    var powers: [Band] = [[Array(repeating: 1, count: size)]]
    for _ in 1...4 { powers.append(times(generator, powers[powers.count - 1])) }
    return powers
  }

  /// A generator times a band matrix.
  private static func times(_ generator: Band, _ matrix: Band) -> Band {
    let size = generator[0].count
    var result = Band(repeating: Array(repeating: 0, count: size), count: matrix.count + 1)
    for diagonal in result.indices {
      for row in diagonal..<max(size, diagonal) {
        if diagonal < matrix.count {
          result[diagonal][row] += generator[0][row] * matrix[diagonal][row]
        }
        if diagonal > 0, row > 0 {
          result[diagonal][row] += generator[1][row] * matrix[diagonal - 1][row - 1]
        }
      }
    }
    return result
  }

  private static func combination(_ powers: [Band], _ weights: [Double]) -> Band {
    let size = powers[0][0].count
    var sum = Band(repeating: Array(repeating: 0, count: size), count: weights.count)
    for (weight, power) in zip(weights, powers) {
      for (diagonal, values) in power.enumerated() {
        for (row, value) in values.enumerated() { sum[diagonal][row] += weight * value }
      }
    }
    return sum
  }
}

extension StepOperators {
  /// The derivatives by the logarithm of each wait's mean, in the order of the chain.
  ///
  /// Tangents are carried through the powers: `d(Bᵐ) = dB Bᵐ⁻¹ + B d(Bᵐ⁻¹)`, where `dB` holds
  /// minus the wait's own rates.
  static func tangents(_ course: DiseaseCourse, stepsPerDay: Int) -> [StepOperators] {
    let generator = Self.generator(course, stepsPerDay)
    let powers = Self.powers(of: generator)
    var start = 0
    return course.deathChain.map { wait in
      let own = start..<(start + wait.stages)
      start = own.upperBound
      var change = generator.map { $0.map { _ in 0.0 } }
      for stage in own {
        change[0][stage] = -generator[0][stage]
        change[1][stage + 1] = -generator[1][stage + 1]
      }
      var tangents = [powers[0].map { $0.map { _ in 0.0 } }]
      for power in 1...4 {
        let left = times(change, powers[power - 1])
        let right = times(generator, tangents[power - 1])
        tangents.append(zip(left, right).map { zip($0, $1).map(+) })
      }
      return StepOperators(tangents, course)
    }
  }

  /// An operator of the same form filled with zeros, to collect derivatives in.
  func zeros() -> StepOperators {
    var result = self
    result.propagator = propagator.map { $0.map { _ in 0 } }
    result.entry = entry.map { $0.map { _ in 0 } }
    result.infectious = infectious.map { $0.map { _ in 0 } }
    result.early = [0, 0, 0]
    return result
  }
}
