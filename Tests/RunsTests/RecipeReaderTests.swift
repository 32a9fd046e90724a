import Runs
import Testing

struct Optimizer: Codable, Sendable, Equatable {
  var learningRate = 0.01
  var momentum: Float? = nil
  var nesterov = false
}

enum Activation: String, Codable, Sendable, CaseIterable { case relu, gelu, swish }

struct Layer: RecipePart {
  var width = 64
  var activation = Activation.relu

  func check() throws(InvalidSetting) {
    if width < 1 { throw InvalidSetting("width", "must be at least 1, got \(width)") }
  }
}

enum Schedule: Codable, Sendable, Equatable {
  case constant
  case cosine(steps: Int, floor: Double)
}

struct Sample: Recipe {
  static let name = "sample"
  var ways = 5
  var seed: UInt64 = 7
  var title = "five-shot"
  var optimizer = Optimizer()
  var layers = [Layer(), Layer(width: 32)]
  var head: Layer? = nil
  var schedule = Schedule.cosine(steps: 10, floor: 0.1)
  var weights: [String: Double] = ["cat": 1]
  var limit: Double? = 2.5
  var shift: Int8 = -3
}

func read(_ yaml: String, _ overrides: String...) throws(RecipeError) -> Sample {
  try RecipeReader.read(Sample.self, yaml: yaml, named: "s.yaml", overrides: overrides)
}

func message(_ yaml: String, _ overrides: [String] = []) -> String {
  do throws(RecipeError) {
    let value = try RecipeReader.read(
      Sample.self, yaml: yaml, named: "s.yaml", overrides: overrides)
    return "accepted \(value)"
  } catch {
    return error.description
  }
}

@Suite struct RecipeReaderTests {
  @Test func `an empty file and a file of comments give the defaults`() throws {
    #expect(try read("") == Sample())
    #expect(try read("# nothing\n\n") == Sample())
    #expect(try RecipeReader.load(Sample.self, path: nil) == Sample())
  }

  @Test func `given keys change and all others keep their defaults`() throws {
    let recipe = try read("ways: 20\noptimizer:\n  momentum: 0.9\n")
    var expected = Sample()
    expected.ways = 20
    expected.optimizer.momentum = 0.9
    #expect(recipe == expected)
  }

  @Test func `parts in lists and optionals fill their own absent keys`() throws {
    let recipe = try read("layers:\n  - width: 8\n  - activation: gelu\nhead: {width: 3}\n")
    #expect(recipe.layers == [Layer(width: 8), Layer(activation: .gelu)])
    #expect(recipe.head == Layer(width: 3))
  }

  @Test func `null clears an optional and is refused elsewhere`() throws {
    #expect(try read("limit: null").limit == nil)
    #expect(try read("limit:").limit == nil)
    #expect(try read("", "limit=").limit == nil)
    #expect(
      message("\nways: null")
        == #"recipe "s.yaml": key "ways" (line 2) must be a whole number, got null"#)
  }

  @Test func `dictionaries and enums with payloads are replaced whole`() throws {
    let recipe = try read("weights: {dog: 2}\nschedule: {constant: {}}\n")
    #expect(recipe.weights == ["dog": 2])
    #expect(recipe.schedule == .constant)
    #expect(try read("", "schedule.cosine.steps=99").schedule == .cosine(steps: 99, floor: 0.1))
  }

  @Test func `overrides come last and reach into records and lists`() throws {
    let recipe = try read(
      "optimizer: {learningRate: 1}\n", "optimizer.learningRate=0.5", "layers.1.width=9",
      "head={width: 2, activation: swish}", "title=\"a: b\"", "seed=18446744073709551615")
    #expect(recipe.optimizer.learningRate == 0.5)
    #expect(recipe.layers == [Layer(), Layer(width: 9)])
    #expect(recipe.head == Layer(width: 2, activation: .swish))
    #expect(recipe.title == "a: b")
    #expect(recipe.seed == .max)
  }

  @Test func `words are read as the field's type wants them`() throws {
    let recipe = try read("title: no\nways: 1e3\noptimizer: {learningRate: 1, nesterov: true}\n")
    #expect(recipe.title == "no")
    #expect(recipe.ways == 1000)
    #expect(recipe.optimizer.learningRate == 1)
    #expect(try read("limit: -.inf").limit == -.infinity)
    #expect(try read("seed: 1_000_000").seed == 1_000_000)
  }
}

