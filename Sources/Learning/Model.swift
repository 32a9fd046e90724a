import Torch

/// A value with named parameters: a network, a layer, or anything else made of tensors.
///
/// A conforming struct writes out one line per field, with the name the field has in the public
/// checkpoints of its kind:
///
/// ```swift
/// struct Block: Model {
///   var attention: MultiHeadAttention
///   var norm: LayerNorm
///   var gates: [Tensor]
///
///   mutating func visit(_ walk: inout Walk) {
///     walk.child("attn", &attention)
///     walk.child("norm1", &norm)
///     walk.parameters("gates", &gates)
///   }
/// }
/// ```
public protocol Model: Sendable {
  /// Presents every tensor, in a fixed order, to the walk.
  mutating func visit(_ walk: inout Walk)
}

/// Whether a tensor of a model is learned by gradients.
public enum TensorRole: Sendable, Hashable {
  /// Learned.
  case parameter
  /// State that is saved but not learned, such as running statistics.
  case buffer
}

/// Whose names a walk presents, for networks that are published under several.
///
/// A model asks ``Walk/naming`` in its `visit` and presents other names, or the same numbers cut into
/// other tensors. Models with one set of names have no need to.
public struct Naming: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
  /// What tells one from another.
  public var rawValue: String

  /// Names one.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// The names a model has unless asked for others; those of training states and checkpoints.
  public static let standard = Naming(rawValue: "standard")

  /// The raw value.
  public var description: String { rawValue }
}

/// A tour through the named tensors of a model, in which each may be read or changed in place.
public struct Walk {
  /// Whose names are asked for.
  public var naming: Naming
  private var prefix = ""
  private let body: (String, TensorRole, inout Tensor) -> Void

  init(_ naming: Naming, _ body: @escaping (String, TensorRole, inout Tensor) -> Void) {
    self.naming = naming
    self.body = body
  }

  /// Presents a learned tensor.
  public func parameter(_ name: String, _ tensor: inout Tensor) {
    body(prefix + name, .parameter, &tensor)
  }

  /// Presents a learned tensor that may be absent.
  public func parameter(_ name: String, _ tensor: inout Tensor?) {
    guard var value = tensor.take() else { return }
    body(prefix + name, .parameter, &value)
    tensor = value
  }

  /// Presents learned tensors as `name.0`, `name.1`, ...
  public func parameters(_ name: String, _ tensors: inout [Tensor]) {
    for index in tensors.indices { body("\(prefix)\(name).\(index)", .parameter, &tensors[index]) }
  }

  /// Presents a tensor that is saved but not learned.
  public func buffer(_ name: String, _ tensor: inout Tensor) {
    body(prefix + name, .buffer, &tensor)
  }

  /// Visits a part under `name.`; an empty name adds nothing.
  public mutating func child(_ name: String, _ model: inout some Model) {
    let outer = prefix
    if !name.isEmpty { prefix += name + "." }
    model.visit(&self)
    prefix = outer
  }

  /// Visits a part that may be absent.
  public mutating func child<Part: Model>(_ name: String, _ model: inout Part?) {
    guard var value = model.take() else { return }
    child(name, &value)
    model = value
  }

  /// Visits parts as `name.0.`, `name.1.`, ...
  public mutating func children<Part: Model>(_ name: String, _ models: inout [Part]) {
    for index in models.indices { child("\(name).\(index)", &models[index]) }
  }
}

extension Model {
  /// Visits every tensor with its full name and role; changes made in `body` are kept.
  public mutating func forEachTensor(
    _ naming: Naming = .standard,
    _ body: (_ name: String, _ role: TensorRole, _ tensor: inout Tensor) -> Void
  ) {
    withoutActuallyEscaping(body) { body in
      var walk = Walk(naming, body)
      visit(&walk)
    }
  }

  /// Visits every learned tensor with its full name; changes made in `body` are kept.
  public mutating func forEachParameter(_ body: (_ name: String, _ tensor: inout Tensor) -> Void) {
    forEachTensor { name, role, tensor in
      if role == .parameter { body(name, &tensor) }
    }
  }

  /// The learned tensors in visiting order.
  public var parameters: NamedTensors { named { $0 == .parameter } }

  /// The tensors that are saved but not learned, in visiting order.
  public var buffers: NamedTensors { named { $0 == .buffer } }

  /// All tensors in visiting order: what a checkpoint holds.
  public var tensors: NamedTensors { named { _ in true } }

  /// All tensors under other names than the model's own.
  public func tensors(_ naming: Naming) -> NamedTensors { named(naming) { _ in true } }

  /// How many numbers are learned.
  public var parameterCount: Int { parameters.tensors.reduce(0) { $0 + $1.count } }

  private func named(
    _ naming: Naming = .standard, _ isWanted: (TensorRole) -> Bool
  ) -> NamedTensors {
    var copy = self
    var result = NamedTensors()
    copy.forEachTensor(naming) { name, role, tensor in
      if isWanted(role) { result.append(tensor, named: name) }
    }
    return result
  }

  /// The same model with every floating-point tensor converted.
  public func cast(to type: ElementType) -> Self {
    mapped { $0.elementType.isFloatingPoint ? $0.cast(to: type) : $0 }
  }

  /// The same model on another device.
  public func moved(to device: Device) -> Self { mapped { $0.moved(to: device) } }

  /// The same model with every tensor replaced.
  public func mapped(_ transform: (Tensor) -> Tensor) -> Self {
    var copy = self
    copy.forEachTensor { _, _, tensor in tensor = transform(tensor) }
    return copy
  }
}

/// Tensors with the names they have in a model, in the model's order: parameters, gradients, moments.
public struct NamedTensors: Sendable {
  /// The full names.
  public private(set) var names: [String] = []
  /// The tensors, in the order of ``names``.
  public var tensors: [Tensor] = []

  /// Creates an empty list.
  public init() {}

  /// Creates a list from pairs.
  ///
  /// - Precondition: there are as many names as tensors.
  public init(names: [String], tensors: [Tensor]) {
    precondition(names.count == tensors.count, "\(names.count) names, \(tensors.count) tensors")
    self.names = names
    self.tensors = tensors
  }

  /// Adds a tensor at the end.
  public mutating func append(_ tensor: Tensor, named name: String) {
    names.append(name)
    tensors.append(tensor)
  }

  /// The tensor of that name, if there is one.
  public subscript(name: String) -> Tensor? {
    names.firstIndex(of: name).map { tensors[$0] }
  }

  /// How many tensors there are.
  public var count: Int { tensors.count }

  /// The same names with every tensor replaced.
  public func mapped(_ transform: (Tensor) -> Tensor) -> NamedTensors {
    NamedTensors(names: names, tensors: tensors.map(transform))
  }

  /// The names of tensors that hold a number that is not finite.
  public func nonFiniteNames() -> [String] {
    zip(names, tensors).compactMap { $1.isFinite().allTrue() ? nil : $0 }
  }
}
