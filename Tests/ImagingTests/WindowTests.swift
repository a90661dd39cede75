import TestSupport
import Testing

@testable import Imaging

struct WindowTests {
  /// A mask of random blots; at least one pixel is inside.
  private static func mask(width: Int, height: Int, seed: UInt64) throws -> RegionMask {
    var random = SmallRandom(seed: seed)
    var samples = [UInt8](repeating: 0, count: width * height)
    for _ in 0..<3 {
      let (column, row) = (Int(random.next() * Float(width - 1)), Int(random.next() * Float(height - 1)))
      for y in row..<min(height, row + height / 3 + 2) {
        for x in column..<min(width, column + width / 3 + 2) { samples[y * width + x] = 200 }
      }
    }
    return try #require(RegionMask(width: width, height: height, samples: samples))
  }

  @Test func `windows cover every pixel, lie within the plane and are as few as the stride allows`() {
    for side in [1, 2, 5, 16] {
      for stride in Set([1, (side + 1) / 2, side]) {
        for width in side...side + 2 * stride + 3 {
          for height in [side, side + 1, side + stride, side + 2 * stride + 1] {
            let grid = WindowGrid(planeWidth: width, planeHeight: height, side: side, stride: stride)
            var covered = [Bool](repeating: false, count: width * height)
            for place in grid.places {
              #expect(place.column >= 0 && place.row >= 0)
              #expect(place.column + side <= width && place.row + side <= height)
              for row in place.row..<place.row + side {
                for column in place.column..<place.column + side { covered[row * width + column] = true }
              }
            }
            #expect(!covered.contains(false), "\(width)x\(height) by \(side), \(stride)")
            #expect(grid.columns.count == (width - side + stride - 1) / stride + 1)
            #expect(grid.count == grid.columns.count * grid.rows.count)
            #expect(
              grid.count == WindowGrid.count(planeWidth: width, planeHeight: height, side: side, stride: stride))
            #expect(Set(grid.places).count == grid.count)
          }
        }
      }
    }
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `under a mask every pixel inside is covered, and every window has one`(seed: UInt64) throws {
    let (width, height, side) = (37 + Int(seed), 29, 8)
    let mask = try Self.mask(width: width, height: height, seed: seed)
    let preparation = Preparation(
      size: side, channelCount: 1, windows: WindowPlan(stride: 3, field: .mask(mask), smallPictures: .padded))
    let geometry = try preparation.geometry(width: width, height: height)
    let plane = try #require(preparation.planeMask(width: geometry.planeWidth, height: geometry.planeHeight))
    #expect(plane.insideCount == mask.insideCount)
    let grid = preparation.grid(geometry)
    var covered = [Bool](repeating: false, count: plane.samples.count)
    for place in grid.places {
      var inside = 0
      for row in place.row..<place.row + side {
        for column in place.column..<place.column + side {
          covered[row * plane.width + column] = true
          inside += Int(plane.samples[row * plane.width + column])
        }
      }
      #expect(inside > 0)
    }
    for index in covered.indices where plane.samples[index] == 1 { #expect(covered[index]) }
    let all = WindowGrid(planeWidth: plane.width, planeHeight: plane.height, side: side, stride: 3)
    #expect(grid.places == all.places.filter { plane.hasInside(at: $0, side: side) })
  }

  @Test(arguments: [1, 3], [1, 0.5, 0.37])
  func `a plane is the prepared picture of what the region holds`(channelCount: Int, scale: Double) throws {
    for normalisation in [Preparation.Normalisation.none, .picture, .logarithm] {
      for sourceChannels in [1, 3] {
        let image = SamplePicture.noise(width: 83, height: 61, channelCount: sourceChannels, seed: 3)
        let box = PixelBox(x: 11, y: 7, width: 64, height: 50)
        let preparation = Preparation(
          size: 16, channelCount: channelCount, normalisation: normalisation,
          windows: WindowPlan(scale: scale, stride: 8, field: .region(box)))
        let prepared = try preparation.prepare(png: PNG.encode(image))
        var cropped: [UInt8] = []
        for row in box.y..<box.y + box.height {
          for column in box.x..<box.x + box.width {
            for channel in 0..<sourceChannels { cropped.append(image[column, row, channel]) }
          }
        }
        let part = Image(
          width: box.width, height: box.height, channelCount: sourceChannels, samples: cropped)
        var expected = (channelCount == 1 ? part.convertedToGrey() : part).resampled(
          width: Int((64 * scale).rounded()), height: Int((50 * scale).rounded()))
        switch normalisation {
        case .none: break
        case .picture(let spreads): expected = expected.normalised(spreads: spreads)
        case .logarithm(let offset, let range):
          expected = expected.normalised(logarithmOffset: offset, range: range)
        }
        if channelCount == 3 { expected = expected.convertedToColor() }
        #expect(prepared.picture == expected)
        #expect(try preparation.plane(of: image) == expected)
        #expect((prepared.width, prepared.height) == (83, 61))
        #expect(prepared.notes.contains(.scaled) == (scale < 1))
      }
    }
  }

  @Test func `the whole of a picture of window size is the picture as it is seen without windows`() throws {
    let image = SamplePicture.noise(width: 16, height: 16, seed: 9)
    let whole = Preparation(size: 16, channelCount: 1, normalisation: .picture)
    var windowed = whole
    windowed.windows = WindowPlan(stride: 8)
    #expect(try windowed.plane(of: image) == whole.prepare(image))
    #expect(windowed.grid(try windowed.geometry(width: 16, height: 16)).places == [PixelPosition(column: 0, row: 0)])
  }

  @Test(arguments: [1, 0.5, 0.3])
  func `what lies outside a mask changes no pixel of a plane`(scale: Double) throws {
    for (seed, channelCount) in [(1, 1), (2, 3), (3, 1), (4, 3)] as [(UInt64, Int)] {
      let mask = try Self.mask(width: 90, height: 70, seed: seed)
      for normalisation in [Preparation.Normalisation.none, .picture, .logarithm] {
        let preparation = Preparation(
          size: 16, channelCount: channelCount, normalisation: normalisation,
          windows: WindowPlan(scale: scale, stride: 8, field: .mask(mask), smallPictures: .padded))
        try preparation.windows?.check(side: 16)
        let image = SamplePicture.noise(width: 90, height: 70, channelCount: channelCount, seed: seed)
        var other = image
        for pixel in mask.samples.indices where mask.samples[pixel] == 0 {
          for channel in 0..<channelCount { other.samples[pixel * channelCount + channel] ^= 0xFF }
        }
        let plane = try preparation.plane(of: image)
        #expect(try preparation.plane(of: other) == plane)
        let inside = try #require(preparation.planeMask(width: plane.width, height: plane.height))
        for pixel in inside.samples.indices where inside.samples[pixel] == 0 {
          #expect(plane.samples[pixel * channelCount] == Preparation.outsideLevel)
        }
        // And what lies inside does.
        guard let first = mask.samples.firstIndex(of: 1), scale == 1, normalisation == .none else { continue }
        other = image
        other.samples[first * channelCount] ^= 0x80
        #expect(try preparation.plane(of: other) != plane)
      }
    }
  }

  @Test func `a plane smaller than a window is refused, or continued by its edges`() throws {
    let image = Image(width: 3, height: 2, channelCount: 1, samples: [1, 2, 3, 4, 5, 6])
    var preparation = Preparation(size: 4, channelCount: 1, windows: WindowPlan(stride: 2))
    let error = #expect(throws: PreparationFailure.self) { try preparation.plane(of: image) }
    #expect(error?.reason == "wrong-size" && error?.mayBeIncomplete == false)
    #expect(error?.description.contains("3x2") == true && error?.description.contains("4x4") == true)
    preparation.windows?.smallPictures = .padded
    #expect(
      try preparation.plane(of: image).samples == [1, 2, 3, 3, 4, 5, 6, 6, 4, 5, 6, 6, 4, 5, 6, 6])
    #expect(try preparation.prepare(png: PNG.encode(image)).notes == .padded)
    let mask = try #require(RegionMask(width: 3, height: 2, samples: [0, 1, 1, 0, 0, 0]))
    preparation.windows?.field = .mask(mask)
    #expect(
      try preparation.plane(of: image).samples == [2, 3, 128, 128] + [UInt8](repeating: 128, count: 12))
  }

  @Test func `pictures that the field does not fit are refused with both sizes, damaged ones as damaged`() throws {
    let image = SamplePicture.noise(width: 40, height: 30, seed: 1)
    let mask = try Self.mask(width: 41, height: 30, seed: 1)
    for (field, text) in [
      (WindowPlan.Field.region(PixelBox(x: 20, y: 0, width: 21, height: 20)), "41x20"), (.mask(mask), "41x30"),
    ] {
      let preparation = Preparation(
        size: 16, channelCount: 1, windows: WindowPlan(stride: 8, field: field, smallPictures: .padded))
      let bytes = PNG.encode(image)
      let error = #expect(throws: PreparationFailure.self) { try preparation.prepare(png: bytes) }
      #expect(error?.reason == PreparationFailure.wrongSizeReason)
      #expect(error?.description.contains("40x30") == true && error?.description.contains(text) == true)
      let cut = #expect(throws: PreparationFailure.self) { try preparation.prepare(png: Array(bytes.dropLast(20))) }
      #expect(cut?.mayBeIncomplete == true)
    }
  }

  @Test func `pictures of more windows or pixels than can be held are refused`() {
    let fine = Preparation(size: 16, channelCount: 1, windows: WindowPlan(stride: 1))
    let many = #expect(throws: PreparationFailure.self) { try fine.geometry(width: 5000, height: 5000) }
    #expect(many?.description.contains("windows, expected at most 16777216") == true)
    #expect(throws: Never.self) { try fine.geometry(width: 4000, height: 4000) }
    let coarse = Preparation(size: 16, channelCount: 1, windows: WindowPlan(stride: 16))
    let wide = #expect(throws: PreparationFailure.self) { try coarse.geometry(width: 70_000, height: 16) }
    #expect(wide?.description.contains("65536") == true)
  }

  @Test func `boxes of a plane lie where the file shows the same pixels`() throws {
    let box = PixelBox(x: 100, y: 50, width: 400, height: 301)
    let preparation = Preparation(
      size: 64, channelCount: 1, windows: WindowPlan(scale: 0.5, stride: 32, field: .region(box)))
    let geometry = try preparation.geometry(width: 640, height: 480)
    #expect((geometry.planeWidth, geometry.planeHeight) == (200, 151))
    #expect(
      geometry.box(ofPlane: PixelBox(x: 10, y: 0, width: 5, height: 151))
        == PixelBox(x: 120, y: 50, width: 10, height: 301))
    #expect(geometry.box(ofPlane: PixelBox(x: -5, y: -5, width: 1000, height: 1000)) == box)
    for row in stride(from: 0, to: 151, by: 7) {
      for column in stride(from: 0, to: 200, by: 9) {
        let pixel = PixelPosition(column: column, row: row)
        let place = geometry.position(ofPlane: pixel)
        #expect(box.contains(place))
        #expect(geometry.planePosition(of: place) == pixel)
        #expect(geometry.box(ofPlane: PixelBox(x: column, y: row, width: 1, height: 1)).contains(place))
      }
    }
    #expect(geometry.planePosition(of: PixelPosition(column: 99, row: 60)) == nil)
    // A picture that is seen whole is stretched by two factors.
    let whole = try Preparation(size: 64, channelCount: 1).geometry(width: 640, height: 320)
    #expect(
      whole.box(ofPlane: PixelBox(x: 32, y: 32, width: 32, height: 1))
        == PixelBox(x: 320, y: 160, width: 320, height: 5))
    // Behind the content of a padded plane lies its last pixel.
    let padded = try Preparation(size: 64, channelCount: 1, windows: WindowPlan(stride: 32, smallPictures: .padded))
      .geometry(width: 20, height: 100)
    #expect(
      padded.box(ofPlane: PixelBox(x: 30, y: 0, width: 8, height: 8)) == PixelBox(x: 19, y: 0, width: 1, height: 8))
  }

  @Test func `regions above a level are boxes of the file, the highest first and at most sixteen`() throws {
    let geometry = try Preparation(size: 16, channelCount: 1, windows: WindowPlan(stride: 8))
      .geometry(width: 41, height: 31)
    #expect((geometry.mapWidth, geometry.mapHeight) == (21, 16))
    var scores = [Float](repeating: 1, count: 21 * 16)
    scores[0] = 2
    scores[5 * 21 + 20] = 4
    scores[6 * 21 + 20] = 3
    scores[15 * 21 + 3] = 3
    let map = ScoreMap(width: 21, height: 16, scores: scores)
    #expect(
      geometry.boxes(of: map, above: 1.5) == [
        PixelBox(x: 40, y: 10, width: 1, height: 4), PixelBox(x: 6, y: 30, width: 2, height: 1),
        PixelBox(x: 0, y: 0, width: 2, height: 2),
      ])
    #expect(geometry.boxes(of: map, above: 4) == [])
    #expect(geometry.boxes(of: map, above: 0.5) == [PixelBox(x: 0, y: 0, width: 41, height: 31)])
    let dotted = (0..<21 * 16).map { (cell: Int) -> Float in
      let isDot = (cell / 21).isMultiple(of: 2) && (cell % 21).isMultiple(of: 2)
      return isDot ? Float(cell) : 0
    }
    let dots = ScoreMap(width: 21, height: 16, scores: dotted)
    let boxes = geometry.boxes(of: dots, above: 0)
    #expect(boxes.count == PictureGeometry.mostBoxes)
    #expect(boxes[0] == PixelBox(x: 40, y: 28, width: 1, height: 2))
  }

  @Test func `a weak region's box reaches to half of its difference, at most a window from its peak`() throws {
    let geometry = try Preparation(size: 16, channelCount: 1, windows: WindowPlan(stride: 8))
      .geometry(width: 64, height: 64)
    func boxes(_ row: [Int: Float], others: Float = 0) -> [PixelBox] {
      var scores = [Float](repeating: others, count: 32 * 32)
      for (column, score) in row { scores[8 * 32 + column] = score }
      return geometry.boxes(of: ScoreMap(width: 32, height: 32, scores: scores), above: 4)
    }
    // The root of half is 0.707: 3.54 of 5.
    #expect(boxes([6: 3.6, 7: 3.6, 8: 5, 9: 3.6, 10: 3.5]) == [PixelBox(x: 12, y: 16, width: 8, height: 2)])
    // Half of a strong region's difference is above the level.
    #expect(boxes([7: 3.9, 8: 6, 9: 4.1]) == [PixelBox(x: 16, y: 16, width: 4, height: 2)])
    // What is not connected with the peak does not count, and what has a box gets no second one.
    #expect(boxes([5: 3.9, 8: 5, 9: 3.9, 10: 4.5]) == [PixelBox(x: 16, y: 16, width: 6, height: 2)])
    #expect(boxes([20: 5], others: 3.9) == [PixelBox(x: 24, y: 0, width: 34, height: 34)])
    // A region that goes on behind such a box has one of its own.
    var long = [8: Float(5), 9: 3.9, 10: 4.5]
    for column in 11...28 { long[column] = 4.4 }
    #expect(
      boxes(long) == [PixelBox(x: 16, y: 16, width: 18, height: 2), PixelBox(x: 20, y: 16, width: 38, height: 2)])
    // A box does not reach to a stronger region, which has its own.
    #expect(
      boxes([6: 6, 7: 3.9, 8: 5]) == [
        PixelBox(x: 12, y: 16, width: 2, height: 2), PixelBox(x: 16, y: 16, width: 2, height: 2),
      ])
  }

  @Test func `a weaker region counts beside a stronger one where the difference itself exceeds the level`() throws {
    let geometry = try Preparation(size: 16, channelCount: 1, windows: WindowPlan(stride: 8))
      .geometry(width: 64, height: 64)
    func boxes(_ weaker: Float, column: Int, above level: Float = 4) -> Int {
      var scores = [Float](repeating: -9, count: 32 * 32)
      scores[8 * 32 + 8] = 9
      scores[8 * 32 + column] = weaker
      return geometry.boxes(of: ScoreMap(width: 32, height: 32, scores: scores), above: level).count
    }
    // The root of 4 x 9 is 6: below it lies what the root alone lifts above the level.
    #expect(boxes(6, column: 15) == 1)
    #expect(boxes(6.1, column: 15) == 2)
    // 16 pixels away no window shows both.
    #expect(boxes(4.1, column: 16) == 2)
    #expect(boxes(-1, column: 15, above: -2) == 2)
  }

  @Test func `plans that no picture could be prepared by are refused`() throws {
    let mask = try #require(RegionMask(width: 9, height: 9, samples: (0..<81).map { $0 == 40 ? 1 : 0 }))
    for (plan, words) in [
      (WindowPlan(scale: 1.5, stride: 8), "scale"), (WindowPlan(scale: 0.01, stride: 8), "scale"),
      (WindowPlan(scale: .nan, stride: 8), "scale"), (WindowPlan(stride: 0), "stride"),
      (WindowPlan(stride: 17), "stride"),
      (WindowPlan(stride: 8, field: .region(PixelBox(x: 0, y: 0, width: 15, height: 16))), "16x16"),
      (WindowPlan(scale: 0.5, stride: 8, field: .region(PixelBox(x: 0, y: 0, width: 40, height: 30))), "20x15"),
      (WindowPlan(stride: 8, field: .region(PixelBox(x: -1, y: 0, width: 40, height: 30))), "-1,0,40,30"),
      (WindowPlan(stride: 8, field: .region(PixelBox(x: .max, y: 0, width: .max, height: 30))), "within"),
      (WindowPlan(stride: 8, field: .region(PixelBox(x: 0, y: 0, width: 70_000, height: 30))), "65536"),
      (WindowPlan(stride: 8, field: .mask(mask)), "1x1"),
    ] {
      let error = #expect(throws: PreparationError.self) { try plan.check(side: 16) }
      #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }
    // Thinner than a pixel of the plane.
    let line = try #require(RegionMask(width: 9, height: 9, samples: (0..<81).map { [36, 38].contains($0) ? 1 : 0 }))
    let thin = WindowPlan(scale: 0.34, stride: 8, field: .mask(line), smallPictures: .padded)
    #expect(throws: PreparationError.self) { try thin.check(side: 16) }
  }

  @Test func `a plan survives the model file's header with its mask, and what is not one is refused`() throws {
    let mask = try Self.mask(width: 60, height: 50, seed: 5)
    let plans = [
      WindowPlan(stride: 16), WindowPlan(scale: 0.37, stride: 1, smallPictures: .padded),
      WindowPlan(stride: 3, field: .region(PixelBox(x: 3, y: 4, width: 50, height: 60))),
      WindowPlan(stride: 3, field: .mask(mask), smallPictures: .padded),
    ]
    for plan in plans {
      let preparation = Preparation(size: 16, channelCount: 3, normalisation: .logarithm, windows: plan)
      let metadata = preparation.metadata
      #expect(metadata["preparation.aspect"] == "windows")
      #expect(try Preparation(metadata: metadata, mask: plan.mask) == preparation)
      for key in ["preparation.window_scale", "preparation.window_stride", "preparation.small_pictures"] {
        #expect(throws: PreparationError.self) {
          try Preparation(metadata: metadata.filter { $0.key != key }, mask: plan.mask)
        }
      }
      // A mask too many, or one too few.
      #expect(throws: PreparationError.self) {
        try Preparation(metadata: metadata, mask: plan.mask == nil ? mask : nil)
      }
      for (key, value) in [
        ("preparation.window_scale", "0.50"), ("preparation.window_scale", "2.0"), ("preparation.window_scale", "nan"),
        ("preparation.window_stride", "17"), ("preparation.window_stride", "0"), ("preparation.window_stride", "-1"),
        ("preparation.region", "0,0,16"), ("preparation.region", "0,0,0,16"), ("preparation.region", "0,0,016,16"),
        ("preparation.region", "9223372036854775807,0,9223372036854775807,16"), ("preparation.mask", "50,60"),
        ("preparation.small_pictures", "cut"), ("preparation.aspect", "stretch"),
      ] {
        #expect(throws: PreparationError.self, "\(key) \(value)") {
          try Preparation(metadata: metadata.merging([key: value]) { $1 }, mask: plan.mask)
        }
      }
    }
    #expect(throws: PreparationError.self) {
      try Preparation(metadata: Preparation(size: 16, channelCount: 1).metadata, mask: mask)
    }
  }

  @Test func `a mask is what is not black, whatever its colour, in files of at most 8 bits`() throws {
    let blue = Image(width: 2, height: 1, channelCount: 3, samples: [0, 0, 1, 0, 0, 0])
    let mask = try RegionMask(png: PNG.encode(blue))
    #expect(mask.samples == [1, 0] && mask.box == PixelBox(x: 0, y: 0, width: 1, height: 1) && mask.insideCount == 1)
    #expect(mask.contains(PixelPosition(column: 0, row: 0)) && !mask.contains(PixelPosition(column: 1, row: 0)))
    #expect(!mask.contains(PixelPosition(column: -1, row: 0)) && !mask.contains(PixelPosition(column: 0, row: 1)))
    #expect(throws: RegionMaskError.empty) {
      try RegionMask(png: PNG.encode(Image(width: 2, height: 2, channelCount: 1, level: 0)))
    }
    #expect(throws: RegionMaskError.self) { try RegionMask(png: [1, 2, 3]) }
    let deep = TestPNG(width: 1, height: 1, depth: 16, samples: [100])
    #expect(throws: RegionMaskError.depth(found: 16)) { try RegionMask(png: deep.bytes) }
  }

  @Test func `a box is written and read as four numbers`() {
    let box = PixelBox(x: 1, y: 20, width: 300, height: 4)
    #expect(box.text == "1,20,300,4")
    #expect(PixelBox(text: box.text) == box)
    for text in ["", "1,2,3", "1,2,3,4,5", "1,2,0,4", "1,2,3,-4", "+1,2,3,4", "1, 2,3,4", "1,2,3,", "01,2,3,4"] {
      #expect(PixelBox(text: text) == nil, "\(text)")
    }
  }
}
