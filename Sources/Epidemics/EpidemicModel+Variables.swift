import Foundation
import Sampling

/// The numbers of one draw that determine an epidemic, in the model's own terms.
public struct EpidemicParameters: Sendable, Equatable {
  /// Log contact rate without mobility change, by place.
  public var contact: [Double]
  /// Weights by place and feature: those of mobility, then those of interventions.
  public var weights: [[Double]]
  /// Weekly latent values by place, or weights of the Gaussian process's basis.
  public var latent: [[Double]]
  /// What carries the latent factor beyond the data.
  public var latentScale: Double
  /// Autoregression coefficients; (1, 0) for a random walk.
  public var latentCoefficients: [Double]
  /// The Gaussian process's length in days.
  public var latentLength: Double
  /// People exposed at the beginning, by place.
  public var seed: [Double]
  /// Probability to die, by place.
  public var fatality: [Double]
  /// Concentration `φ` by place; infinite for Poisson counts.
  public var concentration: [Double]
  /// Weekday multipliers, Monday first.
  public var weekday: [Double]
  /// The waits.
  public var course: DiseaseCourse
}

extension EpidemicModel {
  /// The variables of a draw, in the order of ``constrained(_:)``.
  ///
  /// `contact`, `seed`, `fatality`, `dispersion` (`φ`) and `reproduction` (that of the last day,
  /// depletion of susceptibles left out) have one value per place, `mobility` one per place and
  /// feature; `latent` holds the places' weekly values one place after the other. `_mean` and
  /// `_spread` are those of partial pooling.
  public var variables: [Variable] { entries.map(\.variable) }

  /// The values of a position, in the order of ``variables``.
  public func constrained(_ position: [Double]) -> [Double] {
    var scratch = scratch
    guard scratch.begin(position, layout) else {
      return Array(repeating: .nan, count: variables.valueCount)
    }
    return entries.flatMap { $0.values(scratch) }
  }

  private struct Entry {
    var variable: Variable
    var values: (ModelScratch) -> [Double]

    init(_ name: String, _ shape: [Int], _ values: @escaping (ModelScratch) -> [Double]) {
      variable = Variable(name, shape: shape)
      self.values = values
    }
  }

  private var entries: [Entry] {
    let count = layout.places.count
    let features = layout.mobilityCount
    var entries = Self.hierarchy(layout.contact, "contact")
    entries.append(Entry("contact", [count]) { $0.contact })
    if features > 0 {
      let weights = Array(layout.weights.prefix(features))
      if weights[0].pooling != .unpooled {
        entries.append(
          Entry("mobility_mean", [features]) { scratch in
            weights.map { $0.common(scratch.natural) ?? .nan }
          })
      }
      if weights[0].pooling == .partial {
        entries.append(
          Entry("mobility_spread", [features]) { scratch in
            weights.map { $0.spreadValue(scratch.natural) ?? .nan }
          })
      }
      let width = layout.featureCount
      entries.append(
        Entry("mobility", [count, features]) { scratch in
          (0..<count).flatMap { place in
            scratch.weights[(place * width)..<(place * width + features)]
          }
        })
    }
    if let correlation = layout.correlation {
      entries.append(
        Entry("mobility_correlation", [features, features]) { correlation.matrix($0.natural) })
    }
    if layout.featureCount > features {
      let width = layout.featureCount
      entries.append(
        Entry("intervention", [width - features]) { Array($0.weights[features..<width]) })
    }
    entries += latentEntries
    entries += Self.hierarchy(layout.seed, "log_seed")
    entries.append(Entry("seed", [count]) { $0.logSeed.map { exp($0) } })
    if let fatality = layout.fatality {
      entries += Self.hierarchy(fatality, "log_fatality")
      entries.append(Entry("fatality", [count]) { $0.fatality })
    }
    if layout.dispersion != nil {
      entries.append(Entry("dispersion", [count]) { $0.concentration })
    }
    if layout.weekdayOffset != nil { entries.append(Entry("weekday", [7]) { $0.weekday }) }
    if layout.waitOffset != nil {
      let waits = layout.course.deathChain.count
      entries.append(Entry("waits", [waits]) { $0.course.deathChain.map(\.mean) })
    }
    let layout = layout
    entries.append(
      Entry("reproduction", [count]) { scratch in
        (0..<count).map { place in
          let day = layout.places[place].days - 1
          return scratch.course.infectious.mean
            * Self.contactRate(scratch, layout, place: place, day: day)
        }
      })
    return entries
  }

