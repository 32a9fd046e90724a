/// The shape of a NASNet-A network.
public struct NASNetArchitecture: Sendable, Hashable, Codable {
  /// Channels of the first convolution.
  public var stemWidth: Int
  /// Channels of a normal cell's parts in the first group; each later group has twice as many.
  public var width: Int
  /// Normal cells in each of the three groups.
  public var cellsPerGroup: Int
  /// Whether the first cell after a reduction takes as its second input what the cell before the
  /// reduced one made (large), instead of the reduced one's own output (mobile).
  public var skipsReductionInput: Bool
  /// Whether the zeros of an uneven border count in means, as in timm; TensorFlow leaves them out.
  public var countsBorder: Bool
  /// Dropout before the head.
  public var dropout: Double

  /// Creates an architecture.
  public init(
    stemWidth: Int, width: Int, cellsPerGroup: Int, skipsReductionInput: Bool,
    countsBorder: Bool, dropout: Double
  ) {
    self.stemWidth = stemWidth
    self.width = width
    self.cellsPerGroup = cellsPerGroup
    self.skipsReductionInput = skipsReductionInput
    self.countsBorder = countsBorder
    self.dropout = dropout
  }

  /// NASNet-A (4 @ 1056), for phones, as TensorFlow computes it.
  public static let mobile = NASNetArchitecture(
    stemWidth: 32, width: 44, cellsPerGroup: 4, skipsReductionInput: false, countsBorder: false,
    dropout: 0.5)

  /// NASNet-A (6 @ 4032), as timm computes it.
  public static let large = NASNetArchitecture(
    stemWidth: 96, width: 168, cellsPerGroup: 6, skipsReductionInput: true, countsBorder: true,
    dropout: 0)
}
