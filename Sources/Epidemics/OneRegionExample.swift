import Foundation

/// The example of the specification's section 12.3: one place, two mobility columns, 84 days of
/// invented deaths, and a posterior that is known to several digits.
public enum OneRegionExample {
  /// Deaths by day.
  public static let counts: [Int] =
    Array(repeating: 0, count: 18) + [
      1, 0, 0, 0, 1, 4, 0, 2, 4, 2, 1, 5, 9, 7, 1, 9, 4, 9, 8, 11, 10, 9, 17, 17, 32, 26, 29, 38,
      21, 41, 31, 35, 32, 25, 27, 24, 40, 36, 28, 35, 16, 28, 34, 23, 45, 12, 45, 26, 20, 43, 12,
      8, 21, 18, 17, 8, 9, 10, 11, 13, 20, 12, 5, 10, 7, 7,
    ]

  /// Deaths of the four weeks after.
  public static let nextWeeks = [38.0, 30, 32, 27]

  /// Mobility at the bottom of the lockdown, at which the effect of both columns is compared.
  public static let lockdown = [-0.5466, 0.2182]

  /// The two mobility columns of a day, rounded to four decimals; also beyond the data.
  public static func features(day: Int) -> [Double] {
    func rounded(_ x: Double) -> Double { (x * 1e4).rounded() / 1e4 }
    let t = Double(day)
    let weekend = day % 7 >= 5 ? 0.03 : 0
    let visits = -0.55 * logistic((t - 30) / 2) + 0.15 * logistic((t - 75) / 4) + weekend
    let home = 0.22 * logistic((t - 32) / 2) - 0.08 * logistic((t - 75) / 4)
    return [rounded(visits), rounded(home)]
  }

  /// The series.
  public static var series: PlaceSeries {
    PlaceSeries(
      name: "one", population: 5e6, start: Day(number: 18_294), deaths: counts,
      features: (0..<84).map { features(day: $0) })
  }

  /// The example's switches: no weekday effect, two steps per day, columns as they are.
  public static var settings: ModelSettings {
    var settings = ModelSettings()
    settings.weekdays = false
    settings.whitens = false
    settings.stepsPerDay = 2
    return settings
  }

  /// The example's priors.
  public static var priors: Priors {
    var priors = Priors()
    priors.latentScaleFamily = .halfNormal
    return priors
  }

  /// The model.
  public static var model: EpidemicModel {
    EpidemicModel(places: [series], course: DiseaseCourse(), settings: settings, priors: priors)
  }
}
