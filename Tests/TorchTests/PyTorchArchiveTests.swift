import Files
import Foundation
import Testing
import Torch

/// The files were written by `Tests/Reference/torch_archives.py`.
@Suite struct PyTorchArchiveTests {
  private func path(_ name: String) throws -> String {
    try #require(
      Bundle.module.path(forResource: name, ofType: "pt", inDirectory: "Fixtures"))
  }

  private func failure(_ path: String) -> FileFailure? {
    #expect(throws: FileFailure.self) { try loadPyTorchArchive(path) }
  }

  @Test func `a state dictionary keeps its names and order`() throws {
    let entries = try loadPyTorchArchive(path("state_dict"))
    #expect(entries.map(\.name) == ["weight", "bias"])
    #expect(entries[0].tensor == Tensor([[0, 0.5, 1], [1.5, 2, 2.5]] as [[Float]]))
    #expect(entries[1].tensor == Tensor([-1, 1] as [Float]))
  }

  @Test func `nested names are joined by dots and only tensors count`() throws {
    let entries = try loadPyTorchArchive(path("nested"))
    #expect(
      entries.map(\.name) == [
        "state_dict.fc.weight", "state_dict.half", "history.0", "history.2.0", "shared", "tail",
        "column",
      ])
    let tensors = Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.tensor) })
    #expect(tensors["state_dict.half"]?.elementType == .bfloat16)
    #expect(tensors["state_dict.half"]?.toFloats() == [0, 0.5, 1, 1.5, 2, 2.5])
    #expect(tensors["state_dict.fc.weight"]?.isTracked == false)
    #expect(tensors["history.2.0"]?.scalar() == 1)
    #expect(tensors["tail"]?.toDoubles() == [5, 6, 7])
    #expect(tensors["column"]?.shape == [4, 2])
    #expect(tensors["column"]?.toDoubles() == [0, 4, 1, 5, 2, 6, 3, 7])
  }

  @Test func `tensors that shared memory in the file do not change each other`() throws {
    let entries = try loadPyTorchArchive(path("nested"))
    var shared = try #require(entries.first { $0.name == "shared" }?.tensor)
    shared.fill(with: -1)
    #expect(entries.first { $0.name == "tail" }?.tensor.toDoubles() == [5, 6, 7])
  }

  @Test func `a single tensor has no name`() throws {
    let entries = try loadPyTorchArchive(path("single"))
    #expect(entries.map(\.name) == [""])
    #expect(entries[0].tensor.shape == [2, 3])
  }

  @Test func `files that are not dictionaries of tensors say what to do`() throws {
    let legacy = try #require(failure(path("legacy")))
    #expect(legacy.reason.contains("write it again with torch.save(torch.load(path), path)"))
    let module = try #require(failure(path("module")))
    #expect(
      module.reason.contains(
        "class torch.nn.modules.linear.Linear; write it again with torch.save(model.state_dict()"))
    #expect(!module.reason.contains("\n"))
    #expect(failure("/nowhere/file.pt")?.kind == .missing)
  }

  @Test func `files that are cut short are refused or read in full`() throws {
    let whole = try Data(contentsOf: URL(fileURLWithPath: path("state_dict")))
    let folder = NSTemporaryDirectory() + "archives-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let expected = try loadPyTorchArchive(path("state_dict")).map(\.tensor)
    for count in [0, 1, 3, 10, 100, 500, whole.count / 2, whole.count - 30, whole.count - 1] {
      let path = "\(folder)/\(count).pt"
      try writeDurably(whole.prefix(count), to: path)
      do {
        // The table of contents alone may be missing: the check sums of the entries then tell.
        let found = try loadPyTorchArchive(path).map(\.tensor)
        #expect(found == expected && count > whole.count / 2)
      } catch let failure as FileFailure {
        #expect(failure.kind == .malformed)
        #expect(failure.reason.count > 20 && !failure.reason.contains("\n"), "\(failure.reason)")
      }
    }
    let text = "\(folder)/text.pt"
    try writeDurably("no archive at all", to: text)
    #expect(failure(text)?.reason.contains("is not a file that torch.save wrote") == true)
  }
}
