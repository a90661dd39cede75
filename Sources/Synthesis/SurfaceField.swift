/// The surface on a grid of points, and the light that each sends to the lens.
struct SurfaceField {
  private let width: Int
  private let height: Int
  /// Units between two points.
  private let step: Float
  private let points: [SurfacePoint]

  /// The surface at every grid point, from its place in the picture.
  init(width: Int, height: Int, surface: (Point) -> SurfacePoint) {
    self.width = width
    self.height = height
    step = 128 / Float(min(width, height))
    var points = [SurfacePoint]()
    points.reserveCapacity(width * height)
    for row in 0..<height {
      for column in 0..<width {
        points.append(surface(Self.place(column, row, width: width, height: height, step: step)))
      }
    }
    self.points = points
  }

  /// The light of every point, about 0 to 1.
  func levels(view: PartView) -> [Float] {
    var levels = [Float]()
    levels.reserveCapacity(points.count)
    for row in 0..<height {
      for column in 0..<width {
        let point = points[row * width + column]
        let place = Self.place(column, row, width: width, height: height, step: step)
        let light = view.light(
          from: point, slope: slope(column, row), place: place, partPlace: view.partPlace(place))
        levels.append(light * shadow(column, row, height: point.height, view: view))
      }
    }
    return levels
  }

  /// The place of a grid point, from the picture's centre.
  private static func place(_ column: Int, _ row: Int, width: Int, height: Int, step: Float) -> Point {
    Point(
      x: (Float(column) + 0.5 - Float(width) / 2) * step, y: (Float(row) + 0.5 - Float(height) / 2) * step)
  }

  /// How the height grows along x and y, from the neighbours; at most 3, since a wall has no face to the lens.
  private func slope(_ column: Int, _ row: Int) -> Point {
    let left = points[row * width + max(column - 1, 0)].height
    let right = points[row * width + min(column + 1, width - 1)].height
    let above = points[max(row - 1, 0) * width + column].height
    let below = points[min(row + 1, height - 1) * width + column].height
    let x = (right - left) / (2 * step)
    let y = (below - above) / (2 * step)
    return Point(x: min(max(x, -3), 3), y: min(max(y, -3), 3))
  }

  /// 1 in full light, less where higher metal stands between the point and the lamp: four looks along the way.
  private func shadow(_ column: Int, _ row: Int, height pointHeight: Float, view: PartView) -> Float {
    var light: Float = 1
    for look in 1...4 {
      let distance = Float(look) * 1.6
      let toward = view.lamp * (1 / view.lamp.length) * (distance / step)
      let x = min(max(column + Int(toward.x), 0), width - 1)
      let y = min(max(row + Int(toward.y), 0), height - 1)
      let rise = points[y * width + x].height - pointHeight - distance * (view.lampHeight / view.lamp.length)
      light = min(light, 1 - 0.5 * smoothStep(-0.6, 1.6, rise))
    }
    return light
  }
}
