import Testing
import Torch

/// Expects two lists of numbers to agree; a failure names the worst position and both values.
///
/// Two numbers agree when they differ by at most `absolute + relative * |expected|`; infinities and
/// NaNs agree with themselves only.
public func expectClose(
  _ found: [Double], _ expected: [Double], relative: Double = 1e-6, absolute: Double = 1e-12,
  _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
) {
  guard found.count == expected.count else {
    Issue.record(
      "\(comment.map { "\($0): " } ?? "")\(found.count) numbers, expected \(expected.count)",
      sourceLocation: sourceLocation)
    return
  }
  let excesses = zip(found, expected).map { excess($0, $1, relative, absolute) }
  guard let worst = excesses.indices.max(by: { excesses[$0] < excesses[$1] }) else { return }
  if excesses[worst] > 0 {
    Issue.record(
      """
      \(comment.map { "\($0): " } ?? "")\(excesses.count { $0 > 0 }) of \(found.count) differ; \
      worst at [\(worst)]: \(found[worst]), expected \(expected[worst])
      """,
      sourceLocation: sourceLocation)
  }
}

/// Expects a tensor to have a shape and elements; see ``expectClose(_:_:relative:absolute:_:sourceLocation:)``.
public func expectClose(
  _ found: Tensor, _ expected: Tensor, relative: Double = 1e-6, absolute: Double = 1e-12,
  _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
) {
  guard found.shape == expected.shape else {
    Issue.record(
      "\(comment.map { "\($0): " } ?? "")shape \(found.shape), expected \(expected.shape)",
      sourceLocation: sourceLocation)
    return
  }
  expectClose(
    found.toDoubles(), expected.toDoubles(), relative: relative, absolute: absolute, comment,
    sourceLocation: sourceLocation)
}

/// Expects two numbers to agree; see ``expectClose(_:_:relative:absolute:_:sourceLocation:)``.
public func expectClose(
  _ found: Double, _ expected: Double, relative: Double = 1e-6, absolute: Double = 1e-12,
  _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
) {
  expectClose(
    [found], [expected], relative: relative, absolute: absolute, comment,
    sourceLocation: sourceLocation)
}

/// How far a difference is beyond what is allowed, in units of the allowance; at most 0 when it is not.
private func excess(
  _ found: Double, _ expected: Double, _ relative: Double, _ absolute: Double
) -> Double {
  if found == expected || (found.isNaN && expected.isNaN) { return -1 }
  guard found.isFinite && expected.isFinite else { return .infinity }
  return abs(found - expected) - (absolute + relative * abs(expected))
}
