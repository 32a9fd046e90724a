import Foundation
import Randomness

/// One number per place, with its prior and the degree to which places share it.
///
/// Coordinates, from `offset` on: pooled has the common mean; unpooled one value per place; partial
/// the common mean, the log spread, then with groups their log spread and standardized deviations,
/// then one standardized deviation (or, where centered, the value itself) per place.
struct PlaceParameter: Sendable {
  let name: String
  let pooling: ModelSettings.Pooling
  /// Prior means; a place's mean differs from the common one by a known amount.
  let placeMeans: [Double]
  let commonMean: Double
  let prior: LocationPrior
  let spread: Double
  let isCentered: [Bool]
  let groups: Grouping?
  let offset: Int

  /// The prior of the common mean, or of each place's own value.
  enum LocationPrior: Sendable {
    /// Normal around the prior mean.
    case normal(deviation: Double)
    /// The parameter is the logarithm of a half-normal number.
    case logOfHalfNormal(scale: Double)
  }

  /// Places in groups, such as states in regions of the country.
  struct Grouping: Sendable {
    var groupOfPlace: [Int]
    var count: Int
    var spread: Double
  }

  init(
    _ name: String, _ pooling: ModelSettings.Pooling, placeMeans: [Double],
    prior: LocationPrior, spread: Double, isCentered: [Bool]? = nil, groups: Grouping? = nil,
    offset: Int
  ) {
    self.name = name
    // A single place has nobody to share with.
    self.pooling = placeMeans.count == 1 ? .unpooled : pooling
    self.placeMeans = placeMeans
    commonMean = placeMeans.reduce(0, +) / Double(placeMeans.count)
    self.prior = prior
    self.spread = spread
    self.isCentered = isCentered ?? Array(repeating: false, count: placeMeans.count)
    self.groups = self.pooling == .partial ? groups : nil
    self.offset = offset
  }

  var placeCount: Int { placeMeans.count }
  private var groupCount: Int { groups.map { $0.count + 1 } ?? 0 }
  private var firstPlace: Int { offset + 2 + groupCount }

  var count: Int {
    switch pooling {
    case .pooled: 1
    case .unpooled: placeCount
    case .partial: 2 + groupCount + placeCount
    }
  }

  /// The coordinates whose prior is that of the common mean or of a place's own value.
  var locations: [Int] {
    pooling == .unpooled ? Array(offset..<(offset + placeCount)) : [offset]
  }

  /// The coordinate of a place's standardized deviation, where places share partially.
  func deviation(_ place: Int) -> Int { firstPlace + place }

  /// The common mean of a position, or `nil` if places do not share one.
  func common(_ position: [Double]) -> Double? {
    pooling == .unpooled ? nil : position[offset]
  }

  /// The spread between places of a position, if there is one.
  func spreadValue(_ position: [Double]) -> Double? {
    pooling == .partial ? exp(position[offset + 1]) : nil
  }

  private func base(_ position: [Double], _ place: Int) -> Double {
    var base = position[offset] + placeMeans[place] - commonMean
    if let groups {
      base += exp(position[offset + 2]) * position[offset + 3 + groups.groupOfPlace[place]]
    }
    return base
  }

  /// Writes the places' values to `values[start...]`, `stride` apart.
  func expand(
    _ position: [Double], into values: inout [Double], at start: Int, stride: Int = 1
  ) {
    switch pooling {
    case .pooled:
      for place in 0..<placeCount {
        values[start + place * stride] = position[offset] + placeMeans[place] - commonMean
      }
    case .unpooled:
      for place in 0..<placeCount { values[start + place * stride] = position[offset + place] }
    case .partial:
      let scale = exp(position[offset + 1])
      for place in 0..<placeCount {
        let own = position[firstPlace + place]
        values[start + place * stride] =
          isCentered[place] ? own : base(position, place) + scale * own
      }
    }
  }

  /// Adds the log prior and carries derivatives by values back to coordinates.
  ///
  /// - Returns: The log prior density of the coordinates, normalized.
  func contract(
    _ position: [Double], _ derivatives: [Double], at start: Int, stride: Int = 1,
    into gradient: inout [Double]
  ) -> Double {
    switch pooling {
    case .pooled:
      for place in 0..<placeCount { gradient[offset] += derivatives[start + place * stride] }
      return locationPrior(position, at: offset, mean: commonMean, into: &gradient)
    case .unpooled:
      return (0..<placeCount).reduce(0) { sum, place in
        gradient[offset + place] += derivatives[start + place * stride]
        return sum
          + locationPrior(position, at: offset + place, mean: placeMeans[place], into: &gradient)
      }
    case .partial:
      return contractPartial(position, derivatives, start, stride, &gradient)
    }
  }

