/// A connected component of marked pixels, which touch one another by sides or corners: a defect of a mask, or a region of
/// a map above a level.
public struct ConnectedRegion: Sendable, Equatable {
  /// Neighbouring pixels of one row.
  public struct Run: Sendable, Equatable {
    /// The row, counted from 0 at the top.
    public let row: Int
    /// The columns, counted from 0; at least one.
    public let columns: Range<Int>
  }

  /// Its pixels, row by row and from left to right; no two runs touch in a row.
  public let runs: [Run]
  /// Pixels, at least 1.
  public let pixelCount: Int
  /// The smallest rectangle around it.
  public let box: PixelBox
  /// Its pixel nearest to the mean place of its pixels; of equally near ones the first, row by row.
  ///
  /// The mean place itself may lie outside: a ring's does.
  public let centre: PixelPosition

  /// Its pixels, row by row and from left to right.
  public var pixels: [PixelPosition] {
    runs.flatMap { run in run.columns.map { PixelPosition(column: $0, row: run.row) } }
  }

  /// Whether a pixel is one of its own.
  func contains(_ pixel: PixelPosition) -> Bool {
    runs.contains { $0.row == pixel.row && $0.columns.contains(pixel.column) }
  }

  /// A component of runs, at least one, in order.
  init(runs: [Run]) {
    self.init(runs: runs, centre: Self.centre(of: runs, pixelCount: runs.reduce(0) { $0 + $1.columns.count }))
  }

  private init(runs: [Run], centre: PixelPosition) {
    self.runs = runs
    self.centre = centre
    pixelCount = runs.reduce(0) { $0 + $1.columns.count }
    let left = runs.reduce(Int.max) { min($0, $1.columns.lowerBound) }
    let right = runs.reduce(0) { max($0, $1.columns.upperBound) }
    box = PixelBox(x: left, y: runs[0].row, width: right - left, height: runs[runs.count - 1].row + 1 - runs[0].row)
  }

  /// What is seen of it through a rectangle, counted in the rectangle's own pixels; nil where nothing is.
  ///
  /// It stays one region, though what is seen may fall into parts. Its centre is the pixel that is seen nearest to the
  /// whole region's centre; of equally near ones the first, row by row.
  ///
  /// - Parameters:
  ///   - box: the rectangle.
  ///   - isSeen: whether the pixel at `row * width + column` of the rectangle is seen.
  public func seen(in box: PixelBox, where isSeen: (Int) -> Bool) -> ConnectedRegion? {
    var seen: [Run] = []
    for run in runs where run.row >= box.y && run.row < box.y + box.height {
      let row = run.row - box.y
      let first = max(run.columns.lowerBound, box.x) - box.x
      let end = min(run.columns.upperBound, box.x + box.width) - box.x
      var start: Int?
      for column in first..<max(first, end) {
        if isSeen(row * box.width + column) {
          if start == nil { start = column }
        } else if let begin = start {
          seen.append(Run(row: row, columns: begin..<column))
          start = nil
        }
      }
      if let start { seen.append(Run(row: row, columns: start..<end)) }
    }
    guard !seen.isEmpty else { return nil }
    let whole = PixelPosition(column: centre.column - box.x, row: centre.row - box.y)
    return ConnectedRegion(runs: seen, centre: Self.nearest(to: whole, in: seen))
  }

  /// The pixel of runs, at least one, that is nearest to a place; of equally near ones the first, row by row.
  private static func nearest(to place: PixelPosition, in runs: [Run]) -> PixelPosition {
    var best = PixelPosition(column: runs[0].columns.lowerBound, row: runs[0].row)
    var least = Int.max
    for run in runs {
      let column = min(max(place.column, run.columns.lowerBound), run.columns.upperBound - 1)
      let (across, down) = (column - place.column, run.row - place.row)
      let distance = across * across + down * down
      if distance < least { (best, least) = (PixelPosition(column: column, row: run.row), distance) }
    }
    return best
  }

