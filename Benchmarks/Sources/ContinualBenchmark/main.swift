// Training steps on sequences of 5-way 1-shot tasks of random images, class-incremental, printed as one
// JSON object beside which `Peer/continual.py --bench` can be put.
//
//   swift run -c release --package-path Benchmarks ContinualBenchmark
//     [--tasks T] [--channels C] [--sequences-per-step B] [--judged-tasks M] [--seconds S]
//     [--threads N]
import BenchmarkSupport
import Foundation
import HyperTransformer
import Learning
import Randomness
import Torch

struct Report: Encodable {
  var engine = "swiftlet"
  var threads: Int
  var tasks: Int
  var sequencesPerStep: Int
  var judgedTasks: Int?
  var steps: Int
  var sequencesPerSecond: Double
  var medianStepSeconds: Double
  var megabytesBefore: Double
  var peakMegabytes: Double
}

func randomBatch(
  _ plan: SequencePlan, _ count: Int, _ random: inout RandomSource
) -> SequenceBatch {
  func labels(_ images: Int) -> Tensor {
    Tensor(
      (0..<count).flatMap { _ in (0..<images).map { $0 % plan.ways } }, shape: [count, images])
  }
  func images(_ number: Int) -> Tensor {
    Tensor(uniform: [number, count, 1, 28, 28], in: -1...1, using: &random)
  }
  let supports = (0..<plan.tasks).map { _ in
    SupportSet(images: images(plan.ways * plan.shots), labels: labels(plan.ways * plan.shots))
  }
  let queries = plan.tasks * plan.ways * plan.queriesPerClass
  return SequenceBatch(
    plan: plan, supports: supports,
    query: QuerySet(images: images(queries), labels: labels(queries)))
}

/// Takes training steps for some seconds, after a few that do not count.
func measure(threads: Int, sequences: Int, seconds: Int) throws -> Report {
  Engine.threadCount = threads
  Engine.keepFreedMemory()
  var random = RandomSource(seed: 1)
  var recipe = ContinualRecipe()
  recipe.network.family = .maxPoolThreeLayer
  recipe.network.channels = number("--channels") ?? 8
  recipe.sequence.tasks = number("--tasks") ?? 5
  recipe.sequence.queriesPerClass = 3
  recipe.objective.judgedTasks = number("--judged-tasks")
  var model = try WeightGenerator(recipe, imageChannels: 1, using: &random)
  let optimizer = OptimizerRecipe(.sgd, learningRate: 0.02).makeOptimizer()
  var state = optimizer.initialState(for: model.parameters)
  var pass = Pass.training(using: random)
  // Drawn before the clock starts, like the peer's.
  let batches = (0..<4).map { _ in randomBatch(recipe.sequence, sequences, &random) }
  let before = peakMegabytes()
  var times: [Double] = []
  let start = DispatchTime.now().uptimeNanoseconds
  let limit = UInt64(seconds) * 1_000_000_000
  while times.count < 6 || DispatchTime.now().uptimeNanoseconds - start < limit {
    let begin = nanoseconds(onOneThread: threads == 1)
    let batch = batches[times.count % batches.count]
    var (_, gradient) = valueAndGradient(at: &model) { model in
      recipe.objective(&model, batch, &pass).loss
    }
    _ = gradient.clip(toGlobalNorm: 5)
    optimizer.update(&model, with: gradient, learningRate: 0.02, state: &state)
    times.append(Double(nanoseconds(onOneThread: threads == 1) - begin) / 1e9)
  }
  let counted = times.dropFirst(3).sorted()
  let median = counted[counted.count / 2]
  return Report(
    threads: threads, tasks: recipe.sequence.tasks, sequencesPerStep: sequences,
    judgedTasks: recipe.objective.judgedTasks, steps: counted.count,
    sequencesPerSecond: Double(sequences) / median, medianStepSeconds: median,
    megabytesBefore: before, peakMegabytes: peakMegabytes())
}

try show(
  measure(
    threads: number("--threads") ?? 1, sequences: number("--sequences-per-step") ?? 8,
    seconds: number("--seconds") ?? 10))
