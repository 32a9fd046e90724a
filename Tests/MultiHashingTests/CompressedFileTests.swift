import Foundation
import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch
import Vision

@testable import MultiHashing

/// Files: small, exact, and complete.
@Suite struct CompressedFileTests {
  private let folder = ScratchFolder()

  private func size(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return try #require((attributes[.size] as? NSNumber)?.intValue)
  }

  private func residual(_ change: (inout HashingSettings) -> Void = { _ in }) throws
    -> HashedNetwork<ResNet>
  {
    var random = RandomSource(seed: 1)
    let dense = ResNet(.cifar(depth: 8), classCount: 10, using: &random)
    var settings = HashingSettings()
    change(&settings)
    return try HashedNetwork(dense, settings, using: &random)
  }

  private static let changes: [@Sendable (inout HashingSettings) -> Void] = [
    { _ in }, { $0.pools = [.kronecker] }, { $0 = .hashedNets }, { $0 = .hashes(2) },
    { $0.convention = .released }, { $0.modifiers = [.own, .learned] },
  ]

  @Test(arguments: changes.indices)
  func `what is read is what was written, bit by bit, and as large as was said`(
    number: Int
  ) throws {
    let path = folder.path + "/network.safetensors"
    let hashed = try residual(Self.changes[number])
    let file = CompressedFile(hashed, metadata: ["note": "a \"text\""])
    try file.write(to: path)
    #expect(try size(path) == file.byteCount)
    let read = try CompressedFile(readingFrom: path)
    #expect(read.metadata == ["note": "a \"text\""] && read.hashed.plan == hashed.plan)
    let (found, wanted) = (read.expanded().byName, hashed.network().tensors)
    #expect(found.count == wanted.count)
    for (name, tensor) in zip(wanted.names, wanted.tensors) {
      #expect(found[name]?.toDoubles() == tensor.toDoubles(), "\(name)")
    }
    var weights = WeightSource.unset
    let code = try read.hashed(
      as: ResNet(.cifar(depth: 8), classCount: 10, weights: &weights))
    #expect(code.parameters.names == hashed.parameters.names)
    #expect(
      code.parameters.tensors.map { $0.toDoubles() }
        == hashed.parameters.tensors.map { $0.toDoubles() })
  }

  @Test func `the bytes on disk follow the budget`() throws {
    var random = RandomSource(seed: 1)
    let dense = ResNet(.cifar(depth: 20), classCount: 10, using: &random)
    for bytes in [40_000, 100_000, 250_000] {
      for storage in Storage.allCases {
        var settings = HashingSettings()
        settings.budget = SizeBudget(bytes: bytes)
        let context = FileContext(storage: storage, metadata: ["model": "resnet20"])
        let hashed = try HashedNetwork(dense, settings, file: context, using: &random)
        let path = folder.path + "/\(bytes)-\(storage.rawValue).safetensors"
        try CompressedFile(hashed, storage: storage, metadata: context.metadata).write(to: path)
        let found = try size(path)
        guard case .matrix(let rows, _, let rank) = hashed.plan.parts[0].shape else { return }
        // One rank more would be too large, unless every weight already has its own.
        let step = 2 * rows * 4 + 64 + 8
        #expect(found <= bytes && (found > bytes - step || rank >= rows), "\(found) of \(bytes)")
      }
    }
  }

  @Test(arguments: [0, 1, 2, 3])
  func `a file with damaged texts is read or refused, and never stops the program`(
    number: Int
  ) throws {
    let path = folder.path + "/network.safetensors"
    try CompressedFile(residual(Self.changes[number])).write(to: path)
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let header = 8..<8 + whole[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let digits = header.filter { (48...57).contains(whole[$0]) }
    var random = RandomSource(seed: UInt64(number))
    let damaged = folder.path + "/damaged.safetensors"
    var refused = 0
    for trial in 0..<400 {
      var bytes = whole
      for _ in 0...trial % 3 {
        // Other digits change sizes and leave the text a text; other bytes change anything.
        if trial % 4 > 0 {
          bytes[digits[random.index(below: digits.count)]] = UInt8(48 + random.index(below: 10))
        } else {
          let place = header.lowerBound + random.index(below: header.count)
          bytes[place] = UInt8(random.index(below: 256))
        }
      }
      try Data(bytes).write(to: URL(fileURLWithPath: damaged))
      do {
        _ = try CompressedFile(readingFrom: damaged).expanded()
      } catch {
        refused += 1
        #expect("\(error)".contains("damaged.safetensors"), "\(error)")
      }
    }
    #expect(refused > 200, "only \(refused) of 400 were refused")
  }

  @Test func `half precision and bytes shrink the pool and keep the weights near`() throws {
    let hashed = try residual()
    let wanted = hashed.network().stages[0][0].units[0].convolution.weight
    var sizes: [Int] = []
    for (storage, tolerance) in [(Storage.float32, 0.0), (.bfloat16, 0.02), (.int8, 0.05)] {
      let path = folder.path + "/\(storage.rawValue).safetensors"
      try CompressedFile(hashed, storage: storage).write(to: path)
      sizes.append(try size(path))
      let read = try CompressedFile(readingFrom: path)
      #expect(read.storage == storage)
      let found = try #require(read.expanded().byName["layer1.0.conv1.weight"])
      let error = ((found - wanted) * (found - wanted)).mean().scalar().squareRoot()
      let scale = (wanted * wanted).mean().scalar().squareRoot()
      #expect(error <= tolerance * scale, "\(storage): \(error / scale)")
      if storage != .float32 { #expect(error > 0) }
    }
    let pool = 4 * hashed.plan.poolVariableCount
    #expect(abs(sizes[0] - sizes[1] - pool / 2) < 200)
    #expect(abs(sizes[0] - sizes[2] - 3 * pool / 4) < 1500)
  }

  @Test func `an image classifier's file expands to an ordinary one that others read`() throws {
    var random = RandomSource(seed: 1)
    let entry = try ModelCatalog.model(named: "mobilenetv2_035")
    let dense = Backbone(entry.architecture, classCount: 3, using: &random)
    let hashed = try HashedNetwork(dense, HashingSettings(), using: &random)
    let model = ImageModel(
      name: entry.name, network: dense, preparation: entry.preparation,
      classNames: ["a", "b", "c"], naming: .timm)
    let context = try FileContext(model)
    let small = folder.path + "/small.safetensors"
    let path = folder.path + "/dense.safetensors"
    try CompressedFile(hashed, metadata: context.metadata).write(to: small)
    let read = try CompressedFile(readingFrom: small)
    try read.imageModel().write(to: path)
    #expect(try size(path) == read.denseByteCount())
    #expect(try Double(size(small)) < 0.33 * Double(size(path)))
    let opened = try ImageModel(readingFrom: path)
    #expect(opened.classNames == ["a", "b", "c"] && opened.naming == .timm)
    let images = Tensor(normal: [2, 3, 64, 64], using: &random)
    expectClose(opened.network(images), hashed.network()(images), relative: 1e-5, absolute: 1e-5)
  }

  @Test func `a network of which nothing is hashed has its ordinary size`() throws {
    var random = RandomSource(seed: 1)
    let dense = ResNet(.cifar(depth: 8), classCount: 10, using: &random)
    let path = folder.path + "/dense.safetensors"
    try CompressedFile(HashedNetwork(dense, .nothing, using: &random)).write(to: path)
    let read = try CompressedFile(readingFrom: path).expanded()
    #expect(try size(path) < 4 * dense.parameterCount + 10_000)
    #expect(read.byName["conv1.weight"]?.toFloats() == dense.stem.convolution.weight.toFloats())
  }
}
