import Files
import Foundation
import Images

/// Reads any bytes as a JPEG or PNG file; what is decoded must have the size its header announced,
/// and a part decoded alone must be the same part of the whole.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzImages(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Data(UnsafeBufferPointer(start: start, count: count))
  guard let file = try? EncodedImage(input, path: "input", sampleLimit: 1 << 16),
    let whole = try? file.decoded()
  else { return 0 }
  require((whole.height, whole.width) == (file.height, file.width), "the size changed")
  // Any part will do, as long as the same input gives the same one.
  let choice = Int(SHA256.hexadecimal(of: input).utf8.first ?? 0)
  let (top, left) = (choice % file.height, choice / 3 % file.width)
  let region = ImageRegion(
    top: top, left: left, height: max(1, (file.height - top) / 2),
    width: max(1, (file.width - left) / 2))
  guard
    let part = try? file.decoded(
      region, resizedTo: (region.height, region.width), filter: .bilinear)
  else { fatalError("a part of a sound image cannot be decoded") }
  require(part == whole.cropped(to: region), "a part differs from the same part of the whole")
  _ = try? file.decoded(
    region, resizedTo: (1, 1), filter: .bicubic, scalesWhileDecoding: true)
  let upright = file.orientation.upright(whole)
  require(upright.pixels.count == whole.pixels.count, "turning lost pixels")
  return 0
}

private func require(_ condition: Bool, _ flaw: String) {
  guard condition else { fatalError(flaw) }
}
