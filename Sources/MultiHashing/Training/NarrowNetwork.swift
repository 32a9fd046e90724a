import Learning
import Vision

extension BackboneArchitecture {
  /// The same network with all widths multiplied, the last convolution's included; `nil` for families
  /// of which there is no narrow form.
  ///
  /// Widths of residual networks and perceptrons are rounded to whole numbers, those of mobile networks
  /// to multiples of eight as usual.
  public func narrowed(by factor: Double) -> BackboneArchitecture? {
    switch self {
    case .residual(var shape):
      shape.widths = shape.widths.map { max(1, Int((factor * Double($0)).rounded())) }
      return .residual(shape)
    case .mobile(let shape):
      var narrow = shape.scaled(width: factor)
      // Left at its width it would dominate small networks.
      narrow.headWidth = max(8, Int(factor * Double(shape.headWidth) + 4) / 8 * 8)
      return .mobile(narrow)
    case .perceptron(var shape):
      shape.widths = shape.widths.map { max(1, Int((factor * Double($0)).rounded())) }
      return .perceptron(shape)
    case .transformer, .isometric, .nasNet: return nil
    }
  }

  /// The widest narrow form that learns at most so many numbers.
  ///
  /// - Throws: ``HashingError/noNarrowForm(network:reason:)``.
  public func narrowed(
    toLearn budget: Int, classCount: Int, name: String
  ) throws(HashingError) -> (architecture: BackboneArchitecture, factor: Double) {
    func form(_ thousandths: Int) -> (BackboneArchitecture, Int)? {
      narrowed(by: Double(thousandths) / 1000).map { shape in
        (shape, Backbone(unset: shape, classCount: classCount).parameterCount)
      }
    }
    guard let least = form(1) else {
      throw .noNarrowForm(network: name, reason: "its family has none; choose method hashed")
    }
    guard least.1 <= budget else {
      throw .noNarrowForm(
        network: name, reason: "the narrowest learns \(least.1) numbers, the budget is \(budget)")
    }
    var (low, high) = (1, 1001)
    while high - low > 1 {
      let middle = (low + high) / 2
      if let found = form(middle), found.1 <= budget { low = middle } else { high = middle }
    }
    return (form(low)?.0 ?? least.0, Double(low) / 1000)
  }
}
