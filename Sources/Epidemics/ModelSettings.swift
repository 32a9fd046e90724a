import Foundation

/// What the model is made of: every switch of the published comparisons.
public struct ModelSettings: Codable, Sendable, Equatable {
  /// How the linear predictor becomes a contact rate.
  public enum Link: String, Codable, Sendable, CaseIterable {
    /// `β = exp(a + w·m + z)`.
    case exp
    /// `β = log(1 + exp(...))`, shifted so that the prior mean of `a` means the same rate.
    case softplus
    /// `β = exp(a) · 2 / (1 + exp(−(w·m + z)))`, at most twice the rate without mobility.
    case capped
  }

  /// What the contact rate does beside mobility.
  public enum Latent: String, Codable, Sendable, CaseIterable {
    /// Nothing.
    case none
    /// A random walk with weekly steps.
    case randomWalk
    /// An autoregression of first order over weeks.
    case autoregression1
    /// An autoregression of second order over weeks, its scale that of the stationary process.
    case autoregression2
    /// A smooth Gaussian process over days, on a basis of sines (Solin and Särkkä, 2020).
    case gaussianProcess
  }

  /// How daily values lie between weekly ones.
  public enum Interpolation: String, Codable, Sendable, CaseIterable {
    /// Constant through each week.
    case constant
    /// On straight lines from the beginning of one week to the next.
    case linear
  }

  /// The covariance of the Gaussian process.
  public enum Covariance: String, Codable, Sendable, CaseIterable {
    /// Infinitely smooth.
    case squaredExponential
    /// Once differentiable.
    case matern32
  }

  /// How far places share a parameter.
  public enum Pooling: String, Codable, Sendable, CaseIterable {
    /// One value for all.
    case pooled
    /// Values around a common mean with a common spread, both inferred.
    case partial
    /// Values of their own.
    case unpooled
  }

  /// How an epidemic is computed from its contact rates.
  public enum Dynamics: String, Codable, Sendable, CaseIterable {
    /// Compartments with Runge-Kutta steps.
    case compartments
    /// The renewal equation, sums over past infections; the mean waits are fixed.
    case renewal
  }

  /// The distribution of daily deaths.
  public enum Likelihood: String, Codable, Sendable, CaseIterable {
    /// Variance `μ + μ²/φ`.
    case negativeBinomial
    /// Variance `μ`.
    case poisson
    /// Negative binomial, but any count may be one out of the ordinary (a day without reports, a
    /// dump of old deaths): a negative binomial of the same mean and far wider.
    case outlierMixture
  }

  /// What is known of the probability to die.
  public enum Severity: String, Codable, Sendable, CaseIterable {
    /// Exactly what the settings say.
    case fixed
    /// Each place has its own.
    case unpooled
    /// Places share a mean.
    case partial
  }

  /// Whether mobility moves the contact rate.
  public var usesMobility = true
  /// How an epidemic is computed.
  public var dynamics = Dynamics.compartments
  /// How the predictor becomes a rate.
  public var link = Link.exp
  /// What moves beside mobility.
  public var latent = Latent.randomWalk
  /// Days within a week.
  public var interpolation = Interpolation.constant
  /// The Gaussian process's covariance.
  public var covariance = Covariance.squaredExponential
  /// The Gaussian process's number of basis functions.
  public var basisCount = 12
  /// Sharing of the contact rate without mobility.
  public var contactPooling = Pooling.partial
  /// Sharing of the mobility weights.
  public var mobilityPooling = Pooling.partial
  /// Sharing of the seeds.
  public var seedPooling = Pooling.unpooled
  /// Sharing of the dispersion of counts.
  public var dispersionPooling = Pooling.pooled
  /// What is known of the fatality.
  public var severity = Severity.fixed
  /// Whether visits may only raise and time at home only lower the contact rate (of the common
  /// weights).
  public var constrainsSigns = false
  /// Whether correlated mobility columns are sampled in directions of their own; the weights and
  /// their priors stay those of the columns.
  public var whitens = true
  /// Whether the deviations of places' mobility weights are correlated between features; needs
  /// partial sharing and at least two features.
  public var correlatesMobility = false
  /// Whether the mean waits are inferred.
  public var infersWaits = false
  /// The distribution of counts.
  public var likelihood = Likelihood.negativeBinomial
  /// Whether reports depend on the weekday.
  public var weekdays = true
  /// Whether sums of seven days are compared instead of days.
  public var weekly = false
  /// What the log likelihood of a count is multiplied by.
  public var likelihoodWeight = 1.0
  /// Cumulative deaths from which on days are compared; 0 compares all days.
  public var comparesAfterDeaths = 0
  /// Places with more deaths than this have their values sampled around the common mean directly
  /// (centered); absent for none.
  public var centersAboveDeaths: Int?
  /// Steps per day, 1 to 4, of Runge-Kutta or of the renewal equation's sums.
  public var stepsPerDay = 1

