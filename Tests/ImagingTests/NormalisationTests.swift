import Foundation
import Imaging
import Testing

/// A picture's own brightness and contrast, taken out.
struct NormalisationTests {
  /// The formula by itself, with the C library's logarithm and root.
  private func formula(_ image: Image, _ normalisation: Preparation.Normalisation) -> [Double] {
    let values = image.samples.map(Double.init)
    let count = Double(values.count)
    switch normalisation {
    case .none: return values
    case .picture(let spreads):
      let mean = values.reduce(0, +) / count
      let variance = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / count
      return values.map { 127.5 + 127.5 * ($0 - mean) / (spreads * max(1, sqrt(variance))) }
    case .logarithm(let offset, let range):
      let logarithms = values.map { log($0 + Double(offset)) }
      let mean = logarithms.reduce(0, +) / count
      return logarithms.map { 127.5 + 127.5 * ($0 - mean) / range }
    }
  }

  @Test(arguments: [
    Preparation.Normalisation.picture, .picture(spreads: 0.5), .picture(spreads: 7.25), .logarithm,
    .logarithm(offset: 1, range: 0.5), .logarithm(offset: 255, range: 16),
  ])
  func `a sample is the formula's, rounded and held within its range`(normalisation: Preparation.Normalisation) {
    for (side, channels, seed) in [(16, 1, 1), (16, 3, 2), (33, 3, 3), (64, 1, 4)] {
      var image = ResamplingTests.random(side, side, channels, seed: UInt64(seed))
      // A low contrast too, whose spread the range cuts less.
      if seed % 2 == 0 { image.samples = image.samples.map { 90 + $0 / 16 } }
      let prepared = Preparation(size: side, channelCount: channels, normalisation: normalisation).prepare(image)
      let expected = formula(image, normalisation)
      for (sample, value) in zip(prepared.samples, expected) {
        // Half a level is the rounding; the rest is room for another order of the sums.
        #expect(abs(Double(sample) - min(255, max(0, value))) <= 0.5 + 1e-9)
      }
      #expect(Set(prepared.samples).count > 1)
    }
  }

  @Test(arguments: [UInt8(0), 1, 7, 100, 128, 254, 255], [Preparation.Normalisation.picture, .logarithm])
  func `a picture of one level becomes mid-grey`(level: UInt8, normalisation: Preparation.Normalisation) {
    for channels in [1, 3] {
      let image = Image(width: 20, height: 30, channelCount: channels, level: level)
      let prepared = Preparation(size: 16, channelCount: channels, normalisation: normalisation).prepare(image)
      // 127.5 lies between two levels; the logarithm's mean decides by its last bit.
      #expect(Set(prepared.samples).isSubset(of: [127, 128]))
      #expect(Set(prepared.samples).count == 1)
      if normalisation == .picture { #expect(prepared.samples[0] == 128, "halves go to the even one") }
    }
  }

  @Test func `noise of less than a level is not blown up`() {
    var image = Image(width: 16, height: 16, channelCount: 1, level: 100)
    image.samples[17] = 101
    let prepared = Preparation(size: 16, channelCount: 1, normalisation: .picture).prepare(image)
    // One level above a mean of 100 + 1/256, with a spread that counts as one level: a third of half the range.
    #expect(prepared.samples[17] == 170)
    #expect(Set(prepared.samples) == [127, 170])
  }

  @Test func `light and exposure change nothing but the rounding`() {
    let image = ResamplingTests.random(32, 32, 1, seed: 9)
    var brighter = image
    brighter.samples = image.samples.map { 60 + $0 / 4 }
    var darker = image
    darker.samples = image.samples.map { 20 + $0 / 4 }
    let preparation = Preparation(size: 32, channelCount: 1, normalisation: .picture)
    #expect(preparation.prepare(brighter) == preparation.prepare(darker))
    var half = image
    half.samples = image.samples.map { ($0 / 4 + 30) }
    var whole = image
    whole.samples = image.samples.map { 2 * ($0 / 4 + 30) }
    let logarithm = Preparation(size: 32, channelCount: 1, normalisation: .logarithm(offset: 1, range: 1))
    for (a, b) in zip(logarithm.prepare(half).samples, logarithm.prepare(whole).samples) {
      #expect(abs(Int(a) - Int(b)) <= 1)
    }
  }

  @Test func `colour has one mean and spread, so that hues stay; repeated grey is grey`() {
    let red = Image(width: 16, height: 16, channelCount: 3, samples: (0..<256).flatMap { _ in [200, 20, 20] })
    for normalisation in [Preparation.Normalisation.picture, .logarithm] {
      let prepared = Preparation(size: 16, channelCount: 3, normalisation: normalisation).prepare(red)
      #expect(prepared[0, 0, 0] > prepared[0, 0, 1])
      #expect(prepared[0, 0, 1] == prepared[0, 0, 2])
      let grey = ResamplingTests.random(20, 20, 1, seed: 5)
      let one = Preparation(size: 16, channelCount: 1, normalisation: normalisation).prepare(grey)
      let three = Preparation(size: 16, channelCount: 3, normalisation: normalisation).prepare(grey)
      #expect(three.samples == one.samples.flatMap { [$0, $0, $0] })
      #expect(
        three == Preparation(size: 16, channelCount: 3, normalisation: normalisation).prepare(grey.convertedToColor()))
    }
  }

