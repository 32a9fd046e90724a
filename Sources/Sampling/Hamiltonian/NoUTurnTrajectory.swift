import Foundation
import Randomness

/// One transition of multinomial NUTS, as Stan makes it.
///
/// - Paper: Hoffman and Gelman, *The No-U-Turn Sampler* (2014); Betancourt, *A Conceptual
///   Introduction to Hamiltonian Monte Carlo* (2017), appendix A.
///
/// `@unchecked Sendable`: it belongs to one ``HamiltonianSystem``, for which the same holds.
final class NoUTurnTrajectory: @unchecked Sendable {
  typealias Vector = HamiltonianSystem.Vector

  /// A place the trajectory may select.
  struct Candidate {
    var position: Vector
    var gradient: Vector
    var logDensity = 0.0
    var energy = 0.0
  }

  /// The memory of one level of the recursion.
  private struct Level {
    var candidate: Candidate
    var firstEndVelocity, firstEndMomentum, firstSum: Vector
    var secondStartVelocity, secondStartMomentum, secondSum: Vector
  }

  /// One end of the whole trajectory: the outermost state, and the momentum and velocity at the
  /// inner end of the half that reaches it.
  private struct End {
    var position, gradient, momentum, velocity: Vector
    var innerMomentum, innerVelocity, sum: Vector
    var logDensity = 0.0
  }

  /// The vectors a pool must hold for trajectories up to a depth.
  static func vectorCount(maximumDepth: Int) -> Int { 8 * maximumDepth + 2 * 7 + 4 + 1 }

  private let system: HamiltonianSystem
  private let maximumDepth: Int
  private let levels: [Level]
  private var backward: End
  private var forward: End
  private var selected: Candidate
  private var proposed: Candidate
  private let total: Vector

  private var stepSize = 0.0
  private var startEnergy = 0.0
  private var leapfrogs = 0
  private var acceptanceSum = 0.0
  private var isDivergent = false

  init(system: HamiltonianSystem, maximumDepth: Int) {
    self.system = system
    self.maximumDepth = maximumDepth
    func candidate() -> Candidate { Candidate(position: system.lend(), gradient: system.lend()) }
    func end() -> End {
      End(
        position: system.lend(), gradient: system.lend(), momentum: system.lend(),
        velocity: system.lend(), innerMomentum: system.lend(), innerVelocity: system.lend(),
        sum: system.lend())
    }
    levels = (0..<maximumDepth).map { _ in
      Level(
        candidate: candidate(), firstEndVelocity: system.lend(), firstEndMomentum: system.lend(),
        firstSum: system.lend(), secondStartVelocity: system.lend(),
        secondStartMomentum: system.lend(), secondSum: system.lend())
    }
    backward = end()
    forward = end()
    selected = candidate()
    proposed = candidate()
    total = system.lend()
  }

  /// Moves the system to the next draw.
  ///
  /// - Parameters:
  ///   - model: The density.
  ///   - stepSize: The length of a leapfrog step.
  ///   - random: The chain's source of randomness.
  /// - Returns: What happened on the way; the acceptance counts every leapfrog step, also those of
  ///   rejected subtrees.
  func advance<Model: LogDensity>(
    _ model: inout Model, stepSize: Double, using random: inout RandomSource
  ) -> DrawStatistics {
    system.refreshMomentum(using: &random)
    begin(stepSize)
    var depth = 0
    var logWeight = 0.0
    while depth < maximumDepth {
      var subtreeLogWeight = -Double.infinity
      let isForward = random.uniform() > 0.5
      guard extend(isForward, depth, &model, &subtreeLogWeight, &random) else { break }
      depth += 1
      // Biased progressive sampling prefers the new half.
      if subtreeLogWeight > logWeight || random.uniform() < exp(subtreeLogWeight - logWeight) {
        swap(&selected, &proposed)
      }
      logWeight = logSumExp(logWeight, subtreeLogWeight)
      guard persists() else { break }
    }
    system.restore(
      position: selected.position, gradient: selected.gradient, logDensity: selected.logDensity)
    return DrawStatistics(
      logDensity: selected.logDensity, acceptance: acceptanceSum / Double(max(1, leapfrogs)),
      stepSize: stepSize, treeDepth: depth, leapfrogs: leapfrogs, isDivergent: isDivergent,
      energy: selected.energy)
  }

  private func begin(_ stepSize: Double) {
    let count = system.dimension
    self.stepSize = stepSize
    startEnergy = system.energy
    leapfrogs = 0
    acceptanceSum = 0
    isDivergent = false
    system.save(position: selected.position, gradient: selected.gradient)
    selected.logDensity = system.logDensity
    selected.energy = startEnergy
    placeSystem(at: &backward)
    placeSystem(at: &forward)
    total.update(from: system.momentum, count: count)
  }

  private func placeSystem(at end: inout End) {
    system.save(position: end.position, gradient: end.gradient)
    end.momentum.update(from: system.momentum, count: system.dimension)
    end.velocity.update(from: system.velocity, count: system.dimension)
    end.logDensity = system.logDensity
  }

