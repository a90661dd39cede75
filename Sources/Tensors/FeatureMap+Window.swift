extension FeatureMap {
  /// Overwrites the inside of one picture with network input made of a square of a larger picture: the same values as
  /// `setSamples` gives for the square alone.
  ///
  /// - Parameters:
  ///   - samples: of the larger picture, [row, column, channel], whole rows of this map's channels.
  ///   - width: its columns.
  ///   - column: the square's first column; where the square reaches past the edges the picture is mirrored.
  ///   - row: the square's first row.
  ///   - image: the picture of the map that is overwritten.
  public func setWindow(of samples: [UInt8], width: Int, column: Int, row: Int, ofImage image: Int) {
    precondition(image >= 0 && image < imageCount, "no such picture in the map")
    precondition(
      width > 0 && !samples.isEmpty && samples.count % (width * channelCount) == 0, "a picture has whole rows")
    let height = samples.count / (width * channelCount)
    let length = side * channelCount
    let isWithin = column >= 0 && column + side <= width
    // Only at the edges: a lane in the middle of a picture asks nothing of the heap.
    let columns = isWithin ? [] : (column..<column + side).map { Mirror.index($0, count: width) * channelCount }
    samples.withUnsafeBufferPointer { source in
      for line in 0..<side {
        let target = self.row(line, ofImage: image)
        let start = Mirror.index(row + line, count: height) * width * channelCount
        if isWithin {
          let first = start + column * channelCount
          for index in 0..<length { target[index] = Float(source[first + index]) / 127.5 - 1 }
        } else {
          for (place, offset) in columns.enumerated() {
            for channel in 0..<channelCount {
              target[place * channelCount + channel] = Float(source[start + offset + channel]) / 127.5 - 1
            }
          }
        }
      }
    }
  }
}
