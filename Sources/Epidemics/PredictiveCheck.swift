/// Whether a model that was fitted to a place's deaths would produce such deaths.
///
/// For every draw, the squared distances of counts from their expectations, each over its variance,
/// are summed for the counted deaths and for deaths drawn anew; the p-value is the share of draws in
/// which the new ones lie further off (Gelman, Meng and Stern, 1996). Near 0 the deaths scatter more
/// than the model allows, near 1 less.
public struct PredictiveCheck: Sendable, Equatable, Codable {
  /// The place.
  public var place: String
  /// The posterior predictive p-value.
  public var pValue: Double

  /// Checks one place.
  ///
  /// - Parameters:
  ///   - prediction: Its draws.
  ///   - series: Its deaths; days that were not compared count for nothing.
  public init(_ prediction: PlacePrediction, _ series: PlaceSeries) {
    place = prediction.name
    var further = 0
    for draw in prediction.deaths.indices {
      let counts = prediction.counts[draw]
      var (observed, replicated) = (0.0, 0.0)
      for (day, count) in series.deaths.enumerated() {
        // What was not reported yet cannot be compared with complete days.
        guard let count, series.reportedShares[day] > 0.99 else { continue }
        let mean = max(prediction.expected[draw][day], 1e-8)
        let variance = counts.variance(mean: mean)
        let replica = Double(prediction.deaths[draw][day])
        observed += (Double(count) - mean) * (Double(count) - mean) / variance
        replicated += (replica - mean) * (replica - mean) / variance
      }
      if replicated >= observed { further += 1 }
    }
    pValue = Double(further) / Double(max(prediction.deaths.count, 1))
  }
}
