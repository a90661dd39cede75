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
    var resampler = RowResampler(
      sourceWidth: self.width, sourceHeight: self.height, channelCount: channelCount, width: width, height: height)
    if width == self.width && height == self.height { return self }
    var result: [UInt8] = []
    result.reserveCapacity(width * height * channelCount)
    let stride = self.width * channelCount
    let source = samples.span
    for row in 0..<self.height {
      resampler.take(source.extracting(row * stride..<(row + 1) * stride)) { row in
        row.withUnsafeBufferPointer { result.append(contentsOf: $0) }
        progress()
      }
    }
    return Image(width: width, height: height, channelCount: channelCount, samples: result)
  }
}
