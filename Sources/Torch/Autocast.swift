internal import CTorch

/// Runs `body` with autocasting: matrix products and convolutions on `device` compute in `type`, what
/// would lose too many digits stays in `float32`.
///
/// Parameters keep their type, and so do their gradients. Scopes belong to a thread and nest.
///
/// - Parameters:
///   - type: `bfloat16`, or `float16` with a loss that is scaled; `nil` runs `body` as it is.
///   - device: Where the tensors are.
///   - body: What to run.
/// - Returns: What `body` returns.
/// - Throws: What `body` throws.
public func withAutocast<Result>(
  to type: ElementType?, on device: Device, _ body: () throws -> Result
) rethrows -> Result {
  guard let type else { return try body() }
  let before = ct_set_autocast(device.kind.rawValue, type.rawValue, true)
  defer { _ = ct_set_autocast(device.kind.rawValue, type.rawValue, before) }
  return try body()
}
