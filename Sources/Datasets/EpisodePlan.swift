import Foundation

/// The geometry of an episode: how many classes, and how many images of each for what.
public struct EpisodePlan: Sendable, Hashable, Codable {
  /// How samples are drawn.
  public enum Drawing: String, Sendable, Hashable, Codable, CaseIterable {
    /// Per class the same number of images, no image both in support and in queries.
    case disjoint
    /// Per class the same number of images, support and queries drawn independently, so that an
    /// image may be in both: only for comparison with numbers that were obtained this way.
    case leaky
    /// One draw from the images of all classes together, then divided: disjoint, but the number
    /// of images per class is left to chance and may be 0.
    case pooled
  }

  /// The classes of an episode.
  public var ways: Int
  /// The labelled support images per class.
  public var shots: Int
  /// The support images per class whose label is hidden.
  public var unlabelledPerClass: Int
  /// The query images per class.
  public var queriesPerClass: Int
  /// How samples are drawn.
  public var drawing: Drawing

  /// Creates a plan.
  public init(
    ways: Int, shots: Int, unlabelledPerClass: Int = 0, queriesPerClass: Int,
    drawing: Drawing = .disjoint
  ) {
    self.ways = ways
    self.shots = shots
    self.unlabelledPerClass = unlabelledPerClass
    self.queriesPerClass = queriesPerClass
    self.drawing = drawing
  }

  /// The support images of an episode, `ways * (shots + unlabelledPerClass)`.
  public var supportCount: Int { ways * (shots + unlabelledPerClass) }

  /// The query images of an episode, `ways * queriesPerClass`.
  public var queryCount: Int { ways * queriesPerClass }

  /// The images a class must have.
  var imagesNeededPerClass: Int {
    let support = shots + unlabelledPerClass
    return drawing == .leaky ? max(support, queriesPerClass) : support + queriesPerClass
  }
}

/// Why episodes of a plan cannot be drawn from a set, in one sentence with the next step.
public enum EpisodeError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
  /// The plan asks for more classes than there are.
  case tooFewClasses(set: String, have: Int, need: Int)
  /// A class has fewer images than an episode draws from it; `others` more classes do, too.
  case tooFewImages(set: String, className: String, have: Int, need: Int, others: Int)
  /// The plan itself is impossible.
  case impossible(reason: String)

  /// The one sentence shown to the user.
  public var description: String {
    switch self {
    case .tooFewClasses(let set, let have, let need):
      "data set \"\(set)\": \(need) ways need \(need) classes, there are \(have); "
        + "ask for fewer ways or add classes"
    case .tooFewImages(let set, let className, let have, let need, let others):
      "data set \"\(set)\": class \"\(className)\" has \(have) \(have == 1 ? "image" : "images"), "
        + "an episode needs \(need) of each class"
        + (others > 0 ? " (\(others) more \(others == 1 ? "class is" : "classes are") short)" : "")
        + "; ask for fewer shots or queries, or add images"
    case .impossible(let reason):
      "episode plan: \(reason)"
    }
  }

  /// The same sentence, for Foundation.
  public var errorDescription: String? { description }
}
