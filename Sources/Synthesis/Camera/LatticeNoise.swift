internal import Tensors

/// Smooth random values over the whole plane without a period; sums, products and shifts only, the same everywhere.
///
/// `ValueNoise` repeats after 64 cells, which shows in pictures of camera size.
struct LatticeNoise {
  private let seed: UInt32

  /// A pattern of its own for every state of the generator.
  init(using generator: inout RandomGenerator) {
    seed = UInt32(truncatingIfNeeded: generator.next() >> 32)
  }

  /// The value at a place in lattice cells, -1 to 1; places up to 10,000 cells from the origin keep their fractions.
  func value(_ x: Float, _ y: Float) -> Float {
    let column = Self.floor(x)
    let row = Self.floor(y)
    let s = x - Float(column)
    let t = y - Float(row)
    let u = s * s * (3 - 2 * s)
    let upperLeft = corner(column, row)
    let lowerLeft = corner(column, row &+ 1)
    let upper = upperLeft + (corner(column &+ 1, row) - upperLeft) * u
    let lower = lowerLeft + (corner(column &+ 1, row &+ 1) - lowerLeft) * u
    return upper + (lower - upper) * (t * t * (3 - 2 * t))
  }

  /// The largest whole number that is not above a value; truncation, corrected below zero.
  private static func floor(_ value: Float) -> Int32 {
    let whole = Int32(value)
    return value < Float(whole) ? whole &- 1 : whole
  }

  /// The value of a lattice point, -1 to 1: its coordinates, mixed by multiplications and shifts.
  private func corner(_ column: Int32, _ row: Int32) -> Float {
    var mixed =
      UInt32(bitPattern: column) &* 0x9E37_79B1 ^ UInt32(bitPattern: row) &* 0x85EB_CA77 ^ seed
    mixed = (mixed ^ (mixed &>> 15)) &* 0x2C1B_3C6D
    mixed = (mixed ^ (mixed &>> 12)) &* 0x297A_2D39
    mixed ^= mixed &>> 15
    return Float(mixed &>> 8) * 0x1p-23 - 1
  }
}
