internal import CTorch

// Differentiation as a function: no tape to manage, no stored gradients, nothing to zero.
//
// Scopes nest: inside a scope the derivative of a derivative is itself differentiable, so second
// and higher orders are written as they are thought. Scopes belong to a thread, like the engine's
// recording; bodies are synchronous and tasks started inside one are outside of it.

/// The value of `body` at `points` and its gradient with respect to each of them.
///
/// ```swift
/// let x = Tensor(3)
/// let slope = gradient(at: x) { $0 * $0 * $0 }                             // 27
/// let curvature = gradient(at: x) { gradient(at: $0) { $0 * $0 * $0 } }    // 18
/// ```
///
/// - Parameters:
///   - points: Where to differentiate; `body` gets them as variables.
///   - body: Returns a scalar. What it captures counts as constant, unless it comes from an
///     enclosing gradient scope.
/// - Returns: the value, and gradients shaped like the points (zeros where the value does not depend
///   on a point). Both are constants outside of all scopes.
public func valueAndGradient(at points: [Tensor], _ body: ([Tensor]) throws -> Tensor) rethrows
  -> (value: Tensor, gradient: [Tensor])
{
  try differentiate(points, weights: nil, body)
}

/// The value of `body` at one point and its gradient there; see
/// ``valueAndGradient(at:_:)-([Tensor],_)``.
public func valueAndGradient(at point: Tensor, _ body: (Tensor) throws -> Tensor) rethrows
  -> (value: Tensor, gradient: Tensor)
{
  let (value, gradient) = try differentiate([point], weights: nil) { try body($0[0]) }
  return (value, gradient[0])
}

/// The gradient of `body` at one point; see ``valueAndGradient(at:_:)-([Tensor],_)``.
public func gradient(at point: Tensor, _ body: (Tensor) throws -> Tensor) rethrows -> Tensor {
  try valueAndGradient(at: point, body).gradient
}

/// The value of `body`, of any shape, and the product of `weights`, of that shape, with its Jacobian
/// with respect to each point (reverse mode).
public func valueAndPullback(
  at points: [Tensor], weights: Tensor, _ body: ([Tensor]) throws -> Tensor
) rethrows -> (value: Tensor, pullback: [Tensor]) {
  try differentiate(points, weights: weights, body)
}

/// The value of `body` at one point and the product of `weights` with its Jacobian there; see
/// ``valueAndPullback(at:weights:_:)-([Tensor],_,_)``.
public func valueAndPullback(
  at point: Tensor, weights: Tensor, _ body: (Tensor) throws -> Tensor
) rethrows -> (value: Tensor, pullback: Tensor) {
  let (value, pullback) = try differentiate([point], weights: weights) { try body($0[0]) }
  return (value, pullback[0])
}

/// Runs `body` without recording anything for differentiation.
public func withoutGradients<Result>(_ body: () throws -> Result) rethrows -> Result {
  let before = ct_set_gradient_recording(false)
  defer { _ = ct_set_gradient_recording(before) }
  return try body()
}

/// The gradient scopes of this thread.
enum GradientScope {
  /// Whether derivatives taken here are themselves differentiated.
  static var isNested: Bool { ct_enter_gradient_scope(0) > 1 }
}

private func differentiate(
  _ points: [Tensor], weights: Tensor?, _ body: ([Tensor]) throws -> Tensor
) rethrows -> (Tensor, [Tensor]) {
  let depth = ct_enter_gradient_scope(1)
  let before = ct_set_gradient_recording(true)
  defer {
    _ = ct_set_gradient_recording(before)
    _ = ct_enter_gradient_scope(-1)
  }
  // Only what an outer scope records needs a derivative of its own.
  let nested = depth > 0 && before
  // A point that belongs to an outer scope must stay connected to it.
  let variables = points.map { nested && $0.isTracked ? $0.alias() : $0.leaf() }
  let value = try body(variables)
  let found = gradients(of: value, weights: weights, at: variables, differentiable: nested)
  return (nested ? value : value.detached(), found)
}

/// Gradients of a tensor already computed at variables already made.
private func gradients(
  of output: Tensor, weights: Tensor?, at inputs: [Tensor], differentiable: Bool
) -> [Tensor] {
  require(
    weights.map { $0.shape == output.shape } ?? (output.count == 1),
    "gradient of \(output.summary): "
      + (weights.map { "the weights are \($0.summary)" } ?? "only a scalar has a gradient"))
  guard output.isTracked else { return inputs.map { $0.zerosLike() } }
  var root = Optional(output.pointer)
  var seed = weights?.pointer
  var points = inputs.map { Optional($0.pointer) }
  var found = [OpaquePointer?](repeating: nil, count: inputs.count)
  let message = withExtendedLifetime((output, weights, inputs)) {
    ct_gradient(
      &root, &seed, 1, &points, Int32(inputs.count), differentiable, differentiable, &found)
  }
  if let message {
    fatalError("gradient of \(output.summary): \(EngineMessage.take(message))")
  }
  return zip(found, inputs).map { pointer, input in
    pointer.map { Tensor(adopting: $0) } ?? input.zerosLike()
  }
}

private enum Ops {
  static let alias = Operator("aten::alias")
}

extension Tensor {
  /// The same tensor as a new node of the gradient graph.
  fileprivate func alias() -> Tensor { Ops.alias(.tensor(self)) }
}
