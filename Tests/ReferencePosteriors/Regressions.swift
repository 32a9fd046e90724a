import Foundation
import Sampling

extension PosteriorData {
  /// The autoregression of order five.
  var autoregression: NormalRegression {
    let series = self["y"]
    let response = Array(series.dropFirst(5))
    let lags = (1...5).map { lag in response.indices.map { series[$0 + 5 - lag] } }
    return NormalRegression(
      columns: [ones(response.count)] + lags, response: response,
      variables: [Variable("alpha"), Variable("beta", shape: [5])], coefficientScale: 10,
      errorScale: 2.5)
  }

  /// Log earnings on standardized height, sex and their product.
  var earnings: NormalRegression {
    let (height, male) = (self["height"], self["male"])
    let mean = height.reduce(0, +) / Double(height.count)
    let squares = height.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let spread = (squares / Double(height.count - 1)).squareRoot()
    let z = height.map { ($0 - mean) / spread }
    return regression(
      [ones(z.count), z, male, zip(z, male).map { $0 * $1 }], self["earn"].map { log($0) })
  }

  /// Children's scores on their mothers' school and IQ.
  var childrenScores: NormalRegression {
    let iq = self["mom_iq"]
    return regression([ones(iq.count), self["mom_hs"], iq], self["kid_score"], errorScale: 2.5)
  }

  /// Leaf weight of mesquite bushes on log size measures.
  var mesquite: NormalRegression {
    let (wide, narrow, high) = (self["diam1"], self["diam2"], self["canopy_height"])
    let area = zip(wide, narrow).map { $0 * $1 }
    let volume = zip(area, high).map { $0 * $1 }
    let shape = zip(wide, narrow).map { $0 / $1 }
    let logs = [volume, area, shape, self["total_height"], self["density"]].map { column in
      column.map { log($0) }
    }
    return regression(
      [ones(wide.count)] + logs + [self["group"]], self["weight"].map { log($0) })
  }

  /// Party identification in 1980.
  var partyIdentification: NormalRegression {
    let age = self["age_discrete"]
    let groups = [2.0, 3, 4].map { group in age.map { $0 == group ? 1.0 : 0 } }
    return regression(
      [ones(age.count), self["real_ideo"], self["race_adj"]] + groups
        + [self["educ1"], self["gender"], self["income"]], self["partyid7"])
  }

  private func regression(
    _ columns: [[Double]], _ response: [Double], errorScale: Double? = nil
  ) -> NormalRegression {
    NormalRegression(
      columns: columns, response: response,
      variables: [Variable("beta", shape: [columns.count])], errorScale: errorScale)
  }

  private func ones(_ count: Int) -> [Double] { [Double](repeating: 1, count: count) }
}
