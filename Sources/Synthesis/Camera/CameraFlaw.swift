internal import Tensors

/// A defect around the origin, in pixels; it changes nothing farther away than its reach.
protocol CameraFlaw {
  /// How far from its centre it may change anything, in pixels, at most 40.
  var reach: Float { get }

  /// What it does at a place, given from its centre.
  ///
  /// - Parameters:
  ///   - offset: the place, in pixels from the defect's centre.
  ///   - texture: the sound albedo there, less that of the face.
  ///   - lamp: the direction from which the light comes, a unit vector.
  func change(at offset: Point, texture: Float, lamp: Point) -> FlawChange
}

/// What a defect does at one place.
struct FlawChange {
  /// The share of the place that the defect takes, 0 to 1; where it is 0, nothing changes.
  var coverage: Float
  /// What the albedo gains or loses.
  var albedo: Float

  /// No change.
  static let none = FlawChange(coverage: 0, albedo: 0)
}

extension CameraDefect {
  /// A defect of this kind, its size, shape and contrast drawn.
  func flaw(using generator: inout RandomGenerator) -> any CameraFlaw {
    switch self {
    case .scratch: FineScratch(using: &generator)
    case .pit: Pit(using: &generator)
    case .stain: FaintStain(using: &generator)
    case .dent: ShallowDent(using: &generator)
    case .missingCoating: BareSpot(using: &generator)
    }
  }
}

extension RandomGenerator {
  /// A length between two, short ones more often.
  mutating func length(_ low: Float, _ high: Float) -> Float {
    let root = between(low.squareRoot(), high.squareRoot())
    return root * root
  }

  /// 1 or -1.
  mutating func sign() -> Float { next() >> 63 == 0 ? 1 : -1 }
}
