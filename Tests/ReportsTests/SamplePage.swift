import Foundation

@testable import Reports

/// A page with every kind of block, as a system would make it.
func samplePage(gnuplot: Gnuplot = Gnuplot()) -> Page {
  var results = Table(
    caption: "Accuracy in percent on unseen classes, mean of 600 episodes with its 95 % interval.",
    columns: [
      .init("Method"), .init("1-shot", .trailing), .init("5-shot", .trailing),
      .init("Weights", .trailing),
    ],
    rows: [
      [
        "Nearest neighbor", .init(Estimate(41.2, margin: 0.8)), .init(Estimate(58.3, margin: 0.7)),
        "0",
      ],
      [
        "MAML, same CNN", .init(Estimate(88.7, margin: 0.7)), .init(Estimate(96.9, margin: 0.3)),
        "20,996",
      ],
      [
        "HyperTransformer, last layer only", .init(Estimate(90.9, margin: 0.6)),
        .init(Estimate(97.1, margin: 0.3)), "20,996",
      ],
      [
        "HyperTransformer, all layers", .init(Estimate(93.1, margin: 0.6)),
        .init(Estimate(97.0, margin: 0.3)), "20,996",
      ],
    ])
  results.highlightBest(inColumn: 1, .higher)
  results.highlightBest(inColumn: 2, .higher)
  return Page(
    title: "A Transformer that writes a network",
    subtitle: "HyperTransformer on hand-written characters, 5 classes, one picture of each",
    lead: "Five labeled pictures go in, the weights of a small convolutional network come out. "
      + "No gradient step is taken, and the network is right **93 times in 100** on characters it "
      + "has never seen.",
    keyFigures: [
      KeyFigure(
        "Accuracy, 5-way 1-shot", Estimate(93.1, margin: 0.6), unit: "%",
        explanation: "mean of 600 episodes, 95 % interval"),
      KeyFigure(
        "Chance", "20", unit: "%", explanation: "what guessing among five classes reaches"),
      KeyFigure(
        "Time to adapt", Estimate(3.4, margin: 0.2), unit: "ms",
        explanation: "from five pictures to a ready network, one core"),
    ],
    sections: [
      Section(
        "One episode, picture by picture",
        [
          .paragraph(
            "Above, what the generator saw. Below, new pictures with the probabilities the "
              + "generated network gives; the true class is highlighted."),
          .pictures(sampleEpisode()),
        ]),
      Section(
        "How it compares",
        [
          .table(results),
          .figure(
            Figure(
              sampleBars,
              caption:
                "Every layer that is written instead of learned helps in the 1-shot case. Whiskers are 95 % intervals.",
              gnuplot: gnuplot)),
          .note("MAML was run with our own code and `--recipe quick`; its authors report 89.7 %."),
        ]),
      Section(
        "Training",
        [
          .figure(
            Figure(
              sampleLines,
              caption:
                "Accuracy on training and unseen classes. The band holds the middle 90 % of episodes; the gap is a pause of the machine.",
              gnuplot: gnuplot)),
          .figure(
            Figure(
              sampleLoss,
              caption: "The loss of five runs with `--seed 1` to `--seed 5`, on logarithmic axes.",
              gnuplot: gnuplot)),
          .warning("These runs took minutes, not days. The paper trains for 4 million steps."),
        ]),
      Section(
        "Where it is wrong",
        [
          .figure(
            Figure(
              sampleHeat, caption: "Rows are true classes, columns what was said.", gnuplot: gnuplot
            )),
          .figure(Figure(sampleAttention, caption: "Attention of 24 tokens.", gnuplot: gnuplot)),
          .figure(
            Figure(sampleHistogram, caption: "Accuracy of single episodes.", gnuplot: gnuplot)),
          .figure(
            Figure(sampleGroups, caption: "Accuracy by number of classes.", gnuplot: gnuplot)),
          .details(
            "All settings",
            [.code("layers: 4\nwidth: 64\nlearningRate: 0.001"), .list(["one", "two `2`"])]),
        ]),
      Section(
        "Without gnuplot",
        [
          .figure(
            Figure(
              sampleBars, caption: "The same numbers.",
              gnuplot: Gnuplot(program: "/nowhere/gnuplot")))
        ]),
    ],
    origin: Origin(
      command: "swiftlet hypertransformer evaluate --recipe quick --data omniglot --seed 1",
      seed: 1, version: "0.1.0", date: Date(timeIntervalSince1970: 1_763_840_880),
      machine: "4 cores, 16 GiB, no GPU", facts: [.init("Data", "Omniglot, 1,623 classes")]))
}

let sampleBars = BarChart(
  categories: ["Nearest neighbor", "MAML, same CNN", "Last layer only", "All layers"],
  series: [
    .init(
      "1-shot",
      [
        Estimate(41.2, margin: 3.8), Estimate(88.7, margin: 1.7), Estimate(90.9, margin: 1.6),
        Estimate(93.1, margin: 1.6),
      ])
  ], axis: Axis("accuracy, %", range: 0...100), emphasis: "All layers",
  references: [ReferenceLine("chance", at: 20)])

let sampleGroups = BarChart(
  categories: ["5-way", "10-way", "20-way"],
  series: [
    .init("MAML", [Estimate(88, margin: 2), Estimate(80, margin: 3), nil]),
    .init(
      "HyperTransformer",
      [Estimate(93, margin: 1), Estimate(87, margin: 2), Estimate(79, margin: 2)]),
    .init(
      "Prototypes", [Estimate(90, margin: 1), Estimate(85, margin: 2), Estimate(76, margin: 2)]),
  ], axis: Axis("accuracy, %"), direction: .upward)

