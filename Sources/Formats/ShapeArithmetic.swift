/// The number of elements of a shape, or nil where it, or any stride, exceeds `Int`.
///
/// An axis of length zero does not excuse the others: `[0, 2^62, 2^62]` has no elements but no
/// representable strides either, whatever the order of its axes.
func elementCount(of shape: [Int]) -> Int? {
  var product = 1
  for length in shape {
    guard length >= 0 else { return nil }
    let (next, overflow) = product.multipliedReportingOverflow(by: max(length, 1))
    guard !overflow else { return nil }
    product = next
  }
  return shape.contains(0) ? 0 : product
}
