/// Where the pixels of a prepared picture lie in its file.
public struct PictureGeometry: Sendable, Equatable {
  /// Pixels of a plane that a cell of a score map stands for, across and down.
  public static let cellSide = 2

  /// Columns of the file.
  public let pictureWidth: Int
  /// Rows of the file.
  public let pictureHeight: Int
  /// What is looked at, in pixels of the file.
  public let source: PixelBox
  /// Columns of the plane that show the source; those behind them repeat the last.
  public let contentWidth: Int
  /// Rows of the plane that show the source; those below them repeat the last.
  public let contentHeight: Int
  /// Columns of the plane: of the prepared picture.
  public let planeWidth: Int
  /// Rows of the plane.
  public let planeHeight: Int
  /// Pixels of the plane along a side of what the network sees.
  public let windowSide: Int

  /// Columns of a score map of the plane.
  public var mapWidth: Int { (planeWidth + Self.cellSide - 1) / Self.cellSide }
  /// Rows of a score map of the plane.
  public var mapHeight: Int { (planeHeight + Self.cellSide - 1) / Self.cellSide }

  /// The pixels of the file that a rectangle of the plane shows, partly shown ones among them; within the source.
  public func box(ofPlane box: PixelBox) -> PixelBox {
    let columns = Self.range(box.x, box.width, content: contentWidth, source: source.width)
    let rows = Self.range(box.y, box.height, content: contentHeight, source: source.height)
    return PixelBox(
      x: source.x + columns.lowerBound, y: source.y + rows.lowerBound, width: columns.count, height: rows.count)
  }

  /// Behind the content the last pixel stands.
  private static func range(_ start: Int, _ length: Int, content: Int, source: Int) -> Range<Int> {
    let first = min(max(start, 0), content - 1)
    let end = min(max(start + length, first + 1), content)
    return first * source / content..<(end * source + content - 1) / content
  }

  /// The pixel of the file at the middle of a pixel of the plane.
  public func position(ofPlane pixel: PixelPosition) -> PixelPosition {
    func place(_ index: Int, content: Int, source: Int) -> Int {
      (2 * min(max(index, 0), content - 1) + 1) * source / (2 * content)
    }
    return PixelPosition(
      column: source.x + place(pixel.column, content: contentWidth, source: source.width),
      row: source.y + place(pixel.row, content: contentHeight, source: source.height))
  }

  /// The pixel of the plane that shows the middle of a pixel of the file; nil outside what is looked at.
  public func planePosition(of pixel: PixelPosition) -> PixelPosition? {
    guard source.contains(pixel) else { return nil }
    return PixelPosition(
      column: (2 * (pixel.column - source.x) + 1) * contentWidth / (2 * source.width),
      row: (2 * (pixel.row - source.y) + 1) * contentHeight / (2 * source.height))
  }

  /// Most boxes of a picture.
  public static let mostBoxes = 16

