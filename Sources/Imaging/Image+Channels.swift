extension Image {
  /// The picture with one channel: grey = (77 red + 150 green + 29 blue + 128) / 256, rounded down.
  ///
  /// - Parameter progress: called after every row.
  public func convertedToGrey(progress: () -> Void = {}) -> Image {
    guard channelCount == 3 else { return self }
    let count = width * height
    let grey = [UInt8](unsafeUninitializedCapacity: count) { target, initializedCount in
      samples.withUnsafeBufferPointer { source in
        for row in 0..<height {
          Self.convertToGrey(
            UnsafeBufferPointer(rebasing: source[3 * row * width..<3 * (row + 1) * width]),
            into: UnsafeMutableBufferPointer(rebasing: target[row * width..<(row + 1) * width]))
          progress()
        }
      }
      initializedCount = count
    }
    return Image(width: width, height: height, channelCount: 1, samples: grey)
  }

  /// The grey of a row of red, green and blue samples.
  static func convertToGrey(_ source: Span<UInt8>, into target: inout [UInt8]) {
    source.withUnsafeBufferPointer { source in target.withUnsafeMutableBufferPointer { convertToGrey(source, into: $0) }
    }
  }

  /// The grey of red, green and blue samples, three for each of the target.
  private static func convertToGrey(
    _ source: UnsafeBufferPointer<UInt8>, into target: UnsafeMutableBufferPointer<UInt8>
  ) {
    precondition(source.count == 3 * target.count, "three samples a pixel become one")
    for pixel in target.indices {
      let red = UInt32(source[3 &* pixel])
      let green = UInt32(source[3 &* pixel &+ 1])
      let blue = UInt32(source[3 &* pixel &+ 2])
      target[pixel] = UInt8(truncatingIfNeeded: (77 &* red &+ 150 &* green &+ 29 &* blue &+ 128) >> 8)
    }
  }

  /// The picture with three channels: grey is repeated.
  public func convertedToColor() -> Image {
    guard channelCount == 1 else { return self }
    let count = width * height
    let color = [UInt8](unsafeUninitializedCapacity: 3 * count) { target, initializedCount in
      samples.withUnsafeBufferPointer { source in
        for pixel in 0..<count {
          let level = source[pixel]
          target[3 &* pixel] = level
          target[3 &* pixel &+ 1] = level
          target[3 &* pixel &+ 2] = level
        }
      }
      initializedCount = 3 * count
    }
    return Image(width: width, height: height, channelCount: 3, samples: color)
  }
}
