// Latency of backbones on one image, where their time goes, and training steps, printed as one JSON
// object beside which `Peer/vision.py` can be put.
//
//   swift run -c release --package-path Benchmarks VisionBenchmark latency [--size 224]
//     [--repeats N] [--threads N] [NAME ...]
//   swift run -c release --package-path Benchmarks VisionBenchmark training [--size S] [--batch B]
//     [--repeats N] [--threads N] NAME
import BenchmarkSupport
import Foundation
import Learning
import MachinePeak
import Randomness
import Torch
import Vision

func network(_ name: String) -> any ImageClassifier {
  var random = RandomSource(seed: 1)
  let architectures: [String: MobileArchitecture] = [
    "mnasnet_a1": .mnasNetA1(), "mnasnet_b1": .mnasNetB1(), "mobilenet_v2": .mobileNetV2(),
    "efficientnet_b0": .efficientNet(.b0),
  ]
  if let architecture = architectures[name] {
    return MobileNetwork(architecture, using: &random)
  }
  return name == "resnet20_cifar"
    ? ResNet(.cifar(depth: 20), classCount: 10, using: &random)
    : ResNet(.resNet50, using: &random)
}

func fused(_ network: some ImageClassifier) -> any ImageClassifier { network.fused() }

/// What layers of a kind cost together.
struct KindReport: Encodable {
  var kind: String
  var layers: Int
  var gigaFlops: Double
  var megabytes: Double
  var milliseconds: Double
  var shareOfPeak: Double
}

struct LatencyReport: Encodable {
  var engine = "swiftlet"
  var name: String
  var plainMilliseconds: Double
  var fusedMilliseconds: Double
  var plainProcessorMilliseconds: Double
  var fusedProcessorMilliseconds: Double
  var kinds: [KindReport]
}

func latency(_ name: String, size: Int, repeats: Int, peak: Double) -> LatencyReport {
  var random = RandomSource(seed: 2)
  let input = Tensor(normal: [1, 3, size, size], using: &random)
  let plain = network(name)
  let quick = fused(plain)
  let times = Latency.measure([plain, quick], input: input, repeats: repeats)
  let layers = LayerLatency.measure(quick, input: input, repeats: repeats)
  let kinds = Dictionary(grouping: layers, by: \.kind).map { kind, layers in
    let flops = 2 * Double(layers.reduce(0) { $0 + $1.multiplyAdds })
    let seconds = layers.reduce(0) { $0 + $1.seconds }
    return KindReport(
      kind: kind, layers: layers.count, gigaFlops: flops / 1e9,
      megabytes: Double(layers.reduce(0) { $0 + $1.bytes }) / 1e6, milliseconds: seconds * 1e3,
      shareOfPeak: flops / seconds / peak)
  }
  return LatencyReport(
    name: name, plainMilliseconds: 1e3 * times[0].median, fusedMilliseconds: 1e3 * times[1].median,
    plainProcessorMilliseconds: 1e3 * times[0].processorMedian,
    fusedProcessorMilliseconds: 1e3 * times[1].processorMedian,
    kinds: kinds.sorted { $0.milliseconds > $1.milliseconds })
}

struct TrainingReport: Encodable {
  var engine = "swiftlet"
  var name: String
  var batch: Int
  var size: Int
  var medianProcessorSeconds: Double
  var fastestProcessorSeconds: Double
}

func training<Network: ImageClassifier>(
  _ start: Network, name: String, size: Int, batch: Int, repeats: Int
) -> TrainingReport {
  var network = start
  var random = RandomSource(seed: 2)
  let images = Tensor(normal: [batch, 3, size, size], using: &random)
  let labels = Tensor((0..<batch).map { $0 % network.classCount }, shape: [batch])
  var recipe = OptimizerRecipe(.sgd, learningRate: 0.1)
  recipe.momentum = 0.9
  recipe.weightDecay = 1e-4
  let optimizer = recipe.makeOptimizer()
  var state = optimizer.initialState(for: network.parameters)
  var pass = Pass.training(using: random)
  var times: [Double] = []
  for _ in 0..<repeats + 2 {
    let begin = processorSeconds()
    let (loss, gradient) = valueAndGradient(at: &network) { network in
      network.forward(images.channelsLast(), &pass).softmaxCrossEntropy(expected: labels)
    }
    _ = loss.scalar()
    optimizer.update(&network, with: gradient, learningRate: 0.1, state: &state)
    times.append(processorSeconds() - begin)
  }
  let counted = times.dropFirst(2).sorted()
  return TrainingReport(
    name: name, batch: batch, size: size, medianProcessorSeconds: counted[counted.count / 2],
    fastestProcessorSeconds: counted[0])
}

var arguments = Array(CommandLine.arguments.dropFirst())
let threads = takeNumber("--threads", 1, from: &arguments)
let size = takeNumber("--size", 0, from: &arguments)
let batch = takeNumber("--batch", 128, from: &arguments)
let repeats = takeNumber("--repeats", 15, from: &arguments)
Engine.threadCount = threads
Engine.keepFreedMemory()
let kind = arguments.first ?? "latency"
let names = Array(arguments.dropFirst())

if kind == "training" {
  for name in names.isEmpty ? ["resnet20_cifar"] : names {
    let side = size > 0 ? size : name == "resnet20_cifar" ? 32 : 224
    func run(_ network: some ImageClassifier) throws {
      try show(training(network, name: name, size: side, batch: batch, repeats: repeats))
    }
    try run(network(name))
  }
} else {
  let peak = peak_flops()
  try show([
    "peakGigaFlops": peak / 1e9, "readGigabytesFirstCache": peak_read_bandwidth(24 << 10) / 1e9,
    "readGigabytesSecondCache": peak_read_bandwidth(700 << 10) / 1e9,
    "readGigabytesMemory": peak_read_bandwidth(128 << 20) / 1e9,
  ])
  let all = ["mnasnet_a1", "mnasnet_b1", "mobilenet_v2", "efficientnet_b0", "resnet50"]
  for name in names.isEmpty ? all : names {
    try show(latency(name, size: size > 0 ? size : 224, repeats: repeats, peak: peak))
  }
}
