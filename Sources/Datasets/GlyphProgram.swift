/// A place in the plane, rows downward.
struct GlyphPoint: Sendable, Hashable {
  var x: Double
  var y: Double

  static func + (left: GlyphPoint, right: GlyphPoint) -> GlyphPoint {
    GlyphPoint(x: left.x + right.x, y: left.y + right.y)
  }

  static func - (left: GlyphPoint, right: GlyphPoint) -> GlyphPoint {
    GlyphPoint(x: left.x - right.x, y: left.y - right.y)
  }

  static func * (factor: Double, point: GlyphPoint) -> GlyphPoint {
    GlyphPoint(x: factor * point.x, y: factor * point.y)
  }

  var length: Double { (x * x + y * y).squareRoot() }
}

/// One movement of the pen: a line, arc, hook or wave.
struct GlyphPiece: Sendable, Hashable {
  /// Where along the movement the pen turns.
  enum Bend: Sendable, Hashable, CaseIterable {
    /// Evenly: an arc, or a line where nothing turns.
    case even
    /// At the end: a hook.
    case late
    /// At the beginning.
    case early
    /// There and back: a wave.
    case wave
  }

  /// The direction at the start, in turns; 0 is right, 0.25 down.
  var heading: Double
  /// The whole change of direction, in turns.
  var turning: Double
  /// The length of the path, 1 being the size of a character.
  var length: Double
  /// Where along the movement the pen turns.
  var bend: Bend

  /// The direction at the end, in turns.
  var finalHeading: Double { bend == .wave ? heading : heading + turning }

  /// The movement from one place to another that turns evenly by `turning`.
  static func joining(
    _ start: GlyphPoint, to end: GlyphPoint, turning: Double
  ) -> GlyphPiece {
    let chord = end - start
    let half = 3.141592653589793 * abs(turning)
    let stretch = half > 0.01 ? half / GlyphNumbers.sine(abs(turning) / 2) : 1
    return GlyphPiece(
      heading: GlyphNumbers.heading(x: chord.x, y: chord.y) - turning / 2, turning: turning,
      length: chord.length * stretch, bend: .even)
  }

  /// The path, beginning behind `start`.
  func path(from start: GlyphPoint) -> [GlyphPoint] {
    let steps = abs(turning) < 0.02 ? 2 : 10
    var place = start
    return (0..<steps).map { step in
      let time = (Double(step) + 0.5) / Double(steps)
      let turned =
        switch bend {
        case .even: time
        case .late: time * time * time
        case .early: 1 - (1 - time) * (1 - time) * (1 - time)
        case .wave: 2 * GlyphNumbers.sine(time / 2) - 1
        }
      let direction = heading + turning * turned
      let stride = length / Double(steps)
      place.x += stride * GlyphNumbers.cosine(direction)
      place.y += stride * GlyphNumbers.sine(direction)
      return place
    }
  }
}

/// What a character is: strokes, each a start and a chain of movements.
struct GlyphProgram: Sendable {
  /// Where a stroke begins.
  enum Start: Sendable {
    /// At a place of its own.
    case place(GlyphPoint)
    /// On an earlier stroke, at this part of its points.
    case on(stroke: Int, part: Double)
  }

  /// The pen from touching the paper to leaving it.
  struct Stroke: Sendable {
    var start: Start
    /// The movements; none makes a dot.
    var pieces: [GlyphPiece]
  }

  var strokes: [Stroke]

  /// How far the character is from being one: too plain, too long, or scribbled over itself.
  ///
  /// - Parameter plainness: From 0 to 1; the closer to 0, the plainer a character may be.
  /// - Returns: 0 for a good character, more for worse ones.
  func fault(plainness: Double) -> Double {
    let paths = paths()
    let size = GlyphBox(around: paths).size
    let larger = max(size.x, size.y, 0.05)
    var cells: Set<Int> = []
    var length = 0.0
    for path in paths {
      for index in path.indices.dropFirst() {
        let step = path[index] - path[index - 1]
        length += step.length / larger
        for part in stride(from: 0.0, to: 1.0, by: 0.125) {
          let point = path[index - 1] + part * step
          let (row, column) = (Int(point.y / larger * 12 + 64), Int(point.x / larger * 12 + 64))
          cells.insert(row << 8 | column)
        }
      }
    }
    // A line through a grid of twelfths touches about 15 cells per unit of its length.
    let crowding = length * 15 / Double(max(cells.count, 1))
    let least = 0.9 + 1.3 * plainness
    return max(0, least - length) + max(0, length - 5) + 2 * max(0, crowding - 1.45)
  }

  /// The strokes as chains of points, drawn without any error.
  func paths() -> [[GlyphPoint]] {
    Self.paths(of: strokes) {
      $0
    } startingAt: {
      $0
    }
  }

  /// Draws strokes with every piece and every start changed as told.
  static func paths(
    of strokes: [Stroke], piece change: (GlyphPiece) -> GlyphPiece,
    startingAt place: (GlyphPoint) -> GlyphPoint
  ) -> [[GlyphPoint]] {
    var paths: [[GlyphPoint]] = []
    for stroke in strokes {
      let start =
        switch stroke.start {
        case .place(let point): point
        case .on(let earlier, let part):
          paths[earlier][Int((part * Double(paths[earlier].count - 1)).rounded())]
        }
      var path = [place(start)]
      for piece in stroke.pieces { path += change(piece).path(from: path[path.count - 1]) }
      paths.append(path)
    }
    return paths
  }
}

/// The smallest upright rectangle around points.
struct GlyphBox: Sendable {
  var low: GlyphPoint
  var high: GlyphPoint

  /// The box of at least one point.
  init(around paths: [[GlyphPoint]]) {
    let (xs, ys) = (paths.flatMap { $0.map(\.x) }, paths.flatMap { $0.map(\.y) })
    low = GlyphPoint(x: xs.min() ?? 0, y: ys.min() ?? 0)
    high = GlyphPoint(x: xs.max() ?? 0, y: ys.max() ?? 0)
  }

  var size: GlyphPoint { high - low }
  var center: GlyphPoint { 0.5 * (low + high) }
}
