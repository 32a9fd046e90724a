import Foundation

/// How the stored rows and columns of an image lie, with the numbers of EXIF (TIFF tag 274).
public enum ImageOrientation: Int, Sendable, Hashable, Codable, CaseIterable {
  /// As it shall be seen.
  case upright = 1
  /// Left and right are exchanged.
  case mirrored
  /// Upside down.
  case halfTurn
  /// Top and bottom are exchanged.
  case flipped
  /// Rows and columns are exchanged.
  case transposed
  /// To be turned clockwise by a quarter.
  case clockwise
  /// Rows and columns are exchanged about the other diagonal.
  case transversed
  /// To be turned counter-clockwise by a quarter.
  case counterClockwise

  /// The image as it shall be seen.
  public func upright(_ image: Image) -> Image {
    switch self {
    case .upright: image
    case .mirrored: image.flippedHorizontally()
    case .halfTurn: image.rotated(quarterTurns: 2)
    case .flipped: image.flippedVertically()
    case .transposed: image.rotated(quarterTurns: 1).flippedVertically()
    case .clockwise: image.rotated(quarterTurns: -1)
    case .transversed: image.rotated(quarterTurns: -1).flippedVertically()
    case .counterClockwise: image.rotated(quarterTurns: 1)
    }
  }
}

extension ImageOrientation {
  /// What a file says; upright where it says nothing or nothing sensible.
  init(ofFile data: Data, format: EncodedImage.Format) {
    let exif =
      switch format {
      case .jpeg: Self.exifOfJPEG(data)
      case .png: Self.exifOfPNG(data)
      }
    self = exif.flatMap { Self.orientation(inTIFF: [UInt8]($0)) } ?? .upright
  }

  /// The content of the first EXIF segment before the pixels.
  private static func exifOfJPEG(_ data: Data) -> Data? {
    var rest = data.dropFirst(2)
    while rest.count >= 4, rest[rest.startIndex] == 0xff {
      let marker = rest[rest.startIndex + 1]
      if marker == 0xff {
        rest = rest.dropFirst()
        continue
      }
      let length = Int(rest[rest.startIndex + 2]) << 8 | Int(rest[rest.startIndex + 3])
      guard marker != 0xda, marker != 0xd9, length >= 2 else { return nil }
      let content = rest.dropFirst(4).prefix(length - 2)
      if marker == 0xe1, content.starts(with: Array("Exif\0\0".utf8)) {
        return content.dropFirst(6)
      }
      rest = rest.dropFirst(2 + length)
    }
    return nil
  }

  private static func exifOfPNG(_ data: Data) -> Data? {
    var exif: Data?
    PNGHeader.forEachChunk(of: data) { name, content in
      if name == "eXIf" { exif = content }
      return exif == nil
    }
    return exif
  }

  /// Tag 274 of the first directory of a TIFF structure.
  private static func orientation(inTIFF bytes: [UInt8]) -> ImageOrientation? {
    guard bytes.count >= 8 else { return nil }
    let isLittle = bytes[0] == 0x49
    func number(_ start: Int, _ size: Int) -> Int? {
      guard start >= 0, start <= bytes.count - size else { return nil }
      let part = bytes[start..<start + size]
      return isLittle
        ? part.reversed().reduce(0) { $0 << 8 | Int($1) } : part.reduce(0) { $0 << 8 | Int($1) }
    }
    guard number(2, 2) == 42, let directory = number(4, 4), let count = number(directory, 2) else {
      return nil
    }
    for entry in 0..<count {
      let start = directory + 2 + 12 * entry
      guard let tag = number(start, 2) else { return nil }
      if tag == 274 { return number(start + 8, 2).flatMap(ImageOrientation.init(rawValue:)) }
    }
    return nil
  }
}
