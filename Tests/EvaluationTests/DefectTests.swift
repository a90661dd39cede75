import Imaging
import TestSupport
import Testing

@testable import Evaluation

struct DefectTests {
  /// The mask that rows of characters draw: `#` is defective.
  private static func mask(_ rows: [String]) -> DefectMask {
    let marks = rows.flatMap { $0.map { $0 == "#" } }
    return DefectMask(width: rows[0].count, height: rows.count) { marks[$0] }
  }

  @Test func `pixels that touch by a corner are one defect, others are not`() {
    let mask = Self.mask([
      "#..#.",
      ".#...",
      "....#",
      "##..#",
    ])
    #expect(mask.defects.map(\.pixelCount) == [2, 1, 2, 2])
    #expect(
      mask.defects.map(\.box) == [
        PixelBox(x: 0, y: 0, width: 2, height: 2), PixelBox(x: 3, y: 0, width: 1, height: 1),
        PixelBox(x: 4, y: 2, width: 1, height: 2), PixelBox(x: 0, y: 3, width: 2, height: 1),
      ])
    #expect(mask.defects[0].pixels == [PixelPosition(column: 0, row: 0), PixelPosition(column: 1, row: 1)])
    #expect(mask.defectivePixelCount == 7)
  }

  @Test func `arms that meet at the bottom only are one defect, and rows do not wrap around`() {
    let mask = Self.mask([
      "#.#.#..",
      "#.#.#.#",
      "#.#.#..",
      "#####..",
      "......#",
      "#......",
    ])
    #expect(mask.defects.map(\.pixelCount) == [14, 1, 1, 1])
    #expect(mask.defects[0].box == PixelBox(x: 0, y: 0, width: 5, height: 4))
  }

  @Test(arguments: [
    (["###", "###", "###"], 1, 1),
    // Four are as near as each other: the first, row by row.
    (["##", "##"], 0, 0),
    (["####"], 1, 0),
    // The mean of a ring lies in its hole.
    (["#####", "#...#", "#...#", "#...#", "#####"], 2, 0),
    (["...#", "...#", "####"], 2, 2),
    (["#"], 0, 0),
    // The mean is column 1, row 0.75: the pixels of the first row lie beside it.
    (["#.#", ".#.", ".#."], 1, 1),
  ])
  func `the centre is the defect's own pixel nearest to its mean`(rows: [String], column: Int, row: Int) {
    let mask = Self.mask(rows)
    #expect(mask.defects.map(\.centre) == [PixelPosition(column: column, row: row)])
  }

  @Test func `an empty mask has no defects, a full one has one`() {
    #expect(DefectMask(width: 3, height: 2) { _ in false }.defects.isEmpty)
    let full = DefectMask(width: 3, height: 2) { _ in true }
    #expect(full.defects.map(\.pixelCount) == [6])
    #expect(full.defects[0].runs.count == 2)
  }

  @Test func `defects of random masks are those that a flood finds`() {
    var random = SmallRandom(seed: 5)
    for index in 0..<150 {
      let (width, height) = (1 + index % 13, 1 + index % 11)
      let share = Float(index % 10 + 1) / 11
      let marks = (0..<width * height).map { _ in random.next() < share }
      let mask = DefectMask(width: width, height: height) { marks[$0] }
      #expect(mask.defects.map(\.pixels) == SlowMasks.flooded(marks, width: width, height: height))
      for defect in mask.defects { #expect(defect.centre == SlowMasks.centre(of: defect.pixels)) }
    }
  }

  @Test func `any sample above 0 marks a pixel, whatever its colour`() {
    #expect(
      DefectMask(Image(width: 3, height: 1, channelCount: 1, samples: [0, 1, 255])).defects.map(\.pixelCount) == [2])
    let colours = Image(width: 4, height: 1, channelCount: 3, samples: [0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0])
    #expect(DefectMask(colours).defects.map(\.box.x) == [0, 2])
  }
}

/// The definitions word by word, for small masks.
enum SlowMasks {
  /// The components of marked pixels, each row by row, in the order of their first pixels.
  static func flooded(_ marks: [Bool], width: Int, height: Int) -> [[PixelPosition]] {
    var left = marks
    return marks.indices.compactMap { start in
      guard left[start] else { return nil }
      left[start] = false
      var (found, waiting) = ([Int](), [start])
      while let pixel = waiting.popLast() {
        found.append(pixel)
        for row in (pixel / width - 1)...(pixel / width + 1) where (0..<height).contains(row) {
          for column in (pixel % width - 1)...(pixel % width + 1) where (0..<width).contains(column) {
            guard left[row * width + column] else { continue }
            left[row * width + column] = false
            waiting.append(row * width + column)
          }
        }
      }
      return found.sorted().map { PixelPosition(column: $0 % width, row: $0 / width) }
    }
  }

  /// The pixel nearest to the mean of pixels, the first of equally near ones.
  static func centre(of pixels: [PixelPosition]) -> PixelPosition? {
    let (columnSum, rowSum) = (pixels.reduce(0) { $0 + $1.column }, pixels.reduce(0) { $0 + $1.row })
    func distance(_ pixel: PixelPosition) -> Int {
      let (across, down) = (pixel.column * pixels.count - columnSum, pixel.row * pixels.count - rowSum)
      return across * across + down * down
    }
    // The first of the least: `min` would not promise which.
    let least = pixels.map(distance).min()
    return pixels.first { distance($0) == least }
  }
}
