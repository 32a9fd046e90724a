private enum Ops {
  static let sort = Operator("aten::sort", "stable")
  static let argsort = Operator("aten::argsort", "stable")
  static let topk = Operator("aten::topk")
  static let unique = Operator("aten::_unique2")
  static let searchsorted = Operator("aten::searchsorted", "Tensor")
  static let bincount = Operator("aten::bincount")
}

extension Tensor {
  /// The elements along an axis in order, with where they stood; equal elements keep their order.
  public func sorted(along axis: Int = -1, descending: Bool = false)
    -> (values: Tensor, indices: Tensor)
  {
    let results = Ops.sort.tensors(.tensor(self), .bool(true), .int(axis), .bool(descending))
    return (results[0], results[1])
  }

  /// Where the elements in order stand; equal elements keep their order.
  public func argsort(along axis: Int = -1, descending: Bool = false) -> Tensor {
    Ops.argsort(.tensor(self), .bool(true), .int(axis), .bool(descending))
  }

  /// The `count` largest (or smallest) elements along an axis, best first, with where they stood.
  public func top(_ count: Int, along axis: Int = -1, largest: Bool = true)
    -> (values: Tensor, indices: Tensor)
  {
    let results = Ops.topk.tensors(
      .tensor(self), .int(count), .int(axis), .bool(largest), .bool(true))
    return (results[0], results[1])
  }

  /// The different elements in ascending order and how often each occurs.
  public func uniqueElements() -> (values: Tensor, counts: Tensor) {
    let results = Ops.unique.tensors(.tensor(self), .bool(true), .bool(false), .bool(true))
    return (results[0], results[2])
  }

  /// Where each value would be inserted into this ascending sequence; `right` puts it after equals.
  public func insertionPoints(of values: Tensor, right: Bool = false) -> Tensor {
    Ops.searchsorted(.tensor(self), .tensor(values), .bool(false), .bool(right))
  }

  /// How often each whole number from 0 on occurs, at least `minimumCount` of them.
  public func bincount(minimumCount: Int = 0) -> Tensor {
    Ops.bincount(.tensor(self), .none, .int(minimumCount))
  }
}
