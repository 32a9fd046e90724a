import FileFixtures
import Files
import Foundation
import Learning
import Randomness
import Testing
import Torch

@Suite struct CheckpointTests {
  private let folder: TemporaryFolder
  private let model: TinyNetwork

  init() throws {
    folder = try TemporaryFolder()
    var random = RandomSource(seed: 3)
    model = TinyNetwork(using: &random)
  }

  private func other() -> TinyNetwork {
    var random = RandomSource(seed: 4)
    return TinyNetwork(using: &random)
  }

  @Test func `a file gives back names, bits and texts`() throws {
    var checkpoint = Checkpoint(metadata: ["kind": "tiny", "note": "ä \"quoted\" \n line"])
    checkpoint.add(model)
    let path = folder.path + "/model.safetensors"
    try checkpoint.write(to: path)
    let read = try Checkpoint(path: path)
    #expect(read.metadata == checkpoint.metadata)
    #expect(read.tensors == checkpoint.tensors)
    #expect(read.tensors["model.norm.num_batches_tracked"]?.elementType == .int64)
    var loaded = other()
    try read.restore(&loaded)
    #expect(loaded.tensors.tensors == model.tensors.tensors)
  }

  @Test func `the average is preferred where there is one`() throws {
    var checkpoint = Checkpoint()
    checkpoint.add(model)
    checkpoint.add(other(), as: Checkpoint.averageSection)
    var loaded = model
    try checkpoint.restore(&loaded)
    #expect(loaded.first.weight == other().first.weight)
    try checkpoint.restore(&loaded, from: Checkpoint.modelSection)
    #expect(loaded.first.weight == model.first.weight)
  }

  @Test func `all that does not fit is named at once and nothing changes`() {
    var tensors = Dictionary(
      uniqueKeysWithValues: zip(model.tensors.names, model.tensors.tensors))
    tensors["first.weight"] = nil
    tensors["head.weight"] = Tensor(0)
    tensors["last.weight"] = Tensor(zeros: [2, 8])
    tensors["norm.num_batches_tracked"] = Tensor(0)
    var loaded = other()
    let error = #expect(throws: CheckpointError.self) {
      try loadParameters(into: &loaded, from: tensors, origin: "x.safetensors")
    }
    #expect(
      error?.description == """
        x.safetensors: the tensors are not those of the model: missing are first.weight; \
        unexpected are head.weight; of the wrong shape are norm.num_batches_tracked float32[] \
        (expected int64[]), last.weight float32[2, 8] (expected float32[1, 8]); was it made with \
        the same settings?
        """)
    #expect(loaded.tensors.tensors == other().tensors.tensors)
  }

  @Test func `without strictness only the shapes must fit`() throws {
    var loaded = other()
    try loadParameters(
      into: &loaded,
      from: ["first.weight": model.first.weight.cast(to: .float64), "extra": Tensor(1)],
      strict: false)
    #expect(loaded.first.weight == model.first.weight)
    #expect(loaded.last.weight == other().last.weight)
    #expect(throws: CheckpointError.self) {
      try loadParameters(into: &loaded, from: ["first.weight": Tensor(1)], strict: false)
    }
  }

  @Test func `a damaged training text is refused`() throws {
    let optimizer = Tiny.optimizer(.adam)
    var state = Tiny.state(optimizer)
    var checkpoint = try state.checkpoint()
    try state.restore(from: checkpoint)
    for text in ["", "{}", "{\"step\":-1}"] {
      checkpoint.metadata["training"] = text
      #expect(throws: CheckpointError.self) { try state.restore(from: checkpoint) }
    }
  }

  @Test func `a file that is not there or not a checkpoint is a file failure`() throws {
    let path = folder.path + "/x.safetensors"
    #expect(throws: FileFailure.self) { try Checkpoint(path: path) }
    try writeDurably("not a checkpoint", to: path)
    #expect(throws: FileFailure.self) { try Checkpoint(path: path) }
  }
}
