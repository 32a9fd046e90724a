internal import CTorch

/// Settings of the engine that belong to the whole process; a program sets them once at its start.
public enum Engine {
  /// The version of libtorch in use, such as `2.13.0`.
  public static var version: String { String(cString: ct_version()) }

  /// How many threads one operator may use.
  public static var threadCount: Int {
    get { Int(ct_thread_count()) }
    set { ct_set_thread_count(Int32(newValue)) }
  }

  /// Keeps freed memory for later tensors, up to so many bytes, instead of handing it back to the
  /// system.
  ///
  /// A training step frees what the next one needs again, and on Linux fetching it anew, page by page,
  /// can cost a tenth of the time. A program calls this once at its start; it matters only with the
  /// C library's own allocator (glibc), and only for memory of the processor.
  public static func keepFreedMemory(upTo bytes: Int = 1 << 30) {
    ct_keep_freed_memory(Int64(bytes))
  }

  /// Asks for deterministic kernels where libtorch has a choice (it matters on GPUs).
  public static func useDeterministicKernels(_ enabled: Bool) { ct_set_deterministic(enabled) }

  /// Which kernel computes the `float32` products of linear layers and matrices on the processor.
  ///
  /// Results differ in the last digits between kernels, so a run that shall be repeated bit for bit
  /// keeps this with its seed. Where libtorch has no oneDNN products this stays ``ProductKernel/mkl``.
  public static var productKernel: ProductKernel {
    get {
      let threshold = Int(ct_onednn_threshold())
      return threshold < 0 ? .mkl : .oneDNN(minimumMultiplyAdds: threshold)
    }
    set {
      switch newValue {
      case .mkl: ct_set_onednn_threshold(-1)
      case .oneDNN(let minimum): ct_set_onednn_threshold(Int64(max(minimum, 0)))
      }
    }
  }
}

enum EngineMessage {
  static func take(_ message: UnsafeMutablePointer<CChar>) -> String {
    defer { ct_message_free(message) }
    return String(cString: message)
  }
}
