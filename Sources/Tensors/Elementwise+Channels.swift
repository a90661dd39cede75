/// Loops that treat the channels of a picture as vectors: biases and means over pixels.
///
/// Sums run over a picture first, row by row, and then over the pictures in order, so they are the same for any number
/// of threads.
extension Elementwise {
  /// Adds one value a channel to every pixel of one picture.
  public static func addChannels(_ values: FloatBuffer, to map: FeatureMap, image: Int) {
    precondition(values.count == map.channelCount, "one value a channel")
    forEachPixelVector(map, image) { pixel, channel, lanes in
      store(load(pixel, lanes) + load(values.base + channel, lanes), pixel, lanes)
    }
  }

  /// Adds one value a pixel and channel to one picture: [row, column, channel].
  public static func add(_ values: FloatBuffer, to map: FeatureMap, image: Int) {
    precondition(values.count == map.valuesPerImage, "one value a pixel and channel")
    precondition(image >= 0 && image < map.imageCount, "no such picture in the map")
    let length = map.side * map.channelCount
    for row in 0..<map.side {
      let target = map.row(row, ofImage: image)
      let source = values.base + row * length
      forEachVector(length) { index, lanes in
        store(load(target + index, lanes) + load(source + index, lanes), target + index, lanes)
      }
    }
  }

  /// Multiplies negative values of one picture by `slope`.
  public static func leakyReLU(_ map: FeatureMap, image: Int, slope: Float) {
    let slopes = SIMD8<Float>(repeating: slope)
    forEachRowVectorPair(map, map, image) { value, _, lanes in
      let v = load(value, lanes)
      store(v.replacing(with: v * slopes, where: v .< 0), value, lanes)
    }
  }

  /// Sum over the pixels of every channel of one picture.
  ///
  /// - Parameter sums: [picture, channel]; this picture's are written.
  public static func channelSums(of map: FeatureMap, image: Int, into sums: FloatBuffer) {
    precondition(sums.count >= (image + 1) * map.channelCount, "the sums have room for every picture")
    let channels = map.channelCount
    let target = sums.base + image * channels
    target.update(repeating: 0, count: channels)
    for row in 0..<map.side {
      // A row apart from the others: sums over thousands of pixels would lose digits in one chain.
      forEachVector(channels) { channel, lanes in
        var pixel = map.row(row, ofImage: image) + channel
        var sum = SIMD8<Float>.zero
        for _ in 0..<map.side {
          sum += load(pixel, lanes)
          pixel += channels
        }
        store(load(target + channel, lanes) + sum, target + channel, lanes)
      }
    }
  }

  /// Adds up each picture's sums, in order and in double precision.
  public static func combineChannelSums(
    _ sums: FloatBuffer, imageCount: Int, into gradient: FloatBuffer, accumulate: Bool
  ) {
    let channels = gradient.count
    precondition(sums.count >= imageCount * channels, "shapes agree")
    for channel in 0..<channels {
      let total = (0..<imageCount).reduce(0.0) { $0 + Double(sums.base[$1 * channels + channel]) }
      gradient.base[channel] = accumulate ? gradient.base[channel] + Float(total) : Float(total)
    }
  }

  /// Sum over the first pictures of every value, in order and in double precision: [row, column, channel].
  public static func sumOverImages(
    _ map: FeatureMap, imageCount: Int, into sums: FloatBuffer, accumulate: Bool
  ) {
    precondition(sums.count == map.valuesPerImage && imageCount <= map.imageCount, "shapes agree")
    let length = map.side * map.channelCount
    for row in 0..<map.side {
      for index in 0..<length {
        let total = (0..<imageCount).reduce(0.0) { $0 + Double(map.row(row, ofImage: $1)[index]) }
        let place = row * length + index
        sums.base[place] = accumulate ? sums.base[place] + Float(total) : Float(total)
      }
    }
  }

  /// Mean over the pixels of every channel of one picture, into the one pixel of another map.
  public static func channelMeans(of map: FeatureMap, image: Int, into means: FeatureMap) {
    precondition(means.side == 1 && means.channelCount == map.channelCount && image < means.imageCount, "shapes agree")
    let target = means.row(0, ofImage: image)
    target.update(repeating: 0, count: map.channelCount)
    forEachPixelVector(map, image) { pixel, channel, lanes in
      store(load(target + channel, lanes) + load(pixel, lanes), target + channel, lanes)
    }
    let factor = 1 / Float(map.side * map.side)
    for channel in 0..<map.channelCount { target[channel] *= factor }
  }

  /// The way back of `channelMeans`: every pixel gets its share of the mean's gradient.
  public static func spreadMeans(_ gradient: FeatureMap, image: Int, into inputGradient: FeatureMap) {
    precondition(gradient.side == 1 && gradient.channelCount == inputGradient.channelCount, "shapes agree")
    precondition(image >= 0 && image < gradient.imageCount, "no such picture in the map")
    let source = gradient.row(0, ofImage: image)
    let factor = SIMD8<Float>(repeating: 1 / Float(inputGradient.side * inputGradient.side))
    forEachPixelVector(inputGradient, image) { pixel, channel, lanes in
      store(load(source + channel, lanes) * factor, pixel, lanes)
    }
  }

  /// Copies one picture of a map to a place in another of the same shape.
  public static func copy(_ source: FeatureMap, image: Int, to target: FeatureMap, image place: Int) {
    precondition(sameShape(source, target), "shapes agree")
    precondition(image >= 0 && image < source.imageCount, "no such picture in the map")
    precondition(place >= 0 && place < target.imageCount, "no such picture in the map")
    for row in 0..<source.side {
      target.row(row, ofImage: place).update(
        from: source.row(row, ofImage: image), count: source.side * source.channelCount)
    }
  }
}
