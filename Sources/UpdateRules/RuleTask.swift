import Datasets
import Randomness
import Runs
import Torch

/// Where tasks find their data and how it is prepared.
public struct RuleDataOptions: RecipePart {
  /// Side to which images are resized, in pixels.
  public var imageSize = 14
  /// Side of the middle part that is cut out before, in pixels; absent for all of it.
  public var crop: Int?
  /// How pixel values become inputs.
  public var scaling = ImageTable.Scaling.standard
  /// Classes of an episode, drawn anew each time; absent for all classes of the set.
  public var classesPerEpisode: Int?
  /// Inputs of a fixed random projection that pixels are sent through; absent for none.
  public var projection: Int?
  /// Whether pixels come in a fixed random order, which must not matter.
  public var shufflesPixels = false
  /// Whether problems of two classes have an output per class instead of a single one.
  public var hasOutputPerClass = false

  /// The defaults.
  public init() {}

  /// Refuses sizes below 1 and fewer than two classes.
  public func check() throws(InvalidSetting) {
    if imageSize < 1 { throw InvalidSetting("imageSize", "must be at least 1, got \(imageSize)") }
    if let crop, crop < 1 { throw InvalidSetting("crop", "must be at least 1, got \(crop)") }
    if let projection, projection < 1 {
      throw InvalidSetting("projection", "must be at least 1, got \(projection)")
    }
    if let classesPerEpisode, classesPerEpisode < 2 {
      throw InvalidSetting("classesPerEpisode", "must be at least 2, got \(classesPerEpisode)")
    }
  }
}

/// Something to learn: a problem of the plane, or images of a data set.
///
/// A name is one of `PlaneTask` (`xor`, `moons`, ...) or what the catalog of data sets reads, with
/// classes if wanted: `mnist`, `mnist:0-4`, `fashion-600`, `omniglot`, a folder.
public struct RuleTask: Sendable {
  /// Which images of a set are meant.
  public enum Part: String, Sendable, Codable, CaseIterable {
    /// Those to learn and to train rules with.
    case training
    /// Those kept back.
    case test
  }

  /// The name it was asked for by.
  public let name: String
  /// Inputs of a network for it.
  public let inputCount: Int
  /// Outputs of a network for it.
  public let outputCount: Int

  private enum Content: Sendable {
    case plane(PlaneTask)
    case images(ImageTable, classes: [Int], share: ClosedRange<Double>, perEpisode: Int?)
  }

  private let content: Content

  /// Prepares a problem of the plane.
  public init(_ task: PlaneTask, hasOutputPerClass: Bool = false) {
    name = task.rawValue
    inputCount = 2
    outputCount = task.classCount > 2 || hasOutputPerClass ? max(task.classCount, 1) : 1
    content = .plane(task)
  }

  /// Prepares images.
  ///
  /// Where an episode has only some of the classes, test episodes have other classes than training
  /// episodes; else test images are others than training images, in a share of one to four.
  ///
  /// - Parameters:
  ///   - name: For reports.
  ///   - table: The images.
  ///   - part: Which of them.
  ///   - isWhole: Whether the table holds one part only, which is used as a whole.
  ///   - classesPerEpisode: Classes of an episode; `nil` for all.
  /// - Throws: ``RuleError/task(name:reason:)`` when there are too few classes.
  public init(
    _ name: String, _ table: ImageTable, part: Part = .training, isWhole: Bool = true,
    classesPerEpisode: Int? = nil
  ) throws(RuleError) {
    self.name = name
    inputCount = table.values.extent(1)
    var classes = Array(table.classes.indices)
    var share = 0.0...1.0
    if let perEpisode = classesPerEpisode, perEpisode < classes.count {
      if classes.count >= 3, !isWhole {
        let split = ClassSplit.shuffled(count: classes.count)
        classes = part == .training ? split.training : split.validation + split.test
      }
    } else if !isWhole {
      share = part == .training ? 0...0.8 : 0.8...1
    }
    let wanted = classesPerEpisode.map { min($0, table.classes.count) } ?? classes.count
    guard classes.count >= wanted, wanted >= 2 else {
      throw .task(
        name: name,
        reason: "has \(classes.count) classes for \(part.rawValue), an episode needs "
          + "\(max(wanted, 2)); set classesPerEpisode or choose more classes")
    }
    outputCount = wanted
    content = .images(
      table, classes: classes, share: share,
      perEpisode: wanted < table.classes.count ? wanted : nil)
  }

  /// Whether every episode is about classes or a shape of its own, so that questions must belong to the
  /// episode.
  var hasEpisodesOfItsOwn: Bool {
    switch content {
    case .plane: true
    case .images(_, _, _, let perEpisode): perEpisode != nil
    }
  }

  /// What always predicting the most frequent class reaches, if known.
  public var chanceLevel: Double? {
    switch content {
    case .plane(let task): task.chanceLevel
    case .images(let table, let classes, _, let perEpisode):
      perEpisode.map { 1 / Double($0) }
        ?? (classes.map { Double(table.classes[$0].count) }.max() ?? 0)
        / Double(max(1, classes.reduce(0) { $0 + table.classes[$1].count }))
    }
  }

