import Randomness

/// The common style of an invented alphabet, and the characters written in it.
struct GlyphAlphabet: Sendable {
  private var inventory: [GlyphPiece]
  private var strokeWeights: [Double]
  private var meanPieces: Double
  private var smoothness: Double
  private var dotProbability: Double
  private var headline: Double?
  /// Typical height and width of a character, in parts of the image's side.
  private var size: GlyphPoint

  /// Invents a style.
  init(using random: inout RandomSource) {
    let curviness = random.uniform(in: 0.15...0.9)
    let loops = random.happens(0.5) ? random.uniform(in: 0...0.3) : 0
    inventory = (0..<8 + random.index(below: 8)).map { _ in
      Self.piece(curviness: curviness, loops: loops, using: &random)
    }
    let density = random.uniform()
    strokeWeights = [1.6 - density, 1.1, 0.35 + 0.6 * density, 0.1 + 0.5 * density, 0.3 * density]
    meanPieces = random.uniform(in: 0.7...2.4)
    smoothness = random.uniform(in: 0.15...0.75) * curviness
    dotProbability = random.happens(0.3) ? random.uniform(in: 0.05...0.3) : 0.01
    headline = random.happens(0.12) ? random.uniform(in: 0.7...1.1) : nil
    size = GlyphPoint(x: random.uniform(in: 0.46...0.68), y: random.uniform(in: 0.48...0.7))
  }

  /// Invents a character: the most legible of a few attempts.
  ///
  /// - Parameter random: The stream to draw from.
  /// - Returns: The program and the width and height it is meant to have, in parts of the side.
  func character(using random: inout RandomSource) -> (program: GlyphProgram, size: GlyphPoint) {
    var best = attempt(using: &random)
    for _ in 0..<7 where best.fault > 0 {
      let other = attempt(using: &random)
      if other.fault < best.fault { best = other }
    }
    return (best.program, intendedSize(of: best.program, using: &random))
  }

  private func attempt(
    using random: inout RandomSource
  ) -> (program: GlyphProgram, fault: Double) {
    var program = GlyphProgram(strokes: [])
    if let headline, random.happens(0.85) {
      program.strokes.append(headlineStroke(length: headline, using: &random))
    }
    let count = 1 + random.choice(weights: strokeWeights)
    for _ in 0..<count {
      program.strokes.append(stroke(after: program, of: count, using: &random))
    }
    return (program, program.fault(plainness: random.uniform()))
  }

  private func headlineStroke(
    length: Double, using random: inout RandomSource
  ) -> GlyphProgram.Stroke {
    GlyphProgram.Stroke(
      start: .place(GlyphPoint(x: 0, y: random.uniform(in: 0...0.08))),
      pieces: [GlyphPiece(heading: 0, turning: 0, length: length, bend: .even)])
  }

  private func stroke(
    after program: GlyphProgram, of count: Int, using random: inout RandomSource
  ) -> GlyphProgram.Stroke {
    let paths = program.paths()
    if !paths.isEmpty, random.happens(dotProbability) {
      let place = GlyphPoint(x: random.uniform(), y: random.uniform())
      return GlyphProgram.Stroke(start: .place(place), pieces: [])
    }
    let start = start(after: paths, using: &random)
    if let last = program.strokes.last, !last.pieces.isEmpty, random.happens(0.18) {
      // The same movement again at another place, as in E or a comb.
      return GlyphProgram.Stroke(start: start, pieces: last.pieces)
    }
    // A single stroke has to make the whole character, so it is longer.
    let mean = meanPieces * (count == 1 ? 1.8 : 0.7)
    var path = [place(of: start, on: paths)]
    var pieces: [GlyphPiece] = []
    repeat {
      let piece = nextPiece(after: pieces.last, on: path, beside: paths, using: &random)
      path += piece.path(from: path[path.count - 1])
      pieces.append(piece)
    } while pieces.count < 7 && random.happens(mean / (1 + mean))
    return GlyphProgram.Stroke(start: start, pieces: pieces)
  }

  private func place(of start: GlyphProgram.Start, on paths: [[GlyphPoint]]) -> GlyphPoint {
    switch start {
    case .place(let point): point
    case .on(let stroke, let part):
      paths[stroke][Int((part * Double(paths[stroke].count - 1)).rounded())]
    }
  }

