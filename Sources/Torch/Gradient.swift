internal import CTorch

/// Differentiation as a function: no tape to manage, no stored gradients, nothing to zero.
///
/// Scopes nest: inside a scope the derivative of a derivative is itself differentiable, so second
/// and higher orders are written as they are thought.
///
/// ```swift
/// let x = Tensor(3)
/// let slope = gradient(at: x) { $0 * $0 * $0 }                             // 27
/// let curvature = gradient(at: x) { gradient(at: $0) { $0 * $0 * $0 } }    // 18
/// ```
enum GradientScope {
  /// How many gradient scopes enclose the running code.
  @TaskLocal static var depth = 0
}

/// The value of `body` at `points` and its gradient with respect to each of them.
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
  let nested = GradientScope.depth > 0
  let before = ct_set_gradient_recording(true)
  defer { _ = ct_set_gradient_recording(before) }
  // A point that belongs to an outer scope must stay connected to it.
  let variables = points.map { $0.isTracked ? $0.alias() : $0.leaf() }
  let value = try GradientScope.$depth.withValue(GradientScope.depth + 1) { try body(variables) }
  let gradient = gradients(of: [value], at: variables, differentiable: nested)
  return (nested ? value : value.detached(), gradient)
}

/// The value of `body` at one point and its gradient there; see ``valueAndGradient(at:_:)``.
public func valueAndGradient(at point: Tensor, _ body: (Tensor) throws -> Tensor) rethrows
  -> (value: Tensor, gradient: Tensor)
{
  let (value, gradient) = try valueAndGradient(at: [point]) { try body($0[0]) }
  return (value, gradient[0])
}

/// The gradient of `body` at one point; see ``valueAndGradient(at:_:)``.
public func gradient(at point: Tensor, _ body: (Tensor) throws -> Tensor) rethrows -> Tensor {
  try valueAndGradient(at: point, body).gradient
}

/// The product of `weights` with the Jacobian of `body` (reverse mode), and the value.
public func valueAndPullback(
  at point: Tensor, weights: Tensor, _ body: (Tensor) throws -> Tensor
) rethrows -> (value: Tensor, pullback: Tensor) {
  var value: Tensor?
  let pullback = try gradient(at: point) { variable in
    let output = try body(variable)
    value = output.detached()
    return (output * weights).sum()
  }
  return (value ?? point, pullback)
}

/// Runs `body` without recording anything for differentiation.
public func withoutGradients<Result>(_ body: () throws -> Result) rethrows -> Result {
  let before = ct_set_gradient_recording(false)
  defer { _ = ct_set_gradient_recording(before) }
  return try body()
}

/// Gradients of scalars already computed at variables already made.
func gradients(of outputs: [Tensor], at inputs: [Tensor], differentiable: Bool) -> [Tensor] {
  guard outputs.contains(where: \.isTracked) else { return inputs.map { $0.zerosLike() } }
  var roots = outputs.map { Optional($0.pointer) }
  var points = inputs.map { Optional($0.pointer) }
  var found = [OpaquePointer?](repeating: nil, count: inputs.count)
  let message = withExtendedLifetime((outputs, inputs)) {
    ct_gradient(
      &roots, nil, Int32(outputs.count), &points, Int32(inputs.count), differentiable,
      differentiable, &found)
  }
  if let message {
    let shapes = outputs.map(\.summary).joined(separator: ", ")
    fatalError("gradient of \(shapes): \(EngineMessage.take(message))")
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
