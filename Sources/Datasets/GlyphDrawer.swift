import Randomness

/// A person who draws characters: habits that stay the same through an alphabet, and care.
struct GlyphDrawer: Sendable {
  private var slant: Double
  private var turn: Double
  private var scale: GlyphPoint
  private var offset: GlyphPoint
  private var carelessness: Double
  private var roundness: Int
  private var pen: Double

  /// Invents a person.
  init(using random: inout RandomSource) {
    slant = 0.09 * random.spread()
    turn = 0.006 * random.spread()
    let common = 0.09 * random.spread()
    scale = GlyphPoint(
      x: 1 + common + 0.05 * random.spread(), y: 1 + common + 0.05 * random.spread())
    offset = GlyphPoint(x: 0.025 * random.spread(), y: 0.025 * random.spread())
    carelessness = max(0.45, 1 + 0.35 * random.spread())
    roundness = random.choice(weights: [1, 1.2, 0.5])
    pen = 1 + 0.03 * random.spread()
  }

  /// Draws a character.
  ///
  /// - Parameters:
  ///   - character: What to draw and how large.
  ///   - random: The stream to draw from.
  /// - Returns: The strokes in parts of the image's side, and the pen's radius.
  func draw(
    _ character: (program: GlyphProgram, size: GlyphPoint), using random: inout RandomSource
  ) -> (strokes: [[GlyphPoint]], radius: Double) {
    let ideal = GlyphBox(around: character.program.paths())
    let grid = GlyphPoint(
      x: character.size.x / max(ideal.size.x, 0.02), y: character.size.y / max(ideal.size.y, 0.02))
    let paths = perturbedPaths(of: character.program, using: &random)
    let rough = GlyphBox(around: paths)
    let factor = GlyphPoint(
      x: min(grid.x, 2) * scale.x * steadiness(ideal.size.x, rough.size.x)
        * (1 + 0.05 * random.spread()),
      y: min(grid.y, 2) * scale.y * steadiness(ideal.size.y, rough.size.y)
        * (1 + 0.05 * random.spread()))
    let lean = slant + 0.05 * random.spread()
    let angle = turn + 0.008 * random.spread()
    let (cosine, sine) = (GlyphNumbers.cosine(angle), GlyphNumbers.sine(angle))
    let middle = GlyphPoint(
      x: 0.485 + offset.x + 0.035 * random.spread(), y: 0.48 + offset.y + 0.035 * random.spread())
    let strokes = paths.map { path in
      let placed = path.map { point in
        let away = point - rough.center
        let (x, y) = (factor.x * away.x - lean * factor.y * away.y, factor.y * away.y)
        return middle + GlyphPoint(x: cosine * x - sine * y, y: sine * x + cosine * y)
      }
      return tremble(placed, using: &random)
    }
    return (keptInside(strokes), 0.0235 * pen)
  }

  /// Half of an error in the whole size is noticed and made good while drawing.
  private func steadiness(_ ideal: Double, _ drawn: Double) -> Double {
    drawn > 0.1 ? min(max((ideal / drawn).squareRoot(), 0.6), 1.6) : 1
  }

  /// Executes the program with errors in every movement, as a hand does.
  private func perturbedPaths(
    of program: GlyphProgram, using random: inout RandomSource
  ) -> [[GlyphPoint]] {
    let care = carelessness
    var stream = random
    let paths = GlyphProgram.paths(of: program.strokes) { piece in
      var piece = piece
      piece.heading += 0.016 * care * stream.spread()
      piece.turning *= 1 + 0.13 * care * stream.spread()
      piece.turning += 0.018 * care * stream.spread()
      piece.length *= max(0.4, 1 + 0.15 * care * stream.spread())
      return piece
    } startingAt: { place in
      place + GlyphPoint(x: 0.035 * care * stream.spread(), y: 0.035 * care * stream.spread())
    }
    random = stream
    return paths
  }

  /// Follows the path in short straight movements that miss it by a little.
  private func tremble(
    _ path: [GlyphPoint], using random: inout RandomSource
  ) -> [GlyphPoint] {
    guard path.count > 1 else { return path }
    let smooth = (0..<roundness).reduce(path) { path, _ in Self.cornersCut(path) }
    let phase = random.uniform()
    let waves = random.uniform(in: 1.5...3.5)
    let sway = 0.008 * carelessness
    return Self.resampled(smooth, spacing: random.uniform(in: 0.035...0.075)).map { point, along in
      let swing = sway * GlyphNumbers.sine(phase + waves * along)
      return point
        + GlyphPoint(
          x: swing + 0.003 * carelessness * random.spread(),
          y: sway * GlyphNumbers.sine(phase + 0.3 + waves * along)
            + 0.003 * carelessness * random.spread())
    }
  }

  /// One round of corner cutting, ends kept.
  private static func cornersCut(_ path: [GlyphPoint]) -> [GlyphPoint] {
    guard path.count > 2 else { return path }
    var result = [path[0]]
    for index in 1..<path.count - 1 {
      result.append(0.25 * path[index - 1] + 0.75 * path[index])
      result.append(0.75 * path[index] + 0.25 * path[index + 1])
    }
    return result + [path[path.count - 1]]
  }

  /// Points at equal distances along a path with the length so far, both ends included.
  private static func resampled(
    _ path: [GlyphPoint], spacing: Double
  ) -> [(point: GlyphPoint, along: Double)] {
    var result = [(path[0], 0.0)]
    var (travelled, next) = (0.0, spacing)
    for index in 1..<path.count {
      let step = path[index] - path[index - 1]
      let length = step.length
      while length > 0, next <= travelled + length {
        result.append((path[index - 1] + ((next - travelled) / length) * step, next))
        next += spacing
      }
      travelled += length
    }
    result.append((path[path.count - 1], travelled))
    return result
  }

  /// Moves a drawing that would leave the paper back, and makes it smaller where that is not enough.
  private func keptInside(_ strokes: [[GlyphPoint]]) -> [[GlyphPoint]] {
    let box = GlyphBox(around: strokes)
    let (margin, room) = (0.03, 0.94)
    let shrink = min(1, room / max(box.size.x, box.size.y, 0.01))
    func moved(_ value: Double, _ low: Double, _ high: Double) -> Double {
      let middle = (low + high) / 2
      let half = shrink * (high - low) / 2
      let target = min(max(middle, margin + half), margin + room - half)
      return target + shrink * (value - middle)
    }
    return strokes.map { path in
      path.map {
        GlyphPoint(x: moved($0.x, box.low.x, box.high.x), y: moved($0.y, box.low.y, box.high.y))
      }
    }
  }
}
