/// Stops the program with a full sentence unless a condition holds.
///
/// Unlike `precondition`, the sentence is also printed by optimized builds.
@inline(__always)
func require(_ condition: Bool, _ message: @autoclosure () -> String) {
  if !condition { fatalError(message()) }
}
