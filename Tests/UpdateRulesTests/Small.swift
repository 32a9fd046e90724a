import Randomness
import Torch
import UpdateRules

/// Small networks and rules in double precision for the tests of this room.
enum Small {
  /// Synapses from formulas of sender, receiver and channel; the last sender is the bias.
  static func synapses(
    _ senders: Int, _ receivers: Int, channels: Int, feedback: ((Int, Int, Int) -> Double)?,
    forward: (Int, Int, Int) -> Double
  ) -> Synapses {
    func block(_ rows: Range<Int>) -> Tensor {
      var values: [Double] = []
      for channel in 0..<channels {
        for row in rows {
          for column in 0..<receivers { values.append(forward(row, column, channel)) }
        }
      }
      return Tensor(values, shape: [1, 1, channels, rows.count, receivers])
    }
    var back: Tensor?
    if let feedback {
      var values: [Double] = []
      for channel in 0..<channels {
        for receiver in 0..<receivers {
          for sender in 0..<senders { values.append(feedback(receiver, sender, channel)) }
        }
      }
      back = Tensor(values, shape: [1, 1, channels, receivers, senders])
    }
    return Synapses(
      weight: block(0..<senders), bias: block(senders..<(senders + 1)), feedback: back)
  }

  /// Weights with the bias as the last row, in the order sender, receiver, channel.
  static func rowMajor(_ synapses: Synapses) -> [Double] {
    Tensor(concatenating: [synapses.weight, synapses.bias], along: 3)[0, 0].permuted(1, 2, 0)
      .toDoubles()
  }

  /// A random genome whose scalars are away from their defaults.
  static func genome(
    _ states: Int = 2, sharing: GenomeSharing = GenomeSharing(), seed: UInt64 = 3,
    hasForwardSynapse: Bool = false
  ) -> Genome {
    var random = RandomSource(seed: seed)
    var genome = Genome(
      random: states, sharing: sharing, hasForwardSynapse: hasForwardSynapse, using: &random,
      .float64)
    func set(_ synapse: inout Genome.Synapse) {
      synapse.keep.fill(with: 0.97)
      synapse.update.fill(with: -0.07)
      synapse.oja.fill(with: 0.3)
      synapse.saturation.fill(with: 0.4)
      synapse.rescale.fill(with: 1.2)
      synapse.ceiling.fill(with: 1.5)
    }
    genome.neuron.keep.fill(with: 0.9)
    genome.neuron.update.fill(with: 1.1)
    genome.neuron.normScale.fill(with: 0.8)
    genome.neuron.normShift.fill(with: 0.1)
    set(&genome.synapse)
    if var own = genome.forwardSynapse {
      set(&own)
      genome.forwardSynapse = own
    }
    return genome
  }

  /// Random inputs and labels of +1 and -1.
  static func batch(
    _ batch: Int, inputs: Int, classes: Int, seed: UInt64 = 5
  ) -> (inputs: Tensor, targets: Tensor) {
    var random = RandomSource(seed: seed)
    let labels = Tensor(integers: 0..<classes, [batch], using: &random)
    return (
      Tensor(normal: [batch, inputs], using: &random, .float64),
      labels.oneHot(classCount: classes, .float64) * 2 - 1
    )
  }
}
