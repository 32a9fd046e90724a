import Sampling

/// The forecast hubs' table: one row per place, week or day, and quantile.
public enum HubFile {
  /// The text of a file of weekly incident and cumulative deaths.
  ///
  /// A week is seven days after the last day of data; with data through a Saturday these are
  /// epidemiological weeks.
  ///
  /// - Parameters:
  ///   - predictions: The forecasts.
  ///   - weeks: Weeks ahead.
  ///   - locations: Codes by place; places without one keep their name.
  /// - Returns: The table with its header.
  public static func text(
    _ predictions: [PlacePrediction], weeks: Int, locations: [String: String] = [:]
  ) -> String {
    var lines = ["forecast_date,target,target_end_date,location,type,quantile,value"]
    for prediction in predictions {
      let place = locations[prediction.name] ?? prediction.name
      for week in 1...max(weeks, 1)
      where 7 * week <= (prediction.deaths.first?.count ?? 0)
        - prediction.observedDays
      {
        let end = (prediction.firstForecastDay + (7 * week - 1)).text
        let targets = [
          ("inc", prediction.weeklyDeaths(week)),
          ("cum", prediction.cumulativeDeaths(afterDays: 7 * week)),
        ]
        for (kind, draws) in targets {
          let sorted = draws.sorted()
          let head =
            "\(prediction.firstForecastDay.text),\(week) wk ahead \(kind) death,\(end),\(place)"
          lines.append("\(head),point,NA,\(quantile(ofSorted: sorted, 0.5))")
          for level in WeightedIntervalScore.hubLevels {
            let label = (level * 1000).rounded() / 1000
            lines.append("\(head),quantile,\(label),\(quantile(ofSorted: sorted, level))")
          }
        }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
