import Randomness

/// Draws episodes from the classes of a set.
///
/// An episode takes ``EpisodePlan/ways`` random classes; the label of a class is its position in
/// that draw, so labels carry no knowledge from one episode to the next.
///
/// - Paper: Zhmoginov et al., *HyperTransformer* (2022), section 4 and the released data pipeline;
///   support and queries are disjoint unless the plan says ``EpisodePlan/Drawing/leaky``.
public struct EpisodeSampler: Sendable {
  /// Where the images come from.
  public let set: ImageSet
  /// The geometry of an episode.
  public let plan: EpisodePlan
  /// How images are varied.
  public let augmentation: EpisodeAugmentation

  /// Creates a sampler for which every later draw is possible.
  ///
  /// - Parameters:
  ///   - set: Where the images come from; give the classes of one part of a ``ClassSplit``.
  ///   - plan: The geometry of an episode.
  ///   - augmentation: How images are varied; for training only.
  /// - Throws: ``EpisodeError``.
  public init(
    _ set: ImageSet, plan: EpisodePlan, augmentation: EpisodeAugmentation = .none
  ) throws(EpisodeError) {
    guard plan.ways > 0, plan.shots >= 0, plan.unlabelledPerClass >= 0, plan.queriesPerClass >= 0,
      plan.supportCount > 0
    else {
      throw .impossible(
        reason: "\(plan.ways) ways, \(plan.shots) shots, \(plan.unlabelledPerClass) unlabelled and "
          + "\(plan.queriesPerClass) queries: need at least one class and one support image")
    }
    guard set.classCount >= plan.ways else {
      throw .tooFewClasses(set: set.name, have: set.classCount, need: plan.ways)
    }
    let need = plan.imagesNeededPerClass
    let short = (0..<set.classCount).filter { set.samples(ofClass: $0).count < need }
    if let first = short.first {
      throw .tooFewImages(
        set: set.name, className: set.classNames[first], have: set.samples(ofClass: first).count,
        need: need, others: short.count - 1)
    }
    if let reason = augmentation.obstacle(in: set) { throw .impossible(reason: reason) }
    self.set = set
    self.plan = plan
    self.augmentation = augmentation
  }

  /// Draws one episode.
  public func episode(using random: inout RandomSource) -> Episode {
    let plans = [drawn(using: &random)]
    return Episode(
      support: images(plans.map(\.support), workers: 1),
      query: images(plans.map(\.query), workers: 1), classes: plans[0].classes)
  }

  /// Draws several episodes.
  ///
  /// Each has a random stream of its own, split off before any of them begins, so the result is
  /// the same for every number of workers.
  ///
  /// - Parameters:
  ///   - count: The number of episodes, at least 1.
  ///   - random: Advanced by `count` splits.
  ///   - workers: The threads to use at the same time.
  /// - Returns: The episodes, packed.
  public func batch(
    of count: Int, using random: inout RandomSource, workers: Int = 1
  ) -> EpisodeBatch {
    let plans = (0..<count).map { _ in
      var stream = random.split()
      return drawn(using: &stream)
    }
    return EpisodeBatch(
      count: count, support: images(plans.map(\.support), workers: workers),
      query: images(plans.map(\.query), workers: workers), classes: plans.flatMap(\.classes))
  }

  /// A sample that was drawn: its number, its class's position and the label it is shown with.
  private struct Pick {
    var sample: Int
    var position: Int
    var label: Int

    func hidden(ways: Int) -> Pick { Pick(sample: sample, position: position, label: ways) }
  }

  private struct Draw {
    var classes: [Int]
    var support: [Pick] = []
    var query: [Pick] = []
  }

  /// The images of one support or query batch before they are made.
  private struct Sheet {
    var picks: [Pick]
    var variations: [EpisodeAugmentation.Variation]
    var random: RandomSource
  }

  /// Decides everything about an episode but the variations that belong to single images.
  private func drawn(
    using random: inout RandomSource
  ) -> (classes: [Int], support: Sheet, query: Sheet) {
    var draw = Draw(classes: random.distinctIndices(plan.ways, below: set.classCount))
    switch plan.drawing {
    case .disjoint, .leaky: drawBalanced(&draw, using: &random)
    case .pooled: drawPooled(&draw, using: &random)
    }
    draw.support.shuffle(using: &random)
    draw.query.shuffle(using: &random)
    let variations = augmentation.variations(classes: plan.ways, using: &random)
    return (
      draw.classes,
      Sheet(picks: draw.support, variations: variations, random: random.split()),
      Sheet(picks: draw.query, variations: variations, random: random.split())
    )
  }

  private func drawBalanced(_ draw: inout Draw, using random: inout RandomSource) {
    let supportPerClass = plan.shots + plan.unlabelledPerClass
    for (position, index) in draw.classes.enumerated() {
      let range = set.samples(ofClass: index)
      let isLeaky = plan.drawing == .leaky
      let drawn = isLeaky ? supportPerClass : supportPerClass + plan.queriesPerClass
      var numbers = random.distinctIndices(drawn, below: range.count)
      if isLeaky { numbers += random.distinctIndices(plan.queriesPerClass, below: range.count) }
      for (order, number) in numbers.enumerated() {
        let pick = Pick(sample: range.lowerBound + number, position: position, label: position)
        if order >= supportPerClass {
          draw.query.append(pick)
        } else {
          draw.support.append(order < plan.unlabelledPerClass ? pick.hidden(ways: plan.ways) : pick)
        }
      }
    }
  }

  private func drawPooled(_ draw: inout Draw, using random: inout RandomSource) {
    let pool = draw.classes.enumerated().flatMap { position, index in
      set.samples(ofClass: index).map { Pick(sample: $0, position: position, label: position) }
    }
    var hidden = [Int](repeating: 0, count: plan.ways)
    let drawn = random.distinctIndices(plan.supportCount + plan.queryCount, below: pool.count)
    for (order, number) in drawn.enumerated() {
      let pick = pool[number]
      if order >= plan.supportCount {
        draw.query.append(pick)
      } else if hidden[pick.position] < plan.unlabelledPerClass {
        hidden[pick.position] += 1
        draw.support.append(pick.hidden(ways: plan.ways))
      } else {
        draw.support.append(pick)
      }
    }
  }

  private func images(_ sheets: [Sheet], workers: Int) -> Episode.Images {
    let sheetSize = sheets[0].picks.count * set.imageSize
    let total = sheets.count * sheetSize
    let values = [Float](unsafeUninitializedCapacity: total) { target, filled in
      filled = total
      // Each sheet has a part of the memory to itself.
      nonisolated(unsafe) let target = target
      _ = concurrentMap(sheets.count, workers: workers) { index in
        let part = target[index * sheetSize..<(index + 1) * sheetSize]
        make(sheets[index], into: UnsafeMutableBufferPointer(rebasing: part))
      }
    }
    return Episode.Images(
      values: values, labels: sheets.flatMap { $0.picks.map(\.label) },
      samples: sheets.flatMap { $0.picks.map(\.sample) })
  }

  private func make(_ sheet: Sheet, into target: UnsafeMutableBufferPointer<Float>) {
    var random = sheet.random
    let size = set.imageSize
    let renderer = EpisodeRenderer(set: set, augmentation: augmentation, using: &random)
    for (order, pick) in sheet.picks.enumerated() {
      renderer.render(
        pick.sample, sheet.variations[pick.position],
        into: UnsafeMutableBufferPointer(rebasing: target[order * size..<(order + 1) * size]),
        using: &random)
    }
  }
}
