import Foundation
import Sampling

/// Closed forms of the model, to explain a fit and to test the dynamics against.
extension DiseaseCourse {
  /// People infected by one infectious person among susceptible ones: contact rate times the
  /// infectious time, whatever the number of stages.
  ///
  /// - Parameter contactRate: Infections per infectious person and day.
  /// - Returns: The basic reproduction number.
  public func reproduction(contactRate: Double) -> Double { contactRate * infectious.mean }

  /// Mean days between an infection and the infections it causes.
  public var meanGenerationTime: Double {
    let stages = Double(infectious.stages)
    return exposed.mean + infectious.mean * (stages + 1) / (2 * stages)
  }

  /// The early growth rate per day under a constant contact rate.
  ///
  /// It solves `β (σE/(σE+r))^kE (1 − (σI/(σI+r))^kI) / r = 1`; the left side falls in `r`, so
  /// bisection finds the one root.
  public func growthRate(contactRate: Double) -> Double {
    var low = -0.999 * min(exposed.rate, infectious.rate)
    var high = 1.0
    while offspring(high, contactRate) > 1 { high *= 2 }
    for _ in 0..<200 {
      let middle = (low + high) / 2
      if offspring(middle, contactRate) > 1 { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  private func offspring(_ growth: Double, _ contactRate: Double) -> Double {
    let exposedFactor = pow(exposed.rate / (exposed.rate + growth), Double(exposed.stages))
    let leave = infectious.rate
    guard abs(growth) > 1e-9 else { return contactRate * exposedFactor * infectious.mean }
    let remaining = 1 - pow(leave / (leave + growth), Double(infectious.stages))
    return contactRate * exposedFactor * remaining / growth
  }

  /// The share of people infected in the end, `z = 1 − exp(−R0 z)`, for any number of stages.
  ///
  /// - Parameter reproduction: The basic reproduction number; at most 1 gives 0.
  /// - Returns: A share between 0 and 1.
  public static func finalSize(reproduction: Double) -> Double {
    guard reproduction > 1 else { return 0 }
    var size = 1.0
    for _ in 0..<200 {
      let error = size - 1 + exp(-reproduction * size)
      let slope = 1 - reproduction * exp(-reproduction * size)
      size -= error / slope
    }
    return size
  }

  /// The probability that a person who dies of the infection is counted within `days` of it.
  ///
  /// A phase-type distribution: the last entry of the first row of `expm(A days)`, `A` the
  /// generator of the chain of stages. Uniformization sums a Poisson series of positive terms, so
  /// nothing cancels.
  public func lagCDF(days: Double) -> Double {
    Self.absorbed(by: days, through: deathChain)
  }

  /// The probability that a person infected `days` ago is infectious now.
  public func infectiousProbability(days: Double) -> Double {
    Self.absorbed(by: days, through: [exposed])
      - Self.absorbed(by: days, through: [exposed, infectious])
  }

  fileprivate static func absorbed(by days: Double, through waits: [Wait]) -> Double {
    guard days > 0 else { return 0 }
    let rates = waits.flatMap { wait in Array(repeating: wait.rate, count: wait.stages) }
    let fastest = rates.max() ?? 1
    var probability = [Double](repeating: 0, count: rates.count + 1)
    probability[0] = 1
    var logWeight = -fastest * days
    var total = 0.0
    let steps = Int(fastest * days + 12 * (fastest * days).squareRoot() + 60)
    for step in 0...steps {
      total += exp(logWeight) * probability[rates.count]
      for stage in rates.indices.reversed() {
        let moved = probability[stage] * rates[stage] / fastest
        probability[stage] -= moved
        probability[stage + 1] += moved
      }
      logWeight += log(fastest * days) - log(Double(step + 1))
    }
    return min(total, 1)
  }
}

extension DiseaseCourse {
  /// The probabilities that a person infected `days` ago is isolated now, if they will die and if
  /// they will recover.
  func isolation(days: Double) -> (dying: Double, recovering: Double) {
    let left = Self.absorbed(by: days, through: [exposed, infectious])
    return (
      left - Self.absorbed(by: days, through: [exposed, infectious, dying]),
      left - Self.absorbed(by: days, through: [exposed, infectious, recovering])
    )
  }
}

extension DiseaseCourse.Wait {
  /// The probability that the wait is over after `days`.
  public func cumulative(days: Double) -> Double {
    days > 0 ? 1 - upperIncompleteGamma(Double(stages), rate * days) : 0
  }
}
