import SwiftletTestSupport
import Testing
import Torch

@Suite struct ConcurrencyTests {
  @Test func `tasks may read one tensor and change their copies`() async {
    let shared = Tensor(from: 0, to: 64, .float64).reshaped(8, 8)
    let sums = await withTaskGroup(of: Double.self) { group in
      for number in 0..<32 {
        group.addTask {
          var mine = shared
          for _ in 0..<50 {
            mine += Double(number)
            mine[number % 8] = shared[number % 8]
          }
          return (mine - shared).sum().scalar()
        }
      }
      return await group.reduce(into: [Double]()) { $0.append($1) }
    }
    // 56 elements grew by 50 times the task's number, one row was put back each time.
    #expect(sums.sorted() == (0..<32).map { Double($0) * 50 * 56 })
    #expect(shared == Tensor(from: 0, to: 64, .float64).reshaped(8, 8))
  }

  @Test func `gradient scopes of different tasks do not mix`() async {
    let wrong = await withTaskGroup(of: Int.self) { group in
      for number in 1...32 {
        group.addTask {
          (0..<30).count { step in
            let x = Tensor(Double(number), .float64)
            if (number + step) % 3 == 0 {
              return withoutGradients { (x * x).isTracked }
            }
            let (value, slope) = valueAndGradient(at: x) { $0 * $0 * $0 }
            let curvature = gradient(at: x) { gradient(at: $0) { $0 * $0 * $0 } }
            let cube = Double(number * number * number)
            return value.isTracked || value.scalar() != cube
              || slope.scalar() != 3 * Double(number * number)
              || curvature.scalar() != 6 * Double(number)
          }
        }
      }
      return await group.reduce(0, +)
    }
    #expect(wrong == 0)
  }

  @Test func `a task started in a scope is outside of it`() async {
    var task: Task<Bool, Never>?
    _ = gradient(at: Tensor(2)) { x in
      task = Task { valueAndGradient(at: Tensor(3)) { $0 * $0 }.value.isTracked }
      return x * x
    }
    #expect(await task?.value == false)
  }
}
