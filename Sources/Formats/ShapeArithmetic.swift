/// The bytes of a row-major array, or nil where these, or any stride, exceed `Int`.
///
/// An axis of length zero does not excuse the others: `[0, 2^62, 2^62]` has no elements but no
/// representable strides either, whatever the order of its axes.
func byteCount(of shape: [Int], elementWidth: Int) -> Int? {
  var product = elementWidth
  for length in shape {
    guard length >= 0 else { return nil }
    let (next, overflow) = product.multipliedReportingOverflow(by: max(length, 1))
    guard !overflow else { return nil }
    product = next
  }
  return shape.contains(0) ? 0 : product
}
