import Images
import Testing

@Suite struct ImageTests {
  @Test func `four quarter turns are no turn`() {
    let image = Image(height: 2, width: 3, channels: 1, pixels: [1, 2, 3, 4, 5, 6])
    #expect(image.rotated(quarterTurns: 1).pixels == [3, 6, 2, 5, 1, 4])
    #expect(image.rotated(quarterTurns: 2).pixels == [6, 5, 4, 3, 2, 1])
    #expect(image.rotated(quarterTurns: -1).pixels == [4, 1, 5, 2, 6, 3])
    #expect(image.rotated(quarterTurns: 4) == image)
  }
}
