/// A log density differentiated automatically (reverse mode over a tape of doubles).
///
/// The tape's memory is kept between evaluations; the body itself is free to allocate. A gradient
/// written by hand, as a ``LogDensity`` of your own, is the faster choice for large models.
///
/// ```swift
/// var banana = AutomaticDensity(dimension: 2) { x in
///   -0.5 * (.square(x[0]) + .square(x[1] - .square(x[0])))
/// }
/// ```
public struct AutomaticDensity: LogDensity {
  /// The number of unconstrained coordinates.
  public let dimension: Int

  private let body: @Sendable ([Traced]) -> Traced
  private var inputs = InputBuffer()
  private var tape = Tape()

  /// Creates a density from its formula.
  ///
  /// - Parameters:
  ///   - dimension: The number of unconstrained coordinates.
  ///   - body: Returns log p from `dimension` coordinates.
  public init(dimension: Int, _ body: @escaping @Sendable ([Traced]) -> Traced) {
    self.dimension = dimension
    self.body = body
  }

  /// Evaluates log p and its gradient; see ``LogDensity``.
  public mutating func logDensity(at position: [Double], gradient: inout [Double]) -> Double {
    evaluate(at: position, gradient: &gradient, body)
  }

  /// Evaluates any formula of the coordinates on this density's tape.
  mutating func evaluate(
    at position: [Double], gradient: inout [Double], _ formula: ([Traced]) -> Traced
  ) -> Double {
    precondition(
      position.count == dimension && gradient.count == dimension,
      "a density of \(dimension) coordinates was given \(position.count) and a gradient of "
        + "\(gradient.count)")
    // A copy of this value must not write into the original's tape.
    if !isKnownUniquelyReferenced(&tape) { tape = Tape() }
    let memory = tape.memory
    memory.pointee.restart(inputs: dimension)
    inputs.values.removeAll(keepingCapacity: true)
    for (index, value) in position.enumerated() {
      inputs.values.append(Traced(value, step: Int32(index), of: memory))
    }
    // The tape outlives the formula, although only traced numbers refer to it there.
    return withExtendedLifetime(tape) {
      let result = formula(inputs.values)
      memory.pointee.differentiate(result.index, into: &gradient)
      return result.value
    }
  }
}

/// The reused array of inputs. `@unchecked Sendable`: traced numbers refer to a tape, but those kept
/// here after an evaluation are never read again, only replaced.
private struct InputBuffer: @unchecked Sendable {
  var values: [Traced] = []
}
