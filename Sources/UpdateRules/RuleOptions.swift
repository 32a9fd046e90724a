import Runs

/// What a learning rule does, apart from the numbers of its genome.
///
/// The defaults are those with which genomes were found most reliably at small scale: additive
/// asymmetric updates, `tanh` in both sweeps, a linear output, and means over the batch.
///
/// - Paper: sections 3.2 to 3.6; the names of the released `NetworkSpec` stand with each field.
public struct RuleOptions: RecipePart {
  /// How the backward sweep changes a neuron.
  public enum BackwardUpdate: String, Sendable, Codable, CaseIterable {
    /// `a ← φ(f a + η u)`.
    case additive
    /// `a ← φ(f a u)`.
    case multiplicative
    /// The first state stays, the others become `φ(f a u)`.
    case multiplicativeSecondState
  }

  /// Which sweeps normalize what enters their nonlinearity.
  public enum ActivationNormalization: String, Sendable, Codable, CaseIterable {
    /// Neither.
    case none
    /// The forward sweep.
    case forward
    /// The backward sweep.
    case backward
    /// Both.
    case both
  }

  /// Which weights are divided by the norm of their column.
  public enum SynapseNormalization: String, Sendable, Codable, CaseIterable {
    /// None.
    case none
    /// Those that the sweeps use; the stored ones keep their size.
    case activations
    /// The stored ones, at the beginning of every step.
    case stored
  }

  /// A decay of synapses that keeps their columns bounded.
  public enum OjaDecay: String, Sendable, Codable, CaseIterable {
    /// None.
    case none
    /// In proportion to the squared weights of the column.
    case weights
    /// In proportion to the squared activity of the receiving neuron.
    case activations
  }

  /// How the size of synapses is limited.
  public enum Saturation: String, Sendable, Codable, CaseIterable {
    /// It is not.
    case none
    /// A change is multiplied by `exp(-|w| (ε + |saturation|))`.
    case exponential
    /// After a change `w` becomes `α tanh(w / α)` with the genome's `ceiling` for `α`.
    case tanh
  }

  /// What is written into the second state of the output layer.
  public enum FeedbackKind: String, Sendable, Codable, CaseIterable {
    /// The label, +1 for the true class and -1 for others.
    case label
    /// `softmax(output) - probability`, the gradient of the cross-entropy.
    case crossEntropyGradient
    /// `output - label`, the gradient of half the squared error.
    case squaredErrorGradient
  }

  /// The nonlinearity of hidden layers in the forward sweep (`forward_activation`).
  public var forwardActivation = StateActivation.tanh
  /// The nonlinearity of hidden layers in the backward sweep (`backward_activation`).
  public var backwardActivation = StateActivation.tanh
  /// The nonlinearity of the output layer (`last_layer_activation`).
  public var outputActivation = StateActivation.identity
  /// Whether all neurons begin each step at 0 (`zero_out_neurons`).
  public var clearsNeurons = true
  /// How the backward sweep changes a neuron (`backward_update`).
  public var backwardUpdate = BackwardUpdate.additive
  /// Whether backward weights are the forward ones transposed (`symmetric_in_out_synapses`).
  public var isSymmetric = false
  /// Whether all channels of a synapse are one (`symmetric_states_synapses`).
  public var sharesChannels = false
  /// Whether synapses see the sender as it was before the backward sweep
  /// (`use_forward_activations_for_synapse_update`).
  public var usesForwardActivations = false
  /// Whether synapses also change after the forward sweep, before the label is seen
  /// (`forward_synapse_update`).
  public var updatesForward = false
  /// Steps between two labels, the first step having one; other steps only run forward
  /// (`supervised_every`).
  public var supervisedEvery = 1
  /// Which sweeps normalize over the batch what enters their nonlinearity.
  public var activationNormalization = ActivationNormalization.none
  /// Which weights are divided by the norm of their column (`synapse_normalization_spec`).
  public var synapseNormalization = SynapseNormalization.none
  /// Whether normalized columns get the genome's `rescale` for a norm.
  public var rescalesNormalized = false
  /// A decay that keeps columns bounded (`ojas_spec`).
  public var ojaDecay = OjaDecay.none
  /// How the size of synapses is limited (`synapse_saturation_type`, `synapse_activation_fn`).
  public var saturation = Saturation.none
  /// The `ε` of exponential saturation.
  public var saturationFloor = 0.0
  /// What is written into the second state of the output layer (`feedback_fn`).
  public var feedback = FeedbackKind.label
  /// Whether synapses take the mean over the batch instead of the paper's sum, so that a rule fits
  /// every batch size.
  public var averagesBatch = true

  /// The defaults.
  public init() {}

  /// Gradient descent as a rule, whose genome is ``Genome/backpropagation(learningRate:_:)``.
  ///
  /// - Parameter activation: One of the pairs.
  /// - Returns: Options under which a step is exactly one of stochastic gradient descent on the
  ///   softmax cross-entropy.
  /// - Paper: section 3.1, appendix A.
  public static func backpropagation(_ activation: StateActivation = .tanhPair) -> RuleOptions {
    var options = RuleOptions()
    options.forwardActivation = activation
    options.backwardActivation = .identity
    options.backwardUpdate = .multiplicativeSecondState
    options.isSymmetric = true
    options.sharesChannels = true
    options.feedback = .crossEntropyGradient
    return options
  }

  /// Refuses an interval of labels below 1 and a negative `ε`.
  public func check() throws(InvalidSetting) {
    if supervisedEvery < 1 {
      throw InvalidSetting("supervisedEvery", "must be at least 1, got \(supervisedEvery)")
    }
    if !(saturationFloor >= 0 && saturationFloor.isFinite) {
      throw InvalidSetting("saturationFloor", "must be at least 0, got \(saturationFloor)")
    }
  }

  /// Whether backward weights are always the transposed forward ones and need no memory of their own.
  var tiesFeedback: Bool {
    isSymmetric && ojaDecay == .none && synapseNormalization != .stored
  }
}