  /// Where a map lies above a level, as boxes of the file: one around a connected region, those with the highest scores
  /// first.
  ///
  /// Beside a strong defect the network draws all of a window worse, and a map takes the root of its differences
  /// (`WindowMap`): a region within a window's side of a stronger one counts only where it would exceed the level by the
  /// difference itself, which is score x score > level x the stronger one's score.
  ///
  /// A box reaches at least to where the difference is half of its largest in the region, though not farther than a window
  /// from there and not to a stronger region: of a weak defect little more than a corner may lie above the level.
  ///
  /// - Parameters:
  ///   - map: of the plane, `mapWidth` x `mapHeight` cells.
  ///   - level: what cells must exceed; not NaN.
  ///   - limit: most boxes.
  /// - Returns: of equal scores the region that comes first, row by row.
  public func boxes(of map: ScoreMap, above level: Float, limit: Int = mostBoxes) -> [PixelBox] {
    precondition(map.width == mapWidth && map.height == mapHeight, "a map has the cells of its plane")
    let regions = map.regions(above: level).map { (region: $0, peak: map.peak(in: $0)) }
    let order = regions.indices.sorted { (regions[$1].peak.score, $0) < (regions[$0].peak.score, $1) }
    var kept: [(score: Float, cell: PixelPosition)] = []
    var cells: [PixelBox] = []
    // A region that lies in such a box has one already.
    var widened: [PixelBox] = []
    for index in order where cells.count < limit {
      let peak = regions[index].peak
      let isShadow = kept.contains { stronger in
        level > 0 && isWithinWindow(stronger.cell, peak.cell) && peak.score * peak.score <= level * stronger.score
      }
      let region = regions[index].region
      if isShadow || widened.contains(where: { $0.contains(region.box) }) { continue }
      var extent = self.extent(of: region, around: peak, in: map, above: level)
      // A stronger region has its own.
      if kept.contains(where: { extent.contains($0.cell) }) { extent = region.box }
      kept.append(peak)
      if extent != region.box { widened.append(extent) }
      cells.append(extent)
    }
    return cells.map { cells in
      box(
        ofPlane: PixelBox(
          x: cells.x * Self.cellSide, y: cells.y * Self.cellSide, width: cells.width * Self.cellSide,
          height: cells.height * Self.cellSide))
    }
  }

  /// A region's box, or the larger one of what is connected with its peak and above half of its difference.
  private func extent(
    of region: ConnectedRegion, around peak: (score: Float, cell: PixelPosition), in map: ScoreMap, above level: Float
  ) -> PixelBox {
    // A map has the root of the difference.
    let half = peak.score * Float(0.5).squareRoot()
    guard half > 0, half < level else { return region.box }
    let reach = windowSide / Self.cellSide
    let columns = max(0, peak.cell.column - reach)..<min(map.width, peak.cell.column + reach + 1)
    let rows = max(0, peak.cell.row - reach)..<min(map.height, peak.cell.row + reach + 1)
    let near = ConnectedRegion.components(width: columns.count, height: rows.count) { index in
      let (row, column) = index.quotientAndRemainder(dividingBy: columns.count)
      return map.scores[(rows.lowerBound + row) * map.width + columns.lowerBound + column] > half
    }
    let place = PixelPosition(
      column: peak.cell.column - columns.lowerBound, row: peak.cell.row - rows.lowerBound)
    guard let around = near.first(where: { $0.contains(place) }) else { return region.box }
    return region.box.union(
      PixelBox(
        x: columns.lowerBound + around.box.x, y: rows.lowerBound + around.box.y, width: around.box.width,
        height: around.box.height))
  }

  /// Whether one window may show both cells.
  private func isWithinWindow(_ one: PixelPosition, _ other: PixelPosition) -> Bool {
    max(abs(one.column - other.column), abs(one.row - other.row)) * Self.cellSide < windowSide
  }
}

