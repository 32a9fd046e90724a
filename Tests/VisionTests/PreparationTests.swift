import Datasets
import FileFixtures
import Foundation
import Images
import Randomness
import Testing

@testable import Vision

@Suite struct PreparationTests {
  private func ramp(_ height: Int, _ width: Int) -> Image {
    Image(
      height: height, width: width, channels: 3,
      pixels: (0..<height * width).flatMap { place -> [UInt8] in
        [UInt8(place / width % 256), UInt8(place % width % 256), 7]
      })
  }

  private func values(
    _ preparation: ImagePreparation, _ image: Image, seed: UInt64
  ) throws -> [Float] {
    var random = RandomSource(seed: seed)
    var result = [Float](repeating: .nan, count: preparation.inputSize)
    try result.withUnsafeMutableBufferPointer {
      try preparation.prepare(.pixels(image), using: &random, into: $0)
    }
    return result
  }

  @Test(arguments: [(300, 400), (400, 300), (256, 256), (90, 61)])
  func `evaluation brings the shorter side to 256 and takes the middle`(
    height: Int, width: Int
  ) throws {
    let image = ramp(height, width)
    var preparation = ImagePreparation()
    preparation.normalization = .unit
    let shorter = min(height, width)
    let resized = image.resized(
      height: height * 256 / shorter, width: width * 256 / shorter, filter: .bilinear)
    let middle = resized.cropped(
      to: ImageRegion(height: 224, width: 224, centeredIn: (resized.height, resized.width)))
    let prepared = try preparation.prepared(.pixels(image))
    for place in stride(from: 0, to: 224 * 224, by: 97) {
      #expect(
        abs(prepared[place] - Float(middle[place / 224, place % 224, 0]) / 255) < 1e-6)
    }
  }

  @Test func `padded crops move by at most the padding, and every move and flip occurs`() throws {
    var preparation = ImagePreparation.cifar(isTraining: true)
    preparation.normalization = .unit
    // One bright pixel per row and column number: where it lands tells move and flip.
    var image = Image(height: 32, width: 32, channels: 3, filledWith: 0)
    for channel in 0..<3 { image[12, 10, channel] = 255 }
    var places: [Int: Int] = [:]
    for seed in 0..<3000 as Range<UInt64> {
      let prepared = try values(preparation, image, seed: seed)
      let place = try #require(prepared.prefix(1024).firstIndex { $0 > 0.5 })
      #expect(abs(place / 32 - 12) <= 4)
      let column = place % 32
      #expect(abs(column - 10) <= 4 || abs(column - 21) <= 4)
      places[place, default: 0] += 1
    }
    // 9 x 9 moves with and without flip, none of them rare: 18.5 times each on average.
    #expect(places.count == 162)
    #expect(places.values.allSatisfy { $0 > 2 && $0 < 45 })
  }

  @Test func `random parts keep to their range of areas and ratios`() throws {
    var preparation = ImagePreparation.training(side: 16)
    preparation.normalization = .unit
    preparation.flipProbability = 0
    let image = ramp(200, 240)
    var areas: [Double] = []
    for seed in 0..<400 as Range<UInt64> {
      let prepared = try values(preparation, image, seed: seed)
      // The ramps' slopes tell the height and width of the part.
      let height = Double(prepared[15 * 16] - prepared[0]) * 255 * 16 / 15
      let width = Double(prepared[256 + 15] - prepared[256]) * 255 * 16 / 15
      let area = height * width / (200 * 240)
      let ratio = width / height
      #expect(area > 0.07 && area < 1.03 && ratio > 0.68 && ratio < 1.45)
      areas.append(area)
    }
    // Uniform in 0.08 ... 1 less what does not fit: about a half on average.
    let mean = areas.reduce(0, +) / Double(areas.count)
    #expect(mean > 0.42 && mean < 0.56)
  }

  @Test func `an image narrower than every ratio gives its middle`() throws {
    var preparation = ImagePreparation.training(side: 8)
    preparation.area = 0.9...1
    let prepared = try values(preparation, ramp(200, 10), seed: 1)
    #expect(prepared.allSatisfy { $0.isFinite })
  }

  @Test(arguments: RandAugment.Operation.allCases)
  func `an operation keeps the size, and strength 0 keeps the image`(
    operation: RandAugment.Operation
  ) {
    let image = Image(
      height: 20, width: 31, channels: 3,
      pixels: (0..<1860).map { UInt8(truncatingIfNeeded: 97 * $0 + $0 / 31) / 2 + 20 })
    let strength = operation.strength(0, height: 20, width: 31)
    let weakest = operation(image, strength: strength)
    #expect((weakest.height, weakest.width, weakest.channels) == (20, 31, 3))
    // At no strength three operations still do what they are called.
    if ![.autoContrast, .equalize, .solarize].contains(operation) { #expect(weakest == image) }
    let strongest = operation(
      image, strength: operation.strength(1, height: 20, width: 31))
    if operation != .identity { #expect(strongest != image) }
  }

  @Test func `every operation is torchvision's within a gray level`() throws {
    let folder = Bundle.module.bundleURL.appendingPathComponent("Fixtures/RandAugment").path
    let photo = try Image(pngFileAt: folder + "/photo.png")
    var seen: Set<RandAugment.Operation> = [.identity]
    for file in try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    where file != "photo.png" {
      let parts = file.dropLast(4).split(separator: "_")
      let operation = try #require(RandAugment.Operation(rawValue: String(parts[0])))
      let strength = try #require(Double(parts[1]))
      let expected = try Image(pngFileAt: "\(folder)/\(file)")
      let result = operation(photo, strength: strength)
      let distance = zip(result.pixels, expected.pixels).map { abs(Int($0) - Int($1)) }.max()
      #expect(try #require(distance) <= 1, "\(file)")
      seen.insert(operation)
    }
    #expect(seen.count == RandAugment.Operation.allCases.count)
  }

  @Test func `jitter without limits changes nothing`() {
    var random = RandomSource(seed: 1)
    let image = ramp(9, 9)
    #expect(ColorJitter()(image, using: &random) == image)
  }

  @Test func `cutout makes a square of zeros, cut off at the edges`() throws {
    var preparation = ImagePreparation.cifar(isTraining: false)
    preparation.normalization = .unit
    preparation.erasing = .cutout(side: 16)
    let white = Image(height: 32, width: 32, channels: 3, filledWith: 255)
    var sizes: Set<Int> = []
    for seed in 0..<200 as Range<UInt64> {
      let prepared = try values(preparation, white, seed: seed)
      let zeros = prepared.prefix(1024).enumerated().filter { $0.element == 0 }.map(\.offset)
      let (rows, columns) = (Set(zeros.map { $0 / 32 }), Set(zeros.map { $0 % 32 }))
      #expect(zeros.count == rows.count * columns.count)
      #expect((8...16).contains(rows.count) && (8...16).contains(columns.count))
      #expect(Array(prepared[1024..<2048]) == Array(prepared[..<1024]))
      sizes.insert(zeros.count)
    }
    #expect(sizes.contains(256) && sizes.count > 10)
  }

  @Test func `erasing happens as often as asked for and within its areas`() throws {
    var preparation = ImagePreparation.cifar(isTraining: false)
    preparation.normalization = .unit
    preparation.erasing = RandomErasing()
    preparation.erasing?.probability = 0.25
    let white = Image(height: 32, width: 32, channels: 3, filledWith: 255)
    let shares = try (0..<600 as Range<UInt64>).map { seed in
      try values(preparation, white, seed: seed).prefix(1024).count { $0 == 0 }
    }
    let changed = shares.filter { $0 > 0 }
    // 150 with standard deviation 10.6.
    #expect((105...195).contains(changed.count))
    #expect(changed.allSatisfy { $0 >= 12 && $0 <= 370 })
  }

  @Test(arguments: [0.2, 0.5, 1.0, 3.0])
  func `draws from Beta(a, a) have its mean and variance`(alpha: Double) {
    var random = RandomSource(seed: 9)
    let count = 20_000
    let draws = (0..<count).map { _ in BatchMixing.beta(alpha, using: &random) }
    let mean = draws.reduce(0, +) / Double(count)
    let variance = draws.reduce(0) { $0 + ($1 - 0.5) * ($1 - 0.5) } / Double(count)
    let expected = 1 / (4 * (2 * alpha + 1))
    // Six standard errors of the mean; the variance within 5 percent.
    #expect(abs(mean - 0.5) < 6 * (expected / Double(count)).squareRoot())
    #expect(abs(variance / expected - 1) < 0.05)
  }

  @Test func `mixing shares values and classes with the image before`() {
    var values: [Float] = (0..<3).flatMap { [Float](repeating: Float($0), count: 8) }
    values.withUnsafeMutableBufferPointer {
      let share = BatchMixing.apply(
        .mix(share: 0.75), to: $0, batch: 3, channels: 2, height: 2, width: 2)
      #expect(share == 0.75)
    }
    #expect(values[0] == 0.5 && values[8] == 0.75 && values[16] == 1.75)
    values = (0..<3).flatMap { [Float](repeating: Float($0), count: 8) }
    values.withUnsafeMutableBufferPointer {
      let share = BatchMixing.apply(
        .paste(rows: 1..<2, columns: 0..<1), to: $0, batch: 3, channels: 2, height: 2, width: 2)
      #expect(share == 0.75)
    }
    #expect(Array(values[8..<16]) == [1, 1, 0, 1, 1, 1, 0, 1])
    #expect(values[2] == 2)
  }
}
