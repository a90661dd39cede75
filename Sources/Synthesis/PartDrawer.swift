public import Imaging
private import Tensors

/// Draws pictures of one machined part, sound or with a defect, as an inspection camera would take them.
///
/// The part is a height map with brushed and turned surfaces, lit by one lamp; position, angle, lamp, tool marks and
/// sensor noise vary a little from picture to picture. The same seed gives the same samples on every machine: all
/// arithmetic is addition, multiplication, division and square root in IEEE single precision.
public struct PartDrawer: Sendable {
  /// The sides that a drawn picture may have, in pixels.
  public static let sides = 16...4096

  /// Columns of the pictures.
  public let width: Int
  /// Rows of the pictures.
  public let height: Int

  /// A drawer of pictures of one size, both sides within `sides`.
  public init(width: Int = 128, height: Int = 128) {
    precondition(
      Self.sides.contains(width) && Self.sides.contains(height), "a drawn picture has \(Self.sides) pixels a side")
    self.width = width
    self.height = height
  }

  /// Draws one part.
  ///
  /// - Parameters:
  ///   - seed: fixes everything that is left to chance.
  ///   - defect: what is wrong with the part; nil for a sound one.
  /// - Returns: a grey picture.
  public func picture(seed: UInt64, defect: PartDefect? = nil) -> Image {
    var generator = RandomGenerator(seed: seed)
    let view = PartView(using: &generator)
    let missingHole = defect == .missingHole ? Int(generator.next() % 4) : nil
    let surface = PartSurface(missingHole: missingHole, using: &generator)
    let change = defect.flatMap { Self.change(for: $0, using: &generator) }
    // Four points a pixel where pixels are coarse, so that edges and grooves are smooth.
    let scale = min(width, height) < 512 ? 2 : 1
    let field = SurfaceField(width: width * scale, height: height * scale) { place in
      let partPlace = view.partPlace(place)
      var point = surface.point(at: partPlace)
      change?.apply(to: &point, at: partPlace)
      return point
    }
    let levels = field.levels(view: view)
    return developed(levels, scale: scale, using: &generator)
  }

  /// The change of the surface that a defect makes; none for a missing hole, which is a surface without that hole.
  private static func change(for defect: PartDefect, using generator: inout RandomGenerator) -> (any SurfaceChange)? {
    switch defect {
    case .scratch: Scratch(using: &generator)
    case .dent: Dent(using: &generator)
    case .stain: Stain(using: &generator)
    case .missingEdge: BrokenEdge(using: &generator)
    case .missingHole: nil
    case .burr: Burr(using: &generator)
    }
  }

  /// The camera: pixels average their points, the sensor adds noise of about two levels.
  private func developed(_ levels: [Float], scale: Int, using generator: inout RandomGenerator) -> Image {
    var samples = [UInt8]()
    samples.reserveCapacity(width * height)
    let stride = width * scale
    let share = 255 / Float(scale * scale)
    for row in 0..<height {
      for column in 0..<width {
        var sum: Float = 0
        for inner in 0..<scale {
          let first = (row * scale + inner) * stride + column * scale
          for index in first..<first + scale { sum += levels[index] }
        }
        let level = sum * share + 2 * generator.noise()
        samples.append(UInt8(min(max(level + 0.5, 0), 255)))
      }
    }
    return Image(width: width, height: height, channelCount: 1, samples: samples)
  }
}