  /// Draws learning runs.
  ///
  /// - Parameters:
  ///   - replicas: How many side by side.
  ///   - updates: Batches to learn from.
  ///   - batch: Examples per batch.
  ///   - questions: Batches of queries at the end.
  ///   - random: Where examples come from.
  /// - Returns: An episode in `float32` on the processor.
  public func draw(
    replicas: Int, updates: Int, batch: Int, questions: Int = 1, using random: inout RandomSource
  ) -> RuleEpisode {
    let shape = [replicas, updates + questions, batch]
    let names = [String](repeating: name, count: replicas)
    switch content {
    case .plane(let task):
      var points: [Float] = []
      var targets: [Float] = []
      for _ in 0..<replicas {
        let sample = task.sample((updates + questions) * batch, using: &random)
        points += sample.points
        targets += sample.targets.flatMap { coded($0, task) }
      }
      return RuleEpisode(
        names: names, inputs: Tensor(points, shape: shape + [2]),
        targets: Tensor(targets, shape: shape + [outputCount]))
    case .images(let table, let classes, let share, let perEpisode):
      var rows: [Int] = []
      var labels: [Int] = []
      for _ in 0..<replicas {
        let chosen = perEpisode.map { count in
          random.distinctIndices(count, below: classes.count).map { classes[$0] }
        }
        // Few-shot classes are small, so that the query needs images of its own.
        let parts = chosen == nil ? (share, share) : (0...0.75, 0.75...1)
        for index in 0..<(updates + questions) {
          let drawn = table.draw(
            batch, from: chosen ?? classes, part: index < updates ? parts.0 : parts.1,
            using: &random)
          rows += drawn.rows
          labels += drawn.labels
        }
      }
      let inputs = table.values.gathering(Tensor(rows)).reshaped(to: shape + [inputCount])
      let targets = Tensor(labels).oneHot(classCount: outputCount) * 2 - 1
      return RuleEpisode(
        names: names, inputs: inputs, targets: targets.reshaped(to: shape + [outputCount]))
    }
  }

  /// A target of the plane as outputs: itself, or +1 at its class and -1 elsewhere.
  private func coded(_ target: Float, _ task: PlaneTask) -> [Float] {
    guard outputCount > 1 else { return [target] }
    let label = task.classCount == 2 ? (target > 0 ? 1 : 0) : Int(target)
    return (0..<outputCount).map { $0 == label ? 1 : -1 }
  }
}

extension RuleTask {
  /// Finds a task by name.
  ///
  /// - Parameters:
  ///   - name: See ``RuleTask``.
  ///   - part: Which images of a set.
  ///   - options: How data is prepared.
  ///   - catalog: Where data sets are looked for.
  /// - Throws: `DatasetError` and `FileFailure` for data that cannot be had, ``RuleError`` for data
  ///   that does not fit.
  public init(
    named name: String, part: Part = .training, options: RuleDataOptions = RuleDataOptions(),
    catalog: DatasetCatalog = DatasetCatalog()
  ) throws {
    if let task = PlaneTask(rawValue: name) {
      self.init(task, hasOutputPerClass: options.hasOutputPerClass)
      return
    }
    let selection = try ClassSelection(parsing: name)
    // Some sets come in two parts, such as `mnist` and `mnist-test`.
    let names = Set(catalog.entries.map(\.name))
    let hasTestPart = names.contains(selection.source + "-test")
    let source = selection.source + (hasTestPart && part == .test ? "-test" : "")
    let table = try Self.table(
      source, options, catalog, statisticsOf: hasTestPart ? selection.source : nil)
    let classes = try selection.classes(of: table.classes.count)
    try self.init(
      name, table.selecting(classes), part: part,
      isWhole: hasTestPart || (source.hasSuffix("-test") && names.contains(source)),
      classesPerEpisode: options.classesPerEpisode)
  }

  private static func table(
    _ source: String, _ options: RuleDataOptions, _ catalog: DatasetCatalog,
    statisticsOf other: String?
  ) throws -> ImageTable {
    func prepared(_ source: String) throws -> ImageSet {
      var set = try catalog.load(source)
      if let crop = options.crop {
        guard crop <= set.height, crop <= set.width else {
          throw RuleError.task(
            name: source,
            reason: "has images of \(set.height) x \(set.width), which have no middle of "
              + "\(crop) x \(crop); set data.crop to less")
        }
        set = set.centerCropped(height: crop, width: crop)
      }
      return set.resized(height: options.imageSize, width: options.imageSize)
    }
    let set = try prepared(source)
    var statistics: (mean: Double, deviation: Double)?
    if let other, other != source {
      statistics = ImageTable(try prepared(other), scaling: options.scaling).statistics
    }
    return ImageTable(set, scaling: options.scaling, statistics: statistics)
      .rearranged(shuffles: options.shufflesPixels, projection: options.projection)
  }
}

extension ImageTable {
  /// The same images with only some of the classes, in the order given.
  func selecting(_ classes: [Int]) -> ImageTable {
    ImageTable(values: values, classes: classes.map { self.classes[$0] }, statistics: statistics)
  }

  /// The same images with their inputs in another order, or sent through a random projection that keeps
  /// the mean square of independent inputs; the same for every set of this size.
  func rearranged(shuffles: Bool, projection: Int?) -> ImageTable {
    var random = RandomSource(seed: 40)
    var values = values
    let count = values.extent(1)
    if shuffles { values = values.gathering(Tensor(permutation: count, using: &random), along: 1) }
    if let projection {
      let matrix = Tensor(
        normal: [count, projection], standardDeviation: 1 / Double(count).squareRoot(),
        using: &random)
      values = values.matmul(matrix)
    }
    return ImageTable(values: values, classes: classes, statistics: statistics)
  }

  private init(
    values: Tensor, classes: [Range<Int>], statistics: (mean: Double, deviation: Double)
  ) {
    self.values = values
    self.classes = classes
    self.statistics = statistics
  }
}
