/// What a generation changes in the covariance: `C = keep C + sum of weight y y^T`.
struct CovarianceUpdate {
  /// The factor of the old covariance.
  var keep: Double
  /// The weights of the candidates, best first, followed by that of the path.
  var weights: [Double]
  /// The steps `y` in the order of the weights, with the path last. `[candidates + 1, dimension]`.
  var steps: Matrix
  /// The same steps before they took the shape of the distribution, for the candidates only:
  /// `y = A z`. `[candidates, dimension]`.
  var normals: Matrix
  /// The share of its earlier value that the covariance path kept in this generation.
  var pathKeep: Double
  /// What the path gained in this generation, in the coordinates of the draws.
  var pathStep: [Double]
}
