import Foundation

/// How large a share of each update is taken, so that its signal stands out from the noise.
///
/// - Paper: Nomura, Akimoto and Ono, *CMA-ES with Learning Rate Adaptation: Can CMA-ES with Default
///   Population Size Solve Multimodal and Noisy Problems?* (2023), arXiv 2304.03473, with its
///   defaults.
struct LearningRates: Codable, Sendable {
  var mean: LearningRate
  var covariance: LearningRate

  init(dimension: Int) {
    mean = LearningRate(forgetting: 0.1, count: dimension)
    covariance = LearningRate(forgetting: 0.03, count: dimension * dimension)
  }

  func fits(dimension: Int) -> Bool {
    mean.average.columns == dimension && covariance.average.columns == dimension * dimension
  }
}

/// One learning rate and the moving averages it is judged by.
struct LearningRate: Codable, Sendable {
  private(set) var rate = 1.0
  /// `E`, the average of the updates in the coordinates of the distribution. One row.
  private(set) var average: Matrix
  /// `V`, the average of their squared lengths.
  private(set) var square = 0.0
  private let forgetting: Double

  private static let targetRatio = 1.4
  private static let speed = 0.1

  init(forgetting: Double, count: Int) {
    self.forgetting = forgetting
    average = Matrix(rows: 1, columns: count)
  }

  /// Learns from an update, given in the coordinates of the distribution.
  mutating func learn(_ update: [Double]) {
    blend(&average.elements, keep: 1 - forgetting, gain: forgetting, update)
    square = (1 - forgetting) * square + forgetting * dot(update, update)
    let signal = dot(average.elements, average.elements)
    guard square > signal else { return }
    let ratio = (signal - forgetting / (2 - forgetting) * square) / (square - signal)
    let relative = min(max(ratio / (Self.targetRatio * rate) - 1, -1), 1)
    rate = min(1, rate * exp(min(Self.speed * rate, forgetting) * relative))
  }
}

extension CMAES {
  /// Takes back a part of the update that was just made.
  mutating func adaptLearningRates(from before: State) {
    guard var rates = state.learningRates, case .symmetric(let old) = before.covariance,
      case .symmetric(var form) = state.covariance, !form.isBroken
    else { return }
    // The updates of the mean and of sigma^2 C, in the coordinates of the old distribution.
    let oldScale = before.stepSize * before.stepSize
    let newScale = state.stepSize * state.stepSize
    let meanChange = zip(state.center, before.center).map { $0 - $1 }
    var change = form.matrix
    for index in change.elements.indices {
      change.elements[index] =
        newScale * change.elements[index] - oldScale * old.matrix.elements[index]
    }
    let inverse = old.inverseRoot
    let local = Matrix.rowProducts(Matrix.rowProducts(inverse, change), inverse)
    let earlierRate = rates.mean.rate
    rates.mean.learn(old.normal(of: meanChange).map { $0 / before.stepSize })
    rates.covariance.learn(local.elements.map { $0 / (oldScale * 2.0.squareRoot()) })

    state.center = before.center
    blend(&state.center, keep: 1, gain: rates.mean.rate, meanChange)
    for index in change.elements.indices {
      change.elements[index] =
        oldScale * old.matrix.elements[index] + rates.covariance.rate * change.elements[index]
    }
    // sigma is the geometric mean of the standard deviations along the axes, so that C has
    // determinant 1; a slower mean then needs longer steps.
    form.replace(with: change)
    let logarithms = form.lengths.reduce(0) { $0 + log($1) }
    let scale = exp(logarithms / Double(dimension))
    form.divideLengths(by: scale)
    state.stepSize = scale * earlierRate / rates.mean.rate
    state.covariance = .symmetric(form)
    state.learningRates = rates
  }
}
