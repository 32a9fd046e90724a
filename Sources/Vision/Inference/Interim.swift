import Learning
import Randomness
import Runs

public func interimNetwork(
  _ name: String, classCount: Int, using random: inout RandomSource
) throws -> any ImageClassifier {
  let cifar = ["resnet20": 20, "resnet32": 32, "resnet44": 44, "resnet56": 56, "resnet110": 110]
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
    "mobilenetv2": .mobileNetV2(), "mnasnet-a1": .mnasNetA1(), "mnasnet-b1": .mnasNetB1(),
    "mnasnet-small": .mnasNetSmall(), "efficientnet-b0": .efficientNet(.b0),
  ]
  guard let architecture = mobile[name] else { throw UsageError("network \"\(name)\" is not known") }
  return MobileNetwork(architecture, classCount: classCount, using: &random)
}
