import Foundation
import Learning
import Runs
import Torch
import Vision

/// Ways to make a network small that are worth comparing at equal size.
public enum SweepMethod: String, Sendable, Codable, CaseIterable {
  /// Structured multi-hashing with learnable scales.
  case matrix
  /// The same with fixed scales.
  case matrixFixed
  /// Kronecker products with fixed scales for kernels only, as in the paper's CIFAR runs.
  case kronecker
  /// One hash function for all layers.
  case oneHash
  /// The sum of two hash functions.
  case twoHashes
  /// The sum of ten hash functions.
  case tenHashes
  /// One hash function with signs per layer.
  case hashedNets
  /// Low rank per layer.
  case lowRank
  /// Fewer channels.
  case narrow
  /// The whole network.
  case dense

  /// The recipe of one run with it; where the base names a constant other than ``WeightModifier/fanOut``
  /// for its weights, hashed ones have that.
  func recipe(from base: CompressionRecipe, fraction: Double) -> CompressionRecipe {
    var recipe = base
    recipe.hashing = HashingSettings()
    switch self {
    case .matrix, .narrow, .dense: break
    case .matrixFixed: recipe.hashing.modifiers = [.fanOut]
    case .kronecker: recipe.hashing = .kronecker
    case .oneHash: recipe.hashing = .hashes(1)
    case .twoHashes: recipe.hashing = .hashes(2)
    case .tenHashes: recipe.hashing = .hashes(10)
    case .hashedNets: recipe.hashing = .hashedNets
    case .lowRank:
      recipe.hashing.pools = [.lowRank]
      recipe.hashing.scope = .tensor
    }
    if let constant = base.hashing.modifiers.first(where: { $0 == .fanIn || $0 == .own }) {
      let isLearned = recipe.hashing.modifiers.areLearned
      recipe.hashing.modifiers = isLearned ? [constant, .learned] : [constant]
    }
    recipe.method = self == .narrow ? .narrow : self == .dense ? .dense : .hashed
    recipe.hashing.budget = SizeBudget(fraction: fraction)
    return recipe
  }
}

/// The outcome of one run of a sweep.
public struct SweepPoint: Sendable, Hashable, Codable {
  /// How the network was made small.
  public var method: SweepMethod
  /// The part of its learned numbers that was allowed.
  public var fraction: Double
  /// The learning rate.
  public var rate: Double
  /// The seed.
  public var seed: UInt64
  /// Whether the run served to choose the rate; its accuracy is that on held-back training images.
  public var isTuning: Bool
  /// The steps.
  public var steps: Int
  /// The learned numbers.
  public var learnedNumbers: Int
  /// The bytes of the compressed file.
  public var bytes: Int
  /// The accuracy of the last network on the images to judge by; 0 if training left the finite numbers.
  public var accuracy: Double
  /// Working time.
  public var seconds: Double

  /// What tells runs apart.
  fileprivate struct Key: Hashable {
    var method: SweepMethod
    var fraction: Double
    var rate: Double
    var seed: UInt64
    var isTuning: Bool
  }

  fileprivate var key: Key {
    Key(method: method, fraction: fraction, rate: rate, seed: seed, isTuning: isTuning)
  }
}

/// Accuracy by size, for several methods with the same data, steps and seeds, each with the learning
/// rate that suits it.
///
/// The rate of a method, or of each of its sizes, is chosen first, by short runs on nine tenths of the
/// training images, judged by the rest. Then every seed is tried at every size before the next seed, so
/// that a sweep that is cut short compares fairly.
public struct Sweep: Sendable {
  /// What is compared.
  public var methods: [SweepMethod]
  /// The parts of the learned numbers.
  public var fractions: [Double]
  /// The rates to choose from; the recipe's own if there is none.
  public var rates: [Double]
  /// The seeds.
  public var seeds: [UInt64]
  /// Steps of a run that serves to choose a rate.
  public var tuningSteps: Int
  /// The fraction at which the rate for all sizes is chosen; every size has its own if there is none.
  public var tuningFraction: Double?

