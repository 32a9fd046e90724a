import Datasets
import Learning
import Randomness
import Torch

/// Accuracy over a fixed list of tasks, usually from classes that were not learned from.
public struct FewShotEvaluation {
  /// What is done to the tasks before they are shown, to see what matters.
  public enum Control: String, Sendable, CaseIterable {
    /// Nothing.
    case none
    /// Support labels are shuffled: accuracy must fall to chance.
    case shuffledLabels
    /// Unlabelled support images are left out.
    case withoutUnlabelled
  }

  private let sampler: EpisodeSampler
  private let tasks: Int
  private let statistics: GeneratedNetwork.Statistics
  private let control: Control
  private let seed: UInt64
  private let device: Device

  /// Prepares an evaluation.
  ///
  /// - Parameters:
  ///   - set: The classes to draw tasks from.
  ///   - plan: What a task is.
  ///   - tasks: How many.
  ///   - statistics: Whose statistics batch normalization uses for queries.
  ///   - control: What is done to the tasks.
  ///   - seed: The same seed draws the same tasks.
  ///   - device: Where tensors shall be.
  /// - Throws: `EpisodeError` when the set cannot give such tasks.
  public init(
    _ set: ImageSet, plan: EpisodePlan, tasks: Int,
    statistics: GeneratedNetwork.Statistics = .batch, control: Control = .none, seed: UInt64 = 7,
    device: Device = .cpu
  ) throws {
    sampler = try EpisodeSampler(set, plan: plan)
    self.tasks = tasks
    self.statistics = statistics
    self.control = control
    self.seed = seed
    self.device = device
  }

  /// The mean accuracy over tasks, with its 95 % interval.
  public func accuracy(of learner: some FewShotLearner) -> MeanInterval {
    MeanInterval(
      of: accuracies { batch in
        learner.generate(batch.support).logits(of: batch.query.images, statistics: statistics)
      })
  }

  /// The accuracy of every task under any rule from support and query images to logits
  /// `[episodes, samples, classes]`.
  public func accuracies(_ logits: (TrainingBatch) -> Tensor) -> [Double] {
    var random = RandomSource(seed: seed)
    var controlRandom = random.split()  // its own, so that controls see the same tasks
    var result: [Double] = []
    let size = 16
    while result.count < tasks {
      let count = min(size, tasks - result.count)
      let episodes = sampler.batch(of: count, using: &random)
      var batch = TrainingBatch(
        episodes, of: sampler.set, ways: sampler.plan.ways, using: &random, on: device)
      apply(control, to: &batch.support, using: &controlRandom)
      let found = withoutGradients { logits(batch).argmax(along: 2) .== batch.query.labels }
      result += found.cast(to: .float64).mean(along: 1).toDoubles()
    }
    return result
  }

  private func apply(
    _ control: Control, to support: inout SupportSet, using random: inout RandomSource
  ) {
    switch control {
    case .none: return
    case .shuffledLabels:
      let rows = (0..<support.episodeCount).map { episode in
        let order = Tensor(permutation: support.sampleCount, using: &random, on: device)
        return support.labels[episode].gathering(order)
      }
      support.labels = Tensor(stacking: rows)
    case .withoutUnlabelled:
      support.ignored = support.labels .== Double(sampler.plan.ways)
    }
  }
}

/// Nearest neighbor in pixels: what no learning at all reaches.
public enum PixelNearestNeighbor {
  /// Logits `[episodes, samples, classes]`: minus the distance to the nearest support image of each
  /// class.
  public static func logits(_ batch: TrainingBatch, ways: Int) -> Tensor {
    let support = batch.support.images.transposed(0, 1).flattened(from: 2)
    let query = batch.query.images.transposed(0, 1).flattened(from: 2)
    let distances = query.distances(to: support)  // [episodes, queries, support]
    let columns = (0..<ways).map { label in
      let others = (batch.support.labels .!= Double(label)).expandingShape(at: 1)
      return distances.filled(where: others, with: .infinity).min(along: 2)
    }
    return -Tensor(stacking: columns, along: 2)
  }
}
