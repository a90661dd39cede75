import Imaging
import Testing

/// What a picture goes through on its way into the network.
struct PreparationTests {
  @Test func `colour becomes grey by whole-number weights, rounded`() {
    let image = Image(
      width: 5, height: 1, channelCount: 3, samples: [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 9, 9, 9])
    #expect(image.convertedToGrey().samples == [77, 149, 29, 255, 9])
  }

  @Test func `channels are converted before the picture is resampled`() {
    // (77 x 2 + 128) / 256 = 1, and half of it rounds to 1; the other order gives 0.
    let image = Image(width: 2, height: 1, channelCount: 3, samples: [2, 0, 0, 0, 0, 0])
    #expect(Preparation(size: 1, channelCount: 1).prepare(image).samples == [1])
  }

  @Test func `grey is repeated in three channels`() {
    let grey = ResamplingTests.random(13, 9, 1, seed: 1)
    let one = Preparation(size: 16, channelCount: 1).prepare(grey)
    let three = Preparation(size: 16, channelCount: 3).prepare(grey)
    #expect(three.samples == one.samples.flatMap { [$0, $0, $0] })
    #expect(three == Preparation(size: 16, channelCount: 3).prepare(grey.convertedToColor()))
  }

  @Test func `a picture that already fits is left alone`() {
    let image = ResamplingTests.random(16, 16, 3, seed: 2)
    #expect(Preparation(size: 16, channelCount: 3).prepare(image) == image)
  }

  @Test func `a prepared picture prepared again is the same`() {
    let preparation = Preparation(size: 32, channelCount: 1)
    let once = preparation.prepare(ResamplingTests.random(100, 50, 3, seed: 4))
    #expect(preparation.prepare(once) == once)
    #expect(preparation.prepare(try! PNG.decode(PNG.encode(once)).image) == once)
  }

  @Test(arguments: [(false, 0), (true, 0), (false, 4), (true, 4)])
  func `decoding tells of every mebibyte of samples, in every pass and while alpha is composed`(
    isInterlaced: Bool, colorType: Int
  ) throws {
    let channels = colorType == 4 ? 2 : 1
    let (width, height) = (1024, 2048 / channels)
    let file = TestPNG(
      width: width, height: height, colorType: colorType, interlaced: isInterlaced,
      samples: [Int](repeating: 9, count: width * height * channels))
    var count = 0
    let decoded = try PNG.decode(file.bytes) { count += 1 }
    #expect(decoded.image == (try PNG.decode(file.bytes)).image)
    // Seven passes touch every row in libpng's buffer; alpha is one more.
    #expect(count == 2 * (isInterlaced ? 7 : 1) + (colorType == 4 ? 2 : 0))
    // A file that ends early tells nothing more.
    #expect(throws: PNGError.self) { try PNG.decode(Array(file.bytes.prefix(40))) { count = -1 } }
    #expect(count >= 0)
  }

  @Test func `transparent pixels take the preparation's background`() throws {
    let file = TestPNG(width: 2, height: 1, colorType: 4, samples: [200, 0, 100, 255])
    let black = try Preparation(size: 2, channelCount: 1).prepare(png: file.bytes)
    #expect(black.picture.samples == [0, 100, 0, 100])
    #expect(black.notes == [.alphaComposed, .enlarged, .stretched])
    let white = try Preparation(size: 2, channelCount: 1, alpha: .white).prepare(png: file.bytes)
    #expect(white.picture.samples == [255, 100, 255, 100])
  }

  @Test func `limits reach the decoder`() {
    let file = TestPNG(width: 2, height: 1, samples: [1, 2])
    let error = #expect(throws: PreparationFailure.self) {
      try Preparation(size: 16, channelCount: 1).prepare(png: file.bytes, limits: PNGLimits(maximumPixels: 1))
    }
    #expect(error?.reason == PNGError.Reason.tooManyPixels.rawValue)
  }

  @Test func `each thing done to a picture is noted`() throws {
    func notes(_ file: TestPNG, size: Int, channelCount: Int) throws -> PreparationNotes {
      try Preparation(size: size, channelCount: channelCount).prepare(png: file.bytes).notes
    }
    let grey = TestPNG(width: 4, height: 4, samples: Array(0..<16))
    #expect(try notes(grey, size: 4, channelCount: 1) == [])
    #expect(try notes(grey, size: 4, channelCount: 3) == .greyRepeated)
    #expect(try notes(grey, size: 2, channelCount: 1) == .shrunk)
    #expect(try notes(grey, size: 5, channelCount: 1) == .enlarged)
    let color = TestPNG(width: 3, height: 4, depth: 16, colorType: 2, samples: [Int](repeating: 300, count: 36))
    #expect(
      try notes(color, size: 4, channelCount: 1) == [.colorConverted, .depthReduced, .enlarged, .stretched])
    let opaque = TestPNG(width: 1, height: 1, colorType: 6, samples: [1, 2, 3, 255])
    #expect(try notes(opaque, size: 1, channelCount: 3) == [])
    #expect(PreparationNotes(rawValue: 127).sentences.count == 7)
    #expect(([.greyRepeated] as PreparationNotes).sentences == ["grey pictures are repeated in three channels"])
  }

  @Test func `samples become numbers from -1 to 1`() {
    #expect(Preparation.input(of: 0) == -1)
    #expect(Preparation.input(of: 255) == 1)
    #expect(Preparation.input(of: 102) == Float(102) / 127.5 - 1)
  }

  @Test(arguments: [1, 3], Preparation.Alpha.allCases)
  func `a preparation survives the model file's header`(channelCount: Int, alpha: Preparation.Alpha) throws {
    let preparation = Preparation(size: 64, channelCount: channelCount, alpha: alpha)
    #expect(try Preparation(metadata: preparation.metadata) == preparation)
    #expect(try Preparation(metadata: preparation.metadata.merging(["other.size": "1"]) { $1 }) == preparation)
  }

  @Test(arguments: [
    ("preparation.size", "0"), ("preparation.size", "064"), ("preparation.size", "4097"), ("preparation.size", "x"),
    ("preparation.channels", "2"), ("preparation.channels", "+1"), ("preparation.alpha", "green"),
    ("preparation.grey", "average"), ("preparation.resampling", "nearest"), ("preparation.aspect", "crop"),
    ("preparation.range", "0,1"), ("preparation.tiles", "4"),
  ])
  func `a rule that this version does not follow is refused by name`(key: String, value: String) {
    var metadata = Preparation(size: 64, channelCount: 1).metadata
    metadata[key] = value
    let error = #expect(throws: PreparationError.self) { try Preparation(metadata: metadata) }
    #expect(error?.description.contains("'\(key)'") == true)
  }

  @Test func `a sample is its own input's, and what lies outside is cut off`() {
    for sample in UInt8.min ... .max { #expect(Preparation.sample(of: Preparation.input(of: sample)) == sample) }
    for (output, sample) in [(-1.5, 0), (1.5, 255), (0, 128), (.infinity, 255), (-.infinity, 0), (.nan, 255)]
      as [(Float, UInt8)]
    {
      #expect(Preparation.sample(of: output) == sample)
    }
  }

  @Test func `a missing rule is refused by name`() {
    let metadata = Preparation(size: 64, channelCount: 1).metadata
    #expect(metadata.count == 7)
    for key in metadata.keys {
      let error = #expect(throws: PreparationError.self) {
        try Preparation(metadata: metadata.filter { $0.key != key })
      }
      #expect(error?.description.hasPrefix("'\(key)' is missing, expected ") == true)
    }
  }
}
