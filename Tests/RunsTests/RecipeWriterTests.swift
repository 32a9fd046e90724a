import Runs
import Testing

@Suite struct RecipeWriterTests {
  @Test func `the defaults are written in the order of the struct`() {
    #expect(
      RecipeWriter.text(of: Sample()) == """
        # sample: every setting of this run
        ways: 5
        seed: 7
        title: five-shot
        optimizer:
          learningRate: 0.01
          momentum: null
          nesterov: false
        layers:
          - {width: 64, activation: relu}
          - {width: 32, activation: relu}
        head: null
        schedule:
          cosine:
            steps: 10
            floor: 0.1
        weights:
          cat: 1.0
        limit: 2.5
        shift: -3

        """)
  }

  @Test(arguments: [
    "", "null", "true", "5", "a: b", "# c", "\"q\" \\ 'p'", "two\nlines\n", "  edges ", "- x",
    "{a}", "tab\there", "\u{1}\u{7F}\u{2028}\u{FEFF}", "näïve 日本 🙂", "~", "*a", "&b", "!c", "%d",
    "@e", "no",
  ])
  func `any text reads back equal`(title: String) throws {
    var recipe = Sample()
    recipe.title = title
    recipe.weights = [title: 1]
    #expect(try read(RecipeWriter.text(of: recipe)) == recipe)
  }

  @Test func `extreme numbers and every shape read back equal`() throws {
    var recipe = Sample()
    recipe.seed = .max
    recipe.ways = .min
    recipe.limit = .infinity
    recipe.optimizer = Optimizer(learningRate: .leastNonzeroMagnitude, momentum: 1 / 3)
    recipe.layers = []
    recipe.head = Layer(width: 1, activation: .gelu)
    recipe.schedule = .constant
    recipe.weights = [:]
    #expect(try read(RecipeWriter.text(of: recipe)) == recipe)
  }

  @Test func `differences name full keys with both values`() {
    var changed = Sample()
    changed.optimizer.momentum = 0.5
    changed.layers = [Layer(width: 1)]
    changed.schedule = .constant
    let found = RecipeWriter.differences(from: Sample(), to: changed)
      .map { "\($0.key): \($0.old) -> \($0.new)" }
    #expect(
      found == [
        "optimizer.momentum: null -> 0.5",
        "layers: [{width: 64, activation: relu}, {width: 32, activation: relu}]"
          + " -> [{width: 1, activation: relu}]",
        "schedule.cosine.steps: 10 -> absent", "schedule.cosine.floor: 0.1 -> absent",
        "schedule.constant: absent -> {}",
      ])
  }
}
