import Torch

/// How position embeddings made for one grid of patches are resampled for another.
///
/// The packages of the field disagree, and weights fine-tuned at another resolution with one rule
/// lose a little with another. Each rule is a matrix per axis, applied in double precision.
public enum PositionInterpolation: String, Sendable, Hashable, Codable, CaseIterable {
  /// Linear with the corners aligned, as Google's code does.
  case google
  /// Linear between pixel centers, as timm does with Google's `.npz` files.
  case timmArchive
  /// Bicubic with antialiasing between pixel centers, as timm does with its own files.
  case timm
  /// Bicubic with the corners aligned, as torchvision does.
  case torchvision
  /// Bicubic between pixel centers, as Hugging Face's package does.
  case huggingFace

  /// Resamples embeddings `[1, 1 + rows * columns, width]`; the first row, the class token's, stays.
  public func resized(
    _ positions: Tensor, from old: (rows: Int, columns: Int), to new: (rows: Int, columns: Int)
  ) -> Tensor {
    precondition(
      positions.rank == 3 && positions.extent(1) == 1 + old.rows * old.columns,
      "position embeddings \(positions.shape) are not of a \(old.rows)x\(old.columns) grid")
    guard old != new else { return positions }
    let width = positions.extent(2)
    let grid = positions[0, 1...].cast(to: .float64).reshaped(old.rows, old.columns, width)
    let vertical = matrix(from: old.rows, to: new.rows)
    let horizontal = matrix(from: old.columns, to: new.columns)
    let resampled = Tensor.einsum("ac,bd,cdw->abw", vertical, horizontal, grid)
      .reshaped(1, new.rows * new.columns, width).cast(to: positions.elementType)
    return Tensor(concatenating: [positions[.all, 0..<1], resampled], along: 1)
  }

  /// The weights `[new, old]` with which one axis is resampled.
  func matrix(from old: Int, to new: Int) -> Tensor {
    var rows: [[Double]] = []
    for index in 0..<new {
      var row = [Double](repeating: 0, count: old)
      for (place, weight) in taps(index, old: old, new: new) {
        row[min(max(place, 0), old - 1)] += weight
      }
      rows.append(row)
    }
    return Tensor(rows)
  }

  /// The places of the old axis that a new one reads, and how much; places outside mean the border.
  private func taps(_ index: Int, old: Int, new: Int) -> [(place: Int, weight: Double)] {
    let scale = Double(old) / Double(new)
    let centered = (Double(index) + 0.5) * scale - 0.5
    let aligned = new > 1 ? Double(index) * Double(old - 1) / Double(new - 1) : 0
    switch self {
    case .google: return linear(at: aligned)
    case .timmArchive: return linear(at: max(centered, 0))
    case .torchvision: return cubic(at: aligned)
    case .huggingFace: return cubic(at: centered)
    case .timm: return antialiased(center: centered + 0.5, scale: scale, count: old)
    }
  }

  private func linear(at place: Double) -> [(place: Int, weight: Double)] {
    let lower = place.rounded(.down)
    return [(Int(lower), 1 - (place - lower)), (Int(lower) + 1, place - lower)]
  }

  private func cubic(at place: Double) -> [(place: Int, weight: Double)] {
    let lower = place.rounded(.down)
    return (-1...2).map { offset in
      (Int(lower) + offset, keys(place - lower - Double(offset), a: -0.75))
    }
  }

  /// The kernel is widened where the grid shrinks; taps outside are dropped and the rest normalized.
  private func antialiased(center: Double, scale: Double, count: Int)
    -> [(place: Int, weight: Double)]
  {
    let stretch = max(scale, 1)
    let first = max(Int(center - 2 * stretch + 0.5), 0)
    let last = min(Int(center + 2 * stretch + 0.5), count)
    let weights = (first..<last).map { place in
      keys((Double(place) - center + 0.5) / stretch, a: -0.5)
    }
    let sum = weights.reduce(0, +)
    return zip(first..<last, weights).map { ($0, $1 / sum) }
  }

  /// Keys' cubic convolution kernel (1981).
  private func keys(_ distance: Double, a: Double) -> Double {
    let x = abs(distance)
    if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
    return 0
  }
}