  /// Plans a sweep.
  public init(
    methods: [SweepMethod], fractions: [Double], rates: [Double] = [], seeds: [UInt64] = [1],
    tuningSteps: Int = 100, tuningFraction: Double? = nil
  ) {
    self.methods = methods
    self.fractions = fractions
    self.rates = rates
    self.seeds = seeds
    self.tuningSteps = tuningSteps
    self.tuningFraction = tuningFraction
  }

  /// Runs what is not done yet.
  ///
  /// - Parameters:
  ///   - recipe: The settings that all runs share.
  ///   - data: The images.
  ///   - device: Where tensors are.
  ///   - done: Points of an earlier sitting.
  ///   - isStopped: Asked before every run and after every step.
  ///   - skip: Takes what cannot be made so small; the sweep goes on without it.
  ///   - report: Takes every new point.
  /// - Throws: What training throws.
  public func run(
    _ recipe: CompressionRecipe, data: ClassificationData, device: Device,
    done: [SweepPoint] = [], isStopped: () -> Bool = { false },
    skip: (SweepMethod, Double, HashingError) -> Void = { _, _, _ in },
    report: (SweepPoint) throws -> Void
  ) throws {
    var points = Dictionary(done.map { ($0.key, $0) }) { first, _ in first }
    func point(_ key: SweepPoint.Key, _ data: ClassificationData) throws -> SweepPoint? {
      if let found = points[key] { return found }
      guard !isStopped() else { return nil }
      do {
        guard let made = try trained(recipe, key, data: data, device: device, isStopped) else {
          return nil
        }
        points[key] = made
        try report(made)
        return made
      } catch let error as HashingError {
        skip(key.method, key.fraction, error)
        return nil
      }
    }
    let tuning = ClassificationData(data.training, heldBackShare: 0.1, seed: recipe.data.splitSeed)
    var chosen: [SweepMethod: [Double: Double]] = [:]
    for method in methods {
      for fraction in tuningFraction.map({ [$0] }) ?? fractions {
        let size = self.size(method, fraction)
        guard chosen[method]?[size] == nil else { continue }
        chosen[method, default: [:]][size] = try rate(recipe) { rate in
          try point(
            SweepPoint.Key(
              method: method, fraction: size, rate: rate, seed: seeds[0], isTuning: true), tuning)
        }
      }
    }
    for seed in seeds {
      for (index, fraction) in fractions.enumerated() {
        for method in methods where method != .dense || index == 0 {
          guard let rate = chosen[method]?[size(method, tuningFraction ?? fraction)] else {
            continue
          }
          _ = try point(
            SweepPoint.Key(
              method: method, fraction: size(method, fraction), rate: rate, seed: seed,
              isTuning: false), data)
        }
      }
    }
  }

  /// The fraction that a method takes; the whole network has one size.
  private func size(_ method: SweepMethod, _ fraction: Double) -> Double {
    method == .dense ? 1 : fraction
  }

  /// The rate that is best in short runs.
  private func rate(
    _ recipe: CompressionRecipe, _ judge: (Double) throws -> SweepPoint?
  ) throws -> Double? {
    guard rates.count > 1 else { return rates.first ?? recipe.training.optimizer.learningRate }
    let found = try rates.compactMap(judge)
    guard found.count == rates.count else { return nil }
    return found.max { $0.accuracy < $1.accuracy }?.rate
  }

