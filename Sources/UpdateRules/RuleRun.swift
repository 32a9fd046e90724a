import Datasets
import Files
import Foundation
import Learning
import Randomness
import Runs
import Torch

/// Writes a value as JSON durably.
func writeJSON(_ value: some Encodable, to path: String) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys]
  encoder.nonConformingFloatEncodingStrategy = .convertToString(
    positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
  try writeDurably(try encoder.encode(value), to: path)
}

extension RuleRecipe {
  /// A genome of this recipe as a file.
  ///
  /// - Parameters:
  ///   - genome: The numbers.
  ///   - species: Which of them.
  ///   - steps: Meta-steps or generations that made it.
  /// - Returns: The file, without a curve.
  public func genomeFile(_ genome: Genome, species: Int = 0, steps: Int) -> GenomeFile {
    var file = GenomeFile(genome, species: species, options: options)
    file.hidden = networks[0]
    file.initialization = initialization
    file.provenance.seed = seed
    file.provenance.outer = outer.rawValue
    file.provenance.steps = steps
    file.provenance.tasks = tasks
    file.provenance.imageSize =
      tasks.allSatisfy { PlaneTask(rawValue: $0) != nil } ? 0 : data.imageSize
    file.provenance.updates = updates(at: max(steps - 1, 0))
    file.provenance.batch = inner.batch
    return file
  }
}

/// A finished or running training of rules, opened for use.
public struct RuleRun: Sendable {
  /// The run's settings.
  public let recipe: RuleRecipe
  /// The best genome, with the run's curve.
  public let file: GenomeFile
  /// All genomes that were trained side by side, as species; of a search, the best alone.
  public let population: Genome

  /// Opens a run folder.
  ///
  /// - Parameters:
  ///   - folder: The run's folder.
  ///   - name: What the recipe is called, for the provenance.
  /// - Throws: `RecipeError`, `FileFailure` or `CheckpointError` when the folder is not a run of this
  ///   kind.
  public init(folder: String, recipe name: String = "") throws {
    let paths = RunPaths(folder)
    recipe = try RecipeReader.load(RuleRecipe.self, path: paths.recipe)
    var file: GenomeFile
    switch recipe.outer {
    case .cma:
      file = try GenomeFile(readingFrom: paths.genome)
      population = file.rule().genome
    case .adam: (file, population) = try Self.trained(recipe, paths)
    }
    let records = try MetricsLog.records(at: paths.metrics).filter { $0.split == "validation" }
    let kept = Self.thinned(records, to: 20)
    file.provenance.recipe = name
    file.provenance.curveSteps = kept.map(\.step)
    file.provenance.curve = kept.map { (1e4 * ($0.values["accuracy"] ?? 0)).rounded() / 1e4 }
    self.file = file
  }

  private static func trained(
    _ recipe: RuleRecipe, _ paths: RunPaths
  ) throws -> (GenomeFile, population: Genome) {
    let hasBest = FileManager.default.fileExists(atPath: paths.best)
    let path = hasBest ? paths.best : paths.checkpoint
    let checkpoint = try Checkpoint(path: path)
    guard checkpoint.metadata["kind"] == RuleRecipe.name else {
      throw RuleError.file(
        path: path, reason: "holds no learning rule; is this a run of another command?")
    }
    var random = RandomSource(seed: 0)
    var model = RuleInTraining(
      recipe.makeGenome(species: recipe.gradient.species, using: &random))
    try checkpoint.restore(&model)
    let steps = checkpoint.metadata["step"].flatMap(Int.init) ?? recipe.training.steps ?? 0
    let best = recipe.genomeFile(model.genome, species: model.bestSpecies, steps: steps)
    return (best, model.genome)
  }

  private static func thinned<Element>(_ elements: [Element], to count: Int) -> [Element] {
    guard elements.count > count else { return elements }
    return (0..<count).map { elements[$0 * (elements.count - 1) / (count - 1)] }
  }
}
