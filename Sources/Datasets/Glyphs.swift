import Randomness

/// Handwritten characters of invented alphabets, made on the spot: data without a download.
///
/// An alphabet is a style: a small inventory of pen movements (lines, arcs, hooks, waves, loops),
/// how many strokes its characters have, how smoothly movements join, how large they stand. A
/// character is a program of strokes that begin on their own or on an earlier stroke. A drawer has
/// habits (slant, size, roundness, care) and executes the program with errors in every direction,
/// bend and length, so drawings of a character differ as handwriting does. Sizes, positions, pen
/// and variation are matched to Omniglot, and so are the values: 0 is ink and 255 paper.
///
/// - Paper: after the generative model of Lake, Salakhutdinov and Tenenbaum, *Human-level concept
///   learning through probabilistic program induction* (2015), with all distributions set by hand.
public struct Glyphs: Sendable {
  /// The number of characters.
  public var classes: Int
  /// The drawings of each character.
  public var drawers: Int
  /// The height and width of the pictures.
  public var side: Int
  /// Decides everything: the same seed gives the same bytes on every machine, and a set with more
  /// classes begins with the classes of a smaller one.
  public var seed: UInt64

  /// Creates the description of a set; see ``imageSet(workers:)``.
  ///
  /// - Precondition: Everything is positive.
  public init(classes: Int = 1000, drawers: Int = 20, side: Int = 28, seed: UInt64 = 1) {
    precondition(
      classes > 0 && drawers > 0 && side > 0, "glyphs need classes, drawers and a size")
    self.classes = classes
    self.drawers = drawers
    self.side = side
    self.seed = seed
  }

  /// Draws the set. Classes are named `Glyphs01/character01`.
  ///
  /// - Parameter workers: The threads to use at the same time; the result does not depend on it.
  /// - Returns: The drawings, class after class.
  public func imageSet(workers: Int = 1) -> ImageSet {
    let commissions = commissions()
    let pixels = concurrentMap(classes, workers: workers) { index in
      drawings(commissions[index])
    }
    return ImageSet(
      name: "glyphs", height: side, width: side, channels: 1,
      classNames: commissions.map(\.name),
      counts: [Int](repeating: drawers, count: classes), pixels: Array(pixels.joined()))
  }

  /// All that is needed to draw one character.
  private struct Commission: Sendable {
    var name: String
    var alphabet: GlyphAlphabet
    var random: RandomSource
    /// Makes the people of the alphabet, the same for all of its characters.
    var people: RandomSource
  }

  private func commissions() -> [Commission] {
    var random = RandomSource(seed: seed)
    var commissions: [Commission] = []
    var number = 0
    while commissions.count < classes {
      number += 1
      var stream = random.split()
      let people = stream.split()
      let alphabet = GlyphAlphabet(using: &stream)
      for character in 1...(14 + stream.index(below: 35)) {
        commissions.append(
          Commission(
            name: "Glyphs\(padded(number))/character\(padded(character))", alphabet: alphabet,
            random: stream.split(), people: people))
      }
    }
    return Array(commissions[..<classes])
  }

  private func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  private func drawings(_ commission: Commission) -> [UInt8] {
    var random = commission.random
    var people = commission.people
    let character = commission.alphabet.character(using: &random)
    var raster = GlyphRaster(side: side)
    return [UInt8](unsafeUninitializedCapacity: drawers * side * side) { target, filled in
      filled = target.count
      for drawer in 0..<drawers {
        var person = people.split()
        let drawing = GlyphDrawer(using: &person).draw(character, using: &random)
        raster.picture(
          of: drawing.strokes, radius: drawing.radius,
          into: UnsafeMutableBufferPointer(
            rebasing: target[drawer * side * side..<(drawer + 1) * side * side]))
      }
    }
  }
}
