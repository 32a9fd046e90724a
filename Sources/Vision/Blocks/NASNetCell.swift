import Learning
import Torch

/// A cell of NASNet-A: five sums of two operations each, on the output of the cell before and of
/// the one before that.
///
/// - Paper: Zoph et al., *Learning Transferable Architectures for Scalable Image Recognition* (2018),
///   figure 4 and appendix A.4.
public struct NASNetCell: Model {
  /// How the resolution changes.
  enum Kind: Sendable {
    case normal
    case reduction
  }

  let kind: Kind
  let countsBorder: Bool
  /// How the second input is made to fit.
  var fit: PreviousFit
  /// From the first input to the cell's width, after a rectifier.
  var entry: ConvNorm
  /// The separable convolutions by the number of their sum and their side in it.
  var branches: [(name: String, branch: SeparableBranch)]

  // `inputs` are the channels of the first input, `width` those of the parts, and `rawPrevious` those
  // of a second input that is not made to fit.
  init(
    _ kind: Kind, inputs: Int, width: Int, fit: PreviousFit, rawPrevious: Int? = nil,
    countsBorder: Bool, using weights: inout WeightSource
  ) {
    self.kind = kind
    self.countsBorder = countsBorder
    self.fit = fit
    entry = ConvNorm(
      inputs: inputs, outputs: width, window: 1,
      norm: NormSettings(epsilon: 1e-3, momentum: 0.1), using: &weights)
    let previous = rawPrevious ?? width
    let plan: [(name: String, inputs: Int, window: Int, stride: Int)] =
      switch kind {
      case .normal:
        [
          ("0_left", width, 5, 1), ("0_right", width, 3, 1), ("1_left", width, 5, 1),
          ("1_right", width, 3, 1), ("4_left", width, 3, 1),
        ]
      case .reduction:
        [
          ("0_left", width, 5, 2), ("0_right", previous, 7, 2), ("1_right", previous, 7, 2),
          ("2_right", previous, 5, 2), ("4_left", width, 3, 1),
        ]
      }
    branches = []
    for part in plan {
      branches.append(
        (
          part.name,
          SeparableBranch(
            inputs: part.inputs, outputs: width, middle: width, window: part.window,
            stride: part.stride, using: &weights)
        ))
    }
  }

  /// Presents timm's names.
  public mutating func visit(_ walk: inout Walk) {
    if var unit = fit.projection.take() {
      walk.child("conv_prev_1x1.conv", &unit.convolution)
      walk.child("conv_prev_1x1.bn", &unit.norm)
      fit.projection = unit
    }
    walk.child("conv_1x1.conv", &entry.convolution)
    walk.child("conv_1x1.bn", &entry.norm)
    walk.child("path_1.conv", &fit.even)
    walk.child("path_2.conv", &fit.odd)
    walk.child("final_path_bn", &fit.reductionNorm)
    for index in branches.indices {
      walk.child("comb_iter_\(branches[index].name)", &branches[index].branch)
    }
  }

  /// Runs the cell on the output of the cell before and of the one before that.
  public mutating func forward(_ input: Tensor, previous: Tensor, _ pass: inout Pass) -> Tensor {
    let other = fit.forward(previous, &pass)
    let current = entry.forward(input.relu(), &pass)
    switch kind {
    case .normal: return normal(current, other, &pass)
    case .reduction: return reduction(current, other, &pass)
    }
  }

  private mutating func normal(_ current: Tensor, _ other: Tensor, _ pass: inout Pass) -> Tensor {
    let mean = PoolKind.mean(countsBorder: countsBorder)
    let otherMean = other.pooled3(mean, stride: 1)
    let sums = [
      branches[0].branch.forward(current, &pass) + branches[1].branch.forward(other, &pass),
      branches[2].branch.forward(other, &pass) + branches[3].branch.forward(other, &pass),
      current.pooled3(mean, stride: 1) + other,
      otherMean + otherMean,
      branches[4].branch.forward(current, &pass) + current,
    ]
    return Tensor(concatenating: [other] + sums, along: 1)
  }

  private mutating func reduction(_ current: Tensor, _ other: Tensor, _ pass: inout Pass)
    -> Tensor
  {
    let mean = PoolKind.mean(countsBorder: countsBorder)
    let largest = current.pooled3(.maximum, stride: 2)
    let first =
      branches[0].branch.forward(current, &pass) + branches[1].branch.forward(other, &pass)
    let second = largest + branches[2].branch.forward(other, &pass)
    let third = current.pooled3(mean, stride: 2) + branches[3].branch.forward(other, &pass)
    let fourth = first.pooled3(mean, stride: 1) + second
    let fifth = branches[4].branch.forward(first, &pass) + largest
    return Tensor(concatenating: [second, third, fourth, fifth], along: 1)
  }

  mutating func forEachUnit(_ body: (inout ConvNorm) -> Void) {
    if var unit = fit.projection.take() {
      body(&unit)
      fit.projection = unit
    }
    body(&entry)
    for index in branches.indices { branches[index].branch.forEachUnit(body) }
  }
}
