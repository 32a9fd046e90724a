import Foundation

/// A PNG picture with what is said about it.
public struct Picture: Sendable, Equatable {
  /// Whether what was said about a picture is true.
  public enum Badge: Sendable {
    /// A green tick.
    case right
    /// A red cross.
    case wrong
  }

  /// One bar of a list, such as the probability of a class.
  public struct Bar: Sendable, Equatable {
    /// What the bar stands for.
    public var label: String
    /// Its length, from 0 to 1; shown in percent.
    public var fraction: Double
    /// Whether it stands out, as that of the true class.
    public var isHighlighted: Bool

    /// Creates a bar.
    public init(_ label: String, _ fraction: Double, isHighlighted: Bool = false) {
      self.label = label
      self.fraction = fraction
      self.isHighlighted = isHighlighted
    }
  }

  /// The bytes of the PNG file.
  public var png: Data
  /// What a reader who cannot see the picture is told.
  public var alternative: String
  /// One short line below the picture; may be empty.
  public var caption: String
  /// A mark on the picture's corner.
  public var badge: Badge?
  /// Bars below the picture, such as the probabilities of classes.
  public var bars: [Bar]

  /// Creates a picture.
  public init(
    png: Data, alternative: String, caption: String = "", badge: Badge? = nil, bars: [Bar] = []
  ) {
    self.png = png
    self.alternative = alternative
    self.caption = caption
    self.badge = badge
    self.bars = bars
  }

  /// The width and height the file states, in pixels; `nil` when it is no PNG file.
  var size: (width: Int, height: Int)? {
    let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    let bytes = [UInt8](png.prefix(24))
    guard bytes.count == 24, bytes.starts(with: signature) else { return nil }
    let number = { (start: Int) in bytes[start..<(start + 4)].reduce(0) { $0 << 8 | Int($1) } }
    return (number(16), number(20))
  }
}

/// Rows of labeled pictures, such as one episode with its predictions.
public struct PictureGrid: Sendable, Equatable {
  /// One row.
  public struct Row: Sendable, Equatable {
    /// What the row shows; may be empty.
    public var label: String
    /// Its pictures, from left to right; they wrap where the page is narrow.
    public var pictures: [Picture]

    /// Creates a row.
    public init(_ label: String = "", _ pictures: [Picture]) {
      self.label = label
      self.pictures = pictures
    }
  }

  /// The rows, from top to bottom.
  public var rows: [Row]
  /// One sentence below the grid; may be empty.
  public var caption: String
  /// How wide each picture is shown, in pixels.
  public var pictureWidth: Int

  /// Creates a grid.
  public init(_ rows: [Row], caption: String = "", pictureWidth: Int = 96) {
    precondition(pictureWidth > 0, "pictures need a width, not \(pictureWidth)")
    self.rows = rows
    self.caption = caption
    self.pictureWidth = pictureWidth
  }
}
