import Files
import Foundation
import Learning
import Runs
import Torch

/// A learned rule as a small text file: everything that is needed to use it, and where it comes from.
///
/// The file is YAML that people can read and change. Unknown keys are refused with their line, so a
/// misspelt scalar cannot silently be ignored.
///
/// ```yaml
/// description: learns 14 x 14 digits in fifteen steps
/// states: 2
/// hidden: [512]
/// options: {forwardActivation: tanh, ...}
/// numbers:
///   - {forward: [[0.5, -0.2], [0.1, 0.3]], backward: ..., neuronKeep: 1, ...}
/// provenance: {recipe: cma-14, seed: 1, ...}
/// ```
public struct GenomeFile: Recipe {
  /// The name of the format, for messages.
  public static let name = "genome"

  /// The numbers of a part of a synapse's rule.
  public struct SynapseNumbers: RecipePart {
    /// The sender's mixing, `[source state, channel]`.
    public var pre: [[Double]] = []
    /// The receiver's mixing, `[channel, source state]`.
    public var post: [[Double]] = []
    /// How much of a weight survives a step.
    public var keep = 1.0
    /// The signed learning rate.
    public var update = -1e-3
    /// The gain of Oja's decay.
    public var oja = 1.0
    /// The rate of exponential saturation.
    public var saturation = 1.0
    /// The norm of normalized columns.
    public var rescale = 1.0
    /// The largest size under `tanh` saturation.
    public var ceiling = 1.0
    /// The deviation of initial weights.
    public var initialScale = 0.1
    /// The part of it that goes with the layer's size.
    public var initialXavierScale = 0.0

    /// The defaults, without matrices.
    public init() {}
  }

  /// The numbers of one step and one layer.
  public struct Numbers: RecipePart {
    /// The forward mixing, `[source state, destination state]`.
    public var forward: [[Double]] = []
    /// The backward mixing, `[source state, destination state]`.
    public var backward: [[Double]] = []
    /// How much of a neuron's state survives an additive update.
    public var keep = 1.0
    /// The gain of what arrives.
    public var update = 1.0
    /// The deviation of normalized activations.
    public var normScale = 1.0
    /// The mean of normalized activations.
    public var normShift = 0.0
    /// What synapses do after the backward sweep.
    public var synapse = SynapseNumbers()
    /// What they do after the forward sweep, if they then have numbers of their own.
    public var forwardSynapse: SynapseNumbers?

    /// The defaults, without matrices.
    public init() {}
  }

  /// Where the genome comes from.
  public struct Provenance: RecipePart {
    /// The recipe, by the name of its file.
    public var recipe = ""
    /// The seed of the run.
    public var seed: UInt64 = 0
    /// Which outer loop: `adam` or `cma`.
    public var outer = ""
    /// Meta-steps or generations.
    public var steps = 0
    /// What it learned from.
    public var tasks: [String] = []
    /// The side of its images in pixels, 0 where there were none.
    public var imageSize = 0
    /// Updates in an episode of its training.
    public var updates = 0
    /// Examples in a batch of its training.
    public var batch = 0
    /// Steps or generations at which the curve was read.
    public var curveSteps: [Int] = []
    /// Its accuracy there.
    public var curve: [Double] = []

    /// An unknown origin.
    public init() {}
  }

  /// What it is, in a line.
  public var description = ""
  /// States of a neuron.
  public var states = 2
  /// The hidden layers it was trained with.
  public var hidden: [Int] = []
  /// How new synapses are drawn.
  public var initialization = SynapseInitialization()
  /// What is done with the numbers.
  public var options = RuleOptions()
  /// Layers of synapses with numbers of their own; 1 when all share them.
  public var layers = 1
  /// The numbers, all layers of the first step first; one entry in the usual case.
  public var numbers: [Numbers] = []
  /// Where it comes from.
  public var provenance = Provenance()

  /// An empty file.
  public init() {}

  /// Refuses what is no genome: too few states, matrices that do not fit, numbers that are not finite.
  public func check() throws(InvalidSetting) {
    if states < 2 { throw InvalidSetting("states", "must be at least 2, got \(states)") }
    if layers < 1 { throw InvalidSetting("layers", "must be at least 1, got \(layers)") }
    if numbers.isEmpty || numbers.count % layers != 0 {
      throw InvalidSetting(
        "numbers", "must have an entry for each of \(layers) layers, got \(numbers.count)")
    }
    for entry in numbers {
      var matrices = [
        ("forward", entry.forward), ("backward", entry.backward), ("pre", entry.synapse.pre),
        ("post", entry.synapse.post),
      ]
      if let own = entry.forwardSynapse { matrices += [("pre", own.pre), ("post", own.post)] }
      for (name, matrix) in matrices {
        guard matrix.count == states, matrix.allSatisfy({ $0.count == states }) else {
          let shape = "\(matrix.count) x \(matrix.first?.count ?? 0)"
          throw InvalidSetting(
            "numbers",
            "must hold matrices of \(states) x \(states), because states is \(states); \(name) is "
              + shape)
        }
        guard matrix.joined().allSatisfy(\.isFinite) else {
          throw InvalidSetting("numbers", "must be finite; the matrix \(name) is not")
        }
      }
      guard entry.scalars.allSatisfy(\.isFinite) else {
        throw InvalidSetting("numbers", "must be finite; a scalar is not")
      }
      guard (entry.forwardSynapse == nil) == (numbers[0].forwardSynapse == nil) else {
        throw InvalidSetting("numbers", "must have forwardSynapse in all entries or in none")
      }
    }
  }
}

