import Datasets
import Testing

@Suite struct ClassSelectionTests {
  @Test func `ranges are inclusive and keep their order`() throws {
    let selection = try ClassSelection(parsing: "omniglot:20-22,3,0-1")
    #expect(selection.source == "omniglot")
    #expect(try selection.classes(of: 23) == [20, 21, 22, 3, 0, 1])
    #expect(selection.description == "omniglot:20-22,3,0-1")
  }

  @Test func `a name alone means every class`() throws {
    #expect(try ClassSelection(parsing: "mnist").classes(of: 3) == [0, 1, 2])
    let path = try ClassSelection(parsing: "/data/a:b/c")
    #expect(path.source == "/data/a:b/c" && path.ranges == nil)
  }

  @Test(arguments: [
    ("a:", "\"\""), ("a:1,,2", "\"\""), ("a:x", "\"x\""), ("a:1-", "\"1-\""), ("a:-1", "\"-1\""),
    ("a:1-2-3", "\"1-2-3\""), ("a:+1", "\"+1\""), ("a: 1", "\" 1\""), ("a:5-3", "5-3"),
    ("a:1-5,4", "class 4"), ("a:99999999999999999999", "99999999999999999999"),
  ]) func `what cannot be read is quoted`(text: String, quoted: String) {
    let error = #expect(throws: DatasetError.self) { try ClassSelection(parsing: text) }
    #expect(error?.description.contains(quoted) == true)
  }

  @Test func `a class beyond the last is refused`() throws {
    let selection = try ClassSelection(parsing: "a:2-10")
    let error = #expect(throws: DatasetError.self) { try selection.classes(of: 10) }
    #expect(error?.description.contains("the last of 10 is 9") == true)
  }
}

@Suite struct ClassSplitTests {
  @Test func `the paper's numbers come out for 1,623 classes`() {
    let split = ClassSplit.shuffled(count: 1623)
    #expect([split.training.count, split.validation.count, split.test.count] == [1150, 50, 423])
  }

  @Test(arguments: [3, 4, 10, 100, 964, 1305, 1623]) func `every class is in one part`(count: Int) {
    let split = ClassSplit.shuffled(count: count)
    #expect((split.training + split.validation + split.test).sorted() == Array(0..<count))
    #expect(!split.training.isEmpty && !split.validation.isEmpty && !split.test.isEmpty)
    if count > 20 {
      #expect(abs(Double(split.training.count) - Double(count) * 1150 / 1623) <= 0.5)
      #expect(split.training != split.training.sorted())
    }
    #expect(split == ClassSplit.shuffled(count: count))
    #expect(count < 10 || split != ClassSplit.shuffled(count: count, seed: 1))
  }
}
