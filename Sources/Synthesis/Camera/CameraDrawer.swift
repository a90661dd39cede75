private import Imaging
private import Tensors

/// Draws pictures as large as an inspection camera takes them, whose defects are 8 to 80 pixels long, and their masks.
///
/// Light, position, texture and noise vary from picture to picture by more than a defect changes the picture's mean or
/// spread. The same seed gives the same samples on every machine: all arithmetic is addition, multiplication, division
/// and square root in IEEE single precision, and integers. Without its defect, a seed's picture is otherwise the same.
public struct CameraDrawer: Sendable {
  /// The sides that a drawn picture may have, in pixels.
  public static let sides = 160...4096
  /// The share of a pixel that a defect takes at least where the mask names it: below, it changes by a few levels.
  private static let maskedCoverage: Float = 0x1p-4

  /// What the pictures show.
  public let scene: CameraScene
  /// Columns of the pictures.
  public let width: Int
  /// Rows of the pictures.
  public let height: Int

  /// A drawer of pictures of one size, both sides within `sides`.
  public init(scene: CameraScene, width: Int = 1280, height: Int = 1024) {
    precondition(
      Self.sides.contains(width) && Self.sides.contains(height),
      "a drawn camera picture has \(Self.sides) pixels a side")
    self.scene = scene
    self.width = width
    self.height = height
  }

  /// Draws one picture.
  ///
  /// - Parameters:
  ///   - seed: fixes everything that is left to chance.
  ///   - defect: what is wrong; nil for a sound picture.
  /// - Returns: a grey picture, and its mask where something is wrong.
  public func picture(seed: UInt64, defect: CameraDefect? = nil) -> CameraPicture {
    var generator = RandomGenerator(seed: seed)
    let light = CameraLight(width: width, height: height, using: &generator)
    let view = CameraView(width: width, height: height, using: &generator)
    let deviation = generator.between(1.2, 2.4)
    // A generator of its own, so that the rest of the picture is the same with the defect and without.
    var chance = RandomGenerator(seed: generator.next())
    switch scene {
    case .surface:
      let sheet = RolledSheet(using: &generator)
      let placed = defect.map { place($0, on: sheet, view: view, using: &chance) }
      return draw(sheet, placed, light: light, view: view, deviation: deviation, using: &generator)
    case .part:
      let plate = MilledPlate(width: width, height: height, using: &generator)
      let placed = defect.map { place($0, on: plate, view: view, using: &chance) }
      return draw(plate, placed, light: light, view: view, deviation: deviation, using: &generator)
    }
  }

  /// A defect and where its centre is, in pixels from the picture's centre.
  private typealias PlacedFlaw = (flaw: any CameraFlaw, center: Point)

  /// Draws a defect and finds a place for it: one where the whole of it fits, or else the widest of 64.
  private func place(
    _ defect: CameraDefect, on surface: some CameraSurface, view: CameraView, using generator: inout RandomGenerator
  ) -> PlacedFlaw {
    let flaw = defect.flaw(using: &generator)
    let half = Point(x: Float(width) / 2, y: Float(height) / 2)
    var widest = -Float.infinity
    var center = Point(x: 0, y: 0)
    for _ in 0..<64 {
      let candidate = Point(x: half.x * generator.between(-1, 1), y: half.y * generator.between(-1, 1))
      let border = min(half.x - abs(candidate.x), half.y - abs(candidate.y))
      let clearance = min(border, surface.clearance(at: view.place(candidate)))
      if clearance > widest { (widest, center) = (clearance, candidate) }
      if clearance > flaw.reach + 1 { return (flaw, candidate) }
    }
    return (flaw, center)
  }

  /// Row by row: the surface, what the defect changes, the light, and the sensor's noise of so many levels.
  private func draw(
    _ surface: some CameraSurface, _ placed: PlacedFlaw?, light: CameraLight, view: CameraView, deviation: Float,
    using generator: inout RandomGenerator
  ) -> CameraPicture {
    var samples = [UInt8]()
    samples.reserveCapacity(width * height)
    var marks = [UInt8](repeating: 0, count: placed == nil ? 0 : width * height)
    for row in 0..<height {
      let y = Float(row) + 0.5 - Float(height) / 2
      for column in 0..<width {
        let point = Point(x: Float(column) + 0.5 - Float(width) / 2, y: y)
        let own = view.place(point)
        var albedo = surface.albedo(at: own, lamp: light.direction)
        if let placed {
          let offset = point - placed.center
          let reach = placed.flaw.reach
          if abs(offset.x) < reach, abs(offset.y) < reach, surface.clearance(at: own) > 0 {
            let change = placed.flaw.change(
              at: offset, texture: albedo - surface.faceAlbedo, lamp: light.direction)
            albedo += change.albedo
            if change.coverage >= Self.maskedCoverage { marks[row * width + column] = 255 }
          }
        }
        let level = 255 * albedo * light.strength(at: point) + deviation * generator.noise()
        samples.append(UInt8(min(max(level + 0.5, 0), 255)))
      }
    }
    let mask = placed == nil ? nil : Image(width: width, height: height, channelCount: 1, samples: marks)
    return CameraPicture(
      image: Image(width: width, height: height, channelCount: 1, samples: samples), mask: mask)
  }
}