  /// The published model's shape.
  public init() {}
}

/// The prior distributions, all changeable.
public struct Priors: Codable, Sendable, Equatable {
  /// A normal distribution.
  public struct NormalPrior: Codable, Sendable, Equatable {
    /// Its mean.
    public var mean: Double
    /// Its standard deviation.
    public var standardDeviation: Double

    /// Creates it from mean and standard deviation.
    public init(_ mean: Double, _ standardDeviation: Double) {
      self.mean = mean
      self.standardDeviation = standardDeviation
    }
  }

  /// The distribution of the weekly movement of the contact rate.
  public enum LatentScale: String, Codable, Sendable, CaseIterable {
    /// Log-normal: stays away from 0, where the posterior has a funnel.
    case logNormal
    /// Half-normal.
    case halfNormal
  }

  /// Log contact rate without mobility change.
  public var logContact = NormalPrior(log(0.65), 0.4)
  /// Spread of the same between places (half-normal).
  public var contactSpread = 0.25
  /// Standard deviation of common mobility weights, on mobility in fractions.
  public var mobility = 2.0
  /// Spread of mobility weights between places (half-normal).
  public var mobilitySpread = 0.5
  /// Shape of the LKJ prior of their correlations; 1 is uniform.
  public var correlation = 2.0
  /// Standard deviation of the weights of interventions, which all places share.
  public var intervention = 0.5
  /// Spread of mobility weights between groups of places (half-normal).
  public var groupSpread = 0.5
  /// The family of the latent scale's prior.
  public var latentScaleFamily = LatentScale.logNormal
  /// Median of the log-normal latent scale, per week.
  public var latentScaleMedian = 0.1
  /// Standard deviation of its logarithm.
  public var latentScaleLogDeviation = 0.5
  /// Scale of the half-normal latent scale.
  public var latentScaleHalfNormal = 0.15
  /// First autoregression coefficient, on (0, 1).
  public var firstCoefficient = NormalPrior(0.8, 0.05)
  /// Second autoregression coefficient, on (0, 1).
  public var secondCoefficient = NormalPrior(0.1, 0.05)
  /// Median length of the Gaussian process in days.
  public var lengthMedian = 21.0
  /// Standard deviation of its logarithm.
  public var lengthLogDeviation = 0.5
  /// Log of the people exposed at the beginning.
  public var logSeed = NormalPrior(log(100), 1.5)
  /// Spread of log seeds between places (half-normal).
  public var seedSpread = 1.0
  /// Standard deviation of the log of each mean wait.
  public var waitDeviation = 0.1
  /// Standard deviation of the log of the fatality around the settings' value.
  public var severityDeviation = 0.15
  /// Spread of log fatality between places (half-normal).
  public var severitySpread = 0.15
  /// Scale of the half-normal prior of `1/√φ`.
  public var dispersion = 0.5
  /// Spread of `log(1/√φ)` between places (half-normal).
  public var dispersionSpread = 0.3
  /// Probability that a count is out of the ordinary, where the likelihood allows it.
  public var outlierShare = 0.02
  /// Concentration `φ` of such counts.
  public var outlierConcentration = 0.5
  /// Standard deviation of weekday logits.
  public var weekday = 0.3

  /// The specification's defaults.
  public init() {}
}