  private func trained(
    _ base: CompressionRecipe, _ key: SweepPoint.Key, data: ClassificationData, device: Device,
    _ isStopped: () -> Bool
  ) throws -> SweepPoint? {
    var recipe = key.method.recipe(from: base, fraction: key.fraction)
    recipe.seed = key.seed
    recipe.training.optimizer.learningRate = key.rate
    if key.isTuning { recipe.training.steps = tuningSteps }
    let job = try CompressionTraining(recipe, data: data, device: device)
    var state = job.initialState()
    var settings = try job.trainerSettings()
    // Only the end counts: what is best on the images to judge by would be chosen by them.
    settings.evaluationInterval = nil
    settings.best = nil
    func point(steps: Int, accuracy: Double, seconds: Double) -> SweepPoint {
      SweepPoint(
        method: key.method, fraction: key.fraction, rate: key.rate, seed: key.seed,
        isTuning: key.isTuning, steps: steps, learnedNumbers: job.start.size.count,
        bytes: job.compressed(state.bestModel).byteCount, accuracy: accuracy, seconds: seconds)
    }
    do {
      let outcome = try Trainer(settings, job.task).run(&state, isInterrupted: isStopped)
      guard outcome.ending == .finished else { return nil }
      return point(
        steps: outcome.step, accuracy: outcome.lastEvaluation?.values["accuracy"] ?? .nan,
        seconds: outcome.seconds)
    } catch is NonFiniteError {
      // A rate that is too large is a result, not the end of the sweep.
      return point(steps: state.step, accuracy: 0, seconds: 0)
    }
  }
}

extension [SweepPoint] {
  private static var head: String {
    "method,fraction,rate,seed,tuning,steps,learnedNumbers,bytes,accuracy,seconds"
  }

  /// The points as a table of comma-separated values with a head.
  public var csv: String {
    let lines = map { point in
      [
        point.method.rawValue, "\(point.fraction)", "\(point.rate)", "\(point.seed)",
        "\(point.isTuning)", "\(point.steps)", "\(point.learnedNumbers)", "\(point.bytes)",
        "\(point.accuracy)", String(format: "%.2f", point.seconds),
      ].joined(separator: ",")
    }
    return ([Self.head] + lines).joined(separator: "\n") + "\n"
  }

  /// Reads ``csv``; lines that are not points are left out, as a line cut short would be.
  public init(csv: String) {
    self = csv.split(separator: "\n").dropFirst().compactMap { line in
      let words = line.split(separator: ",").map(String.init)
      guard words.count == 10, let method = SweepMethod(rawValue: words[0]),
        let fraction = Double(words[1]), let rate = Double(words[2]), let seed = UInt64(words[3]),
        let isTuning = Bool(words[4]), let steps = Int(words[5]), let learned = Int(words[6]),
        let bytes = Int(words[7]), let accuracy = Double(words[8]), let seconds = Double(words[9])
      else { return nil }
      return SweepPoint(
        method: method, fraction: fraction, rate: rate, seed: seed, isTuning: isTuning,
        steps: steps, learnedNumbers: learned, bytes: bytes, accuracy: accuracy, seconds: seconds)
    }
  }

  /// Means over seeds of the runs that count, by method and size.
  public var means: [SweepMean] {
    let groups = Dictionary(grouping: filter { !$0.isTuning }) { point in
      "\(point.method.rawValue) \(point.fraction)"
    }
    return groups.values.map(SweepMean.init).sorted {
      ($0.method.rawValue, $0.fraction) < ($1.method.rawValue, $1.fraction)
    }
  }
}

/// A method's accuracy at one size over several seeds.
public struct SweepMean: Sendable, Hashable, Codable {
  /// The method.
  public var method: SweepMethod
  /// The part of the learned numbers that was allowed.
  public var fraction: Double
  /// How many learned numbers there were.
  public var learnedNumbers: Int
  /// The learning rate of the first of the runs.
  public var rate: Double
  /// How many seeds.
  public var seeds: Int
  /// The mean.
  public var accuracy: Double
  /// 1.96 standard errors of the mean; 0 for a single seed, and optimistic for few.
  public var margin: Double

  fileprivate init(_ points: [SweepPoint]) {
    method = points[0].method
    fraction = points[0].fraction
    learnedNumbers = points[0].learnedNumbers
    rate = points[0].rate
    seeds = points.count
    let interval = MeanInterval(of: points.map(\.accuracy))
    (accuracy, margin) = (interval.mean, interval.halfWidth)
  }
}
