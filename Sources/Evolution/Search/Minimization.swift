import Files
import Foundation
import Randomness

/// A search in progress with all it needs to go on: the strategy, the randomness, and the values of
/// the generation that is being evaluated.
///
/// Its coded form resumes bit for bit, also in the middle of a generation, whose finished
/// evaluations are not repeated.
///
/// ```swift
/// var search = Minimization(try CMAES(mean: start, stepSize: 0.3), random: RandomSource(seed: 1))
/// try search.run(workers: 8, onGeneration: { try $0.save(to: "search.json") }) { candidate in
///   simulate(candidate.point)
/// }
/// let later = try Minimization<CMAES>(contentsOf: "search.json")
/// ```
public struct Minimization<Strategy: EvolutionStrategy>: Codable, Sendable {
  /// The strategy.
  public private(set) var strategy: Strategy
  /// The randomness of the generations to come.
  public private(set) var random: RandomSource
  private var points: [[Double]] = []
  /// One value per candidate of the generation in progress, `nil` where it is not known yet.
  private var values: [Double?] = []

  /// Starts a search.
  public init(_ strategy: Strategy, random: RandomSource) {
    self.strategy = strategy
    self.random = random
  }

  /// Reads a search that was encoded.
  ///
  /// - Throws: `DecodingError` where the text is damaged.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    strategy = try container.decode(Strategy.self, forKey: .strategy)
    random = try container.decode(RandomSource.self, forKey: .random)
    points = try container.decode([[Double]].self, forKey: .points)
    values = try container.decode([Double?].self, forKey: .values)
    let dimension = strategy.dimension
    guard points.count == values.count, points.allSatisfy({ $0.count == dimension }) else {
      throw DecodingError.dataCorruptedError(
        forKey: .points, in: container,
        debugDescription: "\(points.count) candidates of \(dimension) coordinates do not fit "
          + "\(values.count) values")
    }
  }

  /// A point to evaluate.
  public struct Candidate: Sendable {
    /// The coordinates.
    public var point: [Double]
    /// The generation it belongs to, from 0: a good seed for what the objective draws, because
    /// candidates of one generation are compared with each other.
    public var generation: Int
    /// Its place in the generation, from 0.
    public var index: Int
  }

  /// The candidates of the generation in progress that have no value yet; begins a generation if
  /// none is in progress.
  public mutating func unfinished() -> [Candidate] {
    completeIfKnown()
    if values.isEmpty {
      points = strategy.ask(using: &random)
      values = [Double?](repeating: nil, count: points.count)
    }
    return values.indices.filter { values[$0] == nil }.map {
      Candidate(point: points[$0], generation: strategy.generation, index: $0)
    }
  }

  /// Takes the value of one candidate; the last one completes the generation.
  ///
  /// - Parameters:
  ///   - value: The value, lower is better; one that is not finite counts as the worst.
  ///   - candidate: A candidate of the generation in progress.
  public mutating func record(_ value: Double, of candidate: Candidate) {
    note(value, of: candidate)
    completeIfKnown()
  }

  /// Takes a value without completing the generation.
  mutating func note(_ value: Double, of candidate: Candidate) {
    precondition(
      candidate.generation == strategy.generation && values.indices.contains(candidate.index),
      "record: candidate \(candidate.index) of generation \(candidate.generation) is not one of "
        + "generation \(strategy.generation), which is in progress")
    values[candidate.index] = value.isFinite ? value : worstValue
  }

  private mutating func completeIfKnown() {
    let known = values.compactMap { $0 }
    guard !known.isEmpty, known.count == values.count else { return }
    strategy.tell(known)
    (points, values) = ([], [])
  }

  /// Searches until the strategy has a reason to stop or somebody asks to.
  ///
  /// - Parameters:
  ///   - workers: How many threads evaluate side by side; the result does not depend on it.
  ///   - shouldStop: Asked before each evaluation. Evaluations that have begun are finished.
  ///   - onEvaluation: Called after each evaluation, one at a time, with the search as it is then.
  ///   - onGeneration: Called after each generation.
  ///   - objective: The value of a candidate; lower is better.
  /// - Returns: Why it ended: the reasons of the strategy, or ``StopReason/interrupted``.
  /// - Throws: What `objective` or a callback throws; the search keeps what was finished before.
  @discardableResult
  public mutating func run(
    workers: Int = 1, shouldStop: @Sendable () -> Bool = { false },
    onEvaluation: @Sendable (Self) throws -> Void = { _ in },
    onGeneration: (Self) throws -> Void = { _ in },
    objective: @Sendable (Candidate) throws -> Double
  ) throws -> [StopReason] {
    completeIfKnown()
    while strategy.stopReasons.isEmpty {
      let isComplete = try runGeneration(
        workers: workers, shouldStop: shouldStop, onEvaluation: onEvaluation,
        objective: objective)
      guard isComplete else { return [.interrupted] }
      try onGeneration(self)
    }
    return strategy.stopReasons
  }

  /// Evaluates what the generation in progress still needs, or a whole new one.
  ///
  /// - Parameters:
  ///   - workers: How many threads evaluate side by side; the result does not depend on it.
  ///   - shouldStop: Asked before each evaluation. Evaluations that have begun are finished.
  ///   - onEvaluation: Called after each evaluation, one at a time, with the search as it is then.
  ///   - objective: The value of a candidate; lower is better.
  /// - Returns: Whether the generation is complete.
  /// - Throws: What `objective` or a callback throws; the search keeps what was finished before.
  @discardableResult
  public mutating func runGeneration(
    workers: Int = 1, shouldStop: @Sendable () -> Bool = { false },
    onEvaluation: @Sendable (Self) throws -> Void = { _ in },
    objective: @Sendable (Candidate) throws -> Double
  ) throws -> Bool {
    try runGeneration(
      groupsOf: 1, workers: workers, shouldStop: shouldStop, onEvaluation: onEvaluation
    ) { group in try group.map(objective) }
  }

  /// Evaluates what the generation in progress still needs, several candidates at a time: for
  /// objectives that are cheaper for many points together than one after the other.
  ///
  /// - Parameters:
  ///   - groupSize: How many candidates are evaluated together; the last group may be smaller.
  ///   - workers: How many threads evaluate side by side; the result does not depend on it.
  ///   - shouldStop: Asked before each group. Evaluations that have begun are finished.
  ///   - onEvaluation: Called after each group, one at a time, with the search as it is then.
  ///   - objective: The values of candidates in their order; lower is better.
  /// - Returns: Whether the generation is complete.
  /// - Throws: What `objective` or a callback throws; the search keeps what was finished before.
  /// - Precondition: `groupSize` is at least 1, and there is one value per candidate.
  @discardableResult
  public mutating func runGeneration(
    groupsOf groupSize: Int, workers: Int = 1, shouldStop: @Sendable () -> Bool = { false },
    onEvaluation: @Sendable (Self) throws -> Void = { _ in },
    objective: @Sendable ([Candidate]) throws -> [Double]
  ) throws -> Bool {
    precondition(groupSize >= 1, "runGeneration: groups of \(groupSize) candidates")
    let candidates = unfinished()
    let groups = stride(from: 0, to: candidates.count, by: groupSize).map {
      Array(candidates[$0..<min($0 + groupSize, candidates.count)])
    }
    let outcome = evaluateInParallel(
      groups, of: self, workers: workers, shouldStop: shouldStop, onEvaluation: onEvaluation,
      objective: objective)
    for (candidate, value) in zip(candidates, outcome.values) {
      if let value { note(value, of: candidate) }
    }
    if let failure = outcome.failure { throw failure }
    completeIfKnown()
    return values.isEmpty
  }

  /// Reads a search that ``save(to:)`` wrote.
  ///
  /// - Throws: `FileFailure` if there is no such file, `DecodingError` if it is damaged.
  public init(contentsOf path: String) throws {
    self = try JSONDecoder().decode(Self.self, from: readFile(at: path))
  }

  /// Writes the search as JSON, so that a crash leaves either the old file or the new.
  ///
  /// - Throws: `FileFailure` if the file cannot be written.
  public func save(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    try writeDurably(encoder.encode(self), to: path)
  }
}
