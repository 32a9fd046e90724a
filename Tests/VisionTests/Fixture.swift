import Foundation

/// What `Tests/Reference/backbones_reference.py` wrote.
struct BackboneFixture: Decodable {
  struct Case: Decodable {
    var parameters: Int
    var input: [Int]
    var nameCount: Int
    var namesSha256: String
    var evalLogits: [Double]
    var loss: Double
    var gradientNorms: [String: Double]
    var allGradientsNorm: Double
    var trainLogits: [Double]?
    var afterTrainMeansNorm: Double?
    var afterTrainVariancesNorm: Double?
    var afterTrainFirstMean: [Double]?
    var afterTrainLastVariance: [Double]?

    enum CodingKeys: String, CodingKey {
      case parameters, input, loss
      case nameCount = "name_count"
      case namesSha256 = "names_sha256"
      case evalLogits = "eval_logits"
      case gradientNorms = "gradient_norms"
      case allGradientsNorm = "all_gradients_norm"
      case trainLogits = "train_logits"
      case afterTrainMeansNorm = "after_train_means_norm"
      case afterTrainVariancesNorm = "after_train_variances_norm"
      case afterTrainFirstMean = "after_train_first_mean"
      case afterTrainLastVariance = "after_train_last_variance"
    }
  }

  struct Summary: Decodable {
    var parameters: Int
    var nameCount: Int
    var namesSha256: String

    enum CodingKeys: String, CodingKey {
      case parameters
      case nameCount = "name_count"
      case namesSha256 = "names_sha256"
    }
  }

  struct Interpolation: Decodable {
    var convention: String
    var size: [Int]
    var values: [Double]
  }

  var cases: [String: Case]
  var counts: [String: Summary]
  var interpolations: [Interpolation]

  static func read() throws -> BackboneFixture {
    let folder = Bundle.module.bundleURL.appendingPathComponent("Fixtures")
    let data = try Data(contentsOf: folder.appendingPathComponent("backbones.json"))
    return try JSONDecoder().decode(BackboneFixture.self, from: data)
  }
}
