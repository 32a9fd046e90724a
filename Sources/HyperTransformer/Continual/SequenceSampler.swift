import Datasets
import Randomness
import Torch

/// Sequences of tasks, side by side.
public struct SequenceBatch: Sendable {
  /// The geometry.
  public var plan: SequencePlan
  /// The support images of every task, labels from 0 in each.
  public var supports: [SupportSet]
  /// The queries of all tasks, task after task along the samples axis; labels from 0 in each task.
  /// In mini-batches there is one set of queries for all pieces.
  public var query: QuerySet

  /// Creates a batch.
  public init(plan: SequencePlan, supports: [SupportSet], query: QuerySet) {
    self.plan = plan
    self.supports = supports
    self.query = query
  }

  /// Sequences in the batch.
  public var sequenceCount: Int { query.labels.extent(0) }

  /// The queries of some tasks, in the order given.
  func queries(ofTasks tasks: [Int]) -> QuerySet {
    let size = plan.queriesPerTask
    if tasks == Array(0..<tasks.count) {
      return QuerySet(
        images: query.images.narrowed(along: 0, from: 0, count: tasks.count * size),
        labels: query.labels.narrowed(along: 1, from: 0, count: tasks.count * size))
    }
    let order = Tensor(tasks.flatMap { Array($0 * size..<($0 + 1) * size) })
      .moved(to: query.labels.device)
    return QuerySet(
      images: query.images.gathering(order, along: 0), labels: query.labels.gathering(order, along: 1)
    )
  }
}

/// Draws sequences of tasks.
///
/// The classes of a sequence are drawn as those of one large episode, so that no class stands in two
/// of its tasks. With several sets the tasks take turns: the first from the first set, the second from
/// the second, and so on.
public struct SequenceSampler: Sendable {
  /// The geometry of a sequence.
  public let plan: SequencePlan
  private let samplers: [EpisodeSampler]

  /// Creates a sampler for which every later draw is possible.
  ///
  /// - Parameters:
  ///   - sets: Where images come from, all of one size.
  ///   - plan: The geometry.
  ///   - augmentation: How images are varied; for training only.
  /// - Throws: `EpisodeError`.
  public init(
    _ sets: [ImageSet], plan: SequencePlan, augmentation: EpisodeAugmentation = .none
  ) throws(EpisodeError) {
    self.plan = plan
    try Self.check(sets, plan)
    var samplers: [EpisodeSampler] = []
    for (index, set) in sets.enumerated() where index < plan.tasks {
      let tasks = plan.sharesClasses ? 1 : Self.tasks(of: index, sets.count, plan.tasks).count
      samplers.append(
        try EpisodeSampler(
          set,
          plan: EpisodePlan(
            ways: plan.ways * tasks, shots: plan.shots * (plan.sharesClasses ? plan.tasks : 1),
            queriesPerClass: plan.queriesPerClass), augmentation: augmentation))
    }
    self.samplers = samplers
  }

  private static func check(_ sets: [ImageSet], _ plan: SequencePlan) throws(EpisodeError) {
    guard let first = sets.first, plan.tasks > 0 else {
      throw .impossible(
        reason: "\(plan.tasks) tasks from \(sets.count) data sets: need at least one of each")
    }
    guard !plan.sharesClasses || sets.count == 1 else {
      throw .impossible(reason: "pieces of one task come from one data set, not \(sets.count)")
    }
    for set in sets
    where [set.height, set.width, set.channels] != [first.height, first.width, first.channels] {
      throw .impossible(
        reason: "data set \"\(set.name)\" has images of \(set.height) x \(set.width) with "
          + "\(set.channels) channels, \"\(first.name)\" of \(first.height) x \(first.width) with "
          + "\(first.channels); the tasks of a sequence need images of one size")
    }
  }

  /// The tasks of the sequence that come from one of several sets.
  private static func tasks(of set: Int, _ setCount: Int, _ taskCount: Int) -> [Int] {
    Array(stride(from: set, to: taskCount, by: setCount))
  }

  /// Draws sequences.
  ///
  /// - Parameters:
  ///   - count: How many.
  ///   - random: Advanced by `count` splits for every set.
  ///   - device: Where the tensors shall be.
  /// - Returns: The sequences, side by side.
  public func batch(
    of count: Int, using random: inout RandomSource, on device: Device = .cpu
  ) -> SequenceBatch {
    let drawn = samplers.map { sampler in
      Draw(sampler.batch(of: count, using: &random), of: sampler, plan)
    }
    let supports = (0..<plan.tasks).map { task in
      let draw = drawn[task % drawn.count]
      let place = draw.support(task / drawn.count)
      return SupportSet(images: place.images.moved(to: device), labels: place.labels.moved(to: device))
    }
    let queries = (0..<plan.judgedTasks(afterStep: plan.tasks - 1)).map { task in
      drawn[task % drawn.count].query(task / drawn.count)
    }
    return SequenceBatch(
      plan: plan, supports: supports,
      query: QuerySet(
        images: Tensor(concatenating: queries.map(\.images), along: 0).moved(to: device),
        labels: Tensor(concatenating: queries.map(\.labels), along: 1).moved(to: device)))
  }
}

/// The large episodes of one set, from which tasks are taken.
private struct Draw {
  let episodes: EpisodeBatch
  let image: [Int]
  let plan: SequencePlan

  init(_ episodes: EpisodeBatch, of sampler: EpisodeSampler, _ plan: SequencePlan) {
    self.episodes = episodes
    self.plan = plan
    image = [sampler.set.channels, sampler.set.height, sampler.set.width]
  }

  /// The support images of the task with this number among those of the set.
  func support(_ number: Int) -> (images: Tensor, labels: Tensor) {
    guard plan.sharesClasses else {
      return chosen(episodes.support) { labels in
        labels.indices.filter { labels[$0] / plan.ways == number }
      }
    }
    return chosen(episodes.support) { labels in
      var seen = [Int](repeating: 0, count: plan.ways)
      return labels.indices.filter { index in
        seen[labels[index]] += 1
        return (seen[labels[index]] - 1) / plan.shots == number
      }
    }
  }

  /// The queries of the task with this number.
  func query(_ number: Int) -> (images: Tensor, labels: Tensor) {
    chosen(episodes.query) { labels in
      labels.indices.filter { labels[$0] / plan.ways == number }
    }
  }

  /// `[samples, sequences, channels, height, width]` and `[sequences, samples]` of the images a rule
  /// chooses from every episode's labels, as many in each.
  private func chosen(
    _ images: Episode.Images, _ rule: (ArraySlice<Int>) -> [Int]
  ) -> (images: Tensor, labels: Tensor) {
    let size = images.count / episodes.count
    let rows = (0..<episodes.count).map { rule(images.labels[$0 * size..<($0 + 1) * size]) }
    let samples = rows[0].count
    let order = (0..<samples).flatMap { sample in rows.map { $0[sample] } }
    let all = Tensor(images.values, shape: [images.count] + image)
    return (
      all.gathering(Tensor(order), along: 0).reshaped(to: [samples, episodes.count] + image),
      Tensor(
        rows.flatMap { row in row.map { images.labels[$0] % plan.ways } },
        shape: [episodes.count, samples])
    )
  }
}