  private static func hierarchy(_ parameter: PlaceParameter, _ name: String) -> [Entry] {
    guard parameter.pooling == .partial else { return [] }
    return [
      Entry("\(name)_mean", []) { [parameter.common($0.natural) ?? .nan] },
      Entry("\(name)_spread", []) { [parameter.spreadValue($0.natural) ?? .nan] },
    ]
  }

  private var latentEntries: [Entry] {
    let total = layout.latent.numbers.reduce(0, +)
    let scale = Entry("latent_scale", []) { [$0.shared.scale] }
    let values = Entry("latent", [total]) { $0.latent }
    switch layout.latent.kind {
    case .none: return []
    case .randomWalk: return [scale, values]
    case .autoregression1:
      return [scale, Entry("latent_coefficients", [1]) { [$0.shared.first] }, values]
    case .autoregression2:
      return [
        scale,
        Entry("latent_coefficients", [2]) { [$0.shared.first, $0.shared.second] },
        values,
      ]
    case .gaussianProcess:
      return [scale, Entry("latent_length", []) { [$0.shared.length] }, values]
    }
  }

  static func contactRate(
    _ scratch: ModelScratch, _ layout: ModelLayout, place: Int, day: Int
  ) -> Double {
    let features = layout.featureCount
    let row = (layout.dayStarts[place] + day) * features
    let mobility = (0..<features).reduce(0) {
      $0 + scratch.weights[place * features + $1] * layout.features[row + $1]
    }
    let latent = layout.latent.value(
      scratch.latent, at: layout.latentStarts[place], place: place, day: day)
    return layout.contactRate(log: scratch.contact[place], effect: mobility + latent)
  }

  /// The parameters behind a draw's values.
  ///
  /// - Parameter values: One draw, in the order of ``variables``.
  /// - Returns: The parameters by place.
  public func parameters(ofValues values: [Double]) -> EpidemicParameters {
    var found: [String: ArraySlice<Double>] = [:]
    var start = 0
    for variable in variables {
      found[variable.name] = values[start..<(start + variable.count)]
      start += variable.count
    }
    let count = layout.places.count
    func all(_ name: String) -> [Double] { found[name].map { Array($0) } ?? [] }
    func rows(_ name: String, _ starts: [Int], _ counts: [Int]) -> [[Double]] {
      let flat = all(name)
      return zip(starts, counts).map { start, count in
        flat.isEmpty ? [] : Array(flat[start..<(start + count)])
      }
    }
    var course = layout.course
    let waits = all("waits")
    if waits.count >= 3 {
      course.exposed.mean = waits[0]
      course.infectious.mean = waits[1]
      course.dying.mean = waits[2]
      if waits.count > 3 { course.reporting?.mean = waits[3] }
    }
    let features = layout.mobilityCount
    let interventions = all("intervention")
    let coefficients = all("latent_coefficients")
    return EpidemicParameters(
      contact: all("contact"),
      weights: rows(
        "mobility", (0..<count).map { $0 * features }, Array(repeating: features, count: count)
      ).map { $0 + interventions },
      latent: rows("latent", layout.latentStarts, layout.latent.numbers),
      latentScale: all("latent_scale").first ?? 0,
      latentCoefficients: coefficients.isEmpty ? [1, 0] : coefficients + [0],
      latentLength: all("latent_length").first ?? 1, seed: all("seed"),
      fatality: found["fatality"].map { Array($0) } ?? layout.places.map(\.fatality),
      concentration: found["dispersion"].map { Array($0) }
        ?? Array(repeating: .infinity, count: count),
      weekday: found["weekday"].map { Array($0) } ?? Array(repeating: 1, count: 7),
      course: course)
  }
}

extension ModelLayout {
  /// The contact rate of a predictor.
  func contactRate(log contact: Double, effect: Double) -> Double {
    switch settings.link {
    case .exp: return exp(contact + effect)
    case .softplus:
      let shifted = contact + effect + softplusShift
      return shifted > 30 ? shifted : log1p(exp(shifted))
    case .capped: return 2 * exp(contact) * logistic(effect)
    }
  }
}
