import Learning
import Randomness
import Torch

/// The law of a pool's first variables.
///
/// Products of two variables have another law than the variables; what is matched is the standard
/// deviation, and whether values are bounded. The excess kurtosis of an element of a ``MatrixPool`` is
/// `6 / rank` for normal factors and `0.24 / rank` for uniform ones.
///
/// - Paper: section 3.3.
public enum InitialLaw: String, Sendable, Hashable, Codable, CaseIterable {
  /// Normal.
  case normal
  /// Normal, draws beyond two standard deviations drawn again; the deviation is that after the cut.
  case truncated
  /// Uniform around zero.
  case uniform

  /// Draws a `float32` tensor with mean 0.
  func tensor(_ shape: [Int], deviation: Double, using random: inout RandomSource) -> Tensor {
    switch self {
    case .normal: Initializer.normal(deviation).tensor(shape, using: &random)
    case .truncated:
      // 0.8796...: the deviation of a standard normal variable known to lie within -2 ... 2.
      Initializer.truncatedNormal(deviation / 0.879_625_661_034_239_78)
        .tensor(shape, using: &random)
    case .uniform:
      Initializer.uniform(deviation * 3.0.squareRoot()).tensor(shape, using: &random)
    }
  }
}
