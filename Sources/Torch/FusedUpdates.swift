private enum Ops {
  static let sgd = Operator("aten::_fused_sgd_")
  static let adam = Operator("aten::_fused_adam_")
  static let adamW = Operator("aten::_fused_adamw_")
  static let norm = Operator("aten::_foreach_norm", "Scalar")
  static let scale = Operator("aten::_foreach_mul_", "Scalar")
  static let interpolate = Operator("aten::_foreach_lerp_", "Scalar")
  static let increment = Operator("aten::_foreach_add_", "Scalar")
  static let add = Operator("aten::_foreach_add_", "List")
  static let addProducts = Operator("aten::_foreach_addcmul_", "Scalar")
  static let addQuotients = Operator("aten::_foreach_addcdiv_", "Scalar")
  static let squareRoot = Operator("aten::_foreach_sqrt")
}

// Updates of many tensors in one call of the engine, for optimizers.
//
// Each list is changed in place where its tensors are held nowhere else; a tensor that is also held
// by a model, a copy or a view is copied first. An optimizer therefore takes the parameters *out* of
// the model (leaving a placeholder), updates them and puts them back.
// The fused kernels read the memory of all lists side by side whatever the strides say, so every
// tensor is brought into row-major order here.

/// One step of stochastic gradient descent, in place.
///
/// With `momentum`, `m ← momentum m + (1 - dampening) g` (`m ← g` in the first step) and
/// `p ← p - learningRate m`; Nesterov's variant steps along `g + momentum m`.
///
/// - Parameters:
///   - parameters: The tensors to change; each element type and device is handled by itself.
///   - gradients: One per parameter, of its shape and type.
///   - momenta: One per parameter, or none when `momentum` is 0.
///   - learningRate: The step size.
///   - momentum: The share of the last direction that is kept.
///   - dampening: The share of the gradient that is left out of the momentum.
///   - nesterov: Whether to look ahead along the momentum.
///   - weightDecay: Added to the gradient as `weightDecay p`.
///   - isFirstStep: Whether `momenta` hold nothing yet.
public func fusedSGD(
  _ parameters: inout [Tensor], gradients: [Tensor], momenta: inout [Tensor],
  learningRate: Double, momentum: Double, dampening: Double, nesterov: Bool, weightDecay: Double,
  isFirstStep: Bool
) {
  let usesMomentum = momentum != 0
  require(
    !usesMomentum || momenta.count == parameters.count,
    "fusedSGD: \(parameters.count) parameters, \(momenta.count) momenta")
  prepare(&parameters)
  if usesMomentum { prepare(&momenta) }
  let gradients = aligned(gradients, with: parameters, "fusedSGD")
  for group in kindGroups(parameters) {
    Ops.sgd.perform(
      .tensors(group.of(parameters)), .tensors(group.of(gradients)),
      .tensors(usesMomentum ? group.of(momenta) : []), .real(weightDecay), .real(momentum),
      .real(learningRate), .real(dampening), .bool(nesterov), .bool(false), .bool(isFirstStep))
  }
}

/// One step of Adam or AdamW, in place.
///
/// `m ← beta1 m + (1 - beta1) g`, `v ← beta2 v + (1 - beta2) g²`,
/// `p ← p - learningRate (m / (1 - beta1ᵗ)) / (√(v / (1 - beta2ᵗ)) + epsilon)`.
///
/// - Paper: Kingma and Ba, *Adam* (2015), algorithm 1; with `decoupled` weight decay Loshchilov and
///   Hutter, *Decoupled Weight Decay Regularization* (2019), algorithm 2.
/// - Parameters:
///   - parameters: The tensors to change; each element type and device is handled by itself.
///   - gradients: One per parameter, of its shape and type.
///   - firstMoments: `m`, one per parameter, zeros at first.
///   - secondMoments: `v`, one per parameter, zeros at first.
///   - steps: `t`, one `float32` scalar per parameter on its device, zero at first; counted up here.
///   - learningRate: The step size.
///   - beta1: The decay of the first moment.
///   - beta2: The decay of the second moment.
///   - epsilon: Added to the root of the second moment.
///   - weightDecay: `weightDecay p` is added to the gradient, or, decoupled,
///     `learningRate weightDecay p` is subtracted from the parameter.
///   - decoupled: Whether this is AdamW.
public func fusedAdam(
  _ parameters: inout [Tensor], gradients: [Tensor], firstMoments: inout [Tensor],
  secondMoments: inout [Tensor], steps: inout [Tensor], learningRate: Double, beta1: Double,
  beta2: Double, epsilon: Double, weightDecay: Double, decoupled: Bool
) {
  let counts = [firstMoments.count, secondMoments.count, steps.count]
  require(
    counts.allSatisfy { $0 == parameters.count },
    "fusedAdam: \(parameters.count) parameters; first moments, second moments, steps: \(counts)")
  prepare(&parameters)
  prepare(&firstMoments)
  prepare(&secondMoments)
  prepare(&steps)
  let gradients = aligned(gradients, with: parameters, "fusedAdam")
  let update = decoupled ? Ops.adamW : Ops.adam
  for group in kindGroups(parameters) {
    Ops.increment.perform(.tensors(group.of(steps)), .int(1))
    update.perform(
      .tensors(group.of(parameters)), .tensors(group.of(gradients)),
      .tensors(group.of(firstMoments)), .tensors(group.of(secondMoments)), .tensors([]),
      .tensors(group.of(steps)), .real(learningRate), .real(beta1), .real(beta2),
      .real(weightDecay), .real(epsilon), .bool(false), .bool(false))
  }
}

