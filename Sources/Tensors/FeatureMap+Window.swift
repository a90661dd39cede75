extension FeatureMap {
  /// Overwrites the inside of one picture with network input made of a square of a larger picture: the same values as
  /// `setSamples` gives for the square alone.
  ///
  /// - Parameters:
  ///   - samples: of the larger picture, [row, column, channel], of this map's channels.
  ///   - width: its columns.
  ///   - column: the square's first column; the square lies within the picture.
  ///   - row: the square's first row.
  ///   - image: the picture of the map that is overwritten.
  public func setWindow(of samples: [UInt8], width: Int, column: Int, row: Int, ofImage image: Int) {
    precondition(image >= 0 && image < imageCount, "no such picture in the map")
    precondition(
      column >= 0 && row >= 0 && column + side <= width && (row + side) * width * channelCount <= samples.count,
      "a window lies within its picture")
    let length = side * channelCount
    samples.withUnsafeBufferPointer { source in
      for line in 0..<side {
        let target = self.row(line, ofImage: image)
        let start = ((row + line) * width + column) * channelCount
        for index in 0..<length { target[index] = Float(source[start + index]) / 127.5 - 1 }
      }
    }
  }
}
