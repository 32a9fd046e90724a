import Testing

/// Expects agreement to the digits that were printed: seven of them unless told otherwise.
func expectClose(
  _ value: Double, _ expected: Double, relative: Double = 1e-7, absolute: Double = 0,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(
    abs(value - expected) <= relative * abs(expected) + absolute, "\(value) is not \(expected)",
    sourceLocation: sourceLocation)
}

func expectClose(
  _ values: [Double], _ expected: [Double], relative: Double = 1e-7, absolute: Double = 0,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(values.count == expected.count, sourceLocation: sourceLocation)
  for (value, wanted) in zip(values, expected) {
    expectClose(
      value, wanted, relative: relative, absolute: absolute, sourceLocation: sourceLocation)
  }
}
