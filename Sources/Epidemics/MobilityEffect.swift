import Foundation
import Sampling

/// What mobility did to the contact rate, in words a reader can judge.
public struct MobilityEffect: Sendable, Equatable, Codable {
  /// The sentence that goes with every effect.
  public static let caution =
    "These are associations, not causes: people who move less also do other things, the categories "
    + "move together, and published studies disagree on which matters most. Suggestive at best."

  /// The place.
  public var place: String
  /// The feature, or `all` for their sum.
  public var feature: String
  /// Mobility of the last seven days, as a fraction.
  public var mobility: Double
  /// Median, 5 % and 95 % quantile of the weight; of the sum of effects for `all`.
  public var weight: [Double]
  /// The same of the relative change of the contact rate that goes with this mobility.
  public var change: [Double]
}

extension EpidemicRun {
  /// The effect of each feature, and of all together, by place.
  public func mobilityEffects() -> [MobilityEffect] {
    let parameters = draws.values.flatMap { $0 }.map { problem.model.parameters(ofValues: $0) }
    return problem.model.places.enumerated().flatMap { place, series -> [MobilityEffect] in
      let week = series.features.suffix(7)
      let width = problem.featureNames.count
      guard width > 0, !week.isEmpty else { return [] }
      let mobility = (0..<width).map { column in
        week.reduce(0) { $0 + $1[column] } / Double(week.count)
      }
      func summary(_ values: [Double]) -> [Double] {
        let sorted = values.sorted()
        return [0.5, 0.05, 0.95].map { quantile(ofSorted: sorted, $0) }
      }
      let each = (0..<width).map { feature in
        let weights = parameters.map { $0.weights[place][feature] }
        return MobilityEffect(
          place: series.name, feature: problem.featureNames[feature],
          mobility: mobility[feature] * problem.featureScales[feature], weight: summary(weights),
          change: summary(weights.map { exp($0 * mobility[feature]) - 1 }))
      }
      guard width > 1 else { return each }
      let sums = parameters.map { draw in
        zip(draw.weights[place], mobility).reduce(0) { $0 + $1.0 * $1.1 }
      }
      return each + [
        MobilityEffect(
          place: series.name, feature: "all", mobility: .nan, weight: summary(sums),
          change: summary(sums.map { exp($0) - 1 }))
      ]
    }
  }
}

/// What goes with a measure of the authorities in full force.
public struct InterventionEffect: Sendable, Equatable, Codable {
  /// The measure.
  public var name: String
  /// Median, 5 % and 95 % quantile of the relative change of the contact rate.
  public var change: [Double]
}

extension EpidemicRun {
  /// The effect of each intervention, which all places share.
  public func interventionEffects() -> [InterventionEffect] {
    let names = problem.data.interventions?.columns ?? []
    let width = problem.featureNames.count
    let weights = draws.values.flatMap { $0 }.map {
      problem.model.parameters(ofValues: $0).weights[0]
    }
    return names.enumerated().map { index, name in
      let sorted = weights.map { exp($0[width + index]) - 1 }.sorted()
      return InterventionEffect(
        name: name, change: [0.5, 0.05, 0.95].map { quantile(ofSorted: sorted, $0) })
    }
  }
}

/// What all places together say of a feature of mobility: its common weight, or for `all` the joint
/// effect on the log contact rate at the last week's mobility, the mean over places.
public struct CommonEffect: Sendable, Equatable, Codable {
  /// The feature, or `all`.
  public var feature: String
  /// The mean over draws.
  public var mean: Double
  /// The standard deviation over draws.
  public var standardDeviation: Double
  /// The 5 and 95 % quantiles.
  public var interval: [Double]

  private init(_ feature: String, _ values: [Double]) {
    self.feature = feature
    mean = values.reduce(0, +) / Double(values.count)
    let center = mean
    let squares = values.reduce(0) { $0 + ($1 - center) * ($1 - center) }
    standardDeviation = (squares / Double(max(values.count - 1, 1))).squareRoot()
    let sorted = values.sorted()
    interval = [0.05, 0.95].map { quantile(ofSorted: sorted, $0) }
  }

  /// The effects of every feature, and the joint one where there are several.
  ///
  /// Weights are the common ones, or where places share nothing the means over places.
  public static func all(_ draws: Draws, _ problem: EpidemicProblem) -> [CommonEffect] {
    let names = problem.featureNames
    let places = problem.model.places
    guard !names.isEmpty, !draws.values.joined().isEmpty else { return [] }
    let offsets = draws.elementNames.indices.filter {
      draws.elementNames[$0].hasPrefix("mobility_mean[")
    }
    let values = draws.values.flatMap { $0 }
    let all = values.map { problem.model.parameters(ofValues: $0).weights }
    let weights = names.indices.map { feature in
      offsets.count == names.count
        ? values.map { $0[offsets[feature]] }
        : all.map { rows in rows.reduce(0) { $0 + $1[feature] } / Double(rows.count) }
    }
    let effects = zip(names, weights).map { CommonEffect($0, $1) }
    guard names.count > 1 else { return effects }
    let weeks = places.map { place in
      names.indices.map { feature in
        let week = place.features.suffix(7)
        return week.reduce(0) { $0 + $1[feature] } / Double(max(week.count, 1))
      }
    }
    let joint = all.map { rows in
      zip(rows, weeks).reduce(0.0) { sum, entry in
        sum + zip(entry.0, entry.1).reduce(0) { $0 + $1.0 * $1.1 }
      } / Double(places.count)
    }
    return effects + [CommonEffect("all", joint)]
  }
}
