import Torch

/// A rule that turns gradients into changed parameters; a value without memory of its own.
///
/// What a rule remembers between steps is an ``OptimizerState``, which belongs to the run and goes
/// into its checkpoints. Parameters that nobody else holds are changed in place.
///
/// ```swift
/// let optimizer = Adam()
/// var state = optimizer.initialState(for: model.parameters)
/// let (loss, gradient) = valueAndGradient(at: &model) { ... }
/// optimizer.update(&model, with: gradient, learningRate: 1e-3, state: &state)
/// ```
public protocol Optimizer: Sendable {
  /// What the rule remembers before the first step.
  func initialState(for parameters: NamedTensors) -> OptimizerState

  /// Takes one step.
  ///
  /// - Precondition: `gradient` and `state` belong to the parameters of `model`.
  func update<M: Model>(
    _ model: inout M, with gradient: NamedTensors, learningRate: Double,
    state: inout OptimizerState)
}

/// What an optimizer remembers between steps: how many there were, and lists of tensors shaped like
/// the parameters.
public struct OptimizerState: Model {
  /// One list, such as the momenta, named like the parameters.
  public struct Moment: Model {
    /// What the list is called in checkpoints.
    public let name: String
    /// One tensor per parameter.
    public var tensors: NamedTensors

    /// Presents the tensors under the names of the parameters.
    public mutating func visit(_ walk: inout Walk) {
      for index in tensors.tensors.indices {
        walk.buffer(tensors.names[index], &tensors.tensors[index])
      }
    }
  }

  /// How many steps were taken.
  public var step = 0
  /// The lists.
  public var moments: [Moment]
  /// ``step`` once per parameter, where the engine's fused update wants it.
  var counters: [Tensor] = []

  /// Creates the state before the first step.
  init(_ names: [String], for parameters: NamedTensors, startingAt value: Double = 0) {
    moments = names.map { name in
      Moment(
        name: name,
        tensors: parameters.mapped {
          Tensor(repeating: value, $0.shape, $0.elementType, on: $0.device)
        })
    }
  }

  /// Presents every list under its name.
  public mutating func visit(_ walk: inout Walk) {
    for index in moments.indices { walk.child(moments[index].name, &moments[index]) }
  }
}

/// Which parameters shrink by weight decay, and how much.
public struct WeightDecay: Sendable {
  /// The factor; 0 for none.
  public var factor: Double
  /// Whether a parameter takes part.
  public var appliesTo: @Sendable (_ name: String, _ parameter: Tensor) -> Bool

  /// Creates a decay of all parameters that `appliesTo` accepts.
  public init(
    _ factor: Double,
    appliesTo: @escaping @Sendable (_ name: String, _ parameter: Tensor) -> Bool = { _, _ in true }
  ) {
    self.factor = factor
    self.appliesTo = appliesTo
  }

  /// No decay.
  public static let none = WeightDecay(0)

  /// A decay of matrices and kernels that leaves out biases and the scales and offsets of
  /// normalizations, which are recognized by having one axis at most.
  public static func kernels(_ factor: Double) -> WeightDecay {
    WeightDecay(factor) { _, parameter in parameter.rank > 1 }
  }
}

/// The lists one update works on, taken out of model and state so that they are held only here.
struct UpdateLists {
  var parameters: [Tensor] = []
  var gradients: [Tensor] = []
  var moments: [[Tensor]] = []
  var counters: [Tensor] = []

  /// Moves the entries at `positions` into lists of their own.
  mutating func taking(_ positions: [Int], leaving placeholder: Tensor) -> UpdateLists {
    var part = UpdateLists()
    part.parameters = take(&parameters, positions, placeholder)
    part.gradients = take(&gradients, positions, placeholder)
    for index in moments.indices {
      part.moments.append(take(&moments[index], positions, placeholder))
    }
    part.counters = take(&counters, positions, placeholder)
    return part
  }

  /// Moves the entries back.
  mutating func put(_ part: UpdateLists, at positions: [Int]) {
    for (source, target) in positions.enumerated() {
      parameters[target] = part.parameters[source]
      for index in moments.indices { moments[index][target] = part.moments[index][source] }
      if !counters.isEmpty { counters[target] = part.counters[source] }
    }
  }

  private func take(_ list: inout [Tensor], _ positions: [Int], _ placeholder: Tensor) -> [Tensor] {
    guard !list.isEmpty else { return [] }
    return positions.map { position in
      var taken = placeholder
      swap(&taken, &list[position])
      return taken
    }
  }
}

extension OptimizerState {
  /// Runs `body` once for the parameters with weight decay and once for those without, then counts
  /// the step.
  mutating func update<M: Model>(
    _ model: inout M, with gradient: NamedTensors, decay: WeightDecay,
    _ body: (_ lists: inout UpdateLists, _ weightDecay: Double) -> Void
  ) {
    let placeholder = Tensor(0)
    var decayed: [Int] = []
    var kept: [Int] = []
    var lists = UpdateLists()
    model.forEachParameter { name, tensor in
      let position = lists.parameters.count
      precondition(
        position < gradient.count && gradient.names[position] == name,
        "no gradient for parameter \(name)")
      if decay.factor != 0, decay.appliesTo(name, tensor) {
        decayed.append(position)
      } else {
        kept.append(position)
      }
      lists.parameters.append(placeholder)
      swap(&lists.parameters[position], &tensor)
    }
    lists.gradients = gradient.tensors
    takeMoments(into: &lists)
    for (positions, factor) in [(decayed, decay.factor), (kept, 0)] where !positions.isEmpty {
      if positions.count == lists.parameters.count {
        body(&lists, factor)
      } else {
        var part = lists.taking(positions, leaving: placeholder)
        body(&part, factor)
        lists.put(part, at: positions)
      }
    }
    step += 1
    returnMoments(from: &lists)
    var position = 0
    model.forEachParameter { _, tensor in
      swap(&tensor, &lists.parameters[position])
      position += 1
    }
  }

  private mutating func takeMoments(into lists: inout UpdateLists) {
    for index in moments.indices {
      precondition(
        moments[index].tensors.count == lists.parameters.count,
        "optimizer state for \(moments[index].tensors.count) parameters, "
          + "the model has \(lists.parameters.count)")
      lists.moments.append([])
      swap(&lists.moments[index], &moments[index].tensors.tensors)
    }
    swap(&lists.counters, &counters)
  }

  private mutating func returnMoments(from lists: inout UpdateLists) {
    for index in moments.indices {
      swap(&lists.moments[index], &moments[index].tensors.tensors)
    }
    swap(&lists.counters, &counters)
  }
}

extension OptimizerState {
  /// Sets the number of steps taken, for a state that comes from a checkpoint.
  mutating func setStep(_ step: Int) {
    self.step = step
    counters = []
  }
}