  @Test func `it comes after resampling`() {
    let image = ResamplingTests.random(40, 24, 1, seed: 6)
    let resampled = Preparation(size: 16, channelCount: 1).prepare(image)
    for (normalisation, expected) in [
      (Preparation.Normalisation.picture(spreads: 2), resampled.normalised(spreads: 2)),
      (.logarithm(offset: 4, range: 2), resampled.normalised(logarithmOffset: 4, range: 2)),
    ] {
      #expect(Preparation(size: 16, channelCount: 1, normalisation: normalisation).prepare(image) == expected)
    }
  }

  @Test(arguments: [
    Preparation.Normalisation.none, .picture, .picture(spreads: 2.5), .logarithm, .logarithm(offset: 1, range: 0.75),
  ])
  func `it survives the model file's header, and none writes nothing there`(
    normalisation: Preparation.Normalisation
  ) throws {
    let preparation = Preparation(size: 64, channelCount: 1, normalisation: normalisation)
    #expect(try Preparation(metadata: preparation.metadata) == preparation)
    if normalisation == .none { #expect(preparation.metadata.count == 7) }
  }

  @Test(arguments: [
    ("preparation.normalisation", "histogram"), ("preparation.normalisation", ""),
    ("preparation.normalisation", "none"),
    ("preparation.normalisation_spreads", "0.0"), ("preparation.normalisation_spreads", "-3.0"),
    ("preparation.normalisation_spreads", "nan"), ("preparation.normalisation_spreads", "inf"),
    ("preparation.normalisation_spreads", "3"), ("preparation.normalisation_spreads", "17.0"),
    ("preparation.normalisation_spreads", nil), ("preparation.normalisation_offset", "8"),
    ("preparation.normalisation", nil),
  ])
  func `a normalisation that cannot be followed is refused by its key`(key: String, text: String?) {
    var metadata = Preparation(size: 64, channelCount: 1, normalisation: .picture).metadata
    metadata[key] = text
    let error = #expect(throws: PreparationError.self) { try Preparation(metadata: metadata) }
    #expect(error?.description.contains("preparation.normalisation") == true)
  }

  @Test(arguments: [
    ("preparation.normalisation_offset", "0"), ("preparation.normalisation_offset", "256"),
    ("preparation.normalisation_offset", "8.0"), ("preparation.normalisation_offset", nil),
    ("preparation.normalisation_range", "0.0"), ("preparation.normalisation_range", "nan"),
    ("preparation.normalisation_range", nil), ("preparation.normalisation_spreads", "3.0"),
  ])
  func `a logarithm that cannot be followed is refused by its key`(key: String, text: String?) {
    var metadata = Preparation(size: 64, channelCount: 1, normalisation: .logarithm).metadata
    metadata[key] = text
    let error = #expect(throws: PreparationError.self) { try Preparation(metadata: metadata) }
    #expect(error?.description.contains("'\(key)'") == true)
  }
}