@Suite struct RecipeMistakeTests {
  @Test(arguments: [
    (
      "ways: 5\noptimizer:\n  learning_rat: 1\n",
      #"unknown key "optimizer.learning_rat" (line 3); did you mean "learningRate"?"#
    ),
    (
      "learningRate: 1",
      #"unknown key "learningRate" (line 1); did you mean "optimizer.learningRate"?"#
    ),
    (
      "optimizer: {zebra: 1}",
      #"unknown key "optimizer.zebra" (line 1); the keys known here are learningRate, momentum, nesterov"#
    ),
    (
      "layers:\n  - width: 3\n  - widht: 3\n",
      #"unknown key "layers[1].widht" (line 3); did you mean "width"?"#
    ),
    ("head: {widths: 3}", #"unknown key "head.widths" (line 1); did you mean "width"?"#),
    ("schedule: {cosin: {}}", #"unknown key "schedule.cosin" (line 1); did you mean "cosine"?"#),
    (
      "schedule: {cosine: {step: 3}}",
      #"unknown key "schedule.cosine.step" (line 1); did you mean "steps"?"#
    ),
    ("ways: five", #"key "ways" (line 1) must be a whole number, got five"#),
    ("ways: 2.5", #"key "ways" (line 1) must be a whole number, got 2.5"#),
    ("ways: .inf", #"key "ways" (line 1) must be a whole number, got .inf"#),
    ("ways: \"5\"", #"key "ways" (line 1) must be a whole number, got the text "5""#),
    ("ways: 1e300", "must be a whole number from -9223372036854775808 to 9223372036854775807"),
    ("shift: 128", #"key "shift" (line 1) must be a whole number from -128 to 127, got 128"#),
    ("seed: -1", "must be a whole number from 0 to 18446744073709551615, got -1"),
    ("limit: 1e999", "must be at most 1.7976931348623157e+308 in size, got 1e999"),
    ("limit: .nan", #"key "limit" (line 1) must be a number, got .nan"#),
    ("limit: infinity", "must be a number, got infinity"),
    ("optimizer: {momentum: 1e39}", "must be at most 3.4028235e+38 in size"),
    (
      "\n\noptimizer:\n  nesterov: yes\n",
      #"key "optimizer.nesterov" (line 4) must be true or false, got yes"#
    ),
    ("optimizer: 3", #"key "optimizer" (line 1) must be a record of keys, got 3"#),
    ("layers: 3", #"key "layers" (line 1) must be a list, got 3"#),
    ("title: [1]", #"key "title" (line 1) must be a text, got a list of 1"#),
    ("- 1\n- 2\n", #"recipe "s.yaml" (line 1): must be a record of keys, got a list of 2"#),
    (
      "layers: [{activation: rleu}]",
      #"key "layers[0].activation" (line 1) must be one of relu, gelu, swish, got "rleu"; did you mean "relu"?"#
    ),
    ("layers:\n- {width: 0}", #"key "layers[0].width" (line 2) must be at least 1, got 0"#),
    ("ways: 1\nways: 2\n", #"key "ways" (line 1) appears more than once"#),
    ("ways: [1\nseed: 2\n", #"recipe "s.yaml" (line 2): is not YAML at column"#),
    ("optimizer:\n\tnesterov: true\n", "(line 2): is not YAML at column 1"),
    ("optimizer:\n\tnesterov: true\n", "indent with spaces, not tabs"),
    ("a: 1\n---\nb: 2\n", "but found another document"),
    ("ways: *five", "undefined alias"),
    ("? [1]\n: 2\n", "a key must be a word"),
    ("ways: \u{1}", "control characters are not allowed"),
  ])
  func `a mistake in a file is named with its key and line`(yaml: String, expected: String) {
    let text = message(yaml)
    #expect(text.hasPrefix("recipe \"s.yaml\""))
    #expect(text.contains(expected), "\(text)")
  }

  @Test(arguments: [
    ("ways", "expected key=value"),
    ("=3", "the key before \"=\" is incomplete"),
    ("optimizer..x=3", "the key before \"=\" is incomplete"),
    ("optimizer.learningrate=3", #"unknown key "optimizer.learningrate"; did you mean"#),
    ("layers.2.width=3", "a list is entered by an index below its length"),
    ("ways=x", #"key "ways" must be a whole number, got x"#),
    ("ways.x=3", #"key "ways" must be a whole number, got a record of "x""#),
    ("title=a: b", "other text must be quoted"),
    ("title=[a", "is not YAML"),
  ])
  func `a mistake in an override is named with the override`(text: String, expected: String) {
    let text = (given: text, message: message("ways: 3", [text]))
    #expect(text.message.hasPrefix("override \"\(text.given)\": "))
    #expect(text.message.contains(expected), "\(text.message)")
  }

  @Test func `a missing file, a folder and bytes that are no text are told apart`() throws {
    let missing = #expect(throws: RecipeError.self) {
      try RecipeReader.load(Sample.self, path: "/nowhere/x.yaml")
    }
    #expect(missing?.kind == .missingFile)
    #expect(
      missing?.description == #"recipe "/nowhere/x.yaml": does not exist; check the path"#)
    let folder = #expect(throws: RecipeError.self) {
      try RecipeReader.load(Sample.self, path: "/tmp")
    }
    #expect(folder?.kind == .unreadableFile)
  }

  @Test func `a bomb of aliases is refused quickly`() {
    var yaml = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    for (last, next) in zip("abcdefgh", "bcdefghi") {
      yaml += "\(next): &\(next) [" + String(repeating: "*\(last), ", count: 9) + "*\(last)]\n"
    }
    #expect(message(yaml).contains("more than 100000 values"))
  }

  @Test func `a key without default that was not given is named`() {
    struct Point: Codable, Equatable { var x: Int }
    struct Path: Recipe {
      static let name = "path"
      var points: [Point] = []
    }
    let error = #expect(throws: RecipeError.self) {
      try RecipeReader.read(Path.self, yaml: "points:\n  - {X: 1}", named: "p.yaml")
    }
    #expect(
      error?.description
        == #"recipe "p.yaml": key "points[0].x" (line 2) is missing and has no default; is "X" a misspelling of it?"#
    )
  }
}
