import Foundation
import Sampling

/// One of ten posteriors of the posteriordb collection, with its data and reference results.
public struct ReferencePosterior: Sendable, CustomStringConvertible {
  /// All ten, by the names of their folders.
  public static let names = [
    "arK-arK", "earnings-logearn_interaction_z", "eight_schools-eight_schools_noncentered",
    "garch-garch11", "gp_pois_regr-gp_pois_regr", "hmm_example-hmm_example",
    "kidiq-kidscore_momhsiq", "low_dim_gauss_mix-low_dim_gauss_mix",
    "mesquite-logmesquite_logvas", "nes1980-nes",
  ]

  /// What the reference draws say about one value.
  public struct Reference: Sendable, Decodable {
    /// The mean.
    public var mean: Double
    /// The standard deviation.
    public var sd: Double
    /// The Monte Carlo standard error of the mean.
    public var mcse_mean: Double
    /// The Monte Carlo standard error of the standard deviation.
    public var mcse_sd: Double
  }

  /// The density at one place, computed elsewhere.
  public struct DensityCheck: Sendable, Decodable {
    /// The free coordinates.
    public var unconstrained: [Double]
    /// log p without the Jacobian.
    public var log_density: Double
    /// The log Jacobian.
    public var log_jacobian: Double
    /// The gradient of their sum.
    public var gradient_unconstrained: [Double]
  }

  /// The name of the folder.
  public var name: String
  /// The path of the folder.
  public var folder: String

  /// Names the posterior `name` in the `posteriordb` folder of a data collection.
  public init(_ name: String, data: String) {
    self.name = name
    folder = "\(data)/posteriordb/\(name)"
  }

  /// The name.
  public var description: String { name }

  /// Reads the reference results by the names of the values.
  public func references() throws -> [String: Reference] {
    struct File: Decodable { var parameters: [String: Reference] }
    return try decode(File.self, "reference.json").parameters
  }

  /// Reads the density checks by parametrization.
  public func densityChecks() throws -> [String: [DensityCheck]] {
    struct Entry: Decodable { var points: [DensityCheck] }
    return try decode([String: Entry].self, "density_checks.json").mapValues(\.points)
  }

  /// Reads the data and makes the model.
  public func model() throws -> any BayesianModel {
    let data = try decode(PosteriorData.self, "data.json")
    switch name {
    case "arK-arK": return data.autoregression
    case "earnings-logearn_interaction_z": return data.earnings
    case "eight_schools-eight_schools_noncentered":
      return EightSchools(effects: data["y"], errors: data["sigma"])
    case "garch-garch11": return Garch(series: data["y"], firstDeviation: data["sigma1"][0])
    case "gp_pois_regr-gp_pois_regr":
      return PoissonProcess(inputs: data["x"], counts: data["k"])
    case "hmm_example-hmm_example": return HiddenMarkov(series: data["y"])
    case "kidiq-kidscore_momhsiq": return data.childrenScores
    case "low_dim_gauss_mix-low_dim_gauss_mix": return NormalMixture(values: data["y"])
    case "mesquite-logmesquite_logvas": return data.mesquite
    case "nes1980-nes": return data.partyIdentification
    default: throw CocoaError(.featureUnsupported)
    }
  }

  /// Reads the data alone.
  public func data() throws -> PosteriorData { try decode(PosteriorData.self, "data.json") }

  private func decode<Content: Decodable>(_ type: Content.Type, _ file: String) throws -> Content {
    try JSONDecoder().decode(
      type, from: Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(file)")))
  }
}

/// The data of a posterior: numbers and lists of numbers by name.
public struct PosteriorData: Decodable, Sendable {
  private enum Entry: Decodable, Sendable {
    case list([Double])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Double.self) {
        self = .list([number])
      } else {
        self = .list(try container.decode([Double].self))
      }
    }
  }

  private var entries: [String: Entry]

  /// Reads a JSON object.
  public init(from decoder: any Decoder) throws {
    entries = try decoder.singleValueContainer().decode([String: Entry].self)
  }

  /// The numbers of one name; one number is a list of one.
  public subscript(name: String) -> [Double] {
    guard case .list(let numbers) = entries[name] else {
      preconditionFailure("the data has no entry \(name)")
    }
    return numbers
  }
}
