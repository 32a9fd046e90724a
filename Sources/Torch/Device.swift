internal import CTorch

/// Where a tensor's memory lies and its operators run.
public struct Device: Sendable, Hashable, CustomStringConvertible {
  /// The kinds of device; raw values are libtorch's own numbers.
  public enum Kind: Int32, Sendable, CaseIterable {
    /// The processor.
    case cpu = 0
    /// An NVIDIA (or, in a ROCm build, AMD) GPU.
    case cuda = 1
  }

  /// The kind of device.
  public var kind: Kind
  /// Which one of its kind, from 0.
  public var index: Int

  /// Names a device; whether it exists is not checked here, see ``isAvailable``.
  public init(_ kind: Kind, index: Int = 0) {
    self.kind = kind
    self.index = index
  }

  /// The processor.
  public static let cpu = Device(.cpu)

  /// The first GPU.
  public static let cuda = Device(.cuda)

  /// Reads `cpu`, `cuda` or `cuda:1`.
  ///
  /// - Returns: `nil` for anything else.
  public init?(name: String) {
    let parts = name.split(separator: ":", omittingEmptySubsequences: false)
    let kinds: [Substring: Kind] = ["cpu": .cpu, "cuda": .cuda]
    guard let first = parts.first, let kind = kinds[first], parts.count <= 2 else { return nil }
    guard let index = parts.count == 2 ? Int(parts[1]) : 0, (0..<128).contains(index) else {
      return nil
    }
    self.init(kind, index: index)
  }

  /// How many devices of a kind this machine and the installed libtorch offer.
  public static func count(of kind: Kind) -> Int { Int(ct_device_count(kind.rawValue)) }

  /// True when tensors can be made there.
  public var isAvailable: Bool { index < Device.count(of: kind) }

  /// Waits until everything started on this device has ended; only needed for timing.
  public func synchronize() {
    ct_synchronize(kind.rawValue, Int32(index)).map(EngineMessage.take).map { fatalError($0) }
  }

  /// `cpu` or `cuda:0`.
  public var description: String { kind == .cpu ? "cpu" : "cuda:\(index)" }

  var code: Int64 { Int64(kind.rawValue) * 256 + Int64(index) }
}
