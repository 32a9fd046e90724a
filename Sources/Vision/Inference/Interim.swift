import Learning
import Randomness
import Runs

public func interimNetwork(
  _ name: String, classCount: Int, using random: inout RandomSource
) throws -> any ImageClassifier {
  let cifar = ["resnet20_cifar": 20, "resnet32_cifar": 32, "resnet44_cifar": 44, "resnet56_cifar": 56, "resnet110_cifar": 110]
  if let depth = cifar[name] {
    return ResNet(.cifar(depth: depth), classCount: classCount, using: &random)
  }
  let residual: [String: ResNetArchitecture] = [
    "resnet18": .resNet18, "resnet34": .resNet34, "resnet50": .resNet50, "resnet101": .resNet101,
  ]
  if let architecture = residual[name] {
    return ResNet(architecture, classCount: classCount, using: &random)
  }
  let mobile: [String: MobileArchitecture] = [
    "mobilenet_v2": .mobileNetV2(), "mnasnet_a1": .mnasNetA1(), "mnasnet_b1": .mnasNetB1(),
    "mnasnet_small": .mnasNetSmall(), "efficientnet_b0": .efficientNet(.b0),
  ]
  guard let architecture = mobile[name] else { throw UsageError("network \"\(name)\" is not known") }
  return MobileNetwork(architecture, classCount: classCount, using: &random)
}
