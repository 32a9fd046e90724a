import Files
import Formats
import Foundation
import Learning
import Randomness
import Runs
import Testing
import Torch
import Vision

@testable import MultiHashing

/// What cannot be hashed or read says so in one sentence.
@Suite struct BadInputTests {
  private let network = SmallNetwork()

  private func plan(_ settings: HashingSettings) throws(HashingError) -> HashPlan {
    try HashPlan(for: network, settings)
  }

  @Test func `a budget below the smallest pool names the least that would do`() throws {
    // 83 weights in a matrix of side 10: a rank costs 20, four scales, and 16 numbers of the norm.
    let error = #expect(throws: HashingError.self) {
      _ = try plan(smallSettings { $0.budget = SizeBudget(variables: 39) })
    }
    #expect(error == .budgetTooSmall(budget: 39, unit: "variables", minimum: 40))
    _ = try plan(smallSettings { $0.budget = SizeBudget(variables: 40) })
    let pool = #expect(throws: HashingError.self) {
      _ = try plan(smallSettings { $0.budget = SizeBudget(fraction: 0.1, of: .pool) })
    }
    #expect(pool == .budgetTooSmall(budget: 8, unit: "variables in the pool", minimum: 20))
  }

  @Test func `a budget in bytes below the smallest file names that file's size`() throws {
    let error = #expect(throws: HashingError.self) {
      _ = try plan(smallSettings { $0.budget = SizeBudget(bytes: 100) })
    }
    guard case .budgetTooSmall(100, "bytes", let minimum) = try #require(error) else {
      Issue.record("\(String(describing: error))")
      return
    }
    _ = try plan(smallSettings { $0.budget = SizeBudget(bytes: minimum) })
    #expect(throws: HashingError.self) {
      _ = try plan(smallSettings { $0.budget = SizeBudget(bytes: minimum - 1) })
    }
  }

  @Test func `missing, frozen and empty choices are refused by name`() throws {
    func names(_ names: String...) -> HashingSettings {
      smallSettings { $0.policy.names = names }
    }
    #expect(throws: HashingError.missingTensor(name: "first.wieght", nearest: "first.weight")) {
      _ = try plan(names("first.wieght"))
    }
    var random = RandomSource(seed: 1)
    let residual = ResNet(.cifar(depth: 8), classCount: 10, using: &random)
    #expect(throws: HashingError.frozenTensor(name: "bn1.running_mean")) {
      _ = try HashPlan(for: residual, names("bn1.running_mean"))
    }
    #expect(throws: HashingError.self) {
      _ = try plan(smallSettings { $0.policy.pattern = "nothing" })
    }
    #expect(throws: HashingError.capacityTooSmall(capacity: 50, weights: 83)) {
      _ = try plan(smallSettings { $0.capacity = 50 })
    }
  }

  @Test func `the policy reads names from their beginning, and exceptions anywhere`() throws {
    func chosen(_ change: (inout HashingSettings) -> Void) throws -> [String] {
      try plan(smallSettings(change)).slots.map(\.info.name)
    }
    #expect(
      try chosen { _ in } == ["first.weight", "first.bias", "last.weight", "last.bias"])
    #expect(try chosen { $0.policy.kinds = [.dense] } == ["first.weight", "last.weight"])
    #expect(
      try chosen {
        $0.policy.pattern = "first"
        $0.budget = SizeBudget(variables: 75)
      } == ["first.weight", "first.bias"])
    #expect(throws: HashingError.self) { _ = try chosen { $0.policy.pattern = "weight" } }
    #expect(
      try chosen { $0.policy.except = "bias" } == ["first.weight", "last.weight"])
    #expect(
      try chosen {
        $0.policy.kinds = [.norm, .dense]
        $0.budget = SizeBudget(fraction: 0.9)
      } == ["first.weight", "norm.weight", "norm.bias", "last.weight"])
  }

  private static let mistakes: [(override: String, part: String)] = [
    ("hashing.budget.fraction=0", "must be above 0 and at most 1"),
    ("hashing.budget.bytes=0", "must be at least 1"),
    ("hashing.pools=[]", "must name at least one pool"),
    ("hashing.pools=[lowRank]", "needs the scope tensor"),
    ("hashing.pools=[matrx]", "must be one of"),
    ("hashing.modifiers=[fanout]", "modifier \"fanout\" is not known"),
    ("hashing.modifiers=[learned,fanOutLearned]", "more than one learned scale"),
    ("hashing.policy.pattern=\"(\"", "is not a regular expression"),
    ("hashing.policy.kinds=[buffer]", "not learned"),
    ("hashing.capacity=0", "must be at least 1"),
    ("hashing.constants=variables", "only with the scope tensor"),
    (
      "hashing={scope: tensor, constants: variables, modifiers: [fanOut, binary]}",
      "must be weights with binary"
    ),
    ("start=fitted", "needs network.weights"),
    ("weightPenalty=-1", "must be at least 0"), ("scaleRate=-1", "must be at least 0"),
    ("hashing.budgt=3", "did you mean \"budget\""),
  ]

  @Test(arguments: mistakes.indices)
  func `settings that mean nothing are refused in one sentence`(number: Int) throws {
    let (override, part) = Self.mistakes[number]
    let error = #expect(throws: RecipeError.self) {
      _ = try RecipeReader.load(CompressionRecipe.self, path: nil, overrides: [override])
    }
    let message = "\(try #require(error))"
    #expect(message.contains(part) && !message.contains("\n"), "\(message)")
  }

  @Test func `a pool for another network is refused with the tensors that differ`() throws {
    let folder = ScratchFolder()
    let path = folder.path + "/small.safetensors"
    var random = RandomSource(seed: 1)
    try CompressedFile(HashedNetwork(network, smallSettings(), using: &random)).write(to: path)
    let file = try CompressedFile(readingFrom: path)
    let residual = ResNet(.cifar(depth: 8), classCount: 10, using: &random)
    let error = #expect(throws: CheckpointError.self) {
      _ = try file.hashed(as: residual, path: path)
    }
    #expect("\(try #require(error))".contains("first.weight"))
  }

  @Test func `scales that are not finite are refused by name`() throws {
    let folder = ScratchFolder()
    let path = folder.path + "/small.safetensors"
    var random = RandomSource(seed: 1)
    var hashed = try HashedNetwork(network, smallSettings(), using: &random)
    hashed.scales = Tensor([1, .nan, 1, 1] as [Float])
    try CompressedFile(hashed).write(to: path)
    #expect(throws: HashingError.nonFinite(path: path, tensors: ["scales"])) {
      _ = try CompressedFile(readingFrom: path)
    }
  }

  @Test func `files of other kinds and damaged plans are refused`() throws {
    let folder = ScratchFolder()
    let path = folder.path + "/small.safetensors"
    var random = RandomSource(seed: 1)
    try CompressedFile(HashedNetwork(network, smallSettings(), using: &random)).write(to: path)
    let good = try loadSafetensors(path)
    func refusal(_ change: (inout [String: String]) -> Void) throws -> String {
      var metadata = good.metadata
      change(&metadata)
      try saveSafetensors(good.tensors, metadata: metadata, to: path)
      let error = #expect(throws: FileFailure.self) { _ = try CompressedFile(readingFrom: path) }
      return "\(try #require(error))"
    }
    #expect(try refusal { $0["kind"] = "image-classifier" }.contains("image-classifier"))
    #expect(try refusal { $0["plan"] = "{}" }.contains("damaged"))
    #expect(try refusal { $0["tree"] = "first.weight 8x6" }.contains("line"))
    #expect(
      try refusal {
        $0["tree"] = $0["tree"]?.replacing("first.weight 8x6 h", with: "first.weight 80x60 h")
      }.contains("does not hold"))
    #expect(
      try refusal {
        $0["tree"] = $0["tree"]?.replacing("norm.weight 8 p", with: "norm.weight 9 p")
      }.contains("rest.float32"))
    #expect(
      try refusal { $0["plan"] = $0["plan"]?.replacing("\"rank\":3", with: "\"rank\":4") }
        .contains("pool.left"))
    // A map of half a billion elements would be written down.
    let listed = smallSettings { $0.pools = [.hash] }
    try CompressedFile(HashedNetwork(network, listed, using: &random)).write(to: path)
    let hashed = try loadSafetensors(path)
    var metadata = hashed.metadata
    metadata["plan"] = metadata["plan"]?.replacing(
      try Regex("\"capacity\":[0-9]+"), with: "\"capacity\":500000000")
    try saveSafetensors(hashed.tensors, metadata: metadata, to: path)
    #expect(throws: FileFailure.self) { _ = try CompressedFile(readingFrom: path) }
  }

  @Test func `custom modifiers come with the program that reads the file`() throws {
    let folder = ScratchFolder()
    let path = folder.path + "/small.safetensors"
    let tanh = CustomModifier("tanh") { $0.tanh() }
    var random = RandomSource(seed: 1)
    let hashed = try HashedNetwork(
      network, smallSettings { $0.modifiers = [.custom(tanh)] }, using: &random)
    try CompressedFile(hashed).write(to: path)
    #expect(throws: HashingError.unknownModifier(name: "tanh")) {
      _ = try CompressedFile(readingFrom: path)
    }
    let read = try CompressedFile(readingFrom: path, modifiers: [tanh])
    #expect(
      read.expanded().byName["first.weight"]?.toFloats()
        == hashed.network().first.weight.toFloats())
  }
}
