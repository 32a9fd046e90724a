import HyperTransformer
import Randomness
import Testing

@Suite struct ParameterCountTests {
  @Test func `the Omniglot recipe has the paper's parameter counts`() throws {
    let network = ConvNetFamily.maxPoolFourLayer.architecture(
      imageSize: 28, imageChannels: 1, channels: 8, classCount: 20)
    var random = RandomSource(seed: 0)
    let generator = try WeightGenerator(writing: network, using: &random)
    #expect(generator.parameterCount == 843_304)
    #expect(network.weightCount == 1_980)
  }
}
