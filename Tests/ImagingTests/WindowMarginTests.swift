import TestSupport
import Testing

@testable import Imaging

/// Windows of scores that leave out a margin of each.
struct WindowMarginTests {
  /// How often each pixel of a plane lies in what the margin leaves of a window.
  private func coverage(_ grid: WindowGrid, width: Int, height: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: width * height)
    let (margin, side) = (grid.margin, grid.side)
    for place in grid.places {
      for row in place.row + margin..<place.row + side - margin {
        for column in place.column + margin..<place.column + side - margin { counts[row * width + column] += 1 }
      }
    }
    return counts
  }

  @Test(arguments: [1, 2, 3, 8, 16])
  func `every pixel lies inside the margin of a window, and windows reach over the edges by the margin`(side: Int) {
    for margin in 0...7 * side / 16 {
      let core = side - 2 * margin
      for stride in Set([1, 2, (core + 1) / 2, core - 1, core]) where (1...core).contains(stride) {
        for (width, height) in [(side, side), (side + 1, side), (side + 5, 2 * side + 3), (3 * side, side + stride)] {
          let grid = WindowGrid(planeWidth: width, planeHeight: height, side: side, stride: stride, margin: margin)
          #expect(!coverage(grid, width: width, height: height).contains(0), "\(width)x\(height), \(stride), \(margin)")
          #expect(grid.columns.first == -margin && grid.columns.last == width - side + margin)
          #expect(grid.rows.first == -margin && grid.rows.last == height - side + margin)
          #expect(Set(grid.places).count == grid.count)
          if margin == 0 {
            #expect(grid == WindowGrid(planeWidth: width, planeHeight: height, side: side, stride: stride))
          }
        }
      }
    }
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `under a mask every pixel inside lies inside the margin of a window, and every window has one there`(
    seed: UInt64
  ) throws {
    var random = SmallRandom(seed: seed)
    let (width, height, side) = (31 + Int(seed), 27, 8)
    var samples = [UInt8](repeating: 0, count: width * height)
    for _ in 0..<4 {
      let (column, row) = (Int(random.next() * Float(width - 1)), Int(random.next() * Float(height - 1)))
      for y in row..<min(height, row + 1 + Int(random.next() * 9)) {
        for x in column..<min(width, column + 1 + Int(random.next() * 9)) { samples[y * width + x] = 1 }
      }
    }
    let mask = try #require(RegionMask(width: width, height: height, samples: samples))
    for margin in 0...3 {
      for stride in [1, side - 2 * margin] {
        let preparation = Preparation(
          size: side, channelCount: 1, windows: WindowPlan(stride: stride, field: .mask(mask), smallPictures: .padded))
        let geometry = try preparation.geometry(width: width, height: height)
        let grid = preparation.grid(geometry, margin: margin)
        let counts = coverage(grid, width: geometry.planeWidth, height: geometry.planeHeight)
        let plane = try #require(preparation.planeMask(width: geometry.planeWidth, height: geometry.planeHeight))
        for pixel in counts.indices where plane.samples[pixel] == 1 { #expect(counts[pixel] > 0) }
        for place in grid.places {
          #expect(
            plane.hasInside(
              at: PixelPosition(column: place.column + margin, row: place.row + margin), side: side - 2 * margin))
        }
      }
    }
  }

  @Test func `past the edges a window shows the picture mirrored; without them it is the square as it stands`() {
    let picture = Image(width: 3, height: 2, channelCount: 1, samples: [1, 2, 3, 4, 5, 6])
    #expect(
      picture.window(at: PixelPosition(column: -2, row: -1), side: 4).samples == [
        6, 5, 4, 5, 3, 2, 1, 2, 6, 5, 4, 5, 3, 2, 1, 2,
      ])
    #expect(picture.window(at: PixelPosition(column: 1, row: 0), side: 2).samples == [2, 3, 5, 6])
    #expect(picture.window(at: PixelPosition(column: 2, row: 1), side: 2).samples == [6, 5, 3, 2])
    let colour = Image(width: 2, height: 1, channelCount: 3, samples: [1, 2, 3, 4, 5, 6])
    #expect(
      colour.window(at: PixelPosition(column: 1, row: 0), side: 2).samples == [4, 5, 6, 1, 2, 3, 4, 5, 6, 1, 2, 3])
    let square = SamplePicture.noise(width: 5, height: 5, seed: 1)
    #expect(square.window(at: PixelPosition(column: 0, row: 0), side: 5) == square)
    #expect(square.window(at: PixelPosition(column: 0, row: 1), side: 5) != square)
  }

  @Test func `at full scale all of a mask is seen, at a smaller one what its edge crosses is not`() throws {
    // Columns 1 to 38 of 40, rows 1 to 18 of 20.
    let samples = (0..<800).map { index -> UInt8 in
      (1...38).contains(index % 40) && (1...18).contains(index / 40) && index % 40 != 19 ? 1 : 0
    }
    let mask = try #require(RegionMask(width: 40, height: 20, samples: samples))
    let drawn = Double(37 * 18) / 800
    let full = try #require(WindowPlan(stride: 4, field: .mask(mask)).maskShares)
    #expect(full.drawn == drawn && abs(full.seen - drawn) < 1e-12)
    #expect(!full.losesMuch)
    // Cells of 2 x 2 pixels: of the box's 19 columns the one with the gap is left out.
    let half = try #require(WindowPlan(scale: 0.5, stride: 4, field: .mask(mask)).maskShares)
    #expect(abs(half.seen - 18.0 / 19 * 38 * 18 / 800) < 1e-12)
    #expect(!half.losesMuch)
    // Of 5 columns one has the gap.
    let small = try #require(WindowPlan(scale: 0.125, stride: 4, field: .mask(mask)).maskShares)
    #expect(abs(small.seen - 0.8 * 38 * 18 / 800) < 1e-12)
    #expect(small.losesMuch)
    #expect(WindowPlan(stride: 4).maskShares == nil)
  }

  @Test(arguments: [1, 0.5, 0.3]) func `a pixel of the file is seen where the plane's pixel at its middle is`(
    scale: Double
  ) throws {
    let samples = (0..<60 * 44).map { index -> UInt8 in
      let (column, row) = (index % 60 - 30, index / 60 - 20)
      return column * column + row * row < 350 ? 1 : 0
    }
    let mask = try #require(RegionMask(width: 60, height: 44, samples: samples))
    let preparation = Preparation(
      size: 16, channelCount: 1,
      windows: WindowPlan(scale: scale, stride: 4, field: .mask(mask), smallPictures: .padded))
    let geometry = try preparation.geometry(width: 60, height: 44)
    let plane = try #require(preparation.planeMask(width: geometry.planeWidth, height: geometry.planeHeight))
    let seen = try #require(preparation.seenPixels(geometry))
    let source = geometry.source
    #expect(seen.count == source.width * source.height)
    for row in 0..<source.height {
      for column in 0..<source.width {
        let pixel = PixelPosition(column: source.x + column, row: source.y + row)
        let place = try #require(geometry.planePosition(of: pixel))
        let isSeen = seen[row * source.width + column]
        #expect(isSeen == (plane.samples[place.row * plane.width + place.column] != 0))
        if isSeen { #expect(mask.contains(pixel)) }
      }
    }
    #expect((seen.count { $0 } == mask.insideCount) == (scale == 1))
    #expect(Preparation(size: 16, channelCount: 1).seenPixels(geometry) == nil)
  }
}
