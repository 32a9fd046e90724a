import Foundation

/// Moves people along the chains exactly for one step, given that nobody is infected meanwhile.
struct ChainExponential: Sendable {
  private let course: DiseaseCourse
  private let matrix: [[Double]]
  private let layout: Layout

  /// Where each class stands in the vector of all chains.
  private struct Layout: Sendable {
    var exposed: Range<Int>
    var infectious: Range<Int>
    var dying: Range<Int>
    var unreported: Range<Int>
    var dead: Int
    var recovering: Range<Int>
    var recovered: Int

    init(_ course: DiseaseCourse) {
      exposed = 0..<course.exposed.stages
      infectious = exposed.upperBound..<(exposed.upperBound + course.infectious.stages)
      dying = infectious.upperBound..<(infectious.upperBound + course.dying.stages)
      unreported = dying.upperBound..<(dying.upperBound + (course.reporting?.stages ?? 0))
      dead = unreported.upperBound
      recovering = (dead + 1)..<(dead + 1 + course.recovering.stages)
      recovered = recovering.upperBound
    }

    var count: Int { recovered + 1 }
  }

  init(_ course: DiseaseCourse, days: Double) {
    self.course = course
    layout = Layout(course)
    matrix = Self.exponential(of: Self.generator(course, layout), times: days)
  }

  private static func generator(_ course: DiseaseCourse, _ layout: Layout) -> [[Double]] {
    var generator = [[Double]](
      repeating: Array(repeating: 0, count: layout.count), count: layout.count)
    func move(_ source: Int, _ target: Int, _ rate: Double) {
      generator[target][source] += rate
      generator[source][source] -= rate
    }
    for stage in layout.exposed { move(stage, stage + 1, course.exposed.rate) }
    for stage in layout.infectious.dropLast() { move(stage, stage + 1, course.infectious.rate) }
    let last = layout.infectious.upperBound - 1
    move(last, layout.dying.lowerBound, course.fatality * course.infectious.rate)
    move(last, layout.recovering.lowerBound, (1 - course.fatality) * course.infectious.rate)
    for stage in layout.dying { move(stage, stage + 1, course.dying.rate) }
    for stage in layout.unreported { move(stage, stage + 1, course.reporting?.rate ?? 0) }
    for stage in layout.recovering { move(stage, stage + 1, course.recovering.rate) }
    return generator
  }

  /// The matrix exponential by Taylor series of a halved argument and repeated squaring.
  private static func exponential(of generator: [[Double]], times days: Double) -> [[Double]] {
    let size = generator.count
    let norm = generator.map { $0.reduce(0) { $0 + abs($1) } }.max() ?? 0
    let halvings = max(0, Int(ceil(log2(max(norm * days, 1e-9)))) + 4)
    let scale = days / Double(1 << halvings)
    let small = generator.map { $0.map { $0 * scale } }
    var sum = (0..<size).map { row in (0..<size).map { $0 == row ? 1.0 : 0 } }
    var term = sum
    for order in 1...18 {
      term = product(term, small).map { $0.map { $0 / Double(order) } }
      for row in 0..<size { for column in 0..<size { sum[row][column] += term[row][column] } }
    }
    for _ in 0..<halvings { sum = product(sum, sum) }
    return sum
  }

  private static func product(_ left: [[Double]], _ right: [[Double]]) -> [[Double]] {
    left.map { row in
      right[0].indices.map { column in
        row.indices.reduce(0) { $0 + row[$1] * right[$1][column] }
      }
    }
  }

  /// Half a step of infection, a whole step along the chains, half a step of infection.
  func step(
    _ state: Compartments, contactRate: Double, _ population: Double, _ length: Double
  ) -> Compartments {
    var current = state
    infect(&current, contactRate, population, length / 2)
    let vector =
      current.exposed + current.infectious + current.dying + current.unreported + [current.dead]
      + current.recovering + [current.recovered]
    let moved = matrix.map { row in zip(row, vector).reduce(0) { $0 + $1.0 * $1.1 } }
    current.exposed = Array(moved[layout.exposed])
    current.infectious = Array(moved[layout.infectious])
    current.dying = Array(moved[layout.dying])
    current.unreported = Array(moved[layout.unreported])
    current.dead = moved[layout.dead]
    current.recovering = Array(moved[layout.recovering])
    current.recovered = moved[layout.recovered]
    infect(&current, contactRate, population, length / 2)
    return current
  }

  private func infect(
    _ state: inout Compartments, _ rate: Double, _ population: Double, _ length: Double
  ) {
    let remaining = exp(-rate * state.infectiousCount / population * length)
    let infections = state.susceptible * (1 - remaining)
    state.susceptible -= infections
    state.exposed[0] += infections
  }
}