  private func start(
    after paths: [[GlyphPoint]], using random: inout RandomSource
  ) -> GlyphProgram.Start {
    guard !paths.isEmpty else {
      return .place(
        GlyphPoint(x: random.uniform(in: 0...0.7), y: random.uniform(in: 0...0.5)))
    }
    let earlier = random.index(below: paths.count)
    switch random.choice(weights: [0.34, 0.2, 0.1, 0.36]) {
    case 0: return .place(GlyphPoint(x: random.uniform(), y: random.uniform(in: 0...0.85)))
    case 1: return .on(stroke: earlier, part: 0)
    case 2: return .on(stroke: earlier, part: 1)
    default: return .on(stroke: earlier, part: random.uniform(in: 0.15...0.85))
    }
  }

  /// Chooses a movement that stays on the character's ground if one of a few tries does.
  private func nextPiece(
    after last: GlyphPiece?, on path: [GlyphPoint], beside paths: [[GlyphPoint]],
    using random: inout RandomSource
  ) -> GlyphPiece {
    let place = path[path.count - 1]
    var best: (piece: GlyphPiece, excess: Double)?
    for _ in 0..<6 {
      let piece =
        closing(path, beside: paths, using: &random) ?? inventoryPiece(after: last, using: &random)
      let excess =
        piece.path(from: place).map { point in
          max(0, -0.05 - point.x, point.x - 1.05, -0.05 - point.y, point.y - 1.05)
        }.max() ?? 0
      if best.map({ excess < $0.excess }) ?? true { best = (piece, excess) }
      if excess == 0 { break }
    }
    return best?.piece ?? inventory[0]
  }

  /// Now and then a movement back to where the stroke began, or over to an earlier stroke.
  private func closing(
    _ path: [GlyphPoint], beside paths: [[GlyphPoint]], using random: inout RandomSource
  ) -> GlyphPiece? {
    let place = path[path.count - 1]
    guard random.happens(0.22) else { return nil }
    let turning = random.happens(smoothness + 0.1) ? 0.2 * random.spread() : 0
    let target: GlyphPoint
    if path.count > 3, random.happens(0.6) {
      target = path[0]
    } else if !paths.isEmpty {
      let other = paths[random.index(below: paths.count)]
      target = other[random.index(below: other.count)]
    } else {
      return nil
    }
    guard (target - place).length > 0.2 else { return nil }
    return GlyphPiece.joining(place, to: target, turning: turning)
  }

  private func inventoryPiece(
    after last: GlyphPiece?, using random: inout RandomSource
  ) -> GlyphPiece {
    var piece = inventory[random.index(below: inventory.count)]
    piece.length *= random.uniform(in: 0.75...1.3)
    guard let last else { return piece }
    if random.happens(smoothness) {
      piece.heading = last.finalHeading
    } else if abs(angle(piece.heading - last.finalHeading)) > 0.38 {
      // Going sharply back along the line just drawn is rare.
      piece.heading += random.happens(0.5) ? 0.25 : -0.25
    }
    return piece
  }

  /// An angle in turns brought to -0.5 ... 0.5.
  private func angle(_ turns: Double) -> Double { turns - turns.rounded() }

  private func intendedSize(
    of program: GlyphProgram, using random: inout RandomSource
  ) -> GlyphPoint {
    let natural = GlyphBox(around: program.paths()).size
    let larger = max(natural.x, natural.y, 0.05)
    let grown = random.uniform(in: 0.3...1)
    // Between the natural shape and a full box; a lone line stays a line.
    func side(_ natural: Double, _ typical: Double) -> Double {
      let share = natural / larger
      let wanted = typical * (1 + 0.17 * random.spread())
      return wanted * (share < 0.12 ? share : share * (1 - 0.4 * grown) + 0.4 * grown)
        * (0.72 + 0.33 * min(larger, 1))
    }
    return GlyphPoint(x: side(natural.x, size.x), y: side(natural.y, size.y))
  }

  private static func piece(
    curviness: Double, loops: Double, using random: inout RandomSource
  ) -> GlyphPiece {
    let eighth = Double(random.choice(weights: [3, 1.6, 3.4, 1.2, 0.7, 0.5, 0.8, 0.6])) / 8
    let heading = eighth + 0.025 * random.spread()
    let side: Double = random.happens(0.5) ? 1 : -1
    guard random.happens(curviness) else {
      return GlyphPiece(
        heading: heading, turning: 0, length: random.uniform(in: 0.25...0.95), bend: .even)
    }
    if random.happens(loops) {
      return GlyphPiece(
        heading: heading, turning: side * random.uniform(in: 0.75...1.05),
        length: random.uniform(in: 0.6...1.6), bend: .even)
    }
    let bend = GlyphPiece.Bend.allCases[random.choice(weights: [6, 1.6, 1.2, 1])]
    return GlyphPiece(
      heading: heading, turning: side * random.uniform(in: 0.12...0.6),
      length: random.uniform(in: 0.4...1.3), bend: bend)
  }
}
