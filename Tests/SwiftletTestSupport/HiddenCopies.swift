import Testing
import Torch

/// Expects a mutation to change one value only, however many others share its memory.
///
/// The tensor is held by a plain copy, a view, an array, a closure and a gradient graph while
/// `mutation` runs on it; all of these must read afterwards what they read before.
public func expectHiddenCopiesUnchanged(
  of start: Tensor, sourceLocation: SourceLocation = #_sourceLocation,
  by mutation: (inout Tensor) -> Void
) {
  let before = start.toDoubles()
  let copy = start
  let view = start.reshaped(-1)
  let array = [start, start]
  let captured = { start }
  var changed = start
  mutation(&changed)
  let holders = [copy, view, array[0], array[1], captured(), start]
  for (number, holder) in holders.enumerated() where holder.toDoubles() != before {
    Issue.record(
      "holder \(number) changed from \(before) to \(holder)", sourceLocation: sourceLocation)
  }
  // d/dx x · y is y, which the graph keeps; a later change of y must not reach it.
  let slope = gradient(at: start.onesLike()) { x in
    var kept = start * 1
    let product = (x * kept).sum()
    mutation(&kept)
    return product
  }
  if slope.toDoubles() != before {
    Issue.record("a saved tensor changed to \(slope)", sourceLocation: sourceLocation)
  }
}
