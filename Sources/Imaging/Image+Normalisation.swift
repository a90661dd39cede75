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
    var image = self
    image.normalise(spreads: spreads, inside: nil)
    return image
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
    var image = self
    image.normalise(logarithmOffset: offset, range: range, inside: nil)
    return image
  }

  /// The same in place, with the mean and spread of a mask's inside.
  mutating func normalise(spreads: Double, inside mask: PlaneMask?) {
    precondition(spreads > 0, "a range has a width")
    let counts = levelCounts(inside: mask)
    var (count, sum, squares) = (0, 0, 0)
    for (level, number) in counts.enumerated() {
      count += number
      sum += level * number
      squares += level * level * number
    }
    precondition(count > 0, "a mask has pixels inside")
    // Wider than Int: a picture of 2^24 pixels a side would overflow.
    let scaledVariance = Int128(count) * Int128(squares) - Int128(sum) * Int128(sum)
    let mean = Double(sum) / Double(count)
    let spread = max(1, Double(scaledVariance).squareRoot() / Double(count))
    map { 127.5 + 127.5 * (Double($0) - mean) / (spreads * spread) }
  }

  /// The same in place, with the mean of a mask's inside.
  mutating func normalise(logarithmOffset offset: Int, range: Double, inside mask: PlaneMask?) {
    precondition(offset >= 1 && range > 0, "black has a logarithm, and a range has a width")
    let logarithms = (0..<256).map { ElementaryFunctions.logarithm(Double($0 + offset)) }
    let counts = levelCounts(inside: mask)
    let count = counts.reduce(0, +)
    precondition(count > 0, "a mask has pixels inside")
    var sum = 0.0
    for (level, number) in counts.enumerated() where number > 0 { sum += Double(number) * logarithms[level] }
    let mean = sum / Double(count)
    map { 127.5 + 127.5 * (logarithms[$0] - mean) / range }
  }

  /// How often each of the 256 levels is there, all channels together, inside a mask where there is one.
  private func levelCounts(inside mask: PlaneMask?) -> [Int] {
    var counts = [Int](repeating: 0, count: 256)
    guard let mask else {
      for sample in samples { counts[Int(sample)] += 1 }
      return counts
    }
    precondition(mask.width == width && mask.height == height, "a mask has the sides of its plane")
    for pixel in 0..<width * height where mask.samples[pixel] != 0 {
      for sample in pixel * channelCount..<(pixel + 1) * channelCount { counts[Int(samples[sample])] += 1 }
    }
    return counts
  }

  /// Replaces each level, rounded and held within 0 and 255.
  private mutating func map(_ value: (_ level: Int) -> Double) {
    let table = (0..<256).map { UInt8(min(255, max(0, value($0).rounded(.toNearestOrEven)))) }
    samples.withUnsafeMutableBufferPointer { samples in
      table.withUnsafeBufferPointer { table in
        for index in samples.indices { samples[index] = table[Int(samples[index])] }
      }
    }
  }

  /// Puts one level wherever a mask is not inside.
  mutating func fill(outside mask: PlaneMask, level: UInt8) {
    precondition(mask.width == width && mask.height == height, "a mask has the sides of its plane")
    let channelCount = channelCount
    samples.withUnsafeMutableBufferPointer { samples in
      mask.samples.withUnsafeBufferPointer { mask in
        for pixel in mask.indices where mask[pixel] == 0 {
          for sample in pixel &* channelCount..<(pixel &+ 1) &* channelCount { samples[sample] = level }
        }
      }
    }
  }

  /// The picture with columns behind it and rows below it.
  ///
  /// - Parameters:
  ///   - width: columns of the result, at least those of the picture.
  ///   - height: rows of the result, at least those of the picture.
  ///   - level: what is added; nil: the last column and row again.
  func padded(width: Int, height: Int, level: UInt8?) -> Image {
    precondition(width >= self.width && height >= self.height, "a picture is padded to a larger one")
    if width == self.width && height == self.height { return self }
    var padded: [UInt8] = []
    padded.reserveCapacity(width * height * channelCount)
    for row in 0..<height {
      if let level, row >= self.height {
        padded += repeatElement(level, count: width * channelCount)
        continue
      }
      let start = min(row, self.height - 1) * self.width * channelCount
      let end = start + self.width * channelCount
      padded += samples[start..<end]
      let last = samples[end - channelCount..<end]
      for _ in self.width..<width {
        if let level { padded += repeatElement(level, count: channelCount) } else { padded += last }
      }
    }
    return Image(width: width, height: height, channelCount: channelCount, samples: padded)
  }
}
