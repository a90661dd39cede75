internal import Imaging
internal import Tensors

/// Where the windows of planes of one size may lie: anywhere within the plane, and under a mask not wholly outside of it.
struct WindowPlaces: Sendable {
  /// Most windows of a picture in an epoch.
  static let mostOfEpoch = 64
  /// Most windows of a picture that does not train.
  static let mostFixed = 16
  /// Draws after which a place is taken from a grid instead: so few pixels may be inside that drawing hardly finds one.
  private static let mostDraws = 1000

  /// Windows of a picture in an epoch: as many as would cover what is inside, within limits.
  let epochCount: Int
  /// Windows of a picture that does not train, the same ones at every look.
  let fixedCount: Int
  private let columnCount: Int
  private let rowCount: Int
  private let side: Int
  private let mask: PlaneMask?
  /// Places that are not wholly outside; empty without a mask.
  private let grid: [PixelPosition]

  /// The places within a plane.
  ///
  /// - Parameters:
  ///   - width: the plane's columns, at least a window's side.
  ///   - height: its rows, likewise.
  ///   - side: of a window.
  ///   - mask: which pixels of the plane are inside, at least one; nil: all.
  init(width: Int, height: Int, side: Int, mask: PlaneMask?) {
    precondition(width >= side && height >= side, "a plane has room for a window")
    let insideCount = mask?.insideCount ?? width * height
    epochCount = min(Self.mostOfEpoch, max(1, insideCount / (side * side)))
    (columnCount, rowCount) = (width - side + 1, height - side + 1)
    fixedCount = min(Self.mostFixed, columnCount * rowCount)
    self.side = side
    self.mask = mask
    grid =
      mask.map {
        WindowGrid(
          planeWidth: width, planeHeight: height, side: side, stride: WindowPlan.defaultStride(side: side), mask: $0
        ).places
      } ?? []
    precondition(mask == nil || !grid.isEmpty, "a mask has a pixel inside")
  }

  /// Places drawn at random, each on its own and all equally likely.
  func draw(_ count: Int, seed: UInt64) -> [PixelPosition] {
    var random = RandomGenerator(seed: seed)
    return (0..<count).map { _ in draw(&random) }
  }

  private func draw(_ random: inout RandomGenerator) -> PixelPosition {
    for _ in 0..<Self.mostDraws {
      let place = PixelPosition(column: random.place(below: columnCount), row: random.place(below: rowCount))
      guard let mask else { return place }
      if mask.hasInside(at: place, side: side) { return place }
    }
    return grid[random.place(below: grid.count)]
  }
}

extension RandomGenerator {
  /// A whole number from 0, uniform below a limit.
  fileprivate mutating func place(below limit: Int) -> Int { min(limit - 1, Int(uniform() * Double(limit))) }
}
