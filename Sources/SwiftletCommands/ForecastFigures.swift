import Epidemics
import Foundation
import Reports
import Sampling

/// When a place's deaths are highest, for tables.
struct PeakSummary: Encodable {
  var place: String
  var probabilityPassed: Double
  /// The median day; "after" a day where the forecast ends before the peak.
  var day: String
  /// The same of the 5 and 95 % quantiles.
  var interval: [String]

  init(_ prediction: PlacePrediction) {
    place = prediction.name
    probabilityPassed = prediction.probabilityOfPeak(before: prediction.firstForecastDay)
    let peaks = prediction.peaks.sorted()
    let last = prediction.start + ((prediction.expected.first?.count ?? 4) - 4)
    func text(_ level: Double) -> String {
      guard let end = peaks.indices.last else { return "unknown" }
      let day = peaks[Int((level * Double(end)).rounded())]
      return day >= last ? "after \(day.text)" : day.text
    }
    day = text(0.5)
    interval = [text(0.05), text(0.95)]
  }

  var text: String {
    String(
      format: "%@: the peak has passed with probability %.0f %%, ", place, 100 * probabilityPassed)
      + "median \(day) (90 % \(interval[0]) to \(interval[1]))"
  }
}

/// The plots of a fit, for the page and for files of their own.
struct ForecastFigures {
  let predictions: [PlacePrediction]
  let places: [PlaceSeries]
  let course: DiseaseCourse

  /// Bands of 50 and 95 % around the median; day 0 is the last day of data.
  private func fan(
    _ draws: [[Double]], last: Int, days: Range<Int>
  ) -> [LinePlot.Series] {
    let x = days.map { Double($0 - last) }
    let sorted = days.map { day in draws.map { $0[day] }.sorted() }
    func edge(_ level: Double) -> [Double] { sorted.map { quantile(ofSorted: $0, level) } }
    let median = edge(0.5)
    return [
      LinePlot.Series("95 %", x: x, y: median, lower: edge(0.025), upper: edge(0.975)),
      LinePlot.Series("50 %", x: x, y: median, lower: edge(0.25), upper: edge(0.75)),
    ]
  }

  /// Deaths by day: what was counted, and what the draws say of past and future.
  func deaths(_ index: Int) -> LinePlot {
    let prediction = predictions[index]
    let last = prediction.observedDays - 1
    let total = prediction.deaths.first?.count ?? 0
    let first = max(0, places[index].deaths.firstIndex { ($0 ?? 0) > 0 } ?? 0)
    let days = first..<total
    let counted = places[index].deaths.enumerated().filter { $0.offset >= first }
    return LinePlot(
      fan(prediction.deaths.map { $0.map(Double.init) }, last: last, days: days) + [
        LinePlot.Series(
          "counted", x: counted.map { Double($0.offset - last) },
          y: counted.map { $0.element.map(Double.init) ?? .nan }, style: .points)
      ],
      x: Axis("days after \((prediction.start + last).text)"), y: Axis("deaths per day"),
      verticalReferences: [ReferenceLine("data end", at: 0)])
  }

  /// The reproduction number by day.
  func reproduction(_ index: Int) -> LinePlot {
    let prediction = predictions[index]
    let last = prediction.observedDays - 1
    let total = prediction.deaths.first?.count ?? 0
    return LinePlot(
      fan(prediction.reproduction, last: last, days: 0..<total),
      x: Axis("days after \((prediction.start + last).text)"), y: Axis("reproduction number"),
      horizontalReferences: [ReferenceLine("neither grows nor shrinks", at: 1)],
      verticalReferences: [ReferenceLine("data end", at: 0)])
  }

  /// New infections by day.
  func infections(_ index: Int) -> LinePlot {
    // Of the last day only its beginning is known.
    bands(index, { $0.infections.map { Array($0.dropLast()) } }, "new infections per day")
  }

  /// People isolated by day.
  func isolated(_ index: Int) -> LinePlot {
    bands(index, \.isolated, "people isolated")
  }

  private func bands(
    _ index: Int, _ values: (PlacePrediction) -> [[Double]], _ title: String
  ) -> LinePlot {
    let prediction = predictions[index]
    let last = prediction.observedDays - 1
    let draws = values(prediction)
    return LinePlot(
      fan(draws, last: last, days: 0..<(draws.first?.count ?? 0)),
      x: Axis("days after \((prediction.start + last).text)"), y: Axis(title),
      verticalReferences: [ReferenceLine("data end", at: 0)])
  }

  /// The share of deaths counted within so many days of infection, Erlang and exponential.
  var lag: LinePlot {
    let days = (0...60).map(Double.init)
    return LinePlot(
      [
        LinePlot.Series("this model", x: days, y: days.map { 100 * course.lagCDF(days: $0) }),
        LinePlot.Series(
          "exponential waits, same means", x: days,
          y: days.map { 100 * course.exponential.lagCDF(days: $0) }, style: .dashed),
      ],
      x: Axis("days after infection"), y: Axis("deaths counted, percent", range: 0...100))
  }
}