  private func locationPrior(
    _ position: [Double], at index: Int, mean: Double, into gradient: inout [Double]
  ) -> Double {
    switch prior {
    case .normal(let deviation):
      let standardized = (position[index] - mean) / deviation
      gradient[index] -= standardized / deviation
      return -0.5 * standardized * standardized - log(deviation) - PriorConstant.halfLogTwoPi
    case .logOfHalfNormal(let scale):
      return halfNormalOfLog(position, at: index, scale: scale, into: &gradient)
    }
  }

  private func contractPartial(
    _ position: [Double], _ derivatives: [Double], _ start: Int, _ stride: Int,
    _ gradient: inout [Double]
  ) -> Double {
    var sum = locationPrior(position, at: offset, mean: commonMean, into: &gradient)
    sum += halfNormalOfLog(position, at: offset + 1, scale: spread, into: &gradient)
    if let groups {
      sum += halfNormalOfLog(position, at: offset + 2, scale: groups.spread, into: &gradient)
      for group in 0..<groups.count {
        sum += standardNormal(position, at: offset + 3 + group, into: &gradient)
      }
    }
    let scale = exp(position[offset + 1])
    for place in 0..<placeCount {
      let index = firstPlace + place
      var toBase = derivatives[start + place * stride]
      if isCentered[place] {
        let standardized = (position[index] - base(position, place)) / scale
        sum -= 0.5 * standardized * standardized + position[offset + 1] + PriorConstant.halfLogTwoPi
        gradient[index] += toBase - standardized / scale
        gradient[offset + 1] += standardized * standardized - 1
        toBase = standardized / scale
      } else {
        gradient[offset + 1] += toBase * scale * position[index]
        gradient[index] += toBase * scale
        sum += standardNormal(position, at: index, into: &gradient)
      }
      gradient[offset] += toBase
      if let groups {
        let group = offset + 3 + groups.groupOfPlace[place]
        let groupScale = exp(position[offset + 2])
        gradient[offset + 2] += toBase * groupScale * position[group]
        gradient[group] += toBase * groupScale
      }
    }
    return sum
  }

  /// Draws the coordinates from the prior.
  func drawPrior(into position: inout [Double], using random: inout RandomSource) {
    func normal(_ mean: Double, _ deviation: Double) -> Double {
      random.normal(mean: mean, standardDeviation: deviation)
    }
    func location(_ mean: Double) -> Double {
      switch prior {
      case .normal(let deviation): normal(mean, deviation)
      case .logOfHalfNormal(let scale): log(abs(normal(0, scale)))
      }
    }
    switch pooling {
    case .pooled: position[offset] = location(commonMean)
    case .unpooled:
      for place in 0..<placeCount { position[offset + place] = location(placeMeans[place]) }
    case .partial:
      position[offset] = location(commonMean)
      position[offset + 1] = log(abs(normal(0, spread)))
      if let groups {
        position[offset + 2] = log(abs(normal(0, groups.spread)))
        for group in 0..<groups.count { position[offset + 3 + group] = normal(0, 1) }
      }
      for place in 0..<placeCount {
        let own = normal(0, 1)
        position[firstPlace + place] =
          isCentered[place]
          ? base(position, place) + exp(position[offset + 1]) * own : own
      }
    }
  }

  /// Sets the coordinates to the prior's middle.
  func centerPrior(into position: inout [Double]) {
    for index in offset..<(offset + count) { position[index] = 0 }
    switch pooling {
    case .pooled: position[offset] = commonMean
    case .unpooled:
      for place in 0..<placeCount { position[offset + place] = placeMeans[place] }
    case .partial:
      position[offset] = commonMean
      position[offset + 1] = log(0.6745 * spread)
      if let groups { position[offset + 2] = log(0.6745 * groups.spread) }
      for place in 0..<placeCount where isCentered[place] {
        position[firstPlace + place] = placeMeans[place]
      }
    }
  }
}

/// Constants of densities.
enum PriorConstant {
  static let halfLogTwoPi = 0.9189385332046727
  /// log(2) − log(2π)/2, of a half-normal density.
  static let halfNormal = 0.6931471805599453 - halfLogTwoPi
}

/// The log density of a half-normal number at its logarithm, with the Jacobian.
func halfNormalOfLog(
  _ position: [Double], at index: Int, scale: Double, into gradient: inout [Double]
) -> Double {
  let ratio = exp(position[index]) / scale
  gradient[index] += 1 - ratio * ratio
  return PriorConstant.halfNormal - log(scale) - 0.5 * ratio * ratio + position[index]
}

/// The standard normal log density.
func standardNormal(
  _ position: [Double], at index: Int, into gradient: inout [Double]
) -> Double {
  gradient[index] -= position[index]
  return -0.5 * position[index] * position[index] - PriorConstant.halfLogTwoPi
}
