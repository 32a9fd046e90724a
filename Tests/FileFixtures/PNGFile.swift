import Foundation

/// A PNG file written byte by byte from the specification, for any depth and kind.
public struct PNGFile {
  /// The columns and rows.
  public var width: Int
  /// The rows.
  public var height: Int
  /// Bits per sample: 1, 2, 4, 8 or 16.
  public var depth: Int
  /// 0 gray, 2 color, 3 palette, 4 gray and opacity, 6 color and opacity.
  public var kind: Int
  /// The samples, row by row.
  public var samples: [Int]
  /// Red, green and blue of every palette entry.
  public var palette: [UInt8] = []
  /// The content of a tRNS chunk.
  public var transparency: [UInt8] = []

  /// Describes a file.
  public init(width: Int, height: Int, depth: Int, kind: Int, samples: [Int]) {
    self.width = width
    self.height = height
    self.depth = depth
    self.kind = kind
    self.samples = samples
  }

  /// The samples per pixel.
  public var channels: Int { [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][kind, default: 1] }

  /// The whole file, unfiltered and stored.
  public func encoded() -> Data {
    var raw: [UInt8] = []
    for row in 0..<height {
      raw.append(0)
      let line = samples[row * width * channels..<(row + 1) * width * channels]
      if depth == 16 {
        raw += line.flatMap { big(UInt16($0)) }
      } else {
        let perByte = 8 / depth
        let packed = Array(line)
        for start in stride(from: 0, to: packed.count, by: perByte) {
          raw.append(
            (0..<perByte).reduce(UInt8(0)) { byte, index in
              let sample = start + index < packed.count ? packed[start + index] : 0
              return depth == 8 ? UInt8(sample) : byte << UInt8(depth) | UInt8(sample)
            })
        }
      }
    }
    let header = big(UInt32(width)) + big(UInt32(height)) + [UInt8(depth), UInt8(kind), 0, 0, 0]
    var file: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] + pngChunk("IHDR", header)
    if !palette.isEmpty { file += pngChunk("PLTE", palette) }
    if !transparency.isEmpty { file += pngChunk("tRNS", transparency) }
    let stream = [0x78, 0x01] + stored(raw) + big(adler32(raw))
    return Data(file + pngChunk("IDAT", stream) + pngChunk("IEND", []))
  }
}

/// A chunk of a PNG file with its length and check sum.
public func pngChunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
  let named = [UInt8](name.utf8) + content
  return big(UInt32(content.count)) + named + big(slowCRC32(named))
}
