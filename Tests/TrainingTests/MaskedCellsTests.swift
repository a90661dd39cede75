import Imaging
import Linux
import TestSupport
import Testing

@testable import Training

/// Nearly equal planes under a mask.
struct MaskedCellsTests {
  /// Pictures of 100 x 80 pixels with a grain of 30 levels.
  private func pictures(_ count: Int) -> [Image] {
    (0..<count).map { index in
      let noise = SamplePicture.noise(width: 100, height: 80, seed: UInt64(index))
      return Image(width: 100, height: 80, channelCount: 1, samples: noise.samples.map { 80 + $0 % 30 })
    }
  }

  private func nearCopies(_ pictures: [Image], _ mask: RegionMask) throws -> [SetWarning] {
    let folder = try WindowFixture.folder(pictures)
    let plan = WindowPlan(stride: 8, field: .mask(mask))
    return SetWarning.all(try WindowFixture.set(folder, WindowFixture.preparation(plan))).filter {
      if case .nearCopies = $0 { true } else { false }
    }
  }

  @Test func `under a mask of a few pixels no pictures are called nearly the same`() throws {
    // Two corners: what lies between them is outside, and the same grey in all planes.
    let mask = try WindowFixture.mask(width: 100, height: 80) { column, row in
      (column < 4 && row < 8) || (column >= 96 && row >= 72)
    }
    #expect(try nearCopies(pictures(60), mask).isEmpty)
  }

  @Test func `nearly equal pictures are told by the inside of the mask alone`() throws {
    let mask = try WindowFixture.mask(width: 100, height: 80) { column, row in column < 30 || row < 20 }
    var pictures = pictures(20)
    #expect(try nearCopies(pictures, mask).isEmpty)
    var twin = pictures[3]
    for row in 0..<80 {
      for column in 0..<100 {
        let index = row * 100 + column
        twin.samples[index] = column < 30 || row < 20 ? twin.samples[index] + (index % 8 == 0 ? 1 : 0) : 255
      }
    }
    pictures.append(twin)
    let warnings = try nearCopies(pictures, mask)
    guard case .nearCopies(2, 21, let example, let other)? = warnings.first else {
      Issue.record("expected two pictures that are nearly the same, found \(warnings)")
      return
    }
    #expect(example.hasSuffix("p103.png") && other.hasSuffix("p120.png"))
  }

  @Test func `means are of the inside, rounded, and too small an inside has none`() throws {
    func cells(_ isInside: (_ column: Int, _ row: Int) -> Bool) throws -> MaskedCells {
      let mask = try WindowFixture.mask(width: 64, height: 64, isInside: isInside)
      let preparation = WindowFixture.preparation(WindowPlan(stride: 8, field: .mask(mask)))
      return MaskedCells(try #require(preparation.planeMask(width: mask.box.width, height: mask.box.height)))
    }
    let checkered = try cells { column, row in (column + row) % 2 == 0 }
    let plane = Image(
      width: 64, height: 64, channelCount: 1,
      samples: (0..<64 * 64).map { ($0 % 64 + $0 / 64) % 2 == 0 ? 7 : 200 })
    // No coarse cell of 4x4 has 16 pixels inside; all 256 fine ones have 8.
    #expect(checkered.means(of: plane) == [UInt8](repeating: 7, count: 256))
    let full = try cells { _, _ in true }
    #expect(full.boxes.count == 512)
    #expect(full.means(of: plane) == [UInt8](repeating: 104, count: 512))
    #expect(try cells { column, row in column % 32 < 8 && row < 60 }.boxes.isEmpty)
  }
}
