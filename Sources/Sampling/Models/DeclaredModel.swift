/// A parameter of a ``DeclaredModel``: a name, a shape and the constraint its values obey.
public struct Parameter: Sendable {
  /// The name and shape of the constrained values.
  public var variable: Variable
  /// The map from free coordinates to the values, which are flattened row by row.
  public var transform: any Transform

  /// Declares an unconstrained parameter; a scalar unless a shape is given.
  public init(_ name: String, shape: [Int] = []) {
    variable = Variable(name, shape: shape)
    transform = Unbounded(variable.count)
  }

  /// Declares a parameter whose values come from a transform.
  ///
  /// - Parameters:
  ///   - name: The name.
  ///   - transform: The constraint.
  ///   - shape: The shape of the values; by default a scalar for one value, a vector for several.
  public init(_ name: String, _ transform: some Transform, shape: [Int]? = nil) {
    let count = transform.valueCount
    variable = Variable(name, shape: shape ?? (count == 1 ? [] : [count]))
    precondition(
      variable.count == count,
      "parameter \(name): the transform gives \(count) values, the shape \(variable.shape) holds "
        + "\(variable.count)")
    self.transform = transform
  }
}

/// The constrained values of all parameters at one place, read by name.
public struct ParameterValues<Number: RealNumber> {
  @usableFromInline let names: [String]
  @usableFromInline let ends: [Int]
  @usableFromInline var numbers: [Number] = []

  fileprivate init(_ parameters: [Parameter]) {
    names = parameters.map(\.variable.name)
    var end = 0
    ends = parameters.map { parameter in
      end += parameter.variable.count
      return end
    }
  }

  /// The value of a scalar parameter.
  @inlinable
  public subscript(name: String) -> Number { numbers[start(of: place(of: name))] }

  /// One value of a vector parameter, counted from zero.
  @inlinable
  public subscript(name: String, index: Int) -> Number {
    let place = place(of: name)
    precondition(
      index >= 0 && start(of: place) + index < ends[place],
      "parameter \(name) has \(ends[place] - start(of: place)) values, index \(index) is not among "
        + "them")
    return numbers[start(of: place) + index]
  }

  /// All values of a parameter, flattened row by row; indices do not begin at zero.
  @inlinable
  public func all(_ name: String) -> ArraySlice<Number> {
    let place = place(of: name)
    return numbers[start(of: place)..<ends[place]]
  }

  @inlinable
  func start(of place: Int) -> Int { place == 0 ? 0 : ends[place - 1] }

  @inlinable
  func place(of name: String) -> Int {
    guard let place = names.firstIndex(of: name) else {
      preconditionFailure(
        "there is no parameter \(name); declared are \(names.joined(separator: ", "))")
    }
    return place
  }
}

/// A model written as in Stan: declared parameters with constraints, a log density of their
/// constrained values, and quantities derived from them.
///
/// The density is written once over ``RealNumber`` and differentiated automatically; the Jacobians
/// of the constraints are added by ``Differentiated``.
///
/// ```swift
/// struct EightSchools: DeclaredModel {
///   let effects: [Double]
///   let errors: [Double]
///   let parameters = [
///     Parameter("mu"), Parameter("tau", Positive()), Parameter("z", shape: [8]),
///   ]
///
///   func logDensity<Number: RealNumber>(_ values: ParameterValues<Number>) -> Number {
///     let (mu, tau) = (values["mu"], values["tau"])
///     var sum = Normal(mean: 0, standardDeviation: 5).logDensity(mu)
///     sum += Cauchy(location: 0, scale: 5).logDensity(tau)
///     for (school, z) in values.all("z").enumerated() {
///       sum += Normal(mean: 0, standardDeviation: 1).logDensity(z)
///       sum += Normal(mean: mu + tau * z, standardDeviation: Number(errors[school]))
///         .logDensity(Number(effects[school]))
///     }
///     return sum
///   }
/// }
///
/// let model = Differentiated(EightSchools(effects: effects, errors: errors))
/// ```
public protocol DeclaredModel: Sendable {
  /// The parameters, in the order of the draws.
  var parameters: [Parameter] { get }

