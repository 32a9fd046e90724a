import Foundation

@testable import Epidemics

/// The point at which the example's density is printed.
enum OneRegion {
  static let position: [Double] =
    [-0.4, 1.5, -1, log(0.08)]
    + [0.3, -0.2, 0.1, 0.5, -0.4, 0.2, 0, 0.1, -0.1, 0.3, -0.6, 0.25] + [log(180), log(0.28)]
}