extension GenomeFile {
  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - states: How many states are wanted; `nil` accepts any.
  /// - Throws: `RecipeError` naming key and line, or ``RuleError/states(origin:found:expected:)``.
  public init(readingFrom path: String, states: Int? = nil) throws {
    self = try RecipeReader.load(GenomeFile.self, path: path)
    if let states, states != self.states {
      throw RuleError.states(origin: path, found: self.states, expected: states)
    }
  }

  /// Writes the file durably.
  ///
  /// - Throws: `FileFailure` of kind `unwritable`.
  public func write(to path: String) throws { try writeDurably(text, to: path) }

  /// The file's text.
  public var text: String {
    let body = RecipeWriter.text(of: self).split(separator: "\n", omittingEmptySubsequences: false)
    let head =
      "# A learned update rule; `swiftlet rule apply --rule FILE` teaches a network with it."
    var text = ([Substring(head)] + body.dropFirst()).joined(separator: "\n")
    for key in ["backward", "keep", "synapse", "post", "oja", "forwardSynapse"] {
      text = text.replacing(", \(key): ", with: ",\n     \(key): ")
    }
    return text
  }

  /// Describes one species of a genome.
  ///
  /// - Parameters:
  ///   - genome: The numbers.
  ///   - species: Which one.
  ///   - options: What is done with them.
  public init(_ genome: Genome, species: Int = 0, options: RuleOptions) {
    self.init()
    let one = genome.species(species)
    states = one.stateCount
    layers = one.layerCount
    self.options = options
    for step in 0..<one.stepCount {
      for layer in 0..<layers { numbers.append(Numbers(one, step, layer)) }
    }
  }

  /// The genome's numbers, one species.
  public func genome(_ type: ElementType = .float32) -> Genome {
    let steps = numbers.count / layers
    func matrix(_ pick: (Numbers) -> [[Double]]) -> Tensor {
      Tensor(
        numbers.flatMap { pick($0).flatMap { $0 } }, shape: [steps, layers, 1, states, states]
      ).cast(to: type)
    }
    func scalar(_ pick: (Numbers) -> Double) -> Tensor {
      Tensor(numbers.map(pick), shape: [steps, layers, 1]).cast(to: type)
    }
    func synapse(_ pick: (Numbers) -> SynapseNumbers) -> Genome.Synapse {
      Genome.Synapse(
        pre: matrix { pick($0).pre }, post: matrix { pick($0).post },
        keep: scalar { pick($0).keep }, update: scalar { pick($0).update },
        oja: scalar { pick($0).oja }, saturation: scalar { pick($0).saturation },
        rescale: scalar { pick($0).rescale }, ceiling: scalar { pick($0).ceiling },
        initialScale: scalar { pick($0).initialScale },
        initialXavierScale: scalar { pick($0).initialXavierScale })
    }
    var genome = Genome(
      forward: matrix(\.forward), backward: matrix(\.backward), pre: matrix(\.synapse.pre),
      post: matrix(\.synapse.post), sharing: GenomeSharing(steps: steps, layers: layers))
    genome.neuron.keep = scalar(\.keep)
    genome.neuron.update = scalar(\.update)
    genome.neuron.normScale = scalar(\.normScale)
    genome.neuron.normShift = scalar(\.normShift)
    genome.synapse = synapse(\.synapse)
    if numbers[0].forwardSynapse != nil {
      genome.forwardSynapse = synapse { $0.forwardSynapse ?? $0.synapse }
    }
    return genome
  }

  /// The rule, ready to teach.
  public func rule(_ type: ElementType = .float32) -> UpdateRule {
    UpdateRule(genome(type), options)
  }
}

extension GenomeFile.Numbers {
  fileprivate init(_ genome: Genome, _ step: Int, _ layer: Int) {
    self.init()
    func matrix(_ leaf: Tensor) -> [[Double]] {
      leaf[step, layer, 0].unstacked().map(\.shortDoubles)
    }
    func scalar(_ leaf: Tensor) -> Double { leaf[step, layer, 0].flattened().shortDoubles[0] }
    func synapse(_ part: Genome.Synapse) -> GenomeFile.SynapseNumbers {
      var numbers = GenomeFile.SynapseNumbers()
      numbers.pre = matrix(part.pre)
      numbers.post = matrix(part.post)
      numbers.keep = scalar(part.keep)
      numbers.update = scalar(part.update)
      numbers.oja = scalar(part.oja)
      numbers.saturation = scalar(part.saturation)
      numbers.rescale = scalar(part.rescale)
      numbers.ceiling = scalar(part.ceiling)
      numbers.initialScale = scalar(part.initialScale)
      numbers.initialXavierScale = scalar(part.initialXavierScale)
      return numbers
    }
    forward = matrix(genome.neuron.forward)
    backward = matrix(genome.neuron.backward)
    keep = scalar(genome.neuron.keep)
    update = scalar(genome.neuron.update)
    normScale = scalar(genome.neuron.normScale)
    normShift = scalar(genome.neuron.normShift)
    self.synapse = synapse(genome.synapse)
    forwardSynapse = genome.forwardSynapse.map(synapse)
  }

  fileprivate var scalars: [Double] {
    [keep, update, normScale, normShift]
      + [synapse, forwardSynapse ?? synapse].flatMap {
        [
          $0.keep, $0.update, $0.oja, $0.saturation, $0.rescale, $0.ceiling, $0.initialScale,
          $0.initialXavierScale,
        ]
      }
  }
}

extension Tensor {
  /// The elements as numbers with no more digits than their own type needs to give them back.
  fileprivate var shortDoubles: [Double] {
    elementType == .float32 ? toFloats().map { Double("\($0)") ?? Double($0) } : toDoubles()
  }
}