  /// Returns log p of the constrained values up to a constant, without Jacobians.
  func logDensity<Number: RealNumber>(_ values: ParameterValues<Number>) -> Number

  /// Quantities computed from the parameters of every draw; none unless declared.
  var derivedVariables: [Variable] { get }

  /// Returns the values of ``derivedVariables``, flattened in order.
  func derive(_ values: ParameterValues<Double>) -> [Double]
}

extension DeclaredModel {
  /// No derived quantities.
  public var derivedVariables: [Variable] { [] }

  /// No derived quantities.
  public func derive(_ values: ParameterValues<Double>) -> [Double] { [] }
}

/// A declared model with its Jacobians and its gradient, ready for a sampler.
public struct Differentiated<Model: DeclaredModel>: BayesianModel {
  /// The model as declared.
  public let model: Model
  /// What a draw consists of: the parameters, then the derived quantities.
  public let variables: [Variable]
  /// The number of free coordinates of all parameters.
  public let dimension: Int

  private let parameters: [Parameter]
  private let formula: @Sendable (ParameterValues<Traced>) -> Traced
  private var density: AutomaticDensity
  private var scratch: TracedValues

  /// Prepares a model for sampling.
  @inlinable
  public init(_ model: Model) {
    // Formed where the model's type is known, so that its formula is compiled for traced numbers.
    self.init(model, formula: { model.logDensity($0) })
  }

  @usableFromInline
  init(_ model: Model, formula: @escaping @Sendable (ParameterValues<Traced>) -> Traced) {
    self.model = model
    self.formula = formula
    parameters = model.parameters
    variables = parameters.map(\.variable) + model.derivedVariables
    dimension = parameters.reduce(0) { $0 + $1.transform.freeCount }
    density = AutomaticDensity(dimension: dimension) { _ in 0 }
    scratch = TracedValues(values: ParameterValues(parameters))
  }

  /// Evaluates log p plus the log Jacobians; see ``LogDensity``.
  public mutating func logDensity(at position: [Double], gradient: inout [Double]) -> Double {
    let (formula, parameters) = (formula, parameters)
    return density.evaluate(at: position, gradient: &gradient) { free in
      let logJacobian = constrain(free, parameters, &scratch.values)
      return formula(scratch.values) + logJacobian
    }
  }

  /// Returns the parameters' values and the derived quantities, flattened in order.
  public func constrained(_ position: [Double]) -> [Double] {
    var values = ParameterValues<Double>(parameters)
    _ = constrain(position, parameters, &values)
    return values.numbers + model.derive(values)
  }

  /// Returns the free coordinates of given values, for a starting point.
  ///
  /// - Parameter values: For every parameter its values, flattened; all parameters are needed.
  /// - Returns: The position.
  /// - Throws: ``TransformError`` when values are missing or break a constraint.
  public func unconstrained(_ values: [String: [Double]]) throws(TransformError) -> [Double] {
    var position: [Double] = []
    for parameter in parameters {
      guard let given = values[parameter.variable.name] else {
        throw TransformError(values: [], expected: "given for parameter \(parameter.variable.name)")
      }
      position += try parameter.transform.unconstrain(given)
    }
    return position
  }
}

/// Fills the values of all parameters from free coordinates and returns the log Jacobian.
private func constrain<Number: RealNumber>(
  _ free: [Number], _ parameters: [Parameter], _ values: inout ParameterValues<Number>
) -> Number {
  values.numbers.removeAll(keepingCapacity: true)
  var logJacobian: Number = 0
  var start = 0
  for parameter in parameters {
    let end = start + parameter.transform.freeCount
    parameter.transform.constrain(
      free[start..<end], appendingTo: &values.numbers, logJacobian: &logJacobian)
    start = end
  }
  return logJacobian
}

/// `@unchecked Sendable`: the traced numbers kept after an evaluation are never read again, only
/// replaced.
private struct TracedValues: @unchecked Sendable {
  var values: ParameterValues<Traced>
}
