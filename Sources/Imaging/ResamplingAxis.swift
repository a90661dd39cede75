/// Which source samples make each target sample along one axis, as whole-number weights.
///
/// Shrinking (target below source) averages areas: target i covers the source from i x source / target to
/// (i + 1) x source / target, and each source sample weighs as much as the part of it that is covered.
/// Growing is bilinear between the centres of samples: target i lies at (i + 1/2) x source / target - 1/2; beyond the
/// first and last centre the edge sample is taken alone. Equal sizes keep every sample.
/// All weights are multiples of 1 / denominator and are held multiplied by it: no rounding anywhere.
struct ResamplingAxis {
  /// The source samples of one target sample: `count` of them from `first` on.
  struct Coverage {
    /// Index of the first source sample.
    var first: Int
    /// Number of source samples, at least 1.
    var count: Int
    /// Weight of the first sample.
    var firstWeight: Int
    /// Weight of the samples between.
    var innerWeight: Int
    /// Weight of the last sample; not used where there is one only.
    var lastWeight: Int
  }

  /// What the weights of one target sample add up to.
  let denominator: Int
  /// One coverage a target sample.
  let coverages: [Coverage]

  /// The axis from a number of samples to another, both positive.
  init(source: Int, target: Int) {
    if target <= source {
      denominator = source
      coverages = (0..<target).map { Self.area(at: $0, source: source, target: target) }
    } else {
      denominator = 2 * target
      coverages = (0..<target).map { Self.bilinear(at: $0, source: source, target: target) }
    }
  }

  /// In units of 1 / target of a source sample: source sample j spans target x [j, j + 1], target i spans source x [i, i + 1].
  private static func area(at index: Int, source: Int, target: Int) -> Coverage {
    let start = index * source
    let end = start + source
    let first = start / target
    let last = (end - 1) / target
    if first == last { return Coverage(first: first, count: 1, firstWeight: source, innerWeight: 0, lastWeight: 0) }
    return Coverage(
      first: first, count: last - first + 1, firstWeight: (first + 1) * target - start, innerWeight: target,
      lastWeight: end - last * target)
  }

  /// In units of 1 / (2 target) of the distance between two source samples.
  private static func bilinear(at index: Int, source: Int, target: Int) -> Coverage {
    let unit = 2 * target
    let position = (2 * index + 1) * source - target
    let first = position / unit
    if position <= 0 || first >= source - 1 {
      return Coverage(
        first: position <= 0 ? 0 : source - 1, count: 1, firstWeight: unit, innerWeight: 0, lastWeight: 0)
    }
    let fraction = position - first * unit
    return Coverage(first: first, count: 2, firstWeight: unit - fraction, innerWeight: 0, lastWeight: fraction)
  }
}
