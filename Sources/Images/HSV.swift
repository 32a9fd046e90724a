import Foundation

/// A color as hue, saturation and value in 8 bits each, converted as Pillow does.
struct HSV {
  var hue: UInt8
  var saturation: UInt8
  var value: UInt8

  init(red: UInt8, green: UInt8, blue: UInt8) {
    let (high, low) = (max(red, green, blue), min(red, green, blue))
    value = high
    guard high > low else {
      (hue, saturation) = (0, 0)
      return
    }
    // Single precision where Pillow has it, double where its constants make it so.
    let chroma = Float(high - low)
    saturation = UInt8(Double(chroma / Float(high)) * 255)
    func share(_ channel: UInt8) -> Float { Float(high - channel) / chroma }
    let sector: Float =
      if high == red {
        share(blue) - share(green)
      } else if high == green {
        Float(2 + Double(share(red)) - Double(share(blue)))
      } else {
        Float(4 + Double(share(green)) - Double(share(red)))
      }
    let turn = Float(fmod(Double(sector) / 6 + 1, 1))
    hue = UInt8(Double(turn) * 255)
  }

  var rgb: (red: UInt8, green: UInt8, blue: UInt8) {
    guard saturation > 0 else { return (value, value, value) }
    let place = Double(hue) * 6 / 255
    let sector = Int(place)
    let rest = Float(place - Double(sector))
    let share = Float(Double(saturation) / 255)
    func level(_ part: Double) -> UInt8 {
      UInt8(min(max((Double(value) * (1 - part)).rounded(.toNearestOrAwayFromZero), 0), 255))
    }
    let low = level(Double(share))
    let falling = level(Double(share * rest))
    let rising = level(Double(share) * (1 - Double(rest)))
    return switch sector % 6 {
    case 0: (value, rising, low)
    case 1: (falling, value, low)
    case 2: (low, value, rising)
    case 3: (low, falling, value)
    case 4: (rising, low, value)
    default: (value, low, falling)
    }
  }
}
