// Training steps of the 20-way 1-shot Omniglot recipe on random images, printed as one JSON object
// beside which `Peer/hypertransformer.py --bench` can be put.
//
//   swift run -c release --package-path Benchmarks FewShotBenchmark
//     [--episodes-per-step B] [--seconds S] [--threads N]
import BenchmarkSupport
import Foundation
import HyperTransformer
import Learning
import Randomness
import Torch

struct Report: Encodable {
  var engine = "swiftlet"
  var threads: Int
  var episodesPerStep: Int
  var steps: Int
  var episodesPerSecond: Double
  var medianStepSeconds: Double
  var fastestStepSeconds: Double
  var peakMegabytes: Double
}

func randomBatch(_ episodes: Int, ways: Int, queries: Int, _ random: inout RandomSource)
  -> TrainingBatch
{
  let labels = (0..<episodes).flatMap { _ in (0..<ways).map { $0 } }
  let expected = (0..<episodes).flatMap { _ in (0..<queries).map { $0 % ways } }
  let support = Tensor(labels, shape: [episodes, ways])
  return TrainingBatch(
    support: SupportSet(
      images: Tensor(uniform: [ways, episodes, 1, 28, 28], in: -1...1, using: &random),
      labels: support),
    query: QuerySet(
      images: Tensor(uniform: [queries, episodes, 1, 28, 28], in: -1...1, using: &random),
      labels: Tensor(expected, shape: [episodes, queries])),
    realClasses: support)
}

/// Takes training steps for some seconds, after a few that do not count.
func measure(threads: Int, episodes: Int, seconds: Int) throws -> Report {
  Engine.threadCount = threads
  Engine.keepFreedMemory()
  var random = RandomSource(seed: 1)
  let network = ConvNetFamily.maxPoolFourLayer.architecture(
    imageSize: 28, imageChannels: 1, channels: 8, classCount: 20)
  let objective = Objective()
  var model = GeneratorInTraining(
    try WeightGenerator(writing: network, using: &random), objective: objective,
    realClassCount: 20, isPretraining: false, using: &random)
  let optimizer = OptimizerRecipe(.sgd, learningRate: 0.02).makeOptimizer()
  var state = optimizer.initialState(for: model.parameters)
  var pass = Pass.training(using: random)
  // Drawn before the clock starts, like the peer's.
  let batches = (0..<4).map { _ in randomBatch(episodes, ways: 20, queries: 60, &random) }
  var times: [Double] = []
  let start = DispatchTime.now().uptimeNanoseconds
  let limit = UInt64(seconds) * 1_000_000_000
  while times.count < 8 || DispatchTime.now().uptimeNanoseconds - start < limit {
    let before = nanoseconds(onOneThread: threads == 1)
    let batch = batches[times.count % batches.count]
    let (_, gradient) = valueAndGradient(at: &model) { model in
      objective(&model, batch, step: 0, &pass).loss
    }
    optimizer.update(&model, with: gradient, learningRate: 0.02, state: &state)
    times.append(Double(nanoseconds(onOneThread: threads == 1) - before) / 1e9)
  }
  let counted = times.dropFirst(5).sorted()
  let median = counted[counted.count / 2]
  return Report(
    threads: threads, episodesPerStep: episodes, steps: counted.count,
    episodesPerSecond: Double(episodes) / median, medianStepSeconds: median,
    fastestStepSeconds: counted[0], peakMegabytes: peakMegabytes())
}

try show(
  measure(
    threads: number("--threads") ?? 1, episodes: number("--episodes-per-step") ?? 1,
    seconds: number("--seconds") ?? 10))
