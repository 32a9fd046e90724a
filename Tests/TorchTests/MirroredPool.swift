import Foundation
import Randomness
import Torch

/// Tensors that share memory in every possible way, each beside a plain array that shares nothing.
struct MirroredPool {
  /// What one step does.
  enum Operation: CaseIterable {
    case create, copy, drop, move, slice, transpose, reshape, broadcast, window, detach
    case addNumber, scale, addOther, addScaled, assign, fill, writeElement, writeRow, writeMasked
    case scaleList, throughClosure, throughStruct, saveOutput, saveInput
  }

  fileprivate struct Slot {
    var tensor: Tensor
    var mirror: [Double]
    var shape: [Int]
  }

  private struct Model {
    var first: Tensor
    var parts: [Tensor]
  }

  private var slots: [Slot] = []
  private var random: RandomSource
  /// What has been done so far.
  private(set) var operations: Set<Operation> = []

  init(seed: UInt64) {
    random = RandomSource(seed: seed)
    for _ in 0..<3 { create() }
  }

  /// The first slot whose tensor is not its mirror.
  func difference() -> String? {
    for (number, slot) in slots.enumerated() {
      let found = slot.tensor.toDoubles()
      if found != slot.mirror || slot.tensor.shape != slot.shape {
        return "slot \(number) is \(slot.tensor.shape) \(found), not \(slot.shape) \(slot.mirror)"
      }
    }
    return nil
  }

  /// Does something random and says what.
  mutating func step() -> Operation {
    let choices = Operation.allCases
    let operation = choices[random.index(below: choices.count)]
    operations.insert(operation)
    if slots.count > 12 { drop() }
    let chosen = random.index(below: slots.count)
    switch operation {
    case .create, .copy, .drop, .move: arrange(operation, chosen)
    case .slice, .transpose, .reshape, .broadcast, .window, .detach: view(operation, chosen)
    case .saveOutput, .saveInput: differentiate(operation, chosen)
    default: mutate(operation, chosen)
    }
    return operation
  }

  private mutating func create() {
    let shape = [1 + random.index(below: 3), 1 + random.index(below: 4)]
    let mirror = (0..<(shape[0] * shape[1])).map { _ in Double(random.index(below: 9)) - 4 }
    slots.append(Slot(tensor: Tensor(mirror, shape: shape), mirror: mirror, shape: shape))
  }

  private mutating func drop() {
    slots.remove(at: random.index(below: slots.count))
    if slots.count < 3 { create() }
  }

  private mutating func arrange(_ operation: Operation, _ chosen: Int) {
    switch operation {
    case .create: create()
    case .copy: slots.append(slots[chosen])
    case .drop: drop()
    default: slots.swapAt(chosen, random.index(below: slots.count))
    }
  }

  private mutating func view(_ operation: Operation, _ chosen: Int) {
    let slot = slots[chosen]
    let (rows, columns) = (slot.shape[0], slot.shape[1])
    func made(_ tensor: Tensor, _ shape: [Int], _ source: (Int, Int) -> Int) -> Slot {
      let mirror = (0..<shape[0]).flatMap { row in
        (0..<shape[1]).map { slot.mirror[source(row, $0)] }
      }
      return Slot(tensor: tensor, mirror: mirror, shape: shape)
    }
    switch operation {
    case .slice:
      let start = random.index(below: rows)
      slots.append(
        made(slot.tensor[start..., .stride(by: 2)], [rows - start, (columns + 1) / 2]) {
          ($0 + start) * columns + 2 * $1
        })
    case .transpose:
      slots.append(made(slot.tensor.transposed(), [columns, rows]) { $1 * columns + $0 })
    case .reshape:
      slots.append(made(slot.tensor.reshaped(columns, rows), [columns, rows]) { $0 * rows + $1 })
    case .broadcast:
      let wide = withoutGradients { slot.tensor[0..<1].broadcast(to: [2, columns]) }
      slots.append(made(wide, [2, columns]) { $1 })
    case .window:
      let size = min(2, columns)
      let windows = withoutGradients { slot.tensor[0].windows(along: 0, size: size) }
      slots.append(made(windows, [columns - size + 1, size]) { $0 + $1 })
    default: slots.append(made(slot.tensor.detached(), slot.shape) { $0 * columns + $1 })
    }
  }

