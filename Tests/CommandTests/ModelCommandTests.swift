import Foundation
import Images
import Learning
import Randomness
import Testing
import Torch
import Vision

@Suite struct ModelCommandTests {
  private let folder = TemporaryFolder()

  private func object(_ text: String) -> [String: Any]? {
    (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any]
  }

  /// A CIFAR ResNet of timm-like wrapping, as a training script would save it.
  private func weights(classes: Int = 10) throws -> String {
    var random = RandomSource(seed: 3)
    let network = ResNet(.cifar(depth: 20), classCount: classes, using: &random)
    let path = folder.path + "/weights.safetensors"
    let named = network.tensors
    try saveSafetensors(
      zip(named.names, named.tensors).map { ("state_dict.\($0)", $1) }.map { ($0, $1) }, to: path)
    return path
  }

  private func photograph() throws -> String {
    let path = folder.path + "/photo.png"
    let pixels = (0..<(40 * 30 * 3)).map { UInt8($0 * 31 % 256) }
    try Image(height: 40, width: 30, channels: 3, pixels: pixels).writePNG(to: path)
    return path
  }

  @Test func `list and show tell what networks cost`() throws {
    let list = try CommandRun("model", "list", "mnasnet_a1", "--json")
    let models = try #require(object(list.output)?["models"] as? [[String: Any]])
    #expect(models.compactMap { $0["parameters"] as? Int }.contains(3_887_038))
    let shown = try CommandRun("model", "show", "resnet20_cifar", "--json")
    let profile = try #require(object(shown.output)?["profile"] as? [String: Any])
    #expect(profile["parameters"] as? Int == 269_722)
    // 40,550,400 products of convolutions, 640 of the head.
    #expect(profile["multiplyAdds"] as? Int == 40_550_400 + 640)
    #expect((profile["layers"] as? [Any])?.count == 20)
    let text = try CommandRun("model", "show", "resnet20_cifar")
    #expect(text.output.contains("269,722"))
  }

  @Test func `weights are converted and then say themselves what they are`() throws {
    let names = folder.path + "/names.txt"
    try (0..<10).map { "thing \($0)" }.joined(separator: "\n")
      .write(toFile: names, atomically: true, encoding: .utf8)
    let model = folder.path + "/model.safetensors"
    let converted = try CommandRun(
      "model", "convert", try weights(), "--model", "resnet20_cifar", "--classes", names, "-o",
      model, "--json")
    #expect(converted.exitCode == 0, "\(converted.messages)")
    let predicted = try CommandRun(
      "model", "predict", "--weights", model, try photograph(), "--json")
    let predictions = object(predicted.output)?["predictions"] as? [[String: Any]]
    let classes = try #require(predictions?[0]["classes"] as? [[String: Any]])
    #expect(classes.count == 5)
    #expect((classes[0]["name"] as? String)?.hasPrefix("thing ") == true)
    let probabilities = classes.compactMap { $0["probability"] as? Double }
    #expect(probabilities == probabilities.sorted(by: >))
    let headed = folder.path + "/headed.safetensors"
    let replaced = try CommandRun(
      "model", "convert", model, "--new-head", "4", "-o", headed, "--json")
    #expect(object(replaced.output)?["classes"] as? Int == 4, "\(replaced.messages)")
  }

  @Test func `weights of another network are listed and refused`() throws {
    let run = try CommandRun(
      "model", "convert", try weights(), "--model", "resnet32_cifar", "-o",
      folder.path + "/x.safetensors", "--json")
    #expect(run.exitCode == 65)
    // Two blocks of ten tensors are missing in each of three stages; counts of batches may be.
    #expect(run.messages.split(separator: "\n").count { $0.hasPrefix("missing: ") } == 3 * 2 * 10)
    #expect(run.messages.contains("missing: layer1.4.conv2.weight"))
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/x.safetensors"))
  }

  @Test(arguments: [
    (["model", "show", "resnet2O"], 64, "did you mean"),
    (["model", "show", "vit_tiny_patch16_224", "--size", "225"], 64, "a multiple of 16"),
    (["model", "show", "resnet18", "--naming", "keras"], 64, "use torchvision"),
    (["model", "predict", "--weights", "/nowhere.safetensors", "a.png"], 66, "/nowhere"),
    (["model", "list", "boltzmann"], 64, "no network's name contains"),
  ])
  func `mistakes are named`(arguments: [String], code: Int, reason: String) throws {
    let run = try CommandRun(arguments)
    #expect(run.exitCode == Int32(code), "\(run.messages)")
    #expect(run.messages.contains(reason), "\(run.messages)")
  }

  @Test func `an image that is none is an error`() throws {
    let model = folder.path + "/model.safetensors"
    _ = try CommandRun(
      "model", "convert", try weights(), "--model", "resnet20_cifar", "-o", model)
    let path = folder.path + "/empty.jpg"
    try Data().write(to: URL(fileURLWithPath: path))
    let run = try CommandRun("model", "predict", "--weights", model, path)
    #expect(run.exitCode == 65)
    #expect(run.messages.contains(path))
  }
}
