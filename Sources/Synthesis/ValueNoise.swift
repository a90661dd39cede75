internal import Tensors

/// Smooth random values over the plane, repeating every 64 lattice cells; sums and products only, the same everywhere.
struct ValueNoise {
  private static let side = 64
  private let values: [Float]

  /// A pattern of its own for every state of the generator.
  init(using generator: inout RandomGenerator) {
    values = (0..<Self.side * Self.side).map { _ in Float(generator.uniform()) * 2 - 1 }
  }

  /// The value at a place in lattice cells, -1 to 1.
  func value(_ x: Float, _ y: Float) -> Float {
    // The shift keeps places positive, so that truncation is the floor.
    let shiftedX = x + 16_384
    let shiftedY = y + 16_384
    let column = Int(shiftedX)
    let row = Int(shiftedY)
    let s = shiftedX - Float(column)
    let t = shiftedY - Float(row)
    let mask = Self.side - 1
    let left = column & mask
    let right = (column + 1) & mask
    let top = (row & mask) * Self.side
    let bottom = ((row + 1) & mask) * Self.side
    let u = s * s * (3 - 2 * s)
    let upper = values[top + left] + (values[top + right] - values[top + left]) * u
    let lower = values[bottom + left] + (values[bottom + right] - values[bottom + left]) * u
    return upper + (lower - upper) * (t * t * (3 - 2 * t))
  }
}
