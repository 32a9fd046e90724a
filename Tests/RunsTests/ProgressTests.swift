import Runs
import Testing

/// A terminal that keeps what was written and a clock that moves when told.
private final class Fake {
  var text = ""
  var time = 1000.0

  func terminal(interactive: Bool, width: Int = 80, color: Bool = false) -> Terminal {
    Terminal(isInteractive: interactive, usesColor: color, width: { width }) { self.text += $0 }
  }

  func taken() -> String {
    defer { text = "" }
    return text
  }
}

@Suite struct ProgressTests {
  private let fake = Fake()

  private func bar(width: Int = 80, color: Bool = false) -> Progress {
    Progress(
      "training", steps: 200, on: fake.terminal(interactive: true, width: width, color: color),
      now: { [fake] in fake.time })
  }

  private func plain(steps: Int? = 1000, seconds: Double? = nil) -> Progress {
    Progress(
      "training", steps: steps, seconds: seconds, on: fake.terminal(interactive: false),
      now: { [fake] in fake.time })
  }

  @Test func `a terminal shows one line that is rewritten`() {
    let progress = bar()
    fake.time += 10
    progress.update(step: 50, ["loss": 0.43125])
    #expect(
      fake.taken() == "\rtraining [====>                ] 25%  50/200  loss 0.4313  5/s"
        + "  0:10, 0:30 left\u{1B}[K", "79 columns, a quarter of the 21 in the bar")
    fake.time += 0.05
    progress.update(step: 51)
    #expect(fake.taken() == "", "too soon to draw again")
    progress.finish()
    let end = fake.taken()
    #expect(end.hasPrefix("\rtraining [") && end.contains("51/200") && end.hasSuffix("\n"))
    progress.finish()
    #expect(fake.taken() == "")
  }

  @Test(arguments: [10, 20, 40, 60, 80, 200])
  func `the line always fits the terminal`(width: Int) {
    let progress = bar(width: width)
    fake.time += 7200
    progress.update(step: 200, ["loss": -1234.5, "accuracy": .nan])
    let line = fake.taken().dropFirst().replacing("\u{1B}[K", with: "")
    #expect(line.count < width)
    #expect(line.contains("[") == (width == 200))
  }

  @Test func `color surrounds the bar only where wanted`() {
    fake.time += 1
    bar(color: true).update(step: 200)
    #expect(fake.taken().contains("[\u{1B}[32m======"))
    let options = ["NO_COLOR": "1", "TERM": "xterm"]
    #expect(!Terminal.standardError(environment: options).usesColor)
  }

  @Test func `a message stands above the bar`() {
    let progress = bar()
    progress.message("before")
    #expect(fake.taken() == "before\n")
    progress.update(step: 1)
    let line = fake.taken()
    progress.message("saved")
    #expect(fake.taken() == "\r\u{1B}[Ksaved\n" + line)
  }

  @Test func `elsewhere plain lines come at growing intervals`() {
    let progress = plain()
    var times: [Double] = []
    for tick in 1...400 {
      fake.time += 1
      progress.update(step: tick)
      if !fake.taken().isEmpty { times.append(Double(tick)) }
    }
    #expect(times.prefix(4) == [1, 6, 14, 26], "pauses of 5, 7.5, 11.25, ... seconds")
    let pauses = zip(times.dropFirst(), times).map { $0 - $1 }
    #expect(pauses == pauses.sorted() && pauses.last == 60)
    progress.message("saved")
    #expect(fake.taken() == "saved\n")
    progress.finish()
    #expect(fake.taken() == "training  40%  400/1000  1/s  6:40, 10:00 left\n")
  }

  @Test func `a limit in time decides the time left when it ends first`() {
    let progress = plain(steps: 1_000_000, seconds: 120)
    fake.time += 30
    progress.update(step: 30)
    #expect(fake.taken() == "training  25%  30/1000000  1/s  0:30, 1:30 left\n")
    let endless = plain(steps: nil)
    fake.time += 3661
    endless.update(step: 3661)
    #expect(fake.taken() == "training  step 3661  1/s  1:01:01\n")
  }

  @Test func `a resumed run counts its earlier work but not in the rate`() {
    let progress = Progress(
      "training", steps: 200, from: 100, used: 60, on: fake.terminal(interactive: false),
      now: { [fake] in fake.time })
    fake.time += 5
    progress.update(step: 110)
    #expect(fake.taken() == "training  55%  110/200  2/s  1:05, 0:45 left\n")
  }

  @Test func `the rate forgets the past exponentially`() {
    let progress = plain(steps: nil)
    fake.time += 1
    progress.update(step: 10)
    fake.time += 10
    progress.update(step: 10)
    // One memory length at rate 0 leaves 10/e.
    #expect(fake.taken().hasSuffix("step 10  3.68/s  0:11\n"))
  }
}
