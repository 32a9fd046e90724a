import Runs
import Torch

/// What a rule is trained for: the loss of the query after learning.
public struct MetaObjective: RecipePart {
  /// The losses.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    /// Softmax cross-entropy of the outputs; of a single output, the logistic one.
    case crossEntropy
    /// The squared error of outputs against +1 and -1, averaged over outputs.
    case squaredError
  }

  /// The loss.
  public var kind = Kind.crossEntropy
  /// Whether, in the squared error of several outputs, both signs of labels weigh the same: +1 by the
  /// share of -1 and the other way around.
  public var balancesClasses = false

  /// The cross-entropy.
  public init() {}

  /// Creates an objective of a kind.
  public init(_ kind: Kind, balancesClasses: Bool = false) {
    self.kind = kind
    self.balancesClasses = balancesClasses
  }

  /// The loss of every network.
  ///
  /// - Parameters:
  ///   - outputs: `[species, replicas, batch, outputs]`.
  ///   - targets: The same shape or one that broadcasts to it, +1 and -1.
  /// - Returns: `[species, replicas]`.
  public func callAsFunction(_ outputs: Tensor, expected targets: Tensor) -> Tensor {
    switch kind {
    case .crossEntropy where outputs.extent(3) == 1:
      return (outputs * targets * -1).softplus().mean(along: 2, 3)
    case .crossEntropy:
      let truth = (targets + 1) / 2
      return -(outputs.logSoftmax(along: -1) * truth).sum(along: 3).mean(along: 2)
    case .squaredError:
      var errors = (outputs - targets).squared()
      if balancesClasses, outputs.extent(3) > 1 {
        let positive = 1 / Double(outputs.extent(3))
        let isPositive = (targets .> 0).cast(to: outputs.elementType)
        errors = errors * (isPositive * (1 - 2 * positive) + positive)
      }
      return errors.mean(along: 2, 3)
    }
  }
}

extension Tensor {
  /// The share of a batch that is classified rightly: by the largest of several outputs, by the sign
  /// of a single one.
  ///
  /// - Parameters:
  ///   - targets: +1 and -1, `[species or 1, replicas, batch, outputs]`.
  ///   - isInverted: Whether the smallest output counts instead, for rules that learned the opposite
  ///     sign, which is as good.
  /// - Returns: `[species, replicas]`.
  public func ruleAccuracy(expected targets: Tensor, isInverted: Bool = false) -> Tensor {
    let outputs = isInverted ? -self : self
    let hits =
      extent(3) == 1
      ? (outputs.slice(at: 0, along: 3) .> 0) .== (targets.slice(at: 0, along: 3) .> 0)
      : outputs.argmax(along: 3) .== targets.argmax(along: 3)
    // An output that is not a number is no answer.
    let isAnswer = outputs.isFinite().allTrue(along: 3)
    return (hits .& isAnswer).cast(to: .float32).mean(along: 2)
  }
}