/// The Euclidean norm of each tensor, a scalar of its type.
public func norms(of tensors: [Tensor]) -> [Tensor] {
  tensors.isEmpty ? [] : Ops.norm.tensors(.tensors(tensors), .int(2))
}

/// The Euclidean norm of all elements of all tensors together; 0 for an empty list.
public func globalNorm(of tensors: [Tensor]) -> Double {
  let sizes = norms(of: tensors).map { $0.moved(to: .cpu).cast(to: .float64) }
  return sizes.isEmpty ? 0 : Tensor(stacking: sizes).norm().scalar()
}

/// Multiplies every element of every tensor, in place.
public func scale(_ tensors: inout [Tensor], by factor: Double) {
  guard !tensors.isEmpty else { return }
  makeUnique(&tensors)
  Ops.scale.perform(.tensors(tensors), .real(factor))
}

/// Moves every tensor towards its target, in place: `x ← x + weight (target - x)`.
public func interpolate(_ tensors: inout [Tensor], towards targets: [Tensor], weight: Double) {
  requireSameCount("interpolate", tensors, targets)
  guard !tensors.isEmpty else { return }
  makeUnique(&tensors)
  Ops.interpolate.perform(.tensors(tensors), .tensors(targets), .real(weight))
}

/// Adds `scale` times the other list, in place: `x ← x + scale y`.
public func add(_ tensors: inout [Tensor], _ others: [Tensor], scaledBy scale: Double = 1) {
  requireSameCount("add", tensors, others)
  guard !tensors.isEmpty else { return }
  makeUnique(&tensors)
  Ops.add.perform(.tensors(tensors), .tensors(others), .real(scale))
}

/// Adds `scale` times the products of two lists, in place: `x ← x + scale a b`.
public func addProducts(
  _ tensors: inout [Tensor], _ left: [Tensor], _ right: [Tensor], scaledBy scale: Double = 1
) {
  requireSameCount("addProducts", tensors, left, right)
  guard !tensors.isEmpty else { return }
  makeUnique(&tensors)
  Ops.addProducts.perform(.tensors(tensors), .tensors(left), .tensors(right), .real(scale))
}

/// Adds `scale` times the quotients of two lists, in place: `x ← x + scale a / b`.
public func addQuotients(
  _ tensors: inout [Tensor], _ numerators: [Tensor], _ denominators: [Tensor],
  scaledBy scale: Double = 1
) {
  requireSameCount("addQuotients", tensors, numerators, denominators)
  guard !tensors.isEmpty else { return }
  makeUnique(&tensors)
  Ops.addQuotients.perform(
    .tensors(tensors), .tensors(numerators), .tensors(denominators), .real(scale))
}

/// Adds a number to every element of every tensor, in place.
public func add(_ tensors: inout [Tensor], _ number: Double) {
  guard !tensors.isEmpty else { return }
  makeUnique(&tensors)
  Ops.increment.perform(.tensors(tensors), .real(number))
}

/// The square root of every element of every tensor.
public func squareRoots(of tensors: [Tensor]) -> [Tensor] {
  tensors.isEmpty ? [] : Ops.squareRoot.tensors(.tensors(tensors))
}

// MARK: - Helpers

private func makeUnique(_ tensors: inout [Tensor]) {
  for index in tensors.indices { tensors[index].ensureUnique() }
}

/// Unique and in row-major order: what a fused kernel may write.
private func prepare(_ tensors: inout [Tensor]) {
  for index in tensors.indices {
    if !tensors[index].isRowMajor { tensors[index] = tensors[index].rowMajor() }
    tensors[index].ensureUnique()
  }
}

private func aligned(_ gradients: [Tensor], with parameters: [Tensor], _ name: String) -> [Tensor] {
  require(
    gradients.count == parameters.count,
    "\(name): \(parameters.count) parameters, \(gradients.count) gradients")
  return zip(gradients, parameters).map { gradient, parameter in
    require(
      gradient.shape == parameter.shape && gradient.elementType == parameter.elementType,
      "\(name): parameter \(parameter.summary), gradient \(gradient.summary)")
    return gradient.rowMajor()
  }
}

/// Positions of tensors that one kernel can treat together.
private struct KindGroup {
  let device: Device
  let type: ElementType
  var positions: [Int]
  let isWhole: Bool

  func of(_ tensors: [Tensor]) -> [Tensor] { isWhole ? tensors : positions.map { tensors[$0] } }
}

private func kindGroups(_ tensors: [Tensor]) -> [KindGroup] {
  guard let first = tensors.first else { return [] }
  let (device, type) = (first.device, first.elementType)
  if tensors.allSatisfy({ $0.elementType == type && $0.device == device }) {
    return [KindGroup(device: device, type: type, positions: [], isWhole: true)]
  }
  var groups: [KindGroup] = []
  for (position, tensor) in tensors.enumerated() {
    let (device, type) = (tensor.device, tensor.elementType)
    if let found = groups.firstIndex(where: { $0.device == device && $0.type == type }) {
      groups[found].positions.append(position)
    } else {
      groups.append(KindGroup(device: device, type: type, positions: [position], isWhole: false))
    }
  }
  return groups
}

private func requireSameCount(_ name: String, _ lists: [Tensor]...) {
  let counts = lists.map(\.count)
  require(Set(counts).count == 1, "\(name): lists of different lengths \(counts)")
}
