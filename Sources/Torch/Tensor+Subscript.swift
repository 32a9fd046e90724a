private enum Ops {
  static let select = Operator("aten::select", "int")
  static let slice = Operator("aten::slice", "Tensor")
  static let index = Operator("aten::index", "Tensor")
  static let indexPut = Operator("aten::index_put_")
  static let copy = Operator("aten::copy_")
  static let indexSelect = Operator("aten::index_select")
  static let gather = Operator("aten::gather")
  static let maskedFill = Operator("aten::masked_fill", "Scalar")
  static let scatterAdd = Operator("aten::scatter_add")
  static let indexAdd = Operator("aten::index_add")
}

/// One position of a subscript.
public enum TensorPosition {
  /// One slice; the axis disappears.
  case at(Int)
  /// A range with a step; negative ends count from the end, `nil` means as far as it goes.
  case slice(from: Int?, to: Int?, by: Int)
  /// A new axis of extent 1.
  case inserted
  /// As many whole axes as are left over.
  case remaining
  /// Rows chosen by an `int64` tensor, or elements chosen by a `bool` mask.
  case tensor(Tensor)
}

/// What can stand in a tensor's subscript: whole numbers, ranges, strides, tensors, and
/// `.all`, `.newAxis`, `.rest`.
public protocol TensorIndex {
  /// The index as a position.
  var position: TensorPosition { get }
}

extension TensorPosition: TensorIndex {
  /// Itself.
  public var position: TensorPosition { self }
}
extension TensorIndex where Self == TensorPosition {
  /// The whole axis.
  public static var all: TensorPosition { .slice(from: nil, to: nil, by: 1) }

  /// A new axis of extent 1.
  public static var newAxis: TensorPosition { .inserted }

  /// As many whole axes as are left over; at most once in a subscript.
  public static var rest: TensorPosition { .remaining }

  /// Every `step`-th slice, `end` not included; negative ends count from the end.
  public static func stride(from start: Int? = nil, to end: Int? = nil, by step: Int)
    -> TensorPosition
  { .slice(from: start, to: end, by: step) }
}
extension Int: TensorIndex {
  /// One slice; negative counts from the end.
  public var position: TensorPosition { .at(self) }
}
extension Range<Int>: TensorIndex {
  /// The slices of the range; negative ones count from the end, so that `-3 ..< 0` are the last
  /// three. A range from negative to positive names no slices in a row and is a mistake.
  public var position: TensorPosition {
    require(
      lowerBound >= 0 || upperBound <= 0,
      "subscript \(self) runs from the end of the axis into its start")
    return .slice(
      from: lowerBound, to: lowerBound < 0 && upperBound == 0 ? nil : upperBound, by: 1)
  }
}
extension ClosedRange<Int>: TensorIndex {
  /// The slices of the range, both ends included; see `Swift/Range/position`.
  public var position: TensorPosition { (lowerBound..<(upperBound + 1)).position }
}
extension PartialRangeFrom<Int>: TensorIndex {
  /// All slices from the bound on; a negative bound counts from the end.
  public var position: TensorPosition { .slice(from: lowerBound, to: nil, by: 1) }
}
extension PartialRangeUpTo<Int>: TensorIndex {
  /// All slices before the bound; a negative bound counts from the end.
  public var position: TensorPosition { .slice(from: nil, to: upperBound, by: 1) }
}
extension PartialRangeThrough<Int>: TensorIndex {
  /// All slices up to and including the bound.
  public var position: TensorPosition {
    .slice(from: nil, to: upperBound == -1 ? nil : upperBound + 1, by: 1)
  }
}
extension Tensor: TensorIndex {
  /// Chosen rows, or a mask.
  public var position: TensorPosition { .tensor(self) }
}

extension Tensor {
  /// Reads or writes a part, with NumPy's rules.
  ///
  /// ```swift
  /// x[0]                  // the first slice
  /// x[.all, 1..<3]        // columns 1 and 2
  /// x[.rest, .newAxis]    // a new last axis
  /// x[-1, .stride(by: 2)] // every other element of the last row
  /// x[mask] = Tensor(0)   // all elements where the mask is true
  /// ```
  ///
  /// Several tensors in one subscript broadcast against each other and choose element by element;
  /// their axes stand where the first of them stood, or come first where other axes lie between
  /// them. Whole numbers always act before tensors, as in PyTorch. A step must be positive.
  ///
  /// Reading whole numbers, ranges and new axes shares memory with this tensor (copy-on-write keeps
  /// both values apart); reading through tensors copies.
  public subscript(indices: any TensorIndex...) -> Tensor {
    get {
      let (view, chosen) = resolved(indices)
      return chosen.contains { $0 != nil }
        ? Ops.index(.tensor(view), .optionals(chosen)) : view
    }
    set {
      ensureUnique()
      let (view, chosen) = resolved(indices)
      if chosen.contains(where: { $0 != nil }) {
        Ops.indexPut.perform(
          .tensor(view), .optionals(chosen), .tensor(newValue.cast(to: elementType)))
      } else {
        Ops.copy.perform(.tensor(view), .tensor(newValue))
      }
    }
  }

