import Foundation
import Learning
import SwiftletTestSupport
import Testing
import Torch
import Vision

/// Logits of networks whose weights are MurmurHash's finalizer of the element's place, computed with
/// torchvision, timm and an independent NASNet-A; six digits are known.
@Suite struct SpecificationTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var architecture: BackboneArchitecture
    var side = 64
    var first: [Double]
    var sum: Double
    var best: (index: Int, value: Double)

    var testDescription: String { "\(name) at \(side)" }
  }

  static let cases = [
    Case(
      name: "MnasNet-B1", architecture: .mobile(.mnasNetB1()),
      first: [-0.141831, -0.138087, -0.010396, -0.148441], sum: -0.792255, best: (45, 0.389399)),
    Case(
      name: "MnasNet-B1", architecture: .mobile(.mnasNetB1()), side: 96,
      first: [-0.147305, -0.173308, -0.035781, -0.162885], sum: -2.509841, best: (823, 0.447485)),
    Case(
      name: "MnasNet-B1 0.5", architecture: .mobile(.mnasNetB1(width: 0.5)),
      first: [-0.291610, -0.196017, -0.202095, -0.185993], sum: -5.073889, best: (41, 0.447419)),
    Case(
      name: "MnasNet-A1", architecture: .mobile(.mnasNetA1()),
      first: [-0.029966, -0.109629, -0.068047, -0.192091], sum: 1.860228, best: (714, 0.335325)),
    Case(
      name: "MnasNet-A1", architecture: .mobile(.mnasNetA1()), side: 96,
      first: [-0.018388, -0.111432, -0.065059, -0.195613], sum: 1.890480, best: (714, 0.359318)),
    Case(
      name: "MnasNet-small", architecture: .mobile(.mnasNetSmall()),
      first: [0.010373, 0.092725, -0.035056, -0.087838], sum: -1.730076, best: (762, 0.317388)),
    Case(
      name: "MobileNetV2", architecture: .mobile(.mobileNetV2()),
      first: [-0.025228, -0.155084, -0.116105, -0.261496], sum: 0.668985, best: (379, 0.394973)),
    Case(
      name: "MnasNet-A1, TensorFlow", architecture: .mobile(.mnasNetA1().likeTensorFlow),
      first: [-0.029103, -0.110563, -0.067537, -0.185046], sum: 1.775580, best: (714, 0.334265)),
    Case(
      name: "MnasNet-B1, TensorFlow", architecture: .mobile(.mnasNetB1().likeTensorFlow),
      first: [-0.162762, -0.121904, 0.012394, -0.140222], sum: -1.036243, best: (45, 0.372368)),
    Case(
      name: "NASNet-A mobile", architecture: .nasNet(.mobile),
      first: [-0.432130, -0.622272, -0.496021, -0.643699], sum: -24.391805,
      best: (495, 2.062648)),
  ]

  @Test(arguments: cases) func `logits`(_ item: Case) {
    var network = Backbone(unset: item.architecture)
    network.forEachTensor { name, _, tensor in
      if tensor.elementType.isFloatingPoint { tensor = Self.value(name, tensor.shape) }
    }
    let images = 2 * Self.numbers([1, 3, item.side, item.side], 9)
    let logits = withoutGradients { network(images)[0].toDoubles() }
    expectClose(Array(logits[0..<4]), item.first, relative: 0, absolute: 6e-7)
    expectClose(logits.reduce(0, +), item.sum, relative: 0, absolute: 2e-6)
    let best = logits.indices.max { logits[$0] < logits[$1] }
    #expect(best == item.best.index)
    expectClose(logits.max() ?? 0, item.best.value, relative: 0, absolute: 6e-7)
  }

  private static func value(_ name: String, _ shape: [Int]) -> Tensor {
    if name.hasSuffix("running_mean") { return 0.2 * numbers(shape, 4) }
    if name.hasSuffix("running_var") { return 1 + 0.5 * numbers(shape, 5) }
    let isHead = name.hasPrefix("classifier") || name.hasPrefix("last_linear")
    if name.hasSuffix("bias") {
      if isHead { return 0.1 * numbers(shape, 7) }
      return ["conv_reduce", "conv_expand", ".fc"].contains { name.contains($0) }
        ? 0.1 * numbers(shape, 8)
        : 0.2 * numbers(shape, 3)
    }
    if shape.count == 1 { return 1 + 0.2 * numbers(shape, 2) }
    let fan = Double(shape.dropFirst().reduce(1, *))
    return numbers(shape, isHead ? 6 : 1) * (12 / fan).squareRoot()
  }

  /// Numbers in [-0.5, 0.5) from the place of every element.
  private static func numbers(_ shape: [Int], _ stream: UInt32) -> Tensor {
    Tensor(shape: shape, of: Double.self) { numbers in
      for index in numbers.indices {
        var x = UInt32(truncatingIfNeeded: index) &+ stream &* 0x9e37_79b9
        x = (x ^ (x >> 16)) &* 0x85eb_ca6b
        x = (x ^ (x >> 13)) &* 0xc2b2_ae35
        x ^= x >> 16
        numbers.initializeElement(at: index, to: Double(x) / 4_294_967_296 - 0.5)
      }
    }
  }
}
