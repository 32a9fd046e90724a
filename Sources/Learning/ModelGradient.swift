import Torch

/// The value of `body` and its gradient with respect to every parameter of a model.
///
/// `body` works on a copy whose parameters are variables. What it does to buffers (running
/// statistics) flows back into `model`; parameters are never changed here.
///
/// ```swift
/// let (loss, gradient) = valueAndGradient(at: &model) { model in
///   model.forward(images, &pass).softmaxCrossEntropy(expected: labels)
/// }
/// optimizer.update(&model, with: gradient, ...)
/// ```
///
/// - Returns: the scalar value, and gradients under the model's own parameter names.
public func valueAndGradient<M: Model>(
  at model: inout M, _ body: (inout M) throws -> Tensor
) rethrows -> (value: Tensor, gradient: NamedTensors) {
  let parameters = model.parameters
  var working = model
  let (value, gradient) = try valueAndGradient(at: parameters.tensors) { variables in
    working.replaceParameters(variables)
    return try body(&working)
  }
  var buffers = working.buffers.tensors.makeIterator()
  model.forEachTensor { _, role, tensor in
    if role == .buffer, let changed = buffers.next() { tensor = changed.detached() }
  }
  return (value, NamedTensors(names: parameters.names, tensors: gradient))
}

extension Model {
  /// Replaces the parameters, given in visiting order.
  public mutating func replaceParameters(_ replacements: [Tensor]) {
    var rest = replacements.makeIterator()
    forEachParameter { name, tensor in
      guard let next = rest.next() else { preconditionFailure("no replacement for \(name)") }
      tensor = next
    }
  }
}