var sampleLines: LinePlot {
  let steps = (0...100).map { Double($0) * 200 }
  let curve = { (top: Double, rate: Double) in
    steps.map { 20 + (top - 20) * (1 - exp(-$0 / rate)) + 0.8 * sin($0 / 700) }
  }
  var seen = curve(97, 3000)
  seen[42] = .nan
  seen[43] = .nan
  return LinePlot(
    [
      .init("training classes", x: steps, y: seen, margin: steps.map { 2 + 200 / (40 + $0 / 100) }),
      .init(
        "unseen classes", x: steps, y: curve(91, 4000),
        margin: steps.map { 3 + 300 / (40 + $0 / 100) }),
      .init("MAML", x: steps, y: curve(86, 5200), style: .dashed),
    ], x: Axis("training step"), y: Axis("accuracy, %", range: 0...100),
    horizontalReferences: [ReferenceLine("chance", at: 20)],
    verticalReferences: [ReferenceLine("learning rate falls", at: 12_000)])
}

var sampleLoss: LinePlot {
  let steps = (0...40).map { pow(10, Double($0) / 10) }
  return LinePlot(
    (1...5).map { run in
      .init(
        "seed \(run)", x: steps,
        y: steps.map { 1.6 / (1 + $0 / 30) + 0.0001 * Double(run) + 0.0005 })
    }, x: Axis("training step", scale: .logarithmic),
    y: Axis("cross-entropy, nats", scale: .logarithmic))
}

let sampleHeat = HeatMap(
  [
    [0.95, 0.02, 0.01, 0.02, 0], [0.03, 0.9, 0.04, 0.02, 0.01], [0, 0.08, 0.85, 0.06, 0.01],
    [0.01, 0.2, 0.1, 0.66, 0.03], [0, 0, .nan, 0.01, 0.99],
  ],
  rows: ["ka", "kha", "ga", "gha", "nga"], columns: ["ka", "kha", "ga", "gha", "nga"],
  rowTitle: "true class", columnTitle: "predicted class", range: 0...1)

let sampleAttention = HeatMap(
  (0..<24).map { row in (0..<24).map { exp(-pow(Double(row - $0), 2) / 12) } })

var sampleHistogram: Histogram {
  let values = (0..<600).map { (index: Int) -> Double in
    let angle = Double(index)
    let wave: Double = sin(angle * 1.7) * cos(angle * angle * 0.31)
    return 0.93 + 0.05 * wave
  }
  return Histogram(
    values, axis: Axis("accuracy of an episode"), references: [ReferenceLine("mean", at: 0.931)])
}

/// A PNG of 28 x 28 gray pixels without compression, for tests only.
func samplePNG(_ seed: Int) -> Data {
  let side = 28
  var raw: [UInt8] = []
  for row in 0..<side {
    raw.append(0)
    for column in 0..<side {
      let (x, y) = (Double(column) - 13.5, Double(row) - 13.5)
      let ring = abs((x * x + y * y).squareRoot() - 6 - Double(seed % 3) * 1.5)
      let bar = abs(x * cos(Double(seed)) + y * sin(Double(seed)))
      raw.append(min(ring, abs(y) < 11 && abs(x) < 11 ? bar : 9) < 1.3 ? 30 : 250)
    }
  }
  let length = UInt16(raw.count)
  let stored: [UInt8] = [0x78, 1, 1] + length.littleEndianBytes + (~length).littleEndianBytes + raw
  return Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    + chunk("IHDR", bigEndian(UInt32(side)) + bigEndian(UInt32(side)) + [8, 0, 0, 0, 0])
    + chunk("IDAT", stored + bigEndian(adler(raw))) + chunk("IEND", [])
}

private func sampleEpisode() -> PictureGrid {
  let names = ["ka", "kha", "ga", "gha", "nga"]
  return PictureGrid(
    [
      .init(
        "Support: one picture per class",
        names.indices.map {
          Picture(png: samplePNG($0), alternative: "the character \(names[$0])", caption: names[$0])
        }),
      .init(
        "Queries with predictions",
        names.indices.map { index in
          Picture(
            png: samplePNG(index + 5), alternative: "a character \(names[index])",
            caption: index == 3 ? "**kha**, truly gha" : "**\(names[index])**",
            badge: index == 3 ? .wrong : .right,
            bars: [
              .init(names[index], index == 3 ? 0.21 : 0.93, isHighlighted: true),
              .init(names[(index + 3) % 5], index == 3 ? 0.74 : 0.05), .init("others", 0.02),
            ])
        }),
    ], caption: "Episode 17 of 600.")
}

private func chunk(_ name: String, _ body: [UInt8]) -> Data {
  let content = Array(name.utf8) + body
  return Data(bigEndian(UInt32(body.count)) + content + bigEndian(checksum(content)))
}

private func checksum(_ bytes: [UInt8]) -> UInt32 {
  ~bytes.reduce(UInt32.max) { sum, byte in
    (0..<8).reduce(sum ^ UInt32(byte)) { value, _ in
      value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1
    }
  }
}

private func adler(_ bytes: [UInt8]) -> UInt32 {
  var (a, b): (UInt32, UInt32) = (1, 0)
  for byte in bytes {
    a = (a + UInt32(byte)) % 65521
    b = (b + a) % 65521
  }
  return b << 16 | a
}

private func bigEndian(_ value: UInt32) -> [UInt8] {
  [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
}

extension UInt16 {
  fileprivate var littleEndianBytes: [UInt8] { [UInt8(self & 0xFF), UInt8(self >> 8)] }
}