  /// Doubles the trajectory in one direction; the other half is the trajectory so far.
  private func extend<Model: LogDensity>(
    _ isForward: Bool, _ depth: Int, _ model: inout Model, _ logWeight: inout Double,
    _ random: inout RandomSource
  ) -> Bool {
    let count = system.dimension
    var (near, far) = isForward ? (forward, backward) : (backward, forward)
    far.sum.update(from: total, count: count)
    far.innerMomentum.update(from: near.momentum, count: count)
    far.innerVelocity.update(from: near.velocity, count: count)
    near.sum.update(repeating: 0, count: count)
    system.restore(position: near.position, gradient: near.gradient, logDensity: near.logDensity)
    system.momentum.update(from: near.momentum, count: count)
    let isValid = build(
      depth, isForward ? stepSize : -stepSize, &model, &proposed,
      Ends(
        startVelocity: near.innerVelocity, startMomentum: near.innerMomentum,
        endVelocity: near.velocity, endMomentum: near.momentum, sum: near.sum),
      &logWeight, &random)
    system.save(position: near.position, gradient: near.gradient)
    near.logDensity = system.logDensity
    if isForward { forward = near } else { backward = near }
    return isValid
  }

  /// The three criteria on the whole trajectory; updates the sum of momenta.
  private func persists() -> Bool {
    let count = system.dimension
    for index in 0..<count { total[index] = backward.sum[index] + forward.sum[index] }
    return straight(backward.velocity, forward.velocity, total)
      && straight(
        backward.velocity, forward.innerVelocity, backward.sum, plus: forward.innerMomentum)
      && straight(
        backward.innerVelocity, forward.velocity, forward.sum, plus: backward.innerMomentum)
  }

  /// Where a subtree writes the momentum and velocity of its two ends and the sum of its momenta.
  private struct Ends {
    var startVelocity, startMomentum, endVelocity, endMomentum, sum: Vector
  }

  /// Builds a subtree of 2^depth leapfrog steps from where the system is.
  ///
  /// - Returns: Whether it is free of divergences and U-turns.
  private func build<Model: LogDensity>(
    _ depth: Int, _ step: Double, _ model: inout Model, _ candidate: inout Candidate,
    _ ends: Ends, _ logWeight: inout Double, _ random: inout RandomSource
  ) -> Bool {
    if depth == 0 { return leaf(step, &model, &candidate, ends, &logWeight) }
    let count = system.dimension
    var level = levels[depth - 1]
    level.firstSum.update(repeating: 0, count: count)
    level.secondSum.update(repeating: 0, count: count)
    var firstLogWeight = -Double.infinity
    guard
      build(
        depth - 1, step, &model, &candidate,
        Ends(
          startVelocity: ends.startVelocity, startMomentum: ends.startMomentum,
          endVelocity: level.firstEndVelocity, endMomentum: level.firstEndMomentum,
          sum: level.firstSum),
        &firstLogWeight, &random)
    else { return false }
    var secondLogWeight = -Double.infinity
    guard
      build(
        depth - 1, step, &model, &level.candidate,
        Ends(
          startVelocity: level.secondStartVelocity, startMomentum: level.secondStartMomentum,
          endVelocity: ends.endVelocity, endMomentum: ends.endMomentum, sum: level.secondSum),
        &secondLogWeight, &random)
    else { return false }
    // Inside a subtree the choice is plain multinomial.
    let both = logSumExp(firstLogWeight, secondLogWeight)
    logWeight = logSumExp(logWeight, both)
    if random.uniform() < exp(secondLogWeight - both) { take(level.candidate, into: &candidate) }
    for index in 0..<count { ends.sum[index] += level.firstSum[index] + level.secondSum[index] }
    return straight(
      ends.startVelocity, ends.endVelocity, level.firstSum, plus: level.secondSum)
      && straight(
        ends.startVelocity, level.secondStartVelocity, level.firstSum,
        plus: level.secondStartMomentum)
      && straight(
        level.firstEndVelocity, ends.endVelocity, level.secondSum, plus: level.firstEndMomentum)
  }

  /// Takes the values of another candidate; the memory of a level stays its own.
  private func take(_ other: Candidate, into candidate: inout Candidate) {
    candidate.position.update(from: other.position, count: system.dimension)
    candidate.gradient.update(from: other.gradient, count: system.dimension)
    candidate.logDensity = other.logDensity
    candidate.energy = other.energy
  }

  private func leaf<Model: LogDensity>(
    _ step: Double, _ model: inout Model, _ candidate: inout Candidate, _ ends: Ends,
    _ logWeight: inout Double
  ) -> Bool {
    let count = system.dimension
    system.leapfrog(step, &model)
    leapfrogs += 1
    let energy = system.energy
    let gain = startEnergy - energy
    if -gain > 1000 { isDivergent = true }
    logWeight = logSumExp(logWeight, gain)
    acceptanceSum += gain > 0 ? 1 : exp(gain)
    system.save(position: candidate.position, gradient: candidate.gradient)
    candidate.logDensity = system.logDensity
    candidate.energy = energy
    ends.startVelocity.update(from: system.velocity, count: count)
    ends.endVelocity.update(from: system.velocity, count: count)
    ends.startMomentum.update(from: system.momentum, count: count)
    ends.endMomentum.update(from: system.momentum, count: count)
    for index in 0..<count { ends.sum[index] += system.momentum[index] }
    return !isDivergent
  }

  /// The generalized criterion: both ends still move along the sum of momenta between them.
  @inline(__always)
  private func straight(_ start: Vector, _ end: Vector, _ sum: Vector) -> Bool {
    dot(start, sum, system.dimension) > 0 && dot(end, sum, system.dimension) > 0
  }

  @inline(__always)
  private func straight(_ start: Vector, _ end: Vector, _ sum: Vector, plus rest: Vector) -> Bool {
    dot(start, sumOf: sum, and: rest, system.dimension) > 0
      && dot(end, sumOf: sum, and: rest, system.dimension) > 0
  }
}
