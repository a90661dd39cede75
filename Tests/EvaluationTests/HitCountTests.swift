import Imaging
import Testing

@testable import Evaluation

struct HitCountTests {
  /// A ring around (1, 1), whose centre is (1, 0), and a pixel at (4, 2).
  private static let mask = DefectMask(width: 5, height: 3) {
    [0, 1, 2, 5, 7, 10, 11, 12, 14].contains($0)
  }

  @Test func `a defect is hit where its centre passes the level, strictly`() {
    var scores = [Float](repeating: 0, count: 15)
    // Inside the ring, and on the ring but not at its centre.
    (scores[6], scores[7]) = (9, 9)
    (scores[1], scores[14]) = (0.5, 0.25)
    let map = ScoreMap(width: 5, height: 3, scores: scores)
    for (level, hits) in [(Float(0.5), 0), (Float(0.5).nextDown, 1), (0.3, 1), (0.2, 2), (-1, 2)] {
      var count = HitCount()
      count.add(Self.mask, map: map, level: level)
      #expect(count.hitCount == hits && count.defectCount == 2)
      #expect(count.share == Double(hits) / 2)
    }
  }

  @Test func `a defect is hit where its centre lies in a box, whose far sides are outside`() {
    let boxes: [([PixelBox], Int)] = [
      ([], 0),
      ([PixelBox(x: 0, y: 0, width: 1, height: 3)], 0),
      ([PixelBox(x: 0, y: 0, width: 2, height: 1)], 1),
      ([PixelBox(x: 0, y: 1, width: 4, height: 2)], 0),
      ([PixelBox(x: 4, y: 2, width: 1, height: 1), PixelBox(x: 0, y: 0, width: 5, height: 3)], 2),
      ([PixelBox(x: -9, y: -9, width: .max, height: .max)], 2),
    ]
    for (boxes, hits) in boxes {
      var count = HitCount()
      count.add(Self.mask, boxes: boxes)
      #expect(count.hitCount == hits, "\(boxes)")
    }
  }

  @Test func `boxes of the regions above a level hit what the level hits, and pictures add up`() {
    let map = ScoreMap(width: 5, height: 3, scores: (0..<15).map { $0 % 5 == 4 ? 2 : 1 })
    let regions = map.regions(above: 1)
    #expect(regions.map(\.box) == [PixelBox(x: 4, y: 0, width: 1, height: 3)])
    var (byMap, byBoxes) = (HitCount(), HitCount())
    for _ in 0..<3 {
      byMap.add(Self.mask, map: map, level: 1)
      byBoxes.add(Self.mask, boxes: regions.map(\.box))
    }
    #expect(byMap == byBoxes)
    #expect(byMap.hitCount == 3 && byMap.defectCount == 6)
  }

  @Test func `without defects there is no share`() {
    var count = HitCount()
    #expect(count.share == nil)
    count.add(DefectMask(width: 2, height: 2) { _ in false }, boxes: [])
    #expect(count.share == nil)
  }
}