  private mutating func mutate(_ operation: Operation, _ chosen: Int) {
    let other = slots[random.index(below: slots.count)]
    let matching = other.shape == slots[chosen].shape ? other : slots[chosen]
    let columns = slots[chosen].shape[1]
    let row = random.index(below: slots[chosen].shape[0])
    let column = random.index(below: columns)
    switch operation {
    case .addNumber: slots[chosen].change({ $0 += 1.0 }, { _, x in x + 1 })
    case .scale: slots[chosen].change({ $0 *= -0.5 }, { _, x in x * -0.5 })
    case .addOther:
      slots[chosen].change({ $0 += matching.tensor }, { $1 + matching.mirror[$0] })
      slots[chosen].limit()
    case .addScaled:
      slots[chosen].change(
        { $0.add(matching.tensor, scaledBy: 0.5) }, { $1 + 0.5 * matching.mirror[$0] })
      slots[chosen].limit()
    case .assign:
      slots[chosen].change({ $0.assign(matching.tensor) }, { i, _ in matching.mirror[i] })
    case .fill: slots[chosen].change({ $0.fill(with: 2) }, { _, _ in 2 })
    case .writeElement:
      slots[chosen].change(
        { $0[row, column] = Tensor(3, .float64) }, { $0 == row * columns + column ? 3 : $1 })
    case .writeRow:
      let source = slots[chosen].mirror
      slots[chosen].change(
        { $0[row] = $0[-1] },
        { $0 / columns == row ? source[source.count - columns + $0 % columns] : $1 })
    case .writeMasked:
      slots[chosen].change({ $0[$0 .< 0] = Tensor(0, .float64) }, { $1 < 0 ? 0 : $1 })
    case .scaleList: scaleList()
    case .throughClosure:
      var inside = slots[chosen].tensor
      let change = { inside += 1.0 }
      change()
      change()
      slots[chosen].change({ $0 = inside }, { $1 + 2 })
    default: throughStruct(chosen)
    }
  }

  /// A list that holds some tensors twice, as an optimizer's might.
  private mutating func scaleList() {
    let chosen = (0..<4).map { _ in random.index(below: slots.count) }
    var list = chosen.map { slots[$0].tensor }
    scale(&list, by: -1)
    for (position, tensor) in zip(chosen, list) {
      let mirror = slots[position].mirror.map { -$0 }
      slots.append(Slot(tensor: tensor, mirror: mirror, shape: slots[position].shape))
    }
    slots.removeFirst(min(4, slots.count - 4))
  }

  private mutating func throughStruct(_ chosen: Int) {
    let slot = slots[chosen]
    var model = Model(first: slot.tensor, parts: [slot.tensor, slot.tensor])
    let copy = model
    model.first *= 2
    model.parts[1] += 1.0
    slots[chosen].tensor = copy.parts[1]
    slots.append(
      Slot(tensor: model.first, mirror: slot.mirror.map { $0 * 2 }, shape: slot.shape))
    slots.append(
      Slot(tensor: model.parts[1], mirror: slot.mirror.map { $0 + 1 }, shape: slot.shape))
    slots[slots.count - 2].limit()
  }

  /// Changes tensors that a gradient graph has saved, before the gradient is taken. The slot then
  /// holds the gradient, whose closed form is the mirror.
  private mutating func differentiate(_ operation: Operation, _ chosen: Int) {
    var slot = slots[chosen]
    slot.limit()
    if operation == .saveOutput {
      // d/dx of the sum of the root of x² + 1 needs the saved root.
      slot.tensor = gradient(at: slot.tensor) { x in
        var root = (x * x + 1).sqrt()
        let sum = root.sum()
        root *= 0.0
        return sum
      }
      slot.mirror = slot.mirror.map { $0 / ($0 * $0 + 1).squareRoot() }
      let exact = zip(slot.tensor.toDoubles(), slot.mirror).allSatisfy { abs($0 - $1) < 1e-12 }
      if exact { slot.mirror = slot.tensor.toDoubles() }
    } else {
      // d/dx of x · y is the saved y, which this slot's owner changes meanwhile.
      let factor = slot.mirror
      slot.tensor = gradient(at: slot.tensor.zerosLike()) { x in
        let product = (x * slot.tensor).sum()
        slot.tensor += 5.0
        slots[chosen].change({ $0 += 1.0 }, { $1 + 1 })
        return product
      }
      slot.mirror = factor
    }
    slots.append(slot)
  }
}

extension MirroredPool.Slot {
  /// Changes the tensor and, element by element with its position, the mirror.
  fileprivate mutating func change(
    _ body: (inout Tensor) -> Void, _ element: (Int, Double) -> Double
  ) {
    body(&tensor)
    mirror = mirror.enumerated().map { element($0.offset, $0.element) }
  }

  /// Keeps numbers small, so that all arithmetic on them stays exact.
  fileprivate mutating func limit() {
    if mirror.contains(where: { abs($0) > 64 }) { change({ $0.fill(with: 1) }, { _, _ in 1 }) }
  }
}
