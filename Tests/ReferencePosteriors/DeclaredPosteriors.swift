import Foundation
import Sampling

/// Eight schools as a user of Stan would write them, differentiated automatically.
public struct DeclaredSchools: DeclaredModel {
  /// The estimated effects.
  public let effects: [Double]
  /// Their standard errors.
  public let errors: [Double]
  /// Standardized effects, their mean and their spread.
  public let parameters = [
    Parameter("z", shape: [8]), Parameter("mu"), Parameter("tau", Positive()),
  ]
  /// The effects themselves.
  public let derivedVariables = [Variable("theta", shape: [8])]

  /// Creates the model from estimates and their standard errors.
  public init(effects: [Double], errors: [Double]) {
    self.effects = effects
    self.errors = errors
  }

  /// The log density of the constrained values.
  public func logDensity<Number: RealNumber>(_ values: ParameterValues<Number>) -> Number {
    let (mu, tau) = (values["mu"], values["tau"])
    var sum = Normal(mean: 0, standardDeviation: 5).logDensity(mu)
    sum += Cauchy(location: 0, scale: 5).logDensity(tau)
    sum += Normal(mean: 0, standardDeviation: 1).logDensity(of: values.all("z"))
    for (school, z) in values.all("z").enumerated() {
      let group = Normal(mean: mu + tau * z, standardDeviation: Number(errors[school]))
      sum += group.logDensity(Number(effects[school]))
    }
    return sum
  }

  /// The effects.
  public func derive(_ values: ParameterValues<Double>) -> [Double] {
    values.all("z").map { values["mu"] + values["tau"] * $0 }
  }
}

/// GARCH(1,1), differentiated automatically.
public struct DeclaredGarch: DeclaredModel {
  private let series: [Double]
  private let firstVariance: Double
  /// The last parameter is the share of what alpha1 leaves of one.
  public let parameters = [
    Parameter("mu"), Parameter("alpha0", Positive()), Parameter("alpha1", Bounded()),
    Parameter("share", Bounded()),
  ]

  /// Creates the model from a series and the standard deviation at its first time.
  public init(series: [Double], firstDeviation: Double) {
    self.series = series
    firstVariance = firstDeviation * firstDeviation
  }

  /// The log density of the constrained values, with the Jacobian of beta1 = (1 - alpha1) share.
  public func logDensity<Number: RealNumber>(_ values: ParameterValues<Number>) -> Number {
    let (mu, alpha1) = (values["mu"], values["alpha1"])
    let beta1 = (1 - alpha1) * values["share"]
    var variance = Number(firstVariance)
    var sum = Number.log1p(-alpha1)
    for value in series {
      let error = Number(value) - mu
      sum += Normal(mean: 0, standardDeviation: .sqrt(variance)).logDensity(error)
      variance = values["alpha0"] + alpha1 * .square(error) + beta1 * variance
    }
    return sum
  }
}

/// Poisson counts with a Gaussian-process log rate, differentiated automatically through the
/// Cholesky factorization.
public struct DeclaredProcess: DeclaredModel {
  private let inputs: [Double]
  private let counts: [Double]
  /// Length scale, amplitude and a standard normal number per input.
  public let parameters: [Parameter]

  /// Creates the model from inputs and counts.
  public init(inputs: [Double], counts: [Double]) {
    self.inputs = inputs
    self.counts = counts
    parameters = [
      Parameter("rho", Positive()), Parameter("alpha", Positive()),
      Parameter("eta", shape: [inputs.count]),
    ]
  }

  /// The log density of the constrained values.
  public func logDensity<Number: RealNumber>(_ values: ParameterValues<Number>) -> Number {
    let (rho, alpha) = (values["rho"], values["alpha"])
    var sum = Gamma(shape: 25, rate: 4).logDensity(rho)
    sum += Normal(mean: 0, standardDeviation: 2).logDensity(alpha)
    sum += Normal(mean: 0, standardDeviation: 1).logDensity(of: values.all("eta"))
    let factor = choleskyRows(scale: -0.5 / Number.square(rho), power: Number.square(alpha))
    for (row, entries) in factor.enumerated() {
      var rate: Number = 0
      for (column, entry) in entries.enumerated() { rate += entry * values["eta", column] }
      sum += Poisson(mean: .exp(rate)).logDensity(Number(counts[row]))
    }
    return sum
  }

  /// The rows of the lower triangle.
  private func choleskyRows<Number: RealNumber>(scale: Number, power: Number) -> [[Number]] {
    var rows: [[Number]] = []
    for row in inputs.indices {
      var entries: [Number] = []
      for column in 0...row {
        let distance = inputs[row] - inputs[column]
        var rest = power * Number.exp(scale * Number(distance * distance))
        if row == column { rest += Number(1e-10) }
        let other = row == column ? entries : rows[column]
        for index in 0..<column { rest -= entries[index] * other[index] }
        entries.append(row == column ? .sqrt(rest) : rest / other[column])
      }
      rows.append(entries)
    }
    return rows
  }
}

extension ReferencePosterior {
  /// The model differentiated automatically, for three of the ten; its coordinates are those of
  /// ``model()``.
  public func declaredModel() throws -> (any BayesianModel)? {
    let data = try data()
    switch name {
    case "eight_schools-eight_schools_noncentered":
      return Differentiated(DeclaredSchools(effects: data["y"], errors: data["sigma"]))
    case "garch-garch11":
      return Differentiated(
        DeclaredGarch(series: data["y"], firstDeviation: data["sigma1"][0]))
    case "gp_pois_regr-gp_pois_regr":
      return Differentiated(DeclaredProcess(inputs: data["x"], counts: data["k"]))
    default: return nil
    }
  }
}