  /// Compares in whole numbers, so that equal distances are equal: all are multiplied by the count of pixels.
  private static func centre(of runs: [Run], pixelCount: Int) -> PixelPosition {
    var (columnSum, rowSum) = (0, 0)
    for run in runs {
      columnSum += (run.columns.lowerBound + run.columns.upperBound - 1) * run.columns.count / 2
      rowSum += run.row * run.columns.count
    }
    let meanColumn = columnSum / pixelCount
    var best = PixelPosition(column: runs[0].columns.lowerBound, row: runs[0].row)
    var least = Int128.max
    for run in runs {
      // Within a row only the two columns around the mean can be the nearest, or an end where the mean lies outside.
      for place in [meanColumn, meanColumn + 1] {
        let column = min(max(place, run.columns.lowerBound), run.columns.upperBound - 1)
        let across = Int128(column * pixelCount - columnSum)
        let down = Int128(run.row * pixelCount - rowSum)
        let distance = across * across + down * down
        if distance < least { (best, least) = (PixelPosition(column: column, row: run.row), distance) }
      }
    }
    return best
  }
}

extension ConnectedRegion {
  /// The connected components of a picture's marked pixels, by sides or corners, ordered by their first pixels.
  ///
  /// Takes time proportional to the pixels and memory proportional to the runs of marked ones.
  ///
  /// - Parameters:
  ///   - width: columns.
  ///   - height: rows.
  ///   - isMarked: whether the pixel at `row * width + column` is marked; asked once a pixel, in order.
  public static func components(width: Int, height: Int, isMarked: (Int) -> Bool) -> [ConnectedRegion] {
    var runs: [Run] = []
    // The run that a run belongs to, and so on to the first run of its component, which belongs to itself.
    var parents: [Int] = []
    var above = 0..<0
    for row in 0..<height {
      let first = runs.count
      appendRuns(ofRow: row, width: width, to: &runs, isMarked: isMarked)
      parents += first..<runs.count
      var other = above.lowerBound
      for index in first..<runs.count {
        let columns = runs[index].columns
        // Runs that touch, be it by a corner, overlap when one of them is made one pixel longer at both ends.
        while other < above.upperBound, runs[other].columns.upperBound < columns.lowerBound { other += 1 }
        var touching = other
        while touching < above.upperBound, runs[touching].columns.lowerBound <= columns.upperBound {
          join(touching, index, in: &parents)
          touching += 1
        }
      }
      above = first..<runs.count
    }
    return gathered(runs, parents: &parents)
  }

  private static func appendRuns(ofRow row: Int, width: Int, to runs: inout [Run], isMarked: (Int) -> Bool) {
    var start: Int?
    for column in 0..<width {
      if isMarked(row * width + column) {
        if start == nil { start = column }
      } else if let begin = start {
        runs.append(Run(row: row, columns: begin..<column))
        start = nil
      }
    }
    if let start { runs.append(Run(row: row, columns: start..<width)) }
  }

  /// The first run of a component; shortens the way to it.
  private static func root(of run: Int, in parents: inout [Int]) -> Int {
    var run = run
    while parents[run] != run {
      parents[run] = parents[parents[run]]
      run = parents[run]
    }
    return run
  }

  private static func join(_ one: Int, _ other: Int, in parents: inout [Int]) {
    let (first, second) = (root(of: one, in: &parents), root(of: other, in: &parents))
    parents[max(first, second)] = min(first, second)
  }

  private static func gathered(_ runs: [Run], parents: inout [Int]) -> [ConnectedRegion] {
    var components: [[Run]] = []
    var places = [Int](repeating: 0, count: runs.count)
    for (index, run) in runs.enumerated() {
      let root = root(of: index, in: &parents)
      // A component's first run is its root and comes before all others of it.
      if root == index {
        places[index] = components.count
        components.append([run])
      } else {
        components[places[root]].append(run)
      }
    }
    return components.map(ConnectedRegion.init(runs:))
  }
}
