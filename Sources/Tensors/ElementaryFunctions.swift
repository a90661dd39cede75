/// exp, tanh, sigmoid and the natural logarithm, from basic arithmetic alone.
///
/// The C library's differ between versions and processors in the last bit; a score must not. No operation here is
/// contracted into a fused one, so the bits are the same on every machine.
public enum ElementaryFunctions {
  /// e^x for each lane, to 2 units in the last place; clamped to finite results.
  ///
  /// Source: range reduction and polynomial of S. Moshier, Cephes, `expf`.
  @inlinable @inline(__always)
  public static func exponential(_ x: SIMD8<Float>) -> SIMD8<Float> {
    let low = SIMD8<Float>(repeating: -87.33654)
    let high = SIMD8<Float>(repeating: 88.02969)
    let clamped = x.replacing(with: low, where: x .< low).replacing(with: high, where: x .> high)
    // Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits: no conversion that NaN could trap.
    let magic = SIMD8<Float>(repeating: 12_582_912)
    let shifted = clamped * 1.442_695_04 + magic
    let n = shifted - magic
    let r = (clamped - n * 0.693_359_375) + n * 2.121_944_4e-4
    var p = SIMD8<Float>(repeating: 1.987_569_15e-4)
    p = p * r + 1.398_199_95e-3
    p = p * r + 8.333_451_9e-3
    p = p * r + 4.166_579_6e-2
    p = p * r + 1.666_666_55e-1
    p = p * r + 5.000_000_1e-1
    let e = p * (r * r) + r + 1
    let integers = unsafeBitCast(shifted, to: SIMD8<UInt32>.self) &- unsafeBitCast(magic, to: SIMD8<UInt32>.self)
    let power = unsafeBitCast((integers &+ 127) &<< 23, to: SIMD8<Float>.self)
    let result = e * power
    return result.replacing(with: x, where: x .!= x)
  }

  /// The hyperbolic tangent of each lane, to 2 units in the last place.
  ///
  /// Source: polynomial near zero of S. Moshier, Cephes, `tanhf`; 1 - 2 / (e^2x + 1) elsewhere.
  @inlinable @inline(__always)
  public static func hyperbolicTangent(_ x: SIMD8<Float>) -> SIMD8<Float> {
    let square = x * x
    var p = SIMD8<Float>(repeating: -5.704_988_7e-3)
    p = p * square + 2.063_908_9e-2
    p = p * square - 5.373_971_6e-2
    p = p * square + 1.333_144_2e-1
    p = p * square - 3.333_328_2e-1
    let near = p * square * x + x
    let magnitude = x.replacing(with: -x, where: x .< 0)
    let far = 1 - 2 / (exponential(magnitude + magnitude) + 1)
    let signedFar = far.replacing(with: -far, where: x .< 0)
    return near.replacing(with: signedFar, where: magnitude .> 0.625)
  }

  /// 1 / (1 + e^-x).
  public static func sigmoid(_ x: Float) -> Float { (1 / (1 + exponential(SIMD8(repeating: -x))))[0] }

  /// The natural logarithm of a positive finite number, to 1e-15 relative; -infinity for zero.
  ///
  /// Source: ln m = 2 artanh((m - 1) / (m + 1)) with m in [sqrt(1/2), sqrt(2)).
  public static func logarithm(_ x: Double) -> Double {
    if x == 0 { return -.infinity }
    if !(x > 0) || !x.isFinite { return x == .infinity ? .infinity : .nan }
    var mantissa = x.significand
    var exponent = Double(x.exponent)
    if mantissa > 1.414_213_562_373_095_1 {
      mantissa *= 0.5
      exponent += 1
    }
    let t = (mantissa - 1) / (mantissa + 1)
    let square = t * t
    var sum = 0.0
    for k in stride(from: 23.0, through: 1, by: -2) { sum = sum * square + 1 / k }
    return exponent * 0.693_147_180_559_945_3 + 2 * t * sum
  }
}
