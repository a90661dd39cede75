import Imaging
import TestSupport
import Testing

@testable import Training

struct WindowPlacesTests {
  @Test func `every place of a plane is equally likely, none lies outside, and all pixels are covered`() {
    let places = WindowPlaces(width: 26, height: 20, side: 16, mask: nil)
    let drawn = places.draw(55_000, seed: 7)
    #expect(drawn == places.draw(55_000, seed: 7))
    #expect(drawn != places.draw(55_000, seed: 8))
    var counts: [PixelPosition: Int] = [:]
    for place in drawn { counts[place, default: 0] += 1 }
    #expect(counts.keys.allSatisfy { 0...10 ~= $0.column && 0...4 ~= $0.row })
    // 11 x 5 places with 1000 draws each on average, 31 of deviation: the seed is fixed, and five deviations are wide.
    #expect(counts.count == 55)
    #expect(counts.values.allSatisfy { 845...1155 ~= $0 })
  }

  @Test func `under a mask every window has a pixel inside, and all such windows are equally likely`() throws {
    let mask = try WindowFixture.mask(width: 40, height: 40) { column, row in column == row && column < 3 || row == 39 }
    let preparation = WindowFixture.preparation(WindowPlan(stride: 8, field: .mask(mask)))
    let plane = try #require(preparation.planeMask(width: 40, height: 40))
    let places = WindowPlaces(width: 40, height: 40, side: 16, mask: plane)
    var valid: Set<PixelPosition> = []
    for row in 0...24 {
      for column in 0...24 {
        let place = PixelPosition(column: column, row: row)
        let isInside = (0..<3).contains { column <= $0 && row <= $0 } || row == 24
        #expect(plane.hasInside(at: place, side: 16) == isInside)
        if isInside { valid.insert(place) }
      }
    }
    var counts: [PixelPosition: Int] = [:]
    for place in places.draw(1000 * valid.count, seed: 3) { counts[place, default: 0] += 1 }
    #expect(Set(counts.keys) == valid)
    #expect(counts.values.allSatisfy { 845...1155 ~= $0 })
  }

  @Test func `a single pixel in a large plane is found`() throws {
    var samples = [UInt8](repeating: 0, count: 1500 * 1000)
    samples[0] = 1
    samples[995 * 1500 + 1490] = 1
    let mask = try #require(RegionMask(width: 1500, height: 1000, samples: samples))
    let preparation = WindowFixture.preparation(WindowPlan(stride: 8, field: .mask(mask)))
    let geometry = try preparation.geometry(width: 1500, height: 1000)
    let plane = try #require(preparation.planeMask(width: geometry.planeWidth, height: geometry.planeHeight))
    let places = WindowPlaces(width: plane.width, height: plane.height, side: 16, mask: plane)
    #expect(places.epochCount == 1)
    for place in places.draw(20, seed: 1) { #expect(plane.hasInside(at: place, side: 16)) }
  }

  @Test(arguments: [
    (16, 16, 1, 1), (17, 16, 1, 2), (31, 31, 3, 16), (32, 32, 4, 16), (160, 32, 20, 16), (1280, 1024, 64, 16),
  ])
  func `an epoch has as many windows as would cover a picture, within limits`(
    width: Int, height: Int, epochCount: Int, fixedCount: Int
  ) {
    let places = WindowPlaces(width: width, height: height, side: 16, mask: nil)
    #expect(places.epochCount == epochCount && places.fixedCount == fixedCount)
  }

  @Test func `an epoch has each window once, in blocks whose windows are shuffled, and the next has others`() throws {
    let folder = try WindowFixture.folder(WindowFixture.pictures(20))
    let set = try WindowFixture.set(folder)
    let windows = try #require(TrainingWindows(set, seed: 9))
    let order = (0..<20).map { ($0 * 7 + 3) % 20 }
    func epoch(_ number: Int, blockBytes: Int = 20 * 256) -> WindowEpoch {
      WindowEpoch(number: number, order: order, windows: windows, seed: 9, blockBytes: blockBytes)
    }
    let first = epoch(0)
    #expect(first.blocks.count > 5)
    #expect(first.windowCount == order.reduce(0) { $0 + windows.epochCount(of: $1) })
    var (picture, window) = (0, 0)
    for (number, block) in first.blocks.enumerated() {
      #expect(block.pictures.lowerBound == picture && block.windows.lowerBound == window)
      #expect(block.windows.count <= 20)
      let inputs = first.inputs(ofBlock: number)
      let expected = block.pictures.flatMap { windows.ofEpoch(0, picture: order[$0]) }
      #expect(inputs.count == block.windows.count)
      #expect(inputs.count { _ in true } == expected.count)
      #expect(Dictionary(grouping: inputs) { $0 } == Dictionary(grouping: expected) { $0 })
      #expect(inputs != expected, "shuffled")
      #expect(inputs == epoch(0).inputs(ofBlock: number))
      #expect(inputs != epoch(1).inputs(ofBlock: number))
      for input in inputs {
        let place = try #require(input.position)
        let geometry = set.entries[input.picture].geometry
        #expect(0...geometry.planeWidth - 16 ~= place.column && 0...geometry.planeHeight - 16 ~= place.row)
      }
      (picture, window) = (block.pictures.upperBound, block.windows.upperBound)
    }
    #expect(picture == 20 && window == first.windowCount)
    // A picture with more windows than a block holds is a block of its own.
    #expect(epoch(0, blockBytes: 1).blocks.count == 20)
    #expect(epoch(0, blockBytes: 1 << 20).blocks.count == 1)
  }

  @Test(arguments: [0, 3000, Int.max], [1, 3])
  func `a feed gives the windows of an epoch in their order, from memory or from files`(
    memoryLimit: Int, threadCount: Int
  ) throws {
    let folder = try WindowFixture.folder(WindowFixture.pictures(12))
    let set = try WindowFixture.set(folder, memoryLimit: memoryLimit)
    let windows = try #require(TrainingWindows(set, seed: 2))
    let epoch = WindowEpoch(number: 3, order: Array(0..<12), windows: windows, seed: 2, blockBytes: 15 * 256)
    let inputs = epoch.blocks.indices.flatMap { epoch.inputs(ofBlock: $0) }
    let images = try set.images(of: inputs)
    for first in [0, 8, 24, 40] {
      let feed = WindowFeed(
        set, epoch: epoch, windows: first..<inputs.count, batchSize: 8, threadCount: threadCount)
      for start in stride(from: first, to: inputs.count, by: 8) {
        #expect(try feed.next() == Array(images[start..<min(start + 8, inputs.count)]))
      }
    }
    // One that is let go of in the middle leaves nothing behind that the next one meets.
    _ = try WindowFeed(set, epoch: epoch, windows: 0..<inputs.count, batchSize: 8, threadCount: threadCount).next()
  }
}
