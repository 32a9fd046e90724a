import Foundation
import Randomness

/// One transition of static Hamiltonian Monte Carlo: a fixed number of leapfrog steps, then a
/// Metropolis test.
///
/// - Paper: Neal, *MCMC using Hamiltonian Dynamics* (2011).
///
/// `@unchecked Sendable`: it belongs to one ``HamiltonianSystem``, for which the same holds.
final class FixedTrajectory: @unchecked Sendable {
  static let vectorCount = 2

  private let system: HamiltonianSystem
  private let time: Double
  private let startPosition, startGradient: HamiltonianSystem.Vector

  init(system: HamiltonianSystem, time: Double) {
    self.system = system
    self.time = time
    startPosition = system.lend()
    startGradient = system.lend()
  }

  /// Moves the system to the next draw.
  func advance<Model: LogDensity>(
    _ model: inout Model, stepSize: Double, using random: inout RandomSource
  ) -> DrawStatistics {
    system.refreshMomentum(using: &random)
    system.save(position: startPosition, gradient: startGradient)
    let startLogDensity = system.logDensity
    let startEnergy = system.energy
    let planned = Int(max(1, min(1e6, time / stepSize)))
    var steps = 0
    while steps < planned, system.logDensity.isFinite {
      system.leapfrog(stepSize, &model)
      steps += 1
    }
    let gain = startEnergy - system.energy
    let acceptance = gain > 0 ? 1 : exp(gain)
    var energy = system.energy
    if random.uniform() >= acceptance {
      system.restore(
        position: startPosition, gradient: startGradient, logDensity: startLogDensity)
      energy = startEnergy
    }
    return DrawStatistics(
      logDensity: system.logDensity, acceptance: acceptance, stepSize: stepSize, treeDepth: 0,
      leapfrogs: steps, isDivergent: -gain > 1000, energy: energy)
  }
}
