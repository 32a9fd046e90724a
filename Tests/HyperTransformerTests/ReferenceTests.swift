import Foundation
import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch

@testable import HyperTransformer

/// Compares whole generators with an independent implementation in double precision; see
/// `Tests/Reference/hypertransformer_reference.py`.
@Suite struct ReferenceTests {
  static let reference = Result { try ReferenceFile<Variant>(named: "hypertransformer") }

  @Test func `the reference is there`() throws {
    #expect(try Self.reference.get().variants.count == 24)
  }

  @Test(arguments: (try? reference.get())?.variants.keys.sorted() ?? [])
  func `slices, logits, loss and gradients equal the reference`(_ name: String) throws {
    let reference = try Self.reference.get()
    let expected = try #require(reference.variants[name])
    let setting = reference.base.merging(expected.changes) { $1 }
    var model = try setting.model()
    #expect(model.parameterCount == expected.parameterCount)
    let batch = setting.batch()
    var generation: WeightGenerator.Generation?
    var pass = Pass.inference
    var logits: Tensor?
    let (loss, gradient) = valueAndGradient(at: &model) { model in
      let made = model.generator.generation(batch.support, &pass)
      generation = made
      logits = made.network.logits(of: batch.query.images)
      return setting.objective(&model, batch, step: 0, &pass).loss
    }
    for (layer, slices) in expected.slices {
      let found = layer == "logits" ? generation?.headSlices : generation?.slices[Int(layer)!]
      expectClose(
        try #require(found).flattened().toDoubles(), slices.flatMap { $0 }, relative: 1e-9,
        absolute: 1e-10, "slices of layer \(layer)")
    }
    expectClose(
      try #require(logits).flattened().toDoubles(), expected.logits.flatMap { $0 },
      relative: 1e-9, absolute: 1e-10, "logits")
    expectClose(loss.scalar(), expected.loss, relative: 1e-9, "loss")
    try expectGradient(gradient, norm: expected.gradientNorm, expected.gradients)
  }

  struct Variant: Decodable {
    var changes: ReferenceSetting
    var slices: [String: [[Double]]]
    var logits: [[Double]]
    var loss: Double
    var parameterCount: Int
    var gradientNorm: Double
    var gradients: [String: ReferenceGradient]
  }
}

/// What an independent implementation found for several variants of a setting.
struct ReferenceFile<Variant: Decodable & Sendable>: Decodable {
  var base: ReferenceSetting
  var variants: [String: Variant]

  init(named name: String) throws {
    let url = try #require(
      Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Fixtures"))
    self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: url))
  }
}

/// The norm and the first numbers of a parameter's gradient.
struct ReferenceGradient: Decodable {
  var norm: Double
  var first: [Double]
}

func expectGradient(
  _ gradient: NamedTensors, norm: Double, _ expected: [String: ReferenceGradient]
) throws {
  expectClose(globalNorm(of: gradient.tensors), norm, relative: 1e-8, "gradient norm")
  for (parameter, values) in expected {
    let found = try #require(gradient[parameter], "gradient of \(parameter)")
    expectClose(
      found.norm().scalar(), values.norm, relative: 1e-7, absolute: 1e-11, "\(parameter)")
    expectClose(
      Array(found.toDoubles().prefix(values.first.count)), values.first, relative: 1e-7,
      absolute: 1e-11, "\(parameter)")
  }
}

/// The settings of one variant, by the reference's names.
struct ReferenceSetting: Decodable {
  var values: [String: JSONValue]

  init(from decoder: any Decoder) throws {
    values = try decoder.singleValueContainer().decode([String: JSONValue].self)
  }

  init(values: [String: JSONValue]) { self.values = values }

  func merging(
    _ other: ReferenceSetting, _ choose: (JSONValue, JSONValue) -> JSONValue
  ) -> ReferenceSetting {
    ReferenceSetting(values: values.merging(other.values, uniquingKeysWith: choose))
  }

  subscript(name: String) -> JSONValue { values[name] ?? .text("no \(name)") }
  func int(_ name: String) -> Int { Int(self[name].number) }
  func ints(_ name: String) -> [Int] { self[name].numbers.map { Int($0) } }

