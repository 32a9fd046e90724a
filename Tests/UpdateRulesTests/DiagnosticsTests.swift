import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch
import UpdateRules

@Suite struct DiagnosticsTests {
  @Test func `gradient descent has a symmetric Jacobian of the size the paper counts`() {
    var random = RandomSource(seed: 3)
    let descent = UpdateRule(
      .backpropagation(learningRate: 0.5, .float64), .backpropagation())
    let found = descent.symmetry(using: &random)
    #expect(found.isGradient, "\(found)")
    // One weight per synapse here; the paper's two states make 204.
    #expect(found.weightCount == 102)
    // It is minus the Hessian of the loss, so not zero either.
    #expect(found.largest > 1e-3)
  }

  @Test func `a random rule has not`() {
    var random = RandomSource(seed: 3)
    let found = UpdateRule(Small.genome(2, seed: 4), RuleOptions()).symmetry(using: &random)
    #expect(found.weightCount == 204)
    #expect(!found.isGradient && found.relative > 0.01, "\(found)")
  }

  @Test func `the Jacobian is that of automatic differentiation`() {
    let rule = UpdateRule(Small.genome(2, seed: 4), RuleOptions())
    var random = RandomSource(seed: 5)
    var copy = random
    let found = rule.jacobian(sizes: [2, 2, 1], batch: 4, using: &random)
    let network = rule.makeNetwork(
      sizes: [2, 2, 1], initialization: SynapseInitialization(.normal, scale: 0.5), using: &copy)
    let inputs = Tensor(uniform: [4, 2], in: -1...1, using: &copy, .float64)
    let targets = (inputs[.all, 0...0] * inputs[.all, 1...1]).sign()
    let points = network.synapses.flatMap { [$0.weight, $0.bias] }
    let count = points.reduce(0) { $0 + $1.count }
    for row in 0..<count {
      var weights = [Double](repeating: 0, count: count)
      weights[row] = 1
      let pullback = valueAndPullback(at: points, weights: Tensor(weights)) { variables in
        var moved = network
        for index in moved.synapses.indices {
          moved.synapses[index].weight = variables[2 * index]
          moved.synapses[index].bias = variables[2 * index + 1]
        }
        rule.learn(&moved, inputs: inputs, targets: targets)
        let after = moved.synapses.flatMap { [$0.weight, $0.bias] }
        return Tensor(concatenating: zip(after, variables).map { ($0 - $1).flattened() })
      }.pullback
      let expected = Tensor(concatenating: pullback.map { $0.flattened() })
      expectClose(found[row], expected, relative: 1e-6, absolute: 1e-9)
    }
  }

  @Test func `a long run shows norms, and ends where numbers stop being finite`() throws {
    var random = RandomSource(seed: 3)
    let rule = UpdateRule(Genome(random: 2, using: &random), RuleOptions())
    let task = try RuleTask(named: "xor")
    var network = rule.makeNetwork(sizes: [2, 4, 1], using: &random)
    let norms = rule.longRun(
      &network, on: task, steps: 5, randomizedFrom: 3, batch: 16, using: &random)
    #expect(norms.map(\.step) == [0, 1, 2, 3, 4])
    #expect(norms.allSatisfy { $0.weights.count == 2 && $0.activations.count == 2 })
    var wild = rule
    wild.genome.synapse.keep.fill(with: 1e20)
    let ended = wild.longRun(&network, on: task, steps: 50, batch: 16, using: &random)
    #expect(ended.count < 10)
  }

  @Test func `the decision surface has its rows from the top`() {
    var random = RandomSource(seed: 3)
    var options = RuleOptions()
    options.forwardActivation = .identity
    let rule = UpdateRule(.backpropagation(learningRate: 0.1), options)
    var network = rule.makeNetwork(sizes: [2, 1], using: &random)
    network.synapses[0].weight = Tensor([[1], [10]] as [[Float]])
      .broadcast(to: [1, 1, 2, 2, 1]).rowMajor()
    network.synapses[0].bias = Tensor(zeros: [1, 1, 2, 1, 1])
    let surface = rule.decisionSurface(of: network, side: 3)
    #expect(surface == [[9, 10, 11], [-1, 0, 1], [-11, -10, -9]])
  }

  @Test func `optimizers learn the batches that rules learn`() throws {
    let task = JudgedTask(training: try RuleTask(named: "and"))
    let judge = RuleJudge(
      [task], hidden: [8], initialization: SynapseInitialization(.normal, scale: 0.5), runs: 2,
      batch: 64, queryBatches: 4)
    let settings = [
      Baseline(kind: .sgd, learningRate: 0.001, startsLikeRule: true),
      Baseline(kind: .sgd, learningRate: 1, startsLikeRule: true),
      Baseline(kind: .adam, learningRate: 0.1, startsLikeRule: false),
    ]
    let sweep = BaselineSweep(settings, on: task, by: judge, activation: .tanh, at: [1, 30])
    #expect(sweep.best(.sgd, after: 30)?.name == "SGD 1.0")
    #expect(try #require(sweep.best(.adam, after: 30)?.mean(after: 30)) > 0.85)
    // Gradient descent as a rule learns what the optimizer of the same rate learns.
    let rule = UpdateRule(
      .backpropagation(learningRate: 0.3),
      {
        var options = RuleOptions.backpropagation()
        options.feedback = .squaredErrorGradient
        return options
      }())
    let curve = judge.curve(of: rule, on: task, at: [0, 30])
    #expect(try #require(curve.mean(after: 30)) > 0.85)
  }
}
