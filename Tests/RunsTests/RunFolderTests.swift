import FileFixtures
import Files
import Foundation
import Runs
import Testing

@Suite struct RunFolderTests {
  private let owner: TemporaryFolder
  private let folder: String

  init() throws {
    owner = try TemporaryFolder()
    folder = owner.freshPath()
  }

  @Test func `a new run has its recipe and loses its lock at the end`() throws {
    var recipe = Sample()
    recipe.ways = 9
    do {
      let run = try RunFolder.create(at: folder, recipe: recipe)
      #expect(FileManager.default.fileExists(atPath: run.paths.lock))
      #expect(!run.hasCheckpoint)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["recipe.yaml"])
    #expect(try RecipeReader.load(Sample.self, path: RunPaths(folder).recipe) == recipe)
  }

  @Test func `what stands in the folder is not written over`() throws {
    _ = try RunFolder.create(at: folder, recipe: Sample())
    let error = #expect(throws: RunFolderError.self) {
      try RunFolder.create(at: folder, recipe: Sample())
    }
    #expect(
      error?.description
        == "\(folder): is not empty; continue the run there with --resume or choose another --output"
    )
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["recipe.yaml"])
  }

  @Test func `a resume needs a run and the same recipe`() throws {
    #expect(throws: RunFolderError.nothingToResume(path: folder)) {
      try RunFolder.resume(at: folder, recipe: Sample())
    }
    _ = try RunFolder.create(at: folder, recipe: Sample())
    _ = try RunFolder.resume(at: folder, recipe: Sample())
    var other = Sample()
    other.ways = 20
    other.optimizer.momentum = 0.9
    let error = #expect(throws: RunFolderError.self) {
      try RunFolder.resume(at: folder, recipe: other)
    }
    #expect(
      error?.description
        == "\(folder): the run was begun with other settings: ways (was 5, now 20), "
        + "optimizer.momentum (was null, now 0.9); "
        + "resume with the recorded ones or choose another --output")
    #expect(try RecipeReader.load(Sample.self, path: RunPaths(folder).recipe) == Sample())
  }

  @Test func `a key that may change is recorded anew`() throws {
    _ = try RunFolder.create(at: folder, recipe: Sample())
    var longer = Sample()
    longer.ways = 20
    _ = try RunFolder.resume(at: folder, recipe: longer, changing: ["ways"])
    #expect(try RecipeReader.load(Sample.self, path: RunPaths(folder).recipe) == longer)
  }

  @Test func `one run has one writer`() throws {
    let run = try RunFolder.create(at: folder, recipe: Sample())
    let error = #expect(throws: RunFolderError.self) {
      try RunFolder.resume(at: folder, recipe: Sample())
    }
    #expect(error == .busy(path: folder, process: Int(getpid())))
    #expect(ExitCode(for: RunFolderError.busy(path: "", process: nil)) == .interrupted)
    withExtendedLifetime(run) {}
  }

  @Test func `the lock of a process that was killed is taken over`() async throws {
    await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
      let run = try RunFolder.create(at: folder, recipe: Sample())
      withExtendedLifetime(run) { _ = kill(getpid(), SIGKILL) }
    }
    let left = try String(contentsOfFile: RunPaths(folder).lock, encoding: .utf8)
    #expect(Int32(left.dropLast()) != getpid())
    let run = try RunFolder.resume(at: folder, recipe: Sample())
    let now = try String(contentsOfFile: run.paths.lock, encoding: .utf8)
    #expect(now == "\(getpid())\n")
  }

  @Test func `a file and a folder that cannot be made are refused`() throws {
    try writeDurably("x", to: folder)
    let file = #expect(throws: FileFailure.self) {
      try RunFolder.create(at: folder, recipe: Sample())
    }
    #expect(file?.description == "\(folder): is a file; --output names a folder")
    let made = #expect(throws: FileFailure.self) {
      try RunFolder.create(at: "/proc/swiftlet/run", recipe: Sample())
    }
    #expect(made?.kind == .unwritable)
  }
}
