import Files
import Formats
import Foundation
import Images

extension Omniglot {
  /// `index.json` of the repacked layout.
  private struct Index: Decodable, Sendable {
    var height: Int
    var width: Int
    var drawersPerCharacter: Int
    var alphabets: [Alphabet]

    struct Alphabet: Decodable, Sendable {
      var alphabet: String
      var originalSplit: String
      var file: String
      var rows: Int
      var characters: [Character]
    }

    struct Character: Decodable, Sendable {
      var character: String
      var firstRow: Int
    }
  }

  /// Reads the alphabets that `index.json` lists.
  static func loadRepacked(
    from path: String, parts: [Part], options: LoadOptions, workers: Int
  ) throws -> ImageSet {
    let index = try readIndex(at: path + "/index.json")
    let alphabets = parts.flatMap { part in
      index.alphabets.filter { $0.originalSplit == part.rawValue }
        .sorted { $0.alphabet < $1.alphabet }
    }
    let sets = try concurrentMap(alphabets.count, workers: workers) { number in
      try load(alphabets[number], of: index, from: path, options: options)
    }
    guard let first = sets.first else { throw DatasetError.noClasses(path: path + "/index.json") }
    return ImageSet(
      name: "omniglot", height: first.height, width: first.width, channels: 1,
      classNames: sets.flatMap(\.classNames),
      counts: sets.flatMap { set in (0..<set.classCount).map { set.samples(ofClass: $0).count } },
      pixels: joined(sets))
  }

  private static func joined(_ sets: [ImageSet]) -> [UInt8] {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(sets.reduce(0) { $0 + $1.pixels.count })
    for set in sets { pixels += set.pixels }
    return pixels
  }

  private static func readIndex(at path: String) throws -> Index {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      return try decoder.decode(Index.self, from: readFile(at: path, limit: 1 << 26))
    } catch let error as DecodingError {
      throw FileFailure(
        .malformed, path: path, reason: "is not the index of a repacked Omniglot (\(error))")
    }
  }

  private static func load(
    _ alphabet: Index.Alphabet, of index: Index, from path: String, options: LoadOptions
  ) throws -> ImageSet {
    let file = "\(path)/\(alphabet.file)"
    let array = try IDXArray(parsing: readDecompressed(at: file, limit: 1 << 30), path: file)
    let drawers = index.drawersPerCharacter
    let imageSize = index.height * index.width
    guard array.elementType == .uint8, array.shape == [alphabet.rows, index.height, index.width],
      drawers > 0, imageSize > 0, !alphabet.characters.isEmpty
    else {
      throw DatasetError.contradiction(
        path: file,
        reason: "has shape \(array.shape), index.json announces "
          + "[\(alphabet.rows), \(index.height), \(index.width)]; fetch both again")
    }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(alphabet.characters.count * drawers * imageSize)
    for character in alphabet.characters {
      guard (0...alphabet.rows - drawers).contains(character.firstRow) else {
        throw DatasetError.contradiction(
          path: file,
          reason: "has \(alphabet.rows) rows, \(character.character) would begin at row "
            + "\(character.firstRow); fetch both again")
      }
      let start = character.firstRow * imageSize
      pixels += array.bytes[start..<start + drawers * imageSize]
    }
    return options.applied(
      to: ImageSet(
        name: "omniglot", height: index.height, width: index.width, channels: 1,
        classNames: alphabet.characters.map { "\(alphabet.alphabet)/\($0.character)" },
        counts: alphabet.characters.map { _ in drawers }, pixels: pixels))
  }
}
