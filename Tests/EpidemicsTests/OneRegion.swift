import Foundation

@testable import Epidemics

/// The one-region example of the specification: data, settings and the printed density.
enum OneRegion {
  static let counts: [Int] =
    Array(repeating: 0, count: 18) + [
      1, 0, 0, 0, 1, 4, 0, 2, 4, 2, 1, 5, 9, 7, 1, 9, 4, 9, 8, 11, 10, 9, 17, 17, 32, 26, 29, 38,
      21, 41, 31, 35, 32, 25, 27, 24, 40, 36, 28, 35, 16, 28, 34, 23, 45, 12, 45, 26, 20, 43, 12,
      8, 21, 18, 17, 8, 9, 10, 11, 13, 20, 12, 5, 10, 7, 7,
    ]

  /// The two mobility columns, rounded to four decimals.
  static func features(day: Int) -> [Double] {
    func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    func rounded(_ x: Double) -> Double { (x * 1e4).rounded() / 1e4 }
    let t = Double(day)
    let visits =
      -0.55 * logistic((t - 30) / 2) + 0.15 * logistic((t - 75) / 4) + (day % 7 >= 5 ? 0.03 : 0)
    let home = 0.22 * logistic((t - 32) / 2) - 0.08 * logistic((t - 75) / 4)
    return [rounded(visits), rounded(home)]
  }

  static var series: PlaceSeries {
    PlaceSeries(
      name: "one", population: 5e6, start: Day(number: 18_294), deaths: counts,
      features: (0..<84).map { features(day: $0) })
  }

  static var settings: ModelSettings {
    var settings = ModelSettings()
    settings.weekdays = false
    settings.whitens = false
    settings.stepsPerDay = 2
    return settings
  }

  static var priors: Priors {
    var priors = Priors()
    priors.latentScaleFamily = .halfNormal
    return priors
  }

  static var model: EpidemicModel {
    EpidemicModel(
      places: [series], course: DiseaseCourse(), settings: settings, priors: priors)
  }

  static let position: [Double] =
    [-0.4, 1.5, -1, log(0.08)]
    + [0.3, -0.2, 0.1, 0.5, -0.4, 0.2, 0, 0.1, -0.1, 0.3, -0.6, 0.25] + [log(180), log(0.28)]
}
