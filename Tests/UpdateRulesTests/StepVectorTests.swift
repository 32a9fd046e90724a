import SwiftletTestSupport
import Testing
import Torch
import UpdateRules

/// Numbers printed in the specification, made by an independent implementation.
@Suite struct StepVectorTests {
  private var genome: Genome {
    var genome = Genome(
      forward: Tensor([[0.5, -0.2], [0.1, 0.3]]), backward: Tensor([[0.2, 0.4], [-0.3, 0.6]]),
      pre: Tensor([[1, 0.5], [-0.5, 0.25]]), post: Tensor([[0.3, -1], [0.7, 0.2]]))
    genome.neuron.keep.fill(with: 0.9)
    genome.neuron.update.fill(with: 1.1)
    genome.synapse.keep.fill(with: 0.98)
    genome.synapse.update.fill(with: -0.05)
    genome.synapse.oja.fill(with: 0.5)
    return genome
  }

  private var options: RuleOptions {
    var options = RuleOptions()
    options.outputActivation = .tanh
    options.averagesBatch = false
    return options
  }

  private var network: RuleNetwork {
    func synapses(_ senders: Int, _ receivers: Int) -> Synapses {
      Small.synapses(
        senders, receivers, channels: 2,
        feedback: { 0.1 * Double($0 + 1) - 0.1 * Double($1) - 0.05 * Double($2) },
        forward: { 0.1 * Double($0 + 1) - 0.2 * Double($1) + 0.05 * Double($2) })
    }
    return RuleNetwork(synapses: [synapses(2, 2), synapses(2, 1)])
  }

  private let inputs = Tensor([[1, -0.5], [0.25, 2]])
  private let targets = Tensor([[1.0], [-1]])

  private func expect(_ found: [Double], _ printed: [Double]) {
    expectClose(found, printed, relative: 0, absolute: 5.1e-11)
  }

  private func sample(_ layer: Tensor, _ index: Int) -> [Double] {
    layer[0, 0, .all, index].transposed().toDoubles()
  }

  @Test func `the forward sweep gives the printed neurons`() {
    let layers = UpdateRule(genome, options).neurons(of: network, inputs: inputs)
    expect(sample(layers[0], 0), [0.1954524778, 0.0329880262, 0.0109995564, 0.0329880262])
    expect(sample(layers[0], 1), [0.4067827712, -0.0795813574, 0.0522025033, -0.0027499931])
    expect(sample(layers[1], 0), [0.2079698138, 0.0357842263])
    expect(sample(layers[1], 1), [0.2214491083, 0.0180369229])
  }

  @Test func `the backward sweep gives the printed neurons`() {
    var options = options
    options.clearsNeurons = false
    var network = network
    UpdateRule(genome, options).learn(&network, inputs: inputs, targets: targets)
    expect(
      sample(network.neurons[0], 0), [0.1464224851, 0.0671632961, 0.0098992773, -0.0078859488])
    expect(
      sample(network.neurons[0], 1), [0.3833461520, -0.0994217999, 0.0469477150, 0.0256475000])
  }

  @Test func `a step gives the printed synapses`() throws {
    var network = network
    let before = UpdateRule(genome, options).learn(&network, inputs: inputs, targets: targets)
    expect(before.toDoubles(), [0.2079698138, 0.2214491083])
    expect(
      Small.rowMajor(network.synapses[0]),
      [
        0.0964815070, 0.1425489279, -0.0983982468, -0.0493712632, 0.1739765217, 0.2340262077,
        0.0014277119, 0.0471672588, 0.2892202726, 0.3293355121, 0.0980176863, 0.1453745548,
      ])
    expect(
      Small.rowMajor(network.synapses[1]),
      [
        0.0801986755, 0.1458200791, 0.1948293820, 0.2450157621, 0.2907793581, 0.3317277533,
      ])
    let first = try #require(network.synapses[0].feedback)
    expect(
      first[0, 0].permuted(1, 2, 0).toDoubles(),
      [
        0.0946834235, 0.0443902734, -0.0121454053, -0.0591021977, 0.1956644014, 0.1466342645,
        0.0970800979, 0.0469601164,
      ])
    let second = try #require(network.synapses[1].feedback)
    expect(
      second[0, 0].permuted(1, 2, 0).toDoubles(),
      [0.0899258518, 0.0486783594, 0.0005756226, -0.0488301578])
  }

  @Test func `Oja's decay by weights gives the printed synapses`() {
    var options = options
    options.ojaDecay = .weights
    var network = network
    UpdateRule(genome, options).learn(&network, inputs: inputs, targets: targets)
    expect(
      Small.rowMajor(network.synapses[1]),
      [0.0798486755, 0.1450419541, 0.1941293820, 0.2437188871, 0.2897293581, 0.3299121283])
  }
}
