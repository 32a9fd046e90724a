import Images
import Testing

@Suite struct ResamplingTests {
  @Test func `the reference has every filter`() {
    #expect(PillowCase.all(["resize"]).count == 5 * ResamplingFilter.allCases.count)
  }

  /// Not merely within a gray level: the weights and both roundings are Pillow's.
  @Test(arguments: PillowCase.all(["resize"]))
  func `resizing is Pillow's to the last bit`(pillow: PillowCase) throws {
    let resized = try Fixture.image(pillow.source).resized(
      height: pillow.whole("height"), width: pillow.whole("width"), filter: pillow.filter)
    #expect(try difference(resized, Fixture.image(pillow.file)) == 0)
  }

  @Test(arguments: PillowCase.all(["resize-part"]))
  func `a part with edges between pixels is resized as Pillow does it`(pillow: PillowCase) throws {
    let image = try Fixture.image(pillow.source)
    let resampler = Resampler(
      from: (image.height, image.width),
      box: (
        pillow.number("top")...pillow.number("bottom"),
        pillow.number("left")...pillow.number("right")
      ),
      to: (pillow.whole("height"), pillow.whole("width")), channels: image.channels,
      filter: try pillow.filter)
    // Pillow takes nearest pixels of a part by another path, which rounds at other places.
    if try pillow.filter == .nearest { return }
    #expect(try difference(resampler(image), Fixture.image(pillow.file)) == 0)
  }

  @Test(arguments: PillowCase.all(["interpolate"]))
  func `without antialiasing resizing is PyTorch's within a gray level`(pillow: PillowCase) throws {
    let resized = try Fixture.image(pillow.source).resized(
      height: pillow.whole("height"), width: pillow.whole("width"), filter: pillow.filter,
      isAntialiased: false)
    let distance = try #require(difference(resized, Fixture.image(pillow.file)))
    #expect(distance <= 1)
  }

  @Test(arguments: ResamplingFilter.allCases)
  func `one value stays one value, whatever the channels`(filter: ResamplingFilter) {
    for channels in 1...4 {
      for size in [(1, 1), (3, 40), (29, 2)] {
        let flat = Image(height: 11, width: 7, channels: channels, filledWith: 255)
        let resized = flat.resized(height: size.0, width: size.1, filter: filter)
        #expect(resized.pixels.allSatisfy { $0 == 255 })
      }
    }
  }

  @Test(arguments: ResamplingFilter.allCases)
  func `channels do not mix`(filter: ResamplingFilter) throws {
    let photo = try Fixture.image("photo")
    let resized = photo.resized(height: 13, width: 41, filter: filter)
    for channel in 0..<3 {
      let plane = Image(
        height: photo.height, width: photo.width, channels: 1,
        pixels: stride(from: channel, to: photo.pixels.count, by: 3).map { photo.pixels[$0] })
      let alone = plane.resized(height: 13, width: 41, filter: filter)
      let together = stride(from: channel, to: resized.pixels.count, by: 3)
        .map { resized.pixels[$0] }
      #expect(alone.pixels == together)
    }
  }
}
