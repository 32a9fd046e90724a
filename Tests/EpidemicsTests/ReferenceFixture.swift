import Foundation
import Testing

/// What SciPy computed; the script is Tests/Reference/epidemics_reference.py.
struct ReferenceFixture: Decodable {
  struct Trajectory: Decodable {
    var stages: [Int]
    var susceptible: Double
    var dead: [Double]
  }

  struct Density: Decodable {
    var density: Double
    var gradient: [Double]
  }

  var beta: [Double]
  var trajectories: [Trajectory]
  var lag: [[Double]]
  var negativeBinomial: [[Double]]
  var oneRegion: Density

  static func load() throws -> ReferenceFixture {
    let url = try #require(
      Bundle.module.url(forResource: "epidemics", withExtension: "json", subdirectory: "Fixtures"))
    return try JSONDecoder().decode(ReferenceFixture.self, from: Data(contentsOf: url))
  }
}
