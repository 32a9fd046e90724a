/// How mobility goes on after the data.
public struct Scenario: Codable, Sendable, Equatable {
  /// The kinds.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// Stays at the mean of the last seven days.
    case hold
    /// Returns to the baseline on a straight line.
    case `return`
    /// Repeats the last seven days.
    case `repeat`
    /// As a file says.
    case file
    /// As it truly went; to judge a model, not to forecast.
    case oracle
    /// Moves back to the baseline at random.
    case autoregressive
  }

  /// The kind.
  public var kind = Kind.hold
  /// Weeks until the baseline is reached, with `kind: return`.
  public var weeks = 8.0
  /// Mobility from the data's end on, with `kind: file`.
  public var path: String?
  /// Deviation of the daily change, with `kind: autoregressive`.
  public var deviation = 0.02
  /// What is left of a distance after a day, with `kind: autoregressive`.
  public var memory = 0.98

  /// Holds mobility.
  public init(_ kind: Kind = .hold) { self.kind = kind }
}

/// How the latent factor goes on after the data.
public enum LatentContinuation: String, Codable, Sendable, CaseIterable {
  /// As its process does: a random walk goes on, an autoregression returns to zero.
  case process
  /// Stays at its last value.
  case freeze
}

/// How the posterior is found.
public enum InferenceMethod: String, Codable, Sendable, CaseIterable {
  /// Draws of the posterior itself, by the no-U-turn sampler.
  case nuts
  /// A normal approximation with independent coordinates (variational).
  case meanField
  /// A normal approximation with a full covariance (variational).
  case fullRank
  /// Normal approximations along the paths of an optimizer.
  case pathfinder
  /// The normal approximation at the mode.
  case laplace
}

/// Where chains begin.
public enum ChainStart: String, Codable, Sendable, CaseIterable {
  /// Around the middle of the priors.
  case priors
  /// At draws of an approximation by Pathfinder.
  case pathfinder
}

/// A model of a comparison, the recipe's with one thing changed.
public enum ModelVariant: String, Codable, Sendable, CaseIterable {
  /// As the recipe says.
  case full
  /// Without mobility.
  case withoutMobility
  /// Without the latent factor.
  case withoutLatent
  /// One stage everywhere: exponential waits.
  case exponential
  /// The renewal equation in place of compartments.
  case renewal
  /// Places share nothing.
  case unpooled
  /// Counts are never out of the ordinary.
  case withoutOutliers
  /// All places scatter alike.
  case pooledDispersion

  /// The changed recipe.
  public func applied(to recipe: EpidemicRecipe) -> EpidemicRecipe {
    var recipe = recipe
    switch self {
    case .full: break
    case .withoutMobility: recipe.model.usesMobility = false
    case .withoutLatent: recipe.model.latent = .none
    case .exponential: recipe.course = recipe.course.exponential
    case .renewal: recipe.model.dynamics = .renewal
    case .withoutOutliers:
      if recipe.model.likelihood == .outlierMixture { recipe.model.likelihood = .negativeBinomial }
    case .pooledDispersion: recipe.model.dispersionPooling = .pooled
    case .unpooled:
      recipe.model.contactPooling = .unpooled
      recipe.model.mobilityPooling = .unpooled
    }
    return recipe
  }
}
