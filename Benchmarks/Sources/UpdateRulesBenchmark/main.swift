// Steps of learning and of meta-training for a network of 784-256-128-10 with four states, printed as
// one JSON object, in processor time, beside which `Peer/update_rules.py` can be put.
//
//   swift run -c release --package-path Benchmarks UpdateRulesBenchmark
//     [--seconds S] [--threads N] [--updates U] [--kernel mkl|onednn|measured]
import BenchmarkSupport
import Foundation
import Randomness
import Torch
import UpdateRules

struct Report: Encodable {
  var engine = "swiftlet"
  var threads: Int
  var kernel: String
  var updates: Int
  /// One step of learning, without differentiation.
  var stepMilliseconds: Double
  /// The matrix products of such a step alone.
  var productsMilliseconds: Double
  /// The gradient of the loss after `updates` steps, by every number of the genome.
  var metaGradientMilliseconds: Double
  /// The matrix products of that, forward and backward, alone.
  var metaProductsMilliseconds: Double
}

func argument(_ flag: String) -> String? {
  let arguments = CommandLine.arguments
  return arguments.firstIndex(of: flag).flatMap { arguments.dropFirst($0 + 1).first }
}

/// The median milliseconds of processor time of a call over some seconds, after one that does not
/// count.
func median(_ seconds: Double, _ body: () -> Void) -> Double {
  body()
  var times: [Double] = []
  let start = processorSeconds()
  while times.count < 5 || processorSeconds() - start < seconds {
    let before = processorSeconds()
    body()
    times.append((processorSeconds() - before) * 1e3)
  }
  return times.sorted()[times.count / 2]
}

let sizes = [784, 256, 128, 10]
let (states, batch) = (4, 128)
let seconds = argument("--seconds").flatMap(Double.init) ?? 4
let updates = argument("--updates").flatMap(Int.init) ?? 10
Engine.keepFreedMemory()
Engine.threadCount = argument("--threads").flatMap(Int.init) ?? 1
switch argument("--kernel") {
case "mkl": Engine.productKernel = .mkl
case "onednn": Engine.productKernel = .oneDNN(minimumMultiplyAdds: 1_000_000)
default: Engine.productKernel = Engine.measuredProductKernel()
}

var random = RandomSource(seed: 1)
let rule = UpdateRule(
  Genome(random: states, deviation: 0.3, update: 0.01, using: &random), RuleOptions())
let start = rule.makeNetwork(sizes: sizes, using: &random)
let labels = Tensor(integers: 0..<10, [1, updates + 1, batch], using: &random)
let episode = RuleEpisode(
  names: ["random"],
  inputs: Tensor(normal: [1, updates + 1, batch, sizes[0]], using: &random),
  targets: labels.oneHot(classCount: 10) * 2 - 1)

/// The products of one step, each as large as the rule's own: forward and Hebbian through every layer,
/// and those of backward weights where there are any; `backward` adds those of the gradient.
func products(_ random: inout RandomSource) -> (step: () -> Void, gradient: () -> Void) {
  var work: [(Tensor, Tensor, isWide: Bool)] = []
  var more: [(Tensor, Tensor, isWide: Bool)] = []
  for layer in 0..<3 {
    let (m, n) = (sizes[layer], sizes[layer + 1])
    func matrix(_ rows: Int, _ columns: Int, _ channels: Int) -> Tensor {
      Tensor(normal: [channels, rows, columns], using: &random)
    }
    if layer == 0 {
      let x = matrix(batch, m, 1)[0]
      let xT = x.transposed().rowMajor()
      let (weight, activity) = (matrix(m, states * n, 1)[0], matrix(batch, states * n, 1)[0])
      work += [(x, weight, true), (xT, activity, true)]
      more += [(xT, activity, true), (x, weight, true)]
    } else {
      let (p, w) = (matrix(batch, m, states), matrix(m, n, states))
      let (q, r) = (matrix(batch, n, states), matrix(n, m, states))
      let forward = [(p, w, false), (q, r, false)]
      let hebbian = [
        (p.transposed(), q, false), (q.transposed(), p, false),
      ]
      work += forward + hebbian
      // Each product has two of its size behind it.
      more += (forward + hebbian) + (forward + hebbian)
    }
  }
  func run(_ list: [(Tensor, Tensor, isWide: Bool)]) {
    withoutGradients {
      for (left, right, isWide) in list {
        _ = isWide ? left.matmul(right) : left.batchMatmul(right)
      }
    }
  }
  return ({ run(work) }, { run(work + more) })
}

let (inputs, targets) = (episode.inputs[0, 0], episode.targets[0, 0])
let work = products(&random)
var network = start
let stepTime = median(seconds) {
  withoutGradients { _ = rule.learn(&network, inputs: inputs, targets: targets) }
  network = start
}
let productTime = median(seconds, work.step)
let metaTime = median(seconds) {
  var genome = rule.genome
  let names = genome.parameters
  _ = valueAndGradient(at: names.tensors) { leaves in
    genome.replaceParameters(leaves)
    let moved = UpdateRule(genome, rule.options)
    var network = start
    let outputs = moved.unroll(&network, over: episode)
    return MetaObjective()(outputs, expected: episode.targets[.all, updates]).sum()
  }
}
let metaProducts = median(seconds) { for _ in 0..<updates { work.gradient() } }
let encoder = JSONEncoder()
encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
print(
  String(
    decoding: try encoder.encode(
      Report(
        threads: Engine.threadCount, kernel: "\(Engine.productKernel)", updates: updates,
        stepMilliseconds: stepTime, productsMilliseconds: productTime,
        metaGradientMilliseconds: metaTime, metaProductsMilliseconds: metaProducts)),
    as: UTF8.self))