extension Preparation {
  /// Where the pixels of a prepared picture lie in a file.
  ///
  /// - Parameters:
  ///   - width: columns of the file, at least 1.
  ///   - height: rows of the file, at least 1.
  /// - Throws: `PreparationFailure.wrongSize` where the preparation takes no picture of these sides.
  public func geometry(width: Int, height: Int) throws(PreparationFailure) -> PictureGeometry {
    guard let windows else {
      return PictureGeometry(
        pictureWidth: width, pictureHeight: height, source: PixelBox(x: 0, y: 0, width: width, height: height),
        contentWidth: size, contentHeight: size, planeWidth: size, planeHeight: size, windowSide: size)
    }
    let source = windows.source(width: width, height: height)
    switch windows.field {
    case .whole: break
    case .region(let box):
      guard box.x + box.width <= width, box.y + box.height <= height else {
        throw .wrongSize(
          "the picture has \(width)x\(height) pixels, expected at least \(box.x + box.width)x\(box.y + box.height), "
            + "so that it holds the model's region \(box.text); send pictures of the camera that the model was made for"
        )
      }
    case .mask(let mask):
      guard width == mask.width, height == mask.height else {
        throw .wrongSize(
          "the picture has \(width)x\(height) pixels, expected \(mask.width)x\(mask.height), the sides of the model's "
            + "mask; send pictures of the camera that the model was made for")
      }
    }
    let (contentWidth, contentHeight) = (windows.scaled(source.width), windows.scaled(source.height))
    let limit = PreparationLimits.maximumPlaneSide
    guard contentWidth <= limit, contentHeight <= limit else {
      throw .wrongSize(
        "the picture has \(width)x\(height) pixels, \(contentWidth)x\(contentHeight) at the model's scale, expected at "
          + "most \(limit) a side; send smaller pictures")
    }
    guard windows.smallPictures == .padded || (contentWidth >= size && contentHeight >= size) else {
      throw .wrongSize(
        "the picture has \(width)x\(height) pixels, \(contentWidth)x\(contentHeight) at the model's scale, expected at "
          + "least \(size)x\(size), a window; send larger pictures, or train with --small-pictures pad")
    }
    let (planeWidth, planeHeight) = (max(size, contentWidth), max(size, contentHeight))
    let windowCount = WindowGrid.count(
      planeWidth: planeWidth, planeHeight: planeHeight, side: size, stride: windows.stride)
    guard windowCount <= WindowGrid.mostWindows else {
      throw .wrongSize(
        "the picture has \(width)x\(height) pixels, which are \(windowCount) windows, expected at most "
          + "\(WindowGrid.mostWindows); send smaller pictures, or train with a larger --stride or a smaller --scale")
    }
    return PictureGeometry(
      pictureWidth: width, pictureHeight: height, source: source, contentWidth: contentWidth,
      contentHeight: contentHeight, planeWidth: planeWidth, planeHeight: planeHeight, windowSide: size)
  }

  /// Which pixels of planes of a mask's own sides are looked at; nil where all are.
  ///
  /// - Precondition: a mask's pictures have planes of these sides.
  public func planeMask(width: Int, height: Int) -> PlaneMask? {
    guard let windows, let mask = windows.mask else { return nil }
    let (contentWidth, contentHeight) = (windows.scaled(mask.box.width), windows.scaled(mask.box.height))
    precondition(
      width == max(size, contentWidth) && height == max(size, contentHeight), "a plane has the sides of its mask")
    return PlaneMask(mask, contentWidth: contentWidth, contentHeight: contentHeight, width: width, height: height)
  }

  /// Which pixels of what is looked at of a picture are seen: those whose middle a pixel of the plane shows that is inside
  /// the mask. Row by row of the geometry's source; nil where all are.
  ///
  /// - Precondition: the picture has the mask's sides, where there is one.
  public func seenPixels(_ geometry: PictureGeometry) -> [Bool]? {
    guard let mask = planeMask(width: geometry.planeWidth, height: geometry.planeHeight) else { return nil }
    let source = geometry.source
    func places(content: Int, source: Int) -> [Int] { (0..<source).map { (2 * $0 + 1) * content / (2 * source) } }
    let columns = places(content: geometry.contentWidth, source: source.width)
    var seen: [Bool] = []
    seen.reserveCapacity(source.width * source.height)
    for row in places(content: geometry.contentHeight, source: source.height) {
      let start = row * mask.width
      for column in columns { seen.append(mask.samples[start + column] != 0) }
    }
    return seen
  }

  /// The windows of a picture; of one that is seen whole, one, and of a plane of window size one where there is no margin.
  ///
  /// - Parameter margin: pixels at each edge of a window that the score leaves out; 0 for pictures that are seen whole.
  public func grid(_ geometry: PictureGeometry, margin: Int = 0) -> WindowGrid {
    WindowGrid(
      planeWidth: geometry.planeWidth, planeHeight: geometry.planeHeight, side: size, stride: windows?.stride ?? size,
      margin: margin, mask: planeMask(width: geometry.planeWidth, height: geometry.planeHeight))
  }
}
