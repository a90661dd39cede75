import Imaging

/// Preparation of a whole picture as it was before pictures were prepared row by row: what must not change by one bit.
enum WholePicture {
  /// The prepared picture and its notes, by way of the decoded picture.
  static func prepare(
    _ preparation: Preparation, png bytes: [UInt8]
  ) throws(PNGError) -> (picture: Image, notes: PreparationNotes) {
    let decoded = try PNG.decode(bytes, background: preparation.alpha.background)
    var notes: PreparationNotes = []
    let image = decoded.image
    let (size, channelCount) = (preparation.size, preparation.channelCount)
    if decoded.hasTransparentPixels { notes.insert(.alphaComposed) }
    if decoded.bitDepth == 16 { notes.insert(.depthReduced) }
    if image.channelCount < channelCount { notes.insert(.greyRepeated) }
    if image.channelCount > channelCount { notes.insert(.colorConverted) }
    if image.width < size || image.height < size { notes.insert(.enlarged) }
    if image.width > size || image.height > size { notes.insert(.shrunk) }
    if image.width != image.height { notes.insert(.stretched) }
    let resampled = resampled(channelCount == 1 ? grey(image) : image, width: size, height: size)
    let normalised: Image
    switch preparation.normalisation {
    case .none: normalised = resampled
    case .picture(let spreads): normalised = resampled.normalised(spreads: spreads)
    case .logarithm(let offset, let range): normalised = resampled.normalised(logarithmOffset: offset, range: range)
    }
    return (channelCount == 3 ? normalised.convertedToColor() : normalised, notes)
  }

  private static func grey(_ image: Image) -> Image {
    if image.channelCount == 1 { return image }
    let samples = stride(from: 0, to: image.samples.count, by: 3).map { first in
      let (red, green, blue) = (
        Int(image.samples[first]), Int(image.samples[first + 1]), Int(image.samples[first + 2])
      )
      return UInt8((77 * red + 150 * green + 29 * blue + 128) >> 8)
    }
    return Image(width: image.width, height: image.height, channelCount: 1, samples: samples)
  }

  /// Both axes from their definition, in whole numbers: first along the rows, exactly, then along the columns.
  private static func resampled(_ image: Image, width: Int, height: Int) -> Image {
    let channelCount = image.channelCount
    let columns = ResamplingTests.weights(image.width, width)
    let rows = ResamplingTests.weights(image.height, height)
    let total = columns[0].reduce(0) { $0 + $1.1 } * rows[0].reduce(0) { $0 + $1.1 }
    var samples: [UInt8] = []
    var lines: [Int: [Int]] = [:]
    func line(_ row: Int) -> [Int] {
      if let line = lines[row] { return line }
      var line: [Int] = []
      for column in columns {
        for channel in 0..<channelCount {
          line.append(
            column.reduce(0) { $0 + $1.1 * Int(image.samples[(row * image.width + $1.0) * channelCount + channel]) })
        }
      }
      lines[row] = line
      return line
    }
    for row in rows {
      var sums = [Int](repeating: 0, count: width * channelCount)
      for (source, weight) in row {
        let line = line(source)
        for index in sums.indices { sums[index] += weight * line[index] }
      }
      samples += sums.map { UInt8((2 * $0 + total) / (2 * total)) }
    }
    return Image(width: width, height: height, channelCount: channelCount, samples: samples)
  }
}
