import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch

@testable import HyperTransformer

/// The tables of the paper's released recipes.
@Suite struct ParameterCountTests {
  struct Released: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var network: ConvNetArchitecture
    var configuration: GeneratorConfiguration
    var parameters: Int
    var weights: Int
    var widths: [Int]
  }

  static let recipes = [
    Released(
      testDescription: "Omniglot", network: network(28, colors: 1, channels: 8, ways: 20),
      configuration: .init(), parameters: 843_304, weights: 1_980,
      widths: [80, 104, 104, 104, 72]),
    Released(
      testDescription: "miniImageNet", network: network(84, colors: 3, channels: 16, ways: 5),
      configuration: photographs(channels: 16), parameters: 2_632_146, weights: 9_349,
      widths: [80, 176, 176, 176, 433]),
    Released(
      testDescription: "tieredImageNet", network: network(84, colors: 3, channels: 8, ways: 5),
      configuration: photographs(channels: 8), parameters: 883_954, weights: 2_949,
      widths: [64, 104, 104, 104, 233]),
  ]

  @Test(arguments: recipes)
  func `a released recipe has the paper's parameter counts`(_ recipe: Released) throws {
    var random = RandomSource(seed: 0)
    let generator = try WeightGenerator(
      writing: recipe.network, recipe.configuration, using: &random)
    #expect(generator.parameterCount == recipe.parameters)
    #expect(recipe.network.weightCount == recipe.weights)
  }

  @Test(arguments: recipes)
  func `a released recipe has the paper's token widths`(_ recipe: Released) {
    let widths = TokenWidths.all(of: recipe.configuration, recipe.network)
    #expect(widths.map(\.width) == recipe.widths)
    #expect(widths.map(\.layer) == ["0", "1", "2", "3", "logits"])
  }

  @Test func `one encoder layer has 6Eq + 4q + 6E parameters`() throws {
    // The dense layer of miniImageNet: half of 433 is 216, which 8 heads divide.
    let (width, inner) = (433, 216)
    let shape = TransformerShape(heads: 8, queryWidth: 0.5, valueWidth: 0.5, innerWidth: 0.5)
    var random = RandomSource(seed: 0)
    let layer = TransformerEncoderLayer(shape.settings(layer: 0, width: width), using: &random)
    #expect(layer.parameterCount == 6 * width * inner + 4 * inner + 6 * width)
  }

  @Test(arguments: generatorVariants.keys.sorted())
  func `token widths are known before anything is built`(_ name: String) throws {
    let configuration = Tiny.configuration(try #require(generatorVariants[name]))
    let network = Tiny.network()
    let generator = try Tiny.generator(configuration, writing: network)
    let expected = (generator.layers + [generator.head]).compactMap { $0?.tokens }.flatMap {
      configuration.transformer.layout == .separate
        ? [$0.sampleWidth, $0.weightWidth] : [$0.sampleWidth]
    }
    #expect(TokenWidths.all(of: configuration, network).map(\.width) == expected)
  }

  @Test func `the released recipes' defaults are Omniglot's`() {
    let recipe = FewShotRecipe()
    #expect(recipe.architecture(imageChannels: 1) == Self.recipes[0].network)
    #expect(recipe.generator == Self.recipes[0].configuration)
  }

  private static func network(
    _ side: Int, colors: Int, channels: Int, ways: Int
  ) -> ConvNetArchitecture {
    ConvNetFamily.maxPoolFourLayer.architecture(
      imageSize: side, imageChannels: colors, channels: channels, classCount: ways)
  }

  private static func photographs(channels: Int) -> GeneratorConfiguration {
    var result = GeneratorConfiguration()
    result.localWidth = channels
    result.shared = SharedFeatures(layers: 4, width: 16)
    result.transformer = TransformerShape(
      layers: 3, heads: 8, queryWidth: 0.5, valueWidth: 0.5, innerWidth: 0.5)
    return result
  }
}