  var architecture: ConvNetArchitecture {
    let layer = ConvNetArchitecture.Layer(
      channels: int("channels"), stride: int("stride"), isPadded: self["padding"].text == "same",
      pooling: int("pool"))
    return ConvNetArchitecture(
      imageSize: int("side"), imageChannels: int("imageChannels"),
      layers: Array(repeating: layer, count: int("convolutions")),
      head: self["logits"].text == "flatten" ? .flatten : .averagePool,
      nonlinearity: self["networkSlope"].number == 0 ? .relu : .leakyRelu,
      normalizesBeforeActivation: self["actAfterNorm"].flag, classCount: int("ways"))
  }

  var configuration: GeneratorConfiguration {
    var result = GeneratorConfiguration()
    result.codeWidth = int("embedding")
    result.localWidth = int("localFeatures")
    result.shared = SharedFeatures(layers: int("sharedLayers"), width: int("sharedFeatures"))
    let size = self["size"].number
    let slope = self["feedForwardSlope"].number
    result.transformer = TransformerShape(
      layout: self["generator"].text == "joint" && self["decoder"].flag
        ? .jointDecoder : TransformerShape.Layout(rawValue: self["generator"].text) ?? .joint,
      layers: int("transformerLayers"), heads: int("heads"), queryWidth: size, valueWidth: size,
      innerWidth: size, activation: slope == 0 ? .relu : .leakyRelu(slope: slope))
    result.allocation = WeightAllocation(rawValue: self["allocation"].text) ?? .output
    result.trainedLayers = int("trained")
    result.generatesBias = self["generateBias"].flag
    result.generatesNormalization = self["generateNorm"].flag
    result.usesBaseWeights = self["baseWeights"].flag
    return result
  }

  var objective: Objective {
    var result = Objective()
    result.labelSmoothing = self["labelSmoothing"].number
    return result
  }

  func model() throws -> GeneratorInTraining {
    var random = RandomSource(seed: 0)
    let generator = try WeightGenerator(writing: architecture, configuration, using: &random)
    var model = GeneratorInTraining(
      generator, objective: objective, realClassCount: 2, isPretraining: false, using: &random
    ).cast(to: .float64)
    model.forEachParameter { name, tensor in tensor = formulaTensor(name, tensor.shape) }
    return model
  }

  func batch() -> TrainingBatch {
    let support = self["supportLabels"].numbers.map { Int($0) }
    let query = self["queryLabels"].numbers.map { Int($0) }
    let masked = self["masked"].flags
    let shape = [int("imageChannels"), int("side"), int("side")]
    let labels = Tensor(support).expandingShape(at: 0)
    return TrainingBatch(
      support: SupportSet(
        images: formulaTensor("support", [support.count] + shape).expandingShape(at: 1),
        labels: labels, ignored: masked.contains(true) ? Tensor([masked]) : nil),
      query: QuerySet(
        images: formulaTensor("queries", [query.count] + shape).expandingShape(at: 1),
        labels: Tensor(query).expandingShape(at: 0)),
      realClasses: labels)
  }
}

enum JSONValue: Decodable {
  case flag(Bool), number(Double), text(String), list([JSONValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Bool.self) {
      self = .flag(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else {
      self = .list(try container.decode([JSONValue].self))
    }
  }

  var flag: Bool { if case .flag(let value) = self { value } else { false } }
  var number: Double { if case .number(let value) = self { value } else { .nan } }
  var text: String { if case .text(let value) = self { value } else { "" } }
  var numbers: [Double] { if case .list(let values) = self { values.map(\.number) } else { [] } }
  var flags: [Bool] { if case .list(let values) = self { values.map(\.flag) } else { [] } }
}

/// Numbers that depend on a name alone; the rule stands in the reference script.
func formulaTensor(_ name: String, _ shape: [Int]) -> Tensor {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
  let path = name.split(separator: ".")
  let isNorm = path.count > 1 && path.last == "weight" && path[path.count - 2].hasPrefix("norm")
  let values = (0..<shape.reduce(1, *)).map { index -> Double in
    var z = hash &+ UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    z ^= z >> 31
    let u = Double(z >> 11) * 0x1p-53 * 2 - 1
    return isNorm ? 1 + 0.1 * u : 0.5 * u
  }
  return Tensor(values, shape: shape)
}
