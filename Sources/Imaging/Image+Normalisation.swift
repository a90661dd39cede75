private import Tensors

extension Image {
  /// The picture with its own mean at mid-grey and its own spread as the measure of contrast.
  ///
  /// In double precision and in this order: mean = sum / count, over all pixels and channels together; spread = the
  /// square root of (count x sum of squares - sum^2), divided by count, and at least 1 level, so that a picture of one
  /// level becomes mid-grey and nothing is divided by zero; a sample x becomes
  /// 127.5 + 127.5 * (x - mean) / (spreads * spread), rounded to the nearest whole number, halves to the even one, and
  /// held within 0 and 255. The sums are whole numbers, so that every machine gives the same bits.
  ///
  /// - Parameter spreads: how many spreads above and below the mean fill the range, above 0.
  public func normalised(spreads: Double) -> Image {
    precondition(spreads > 0, "a range has a width")
    let counts = levelCounts
    var (sum, squares) = (0, 0)
    for (level, count) in counts.enumerated() {
      sum += level * count
      squares += level * level * count
    }
    // Wider than Int: a picture of 2^24 pixels a side would overflow.
    let scaledVariance = Int128(samples.count) * Int128(squares) - Int128(sum) * Int128(sum)
    let mean = Double(sum) / Double(samples.count)
    let spread = max(1, Double(scaledVariance).squareRoot() / Double(samples.count))
    return mapped { 127.5 + 127.5 * (Double($0) - mean) / (spreads * spread) }
  }

  /// The picture on a logarithmic scale with its own mean at mid-grey: what a gain of the light does to it is taken out.
  ///
  /// In double precision and in this order: a sample x has v = ln(x + offset); mean = the sum over the levels, dark to
  /// bright, of how often a level is there times its v, over all pixels and channels together, divided by the count; a
  /// sample becomes 127.5 + 127.5 * (v - mean) / range, rounded to the nearest whole number, halves to the even one,
  /// and held within 0 and 255. A picture of one level becomes mid-grey.
  ///
  /// - Parameters:
  ///   - offset: added to each sample, so that black has a logarithm; at least 1.
  ///   - range: natural logarithms above and below the mean that fill the range, above 0.
  public func normalised(logarithmOffset offset: Int, range: Double) -> Image {
    precondition(offset >= 1 && range > 0, "black has a logarithm, and a range has a width")
    let logarithms = (0..<256).map { ElementaryFunctions.logarithm(Double($0 + offset)) }
    var sum = 0.0
    for (level, count) in levelCounts.enumerated() where count > 0 { sum += Double(count) * logarithms[level] }
    let mean = sum / Double(samples.count)
    return mapped { 127.5 + 127.5 * (logarithms[$0] - mean) / range }
  }

  /// How often each of the 256 levels is there, all channels together.
  private var levelCounts: [Int] {
    var counts = [Int](repeating: 0, count: 256)
    for sample in samples { counts[Int(sample)] += 1 }
    return counts
  }

  /// The picture with each level replaced, rounded and held within 0 and 255.
  private func mapped(_ value: (_ level: Int) -> Double) -> Image {
    let table = (0..<256).map { UInt8(min(255, max(0, value($0).rounded(.toNearestOrEven)))) }
    return Image(
      width: width, height: height, channelCount: channelCount, samples: samples.map { table[Int($0)] })
  }
}
