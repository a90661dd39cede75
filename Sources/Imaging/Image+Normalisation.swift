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
    var counts = [Int](repeating: 0, count: 256)
    for sample in samples { counts[Int(sample)] += 1 }
    let table = Self.normalisation(of: counts, count: samples.count, spreads: spreads)
    return Image(
      width: width, height: height, channelCount: channelCount, samples: samples.map { table[Int($0)] })
  }

  /// What each of the 256 levels becomes, from how often each of them is there.
  private static func normalisation(of counts: [Int], count: Int, spreads: Double) -> [UInt8] {
    var (sum, squares) = (0, 0)
    for (level, count) in counts.enumerated() {
      sum += level * count
      squares += level * level * count
    }
    // Wider than Int: a picture of 2^24 pixels a side would overflow.
    let scaledVariance = Int128(count) * Int128(squares) - Int128(sum) * Int128(sum)
    let mean = Double(sum) / Double(count)
    let spread = max(1, Double(scaledVariance).squareRoot() / Double(count))
    return (0..<256).map { level in
      let value = 127.5 + 127.5 * (Double(level) - mean) / (spreads * spread)
      return UInt8(min(255, max(0, value.rounded(.toNearestOrEven))))
    }
  }
}
