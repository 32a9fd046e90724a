// What hashing costs, printed as JSON objects beside which `Peer/multihashing.py` can be put.
//
//   swift run -c release --package-path Benchmarks MultiHashingBenchmark training
//     [--batch B] [--repeats N] [--threads N]
//   swift run -c release --package-path Benchmarks MultiHashingBenchmark expansion
//   swift run -c release --package-path Benchmarks MultiHashingBenchmark materialization
//
// training: a step of ResNet-32 dense and hashed, taking turns, so that a busy machine slows both.
// expansion: EfficientNet-B4 written out from a pool of B0's size, beside what the machine could do.
// materialization: weights and their gradients alone, without a network, for several kinds of pool.
import BenchmarkSupport
import Foundation
import Learning
import MachinePeak
import MultiHashing
import Randomness
import Torch
import Vision

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// Processor seconds of one thread, which other programs hardly change.
func seconds(_ body: () -> Void) -> Double {
  let start = processorSeconds()
  body()
  return processorSeconds() - start
}

/// Kinds of pool at a quarter of the size.
func variants() -> [(name: String, settings: HashingSettings)] {
  var fixed = HashingSettings()
  fixed.modifiers = [.fanOut]
  return [
    ("matrix, learned scales", HashingSettings()), ("matrix, fixed scales", fixed),
    ("Kronecker", .kronecker), ("1 hash", .hashes(1)), ("10 hashes", .hashes(10)),
    ("HashedNets", .hashedNets),
  ]
}

/// A model in training with all that one step needs.
struct Stepper<Trained: Model> {
  var model: Trained
  var state: OptimizerState
  var pass: Pass
  let loss: (inout Trained, inout Pass) -> Tensor
  let optimizer: any Optimizer

  init(_ model: Trained, _ loss: @escaping (inout Trained, inout Pass) -> Tensor) {
    var recipe = OptimizerRecipe(.sgd, learningRate: 0.1)
    recipe.momentum = 0.9
    recipe.weightDecay = 1e-4
    optimizer = recipe.makeOptimizer()
    state = optimizer.initialState(for: model.parameters)
    pass = Pass.training(using: RandomSource(seed: 3))
    self.model = model
    self.loss = loss
  }

  mutating func step() {
    let loss = loss
    var pass = pass
    let (value, gradient) = valueAndGradient(at: &model) { loss(&$0, &pass) }
    _ = value.scalar()
    optimizer.update(&model, with: gradient, learningRate: 1e-4, state: &state)
  }
}

struct TrainingReport: Encodable {
  var engine = "swiftlet"
  var name: String
  var batch: Int
  var denseSeconds: Double
  var hashedSeconds: Double
  var medianRatio: Double
}

func training(batch: Int, repeats: Int) throws {
  var random = RandomSource(seed: 1)
  let dense = ResNet(.cifar(depth: 32), classCount: 10, using: &random)
  let images = Tensor(normal: [batch, 3, 32, 32], using: &random).channelsLast()
  let labels = Tensor((0..<batch).map { $0 % 10 })
  func loss(_ network: inout ResNet, _ pass: inout Pass) -> Tensor {
    network.forward(images, &pass).softmaxCrossEntropy(expected: labels)
  }
  for (name, settings) in variants() {
    var plain = Stepper(dense, loss)
    var hashed = Stepper(try HashedNetwork(dense, settings, using: &random)) { model, pass in
      model.withNetwork { loss(&$0, &pass) }
    }
    var pairs: [(Double, Double)] = []
    for repetition in -1..<repeats {
      let pair = (seconds { plain.step() }, seconds { hashed.step() })
      if repetition >= 0 { pairs.append(pair) }
    }
    try show(
      TrainingReport(
        name: name, batch: batch, denseSeconds: median(pairs.map(\.0)),
        hashedSeconds: median(pairs.map(\.1)), medianRatio: median(pairs.map { $1 / $0 })))
  }
}

struct ExpansionReport: Encodable {
  var weights: Int
  var variables: Int
  var side: Int
  var rank: Int
  var seconds: Double
  var productSeconds: Double
  var gigaMultiplyAdds: Double
  var peakGigaFlops: Double
  var floorByProducts: Double
  var megabytes: Double
  var bandwidthGigabytes: Double
  var floorByMemory: Double
}

func expansion(repeats: Int) throws {
  var settings = HashingSettings()
  settings.policy = .everything
  settings.budget = SizeBudget(variables: 5_288_548)
  var random = RandomSource(seed: 1)
  let network = Backbone(.mobile(.efficientNet(.b4)), using: &random)
  let hashed = try HashedNetwork(network, settings, using: &random)
  guard case .matrix(let side, _, let rank) = hashed.plan.parts[0].shape else { return }
  let (peak, bandwidth) = (peak_flops(), peak_read_bandwidth(128 << 20))
  var (whole, product): ([Double], [Double]) = ([], [])
  withoutGradients {
    for _ in 0..<repeats {
      whole.append(seconds { _ = hashed.network() })
      product.append(seconds { _ = hashed.pools[0].flat() })
    }
  }
  let multiplyAdds = Double(side * side * rank)
  // Variables are read once, products written once.
  let bytes = 4 * Double(2 * side * rank + side * side)
  try show(
    ExpansionReport(
      weights: hashed.plan.weightCount, variables: hashed.plan.poolVariableCount, side: side,
      rank: rank, seconds: median(whole), productSeconds: median(product),
      gigaMultiplyAdds: multiplyAdds / 1e9, peakGigaFlops: peak / 1e9,
      floorByProducts: 2 * multiplyAdds / peak, megabytes: bytes / 1e6,
      bandwidthGigabytes: bandwidth / 1e9, floorByMemory: bytes / bandwidth))
}

struct MaterializationReport: Encodable {
  var engine = "swiftlet"
  var name: String
  var fraction: Double
  var forwardSeconds: Double
  var bothSeconds: Double
}

func materialization(repeats: Int) throws {
  var random = RandomSource(seed: 1)
  let dense = ResNet(.cifar(depth: 32), classCount: 10, using: &random)
  for fraction in [0.03, 0.1, 0.25] {
    for (name, base) in variants() {
      var settings = base
      settings.budget = SizeBudget(fraction: fraction)
      var hashed = try HashedNetwork(dense, settings, using: &random)
      let weights = hashed.plan.slots.map { Tensor(normal: $0.info.shape, using: &random) }
      var (forward, both): ([Double], [Double]) = ([], [])
      for _ in 0..<repeats {
        forward.append(seconds { _ = withoutGradients { hashed.hashedWeights() } })
        both.append(
          seconds {
            _ = valueAndGradient(at: &hashed) { model in
              let sums = zip(model.hashedWeights(), weights).map { ($0 * $1).sum() }
              return Tensor(stacking: sums).sum()
            }
          })
      }
      try show(
        MaterializationReport(
          name: name, fraction: fraction, forwardSeconds: median(forward), bothSeconds: median(both)
        ))
    }
  }
}

var arguments = Array(CommandLine.arguments.dropFirst())
let threads = takeNumber("--threads", 1, from: &arguments)
let batch = takeNumber("--batch", 128, from: &arguments)
let repeats = takeNumber("--repeats", 7, from: &arguments)
Engine.threadCount = threads
Engine.keepFreedMemory()
switch arguments.first ?? "training" {
case "expansion": try expansion(repeats: repeats)
case "materialization": try materialization(repeats: repeats)
default: try training(batch: batch, repeats: repeats)
}