  /// One slice along an axis, without that axis.
  public func slice(at index: Int, along axis: Int) -> Tensor {
    Ops.select(.tensor(self), .int(axis), .int(index))
  }

  /// The slices of an axis in the order of `int64` `indices`.
  public func gathering(_ indices: Tensor, along axis: Int = 0) -> Tensor {
    Ops.indexSelect(.tensor(self), .int(axis), .tensor(indices))
  }

  /// For every position of `indices`, the element at that index along `axis`; all other axes match.
  public func gatheringElements(_ indices: Tensor, along axis: Int) -> Tensor {
    Ops.gather(.tensor(self), .int(axis), .tensor(indices))
  }

  /// A copy with `value` where the mask is true; the mask broadcasts.
  public func filled(where mask: Tensor, with value: Double) -> Tensor {
    Ops.maskedFill(.tensor(self), .tensor(mask), .real(value))
  }

  /// A copy in which each element of `source` was added to the element that the index at its
  /// position names along `axis`.
  public func addingElements(_ source: Tensor, at indices: Tensor, along axis: Int) -> Tensor {
    Ops.scatterAdd(.tensor(self), .int(axis), .tensor(indices), .tensor(source))
  }

  /// A copy in which each slice of `source` was added to the slice of this tensor that `indices`
  /// names along `axis`.
  public func adding(_ source: Tensor, at indices: Tensor, along axis: Int = 0) -> Tensor {
    Ops.indexAdd(.tensor(self), .int(axis), .tensor(indices), .tensor(source))
  }

  /// Applies the positions that are views and lines the tensors up with the axes that remain.
  private func resolved(_ indices: [any TensorIndex]) -> (view: Tensor, chosen: [Tensor?]) {
    let positions = indices.map(\.position)
    require(positions.count { $0.isRest } < 2, "a subscript can say `.rest` only once")
    let consumed = positions.reduce(0) { $0 + $1.consumedAxes }
    require(
      consumed <= rank, "subscript takes \(consumed) axes, the tensor has shape \(shape)")
    var view = self
    var chosen: [Tensor?] = []
    for position in positions {
      let axis = chosen.count
      switch position {
      case .at(let index): view = view.slice(at: index, along: axis)
      case .slice(let start, let end, let step):
        if start != nil || end != nil || step != 1 {
          view = view.sliced(axis, start, end, step)
        }
        chosen.append(nil)
      case .inserted:
        view = view.expandingShape(at: axis)
        chosen.append(nil)
      case .remaining: chosen += [Tensor?](repeating: nil, count: rank - consumed)
      case .tensor(let tensor):
        chosen.append(tensor)
        if tensor.elementType == .bool {
          chosen += [Tensor?](repeating: nil, count: Swift.max(tensor.rank - 1, 0))
        }
      }
    }
    // A mask of rank r stands for r axes: libtorch counts it once.
    return (view, Self.withoutMaskFillers(chosen))
  }

  private func sliced(_ axis: Int, _ start: Int?, _ end: Int?, _ step: Int) -> Tensor {
    require(step > 0, "a subscript's step must be positive, not \(step)")
    return Ops.slice(
      .tensor(self), .int(axis), start.map { .int($0) } ?? .none, end.map { .int($0) } ?? .none,
      .int(step))
  }

  private static func withoutMaskFillers(_ chosen: [Tensor?]) -> [Tensor?] {
    var result: [Tensor?] = []
    var skip = 0
    for entry in chosen {
      if skip > 0 {
        skip -= 1
        continue
      }
      result.append(entry)
      if let entry, entry.elementType == .bool { skip = Swift.max(entry.rank - 1, 0) }
    }
    return result
  }
}

extension TensorPosition {
  fileprivate var isRest: Bool {
    if case .remaining = self { true } else { false }
  }

  fileprivate var consumedAxes: Int {
    switch self {
    case .at, .slice: 1
    case .inserted, .remaining: 0
    case .tensor(let tensor): tensor.elementType == .bool ? tensor.rank : 1
    }
  }
}
