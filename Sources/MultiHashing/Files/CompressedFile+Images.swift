import Formats
import Learning
import Torch
import Vision

extension FileContext {
  /// The texts that make a compressed file an image classifier's: shape, preprocessing and classes.
  ///
  /// - Throws: Nothing that a caller could mend; encoding the parts does not fail.
  public init(_ model: ImageModel, storage: Storage = .float32) throws {
    var texts = try model.metadata(model.naming)
    // They come with the file that is made of this one.
    texts["kind"] = nil
    texts["format"] = nil
    self.init(storage: storage, metadata: texts)
  }
}

extension CompressedFile {
  /// The written-out network with what is needed to use it, as `swiftlet model` and `swiftlet classify`
  /// read it.
  ///
  /// - Throws: `FileFailure` for a file that does not say what network it holds; `CheckpointError` where
  ///   its tensors are not those of that network.
  public func imageModel(path: String = "compressed network") throws -> ImageModel {
    var texts = metadata
    // Here tensors have the network's own names, whatever names its file shall have.
    texts["naming"] = Naming.standard.rawValue
    texts["kind"] = ImageModel.kind
    var model = try ImageModel(
      StateDictionary(tensors: expanded().byName, metadata: texts, origin: path))
    model.naming = Naming(rawValue: metadata["naming"] ?? Naming.standard.rawValue)
    return model
  }

  /// The size of the file of the written-out network.
  ///
  /// - Throws: As ``imageModel(path:)``.
  public func denseByteCount(path: String = "compressed network") throws -> Int {
    try imageModel(path: path).byteCount()
  }
}

extension ImageModel {
  /// The size of its file.
  ///
  /// - Throws: Nothing that a caller could mend; encoding its texts does not fail.
  public func byteCount() throws -> Int {
    let named = network.tensors(naming)
    let entries = zip(named.names, named.tensors).map { name, tensor in
      SafetensorsTensor(
        name: name, elementType: tensor.elementType == .int64 ? .int64 : .float32,
        shape: tensor.shape, producing: { _ in })
    }
    return try SafetensorsWriter.byteCount(of: entries, metadata: metadata(naming))
  }
}
