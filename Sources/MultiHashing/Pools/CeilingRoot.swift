/// The smallest whole number whose power is at least `value`, found in integers.
///
/// Floating-point roots are off by one for some squares above 2⁵³ and, after rounding up, for some
/// far below.
///
/// - Precondition: `value` is not negative and `degree` is positive.
func ceilingRoot(_ value: Int, degree: Int) -> Int {
  precondition(value >= 0 && degree > 0, "root \(degree) of \(value)")
  func reaches(_ root: Int) -> Bool {
    var power = 1
    for _ in 0..<degree {
      let (product, overflow) = power.multipliedReportingOverflow(by: root)
      if overflow { return true }
      power = product
    }
    return power >= value
  }
  var (low, high) = (0, 1)
  while !reaches(high) { (low, high) = (high, 2 * high) }
  // `high` reaches the value, `low` does not or is 0.
  while high - low > 1 {
    let middle = (low + high) / 2
    if reaches(middle) { high = middle } else { low = middle }
  }
  return value == 0 ? 0 : high
}
