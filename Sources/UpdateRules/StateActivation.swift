import Runs
import Torch

/// A nonlinearity of neurons with several states.
///
/// Most act on every state alike. The pairs give the first state the function's value and all others
/// its slope, which is what makes gradient descent a special case.
///
/// - Paper: section 3 and appendix B.1; the pairs are `φ([x, y]) = [σ(x), σ'(x)]`.
public enum StateActivation: String, Sendable, Codable, CaseIterable {
  /// None.
  case identity
  /// `max(x, 0)`.
  case relu
  /// Hyperbolic tangent.
  case tanh
  /// `max(tanh(x), 0)`, the released code's choice.
  case reluTanh
  /// `1 / (1 + exp(-x))`.
  case sigmoid
  /// The tangent in the first state, its slope in the others.
  case tanhPair
  /// The sigmoid in the first state, its slope in the others.
  case sigmoidPair
  /// The rectifier in the first state, its slope in the others.
  case reluPair

  /// Applies it.
  ///
  /// - Parameter input: `[..., states, batch, neurons]`.
  /// - Returns: The same shape.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    switch self {
    case .identity: input
    case .relu: input.relu()
    case .tanh: input.tanh()
    case .reluTanh: input.tanh().relu()
    case .sigmoid: input.sigmoid()
    case .tanhPair:
      pair(input, { $0.tanh() }, slope: { 1 - $0.tanh().squared() })
    case .sigmoidPair:
      pair(input, { $0.sigmoid() }, slope: { $0.sigmoid() * (1 - $0.sigmoid()) })
    case .reluPair:
      pair(input, { $0.relu() }, slope: { ($0 .> 0).cast(to: $0.elementType) })
    }
  }

  private func pair(
    _ input: Tensor, _ function: (Tensor) -> Tensor, slope: (Tensor) -> Tensor
  ) -> Tensor {
    let first = input.narrowed(along: -3, from: 0, count: 1)
    let others = input.narrowed(along: -3, from: 1, count: input.extent(-3) - 1)
    return Tensor(concatenating: [function(first), slope(others)], along: -3)
  }
}
