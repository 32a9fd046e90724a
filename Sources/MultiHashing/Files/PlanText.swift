import Files
import Foundation
import Learning
import Torch

/// A plan and a network's tree as the texts of a compressed file.
///
/// | text | what it holds |
/// |---|---|
/// | `plan` | pools, convention, store and modifiers, as JSON |
/// | `tree` | one line per tensor in visiting order: name, shape (`16x3x3x3`, `-` for a scalar), `h` if hashed, `p` if learned otherwise, `s` if state, and the element type unless `float32` |
struct PlanText {
  static let planKey = "plan"
  static let treeKey = "tree"

  private struct Plan: Codable {
    var pools: [PoolShape]
    var tensors: [Int]
    var convention: KernelConvention
    var store: IndexStore
    var modifiers: [WeightModifier]
    /// Absent for those on weights.
    var constants: ConstantPlace?
  }

  let metadata: [String: String]

  init(_ plan: HashPlan, _ tensors: [TensorInfo]) {
    let record = Plan(
      pools: plan.parts.map(\.shape), tensors: plan.parts.map(\.slots.count),
      convention: plan.convention, store: plan.store, modifiers: plan.modifiers,
      constants: plan.constants == .weights ? nil : plan.constants)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let json = (try? encoder.encode(record)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    let hashed = Set(plan.slots.map(\.info.name))
    let lines = tensors.map { info -> String in
      let shape = info.shape.map(String.init).joined(separator: "x")
      let mark = hashed.contains(info.name) ? "h" : info.isLearned ? "p" : "s"
      let type = info.elementType == .float32 ? "" : " \(info.elementType)"
      return "\(info.name) \(shape.isEmpty ? "-" : shape) \(mark)\(type)"
    }
    metadata = [Self.planKey: json, Self.treeKey: lines.joined(separator: "\n")]
  }

  /// Reads plan and tree; every tensor of the tree has its shape and no values yet.
  ///
  /// - Throws: `FileFailure` of kind `malformed` for texts that are missing, damaged or do not fit
  ///   together.
  static func read(
    _ metadata: [String: String], constants: [Double], path: String
  ) throws(FileFailure) -> (plan: HashPlan, tensors: [(info: TensorInfo, role: TensorRole)]) {
    func damaged(_ what: String) -> FileFailure {
      FileFailure(.malformed, path: path, reason: "\(what); compress the network again")
    }
    guard let json = metadata[planKey], let tree = metadata[treeKey],
      let record = try? JSONDecoder().decode(Plan.self, from: Data(json.utf8))
    else { throw damaged("its texts \"plan\" and \"tree\" are missing or damaged") }
    var lines: [TreeLine] = []
    for line in tree.split(separator: "\n") {
      guard let parsed = TreeLine(String(line)) else {
        throw damaged("the line \"\(line.prefix(80))\" of its text \"tree\" is damaged")
      }
      lines.append(parsed)
    }
    guard Set(lines.map(\.name)).count == lines.count else {
      throw damaged("a name stands twice in its text \"tree\"")
    }
    let infos = TensorInfo.all(of: TensorTree(lines.map(\.leaf)))
    let hashed = zip(infos, lines).compactMap { $1.isHashed ? $0 : nil }
    guard record.pools.count == record.tensors.count, record.tensors.allSatisfy({ $0 > 0 }),
      record.tensors.reduce(0, +) == hashed.count, constants.count == hashed.count
    else {
      throw damaged("its plan is for \(record.tensors) tensors, its tree has \(hashed.count)")
    }
    var plan = HashPlan(
      parts: [], convention: record.convention, store: record.store, modifiers: record.modifiers,
      constants: record.constants ?? .weights)
    var next = 0
    for (shape, count) in zip(record.pools, record.tensors) {
      let slots = HashPlan.slots(
        Array(hashed[next..<next + count]), Array(constants[next..<next + count]))
      plan.parts.append(HashPlan.Part(shape: shape, slots: slots))
      next += count
      let needed = slots.last?.range.upperBound ?? 0
      guard shape.isPlausible(for: needed) else {
        throw damaged("a pool has sizes that cannot be")
      }
      guard record.store != .basic || needed <= shape.capacity else {
        throw damaged("a pool of \(shape.capacity) elements does not hold \(needed) weights")
      }
    }
    return (plan, zip(infos, lines).map { ($0, $1.role) })
  }
}

/// A line of the text `tree`.
private struct TreeLine {
  var name: String
  var shape: [Int]
  var isHashed: Bool
  var role: TensorRole
  var type: ElementType

  init?(_ line: String) {
    let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    guard (3...4).contains(words.count), !words[0].isEmpty,
      let mark = ["h", "p", "s"].first(where: { $0 == words[2] })
    else { return nil }
    let parts = words[1] == "-" ? [] : words[1].split(separator: "x").map { Int($0) ?? -1 }
    var product = 1
    for extent in parts {
      let (next, overflow) = product.multipliedReportingOverflow(by: max(extent, 1))
      guard extent >= 0, !overflow, next < 1 << 40 else { return nil }
      product = next
    }
    let word = words.count == 4 ? words[3] : "float32"
    guard parts.count <= 8, let type = ElementType.allCases.first(where: { "\($0)" == word })
    else { return nil }
    guard mark != "h" || type == .float32 else { return nil }
    (name, shape, self.type) = (words[0], parts, type)
    isHashed = mark == "h"
    role = mark == "s" ? .buffer : .parameter
  }

  /// A tensor of the shape that takes no memory.
  var leaf: TensorTree.Leaf {
    TensorTree.Leaf(name: name, role: role, tensor: .standIn(shape, type))
  }
}

extension PoolShape {
  /// Whether the sizes are such that a pool for so many weights can be built: read from files, they
  /// may be anything.
  fileprivate func isPlausible(for needed: Int) -> Bool {
    let sizes: [Int]
    switch self {
    case .matrix(let rows, let columns, let rank): sizes = [rows, columns, rank]
    case .kronecker(let side, let rank):
      guard side <= 1 << 10 else { return false }
      sizes = [side, rank]
    case .hash(_, let capacity, let size):
      // Its map is written down element by element.
      guard capacity <= max(1 << 24, 16 * needed) else { return false }
      sizes = [size, min(capacity, 1 << 20)]
    case .combination(let pools, _):
      return !pools.isEmpty && pools.count <= 1000
        && pools.allSatisfy { $0.isPlausible(for: needed) }
    }
    return sizes.allSatisfy { (1...1 << 31).contains($0) }
      && sizes.reduce(1.0) {
        $0 * Double($1)
      } < 0x1p60
  }
}
