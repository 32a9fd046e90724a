/// Changes an input for the next try.
///
/// Random bytes alone nearly always contradict the length at the front of the file, and numbers in
/// decimal hardly ever meet. So most changes respect the layout: they alter the header, put
/// some of its numbers or one of its objects in place of others or give the data the length that a
/// number names, and then correct the length at the front.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutateSafetensors(
  _ start: UnsafeMutablePointer<UInt8>, _ count: Int, _ limit: Int, _ seed: UInt32
) -> Int {
  var random = Choices(state: UInt64(seed))
  let input = UnsafeMutableBufferPointer(start: start, count: limit)
  guard var parts = Parts(input.prefix(count)) else { return mutateBytes(start, count, limit) }
  switch random.next() % 5 {
  case 0: return mutateBytes(start, count, limit)
  case 1: parts.header = mutated(parts.header, limit: limit - 8)
  case 2: for _ in 0...random.next() % 3 { parts.replace(parts.numbers, using: &random) }
  case 3: parts.replace(parts.objects, using: &random)
  default: parts.resizeData(using: &random)
  }
  let output = parts.joined
  guard output.count <= limit else { return mutateBytes(start, count, limit) }
  _ = input.update(fromContentsOf: output)
  return output.count
}

/// The fuzzer's own mutation of raw bytes: start, count, limit, and the new count as the result.
@_silgen_name("LLVMFuzzerMutate")
private func mutateBytes(_ start: UnsafeMutablePointer<UInt8>, _ count: Int, _ limit: Int) -> Int

private func mutated(_ bytes: [UInt8], limit: Int) -> [UInt8] {
  let padding = [UInt8](repeating: 0, count: max(0, limit - bytes.count))
  var buffer = bytes + padding
  let count = buffer.withUnsafeMutableBufferPointer { buffer in
    buffer.baseAddress.map { mutateBytes($0, bytes.count, buffer.count) } ?? 0
  }
  return Array(buffer.prefix(count))
}

/// A file taken apart at the length at its front.
private struct Parts {
  var header: [UInt8]
  var data: [UInt8]

  init?(_ file: Slice<UnsafeMutableBufferPointer<UInt8>>) {
    guard file.count >= 8 else { return nil }
    let length = file.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(file.count - 8) else { return nil }
    header = Array(file.dropFirst(8).prefix(Int(length)))
    data = Array(file.dropFirst(8 + Int(length)))
  }

  var joined: [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header + data
  }

  /// The runs of digits in the header.
  var numbers: [Range<Int>] {
    var runs: [Range<Int>] = []
    for index in header.indices where 0x30...0x39 ~= header[index] {
      if runs.last?.upperBound == index {
        runs[runs.count - 1] = runs[runs.count - 1].lowerBound..<(index + 1)
      } else {
        runs.append(index..<(index + 1))
      }
    }
    return runs
  }

  /// The objects in the header that contain no other, braces included.
  var objects: [Range<Int>] {
    var opening: Int?
    return header.indices.compactMap { index in
      if header[index] == UInt8(ascii: "{") { opening = index }
      guard header[index] == UInt8(ascii: "}"), let start = opening else { return nil }
      opening = nil
      return start..<(index + 1)
    }
  }

  /// Puts one of some pieces of the header in place of another.
  mutating func replace(_ pieces: [Range<Int>], using random: inout Choices) {
    guard let old = pieces.randomElement(using: &random),
      let new = pieces.randomElement(using: &random)
    else { return }
    header.replaceSubrange(old, with: Array(header[new]))
  }

  mutating func resizeData(using random: inout Choices) {
    guard let run = numbers.randomElement(using: &random),
      let count = Int(String(decoding: header[run], as: UTF8.self)), count < 256
    else { return }
    data = (0..<count).map { $0 < data.count ? data[$0] : UInt8($0) }
  }
}

/// Repeatable choices from the seed the fuzzer gives (SplitMix64).
private struct Choices: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
