extension Image {
  /// The picture stretched to another size: each axis averages areas when it shrinks and is bilinear when it grows.
  ///
  /// Every sample is the exact weighted mean of source samples (`ResamplingAxis` holds the weights), rounded once to
  /// the nearest of 0 to 255, halves up. All of it is whole-number arithmetic: every machine gives the same bits.
  ///
  /// - Parameters:
  ///   - width: columns of the result, 1 to 65,536.
  ///   - height: rows of the result, 1 to 65,536.
  ///   - progress: called after every row of the result.
  public func resampled(width: Int, height: Int, progress: () -> Void = {}) -> Image {
    precondition((1...65_536).contains(width) && (1...65_536).contains(height), "a side has 1 to 65,536 pixels")
    // Sums of one column stay below 2^32: 255 x the larger of a source height and twice a target height.
    precondition(
      self.width <= 1 << 24 && self.height <= 1 << 24, "a picture to resample has at most 2^24 pixels a side")
    if width == self.width && height == self.height { return self }
    let rows = ResamplingAxis(source: self.height, target: height)
    let columns = ResamplingAxis(source: self.width, target: width)
    let sourceStride = self.width * channelCount
    let targetStride = width * channelCount
    var sums = [UInt32](repeating: 0, count: sourceStride)
    let result = [UInt8](unsafeUninitializedCapacity: targetStride * height) { target, count in
      samples.withUnsafeBufferPointer { source in
        sums.withUnsafeMutableBufferPointer { sums in
          for row in 0..<height {
            Self.sumRows(rows.coverages[row], of: source, into: sums)
            Self.averageColumns(
              columns, of: UnsafeBufferPointer(sums), channelCount: channelCount, rowDenominator: rows.denominator,
              into: UnsafeMutableBufferPointer(rebasing: target[row * targetStride..<(row + 1) * targetStride]))
            progress()
          }
        }
      }
      count = targetStride * height
    }
    return Image(width: width, height: height, channelCount: channelCount, samples: result)
  }

  /// The weighted sum of the source rows of one target row, one for each of the source's columns and channels.
  private static func sumRows(
    _ coverage: ResamplingAxis.Coverage, of source: UnsafeBufferPointer<UInt8>,
    into sums: UnsafeMutableBufferPointer<UInt32>
  ) {
    let stride = sums.count
    // Inner rows all weigh the same: added first and multiplied once.
    for index in 0..<stride { sums[index] = 0 }
    if coverage.count > 2 {
      for row in coverage.first + 1..<coverage.first + coverage.count - 1 {
        let line = row * stride
        for index in 0..<stride { sums[index] &+= UInt32(source[line &+ index]) }
      }
    }
    let line = coverage.first * stride
    let innerWeight = UInt32(coverage.innerWeight)
    let firstWeight = UInt32(coverage.firstWeight)
    if coverage.count == 1 {
      for index in 0..<stride { sums[index] = UInt32(source[line &+ index]) &* firstWeight }
    } else {
      let lastLine = line + (coverage.count - 1) * stride
      let lastWeight = UInt32(coverage.lastWeight)
      for index in 0..<stride {
        sums[index] =
          sums[index] &* innerWeight &+ UInt32(source[line &+ index]) &* firstWeight
          &+ UInt32(source[lastLine &+ index]) &* lastWeight
      }
    }
  }

  /// One target row: the weighted sums of its columns, divided and rounded.
  private static func averageColumns(
    _ columns: ResamplingAxis, of sums: UnsafeBufferPointer<UInt32>, channelCount: Int, rowDenominator: Int,
    into target: UnsafeMutableBufferPointer<UInt8>
  ) {
    let denominator = UInt64(columns.denominator) * UInt64(rowDenominator)
    var index = 0
    for coverage in columns.coverages {
      for channel in 0..<channelCount {
        let first = coverage.first * channelCount + channel
        var sum = UInt64(sums[first]) &* UInt64(coverage.firstWeight)
        if coverage.count > 1 {
          let last = first + (coverage.count - 1) * channelCount
          var inner: UInt64 = 0
          for position in stride(from: first + channelCount, to: last, by: channelCount) {
            inner &+= UInt64(sums[position])
          }
          sum = sum &+ inner &* UInt64(coverage.innerWeight) &+ UInt64(sums[last]) &* UInt64(coverage.lastWeight)
        }
        target[index] = UInt8(truncatingIfNeeded: (2 * sum + denominator) / (2 * denominator))
        index += 1
      }
    }
  }
}
