// Times of single operators, printed as one JSON object with the case names of `Peer/operators.py`.
//
//   swift run -c release --package-path Benchmarks OperatorBenchmark [--samples N] [--threads N]
//     [--kernel mkl|onednn|measured] [--seconds S per sample] [--overhead-only]
import Foundation
import Randomness
import Torch

struct Report: Encodable {
  var engine: String
  var threads: Int
  var kernel: String
  var unit = "microseconds"
  var overhead: [String: Measurement]
  var products: [String: [String: Measurement]]
  var batched: [String: [String: Measurement]]
}

/// What a call costs when there is next to nothing to compute.
func overhead(_ samples: Int, _ random: inout RandomSource) -> [String: Measurement] {
  let x = Tensor(normal: [8, 8], using: &random)
  let y = Tensor(normal: [8, 8], using: &random)
  let images = Tensor(normal: [16, 32], using: &random)
  let labels = Tensor(integers: 0..<10, [16], using: &random)
  let parameters = [[64, 32], [64], [10, 64], [10]].map {
    Tensor(uniform: $0, in: -0.15...0.15, using: &random)
  }
  func loss(_ p: [Tensor]) -> Tensor {
    images.linear(weight: p[0], bias: p[1]).relu().linear(weight: p[2], bias: p[3])
      .softmaxCrossEntropy(expected: labels)
  }
  var result: [String: Measurement] = [:]
  result["add_8x8"] = measure(samples) { _ = x + y }
  result["chain_16x32_inference"] = withoutGradients { measure(samples) { _ = loss(parameters) } }
  _ = valueAndGradient(at: parameters) { variables in
    result["chain_16x32_forward"] = measure(samples) { _ = loss(variables) }
    return loss(variables)
  }
  result["chain_16x32_forward_backward"] = measure(samples) {
    _ = valueAndGradient(at: parameters, loss)
  }
  return result
}

let shapes = [
  (197, 192, 576), (128, 784, 512), (1024, 1024, 1024), (5, 32, 32), (10, 40, 40), (13, 80, 80),
  (13, 104, 104), (25, 104, 104), (28, 80, 80), (28, 104, 104), (40, 72, 72), (40, 80, 80),
  (21, 176, 88), (10, 433, 216), (10, 216, 433), (60, 8, 20), (208, 104, 104), (448, 104, 104),
  (640, 72, 72),
]

/// Matrix products and linear layers; `linear_backward` is the time of value and gradient less that
/// of the value.
func products(_ samples: Int, _ random: inout RandomSource) -> [String: [String: Measurement]] {
  var result: [String: [String: Measurement]] = [:]
  for (rows, inputs, outputs) in shapes {
    let x = Tensor(normal: [rows, inputs], using: &random)
    let w = Tensor(normal: [outputs, inputs], using: &random)
    let b = Tensor(normal: [outputs], using: &random)
    let slope = Tensor(normal: [rows, outputs], using: &random)
    let t = w.transposed().rowMajor()
    let (matmul, linear) = withoutGradients {
      (
        measure(samples) { _ = x.matmul(t) },
        measure(samples) { _ = x.linear(weight: w, bias: b) }
      )
    }
    let both = measure(samples) {
      _ = valueAndPullback(at: [x, w, b], weights: slope) {
        $0[0].linear(weight: $0[1], bias: $0[2])
      }
    }
    let rate = { (time: Measurement, rows: Int) in
      time.rated(rows: rows, inputs: inputs, outputs: outputs)
    }
    result["\(rows)x\(inputs)x\(outputs)"] = [
      "matmul": rate(matmul, rows), "linear": rate(linear, rows),
      "linear_backward": rate(both.minus(linear), 2 * rows),
      "linear_forward_backward": rate(both, 3 * rows),
    ]
  }
  return result
}

/// Products of batches of matrices, forward and backward.
func batched(_ samples: Int, _ random: inout RandomSource) -> [String: [String: Measurement]] {
  var result: [String: [String: Measurement]] = [:]
  for (batch, rows, inputs, outputs) in [
    (8, 13, 52, 13), (16, 25, 9, 5), (12, 197, 64, 197), (4, 256, 256, 256),
  ] {
    let x = Tensor(normal: [batch, rows, inputs], using: &random)
    let w = Tensor(normal: [batch, inputs, outputs], using: &random)
    let slope = Tensor(normal: [batch, rows, outputs], using: &random)
    let forward = withoutGradients { measure(samples) { _ = x.batchMatmul(w) } }
    let both = measure(samples) {
      _ = valueAndPullback(at: [x, w], weights: slope) { $0[0].batchMatmul($0[1]) }
    }
    result["\(batch)x\(rows)x\(inputs)x\(outputs)"] = [
      "forward": forward.rated(rows: batch * rows, inputs: inputs, outputs: outputs),
      "forward_backward": both.rated(rows: 3 * batch * rows, inputs: inputs, outputs: outputs),
    ]
  }
  return result
}

func option(_ name: String) -> String? {
  let arguments = CommandLine.arguments
  return arguments.firstIndex(of: name).flatMap { arguments.dropFirst($0 + 1).first }
}

let loopSeconds = option("--seconds").flatMap(Double.init) ?? 0.02
let samples = option("--samples").flatMap(Int.init) ?? 15
Engine.threadCount = option("--threads").flatMap(Int.init) ?? 1
switch option("--kernel") {
case "onednn": Engine.productKernel = .oneDNN(minimumMultiplyAdds: 0)
case "measured": Engine.productKernel = Engine.measuredProductKernel()
default: Engine.productKernel = .mkl
}
let isOverheadOnly = CommandLine.arguments.contains("--overhead-only")
var random = RandomSource(seed: 0)
let report = Report(
  engine: "libtorch \(Engine.version)", threads: Engine.threadCount,
  kernel: "\(Engine.productKernel)", overhead: overhead(samples, &random),
  products: isOverheadOnly ? [:] : products(samples, &random),
  batched: isOverheadOnly ? [:] : batched(samples, &random))
let encoder = JSONEncoder()
encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
print(String(decoding: try encoder.encode(report), as: UTF8.self))
