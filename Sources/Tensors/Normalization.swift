/// The loops of batch normalisation over feature maps; a thread takes whole pictures.
///
/// Sums run over a picture first and then over the pictures in order, so they are the same for any number of threads.
public enum Normalization {
  /// Mean and sum of squared deviations of every channel of one picture.
  ///
  /// - Parameters:
  ///   - moments: [picture, 2, channel]; means and squared deviations of this picture are written.
  public static func moments(of map: FeatureMap, image: Int, into moments: FloatBuffer) {
    let channels = map.channelCount
    precondition(moments.count >= (image + 1) * 2 * channels, "the moments have room for every picture")
    let mean = moments.base + image * 2 * channels
    let deviation = mean + channels
    let scale = 1 / Float(map.side * map.side)
    mean.update(repeating: 0, count: 2 * channels)
    forEachPixelVector(map, image) { pixel, channel, lanes in
      store(load(mean + channel, lanes) + load(pixel, lanes), mean + channel, lanes)
    }
    for channel in 0..<channels { mean[channel] *= scale }
    forEachPixelVector(map, image) { pixel, channel, lanes in
      let d = load(pixel, lanes) - load(mean + channel, lanes)
      store(load(deviation + channel, lanes) + d * d, deviation + channel, lanes)
    }
  }

  /// Mean and biased variance of every channel over the batch, from each picture's moments.
  ///
  /// Source: T. Chan, G. Golub, R. LeVeque, "Updating formulae and a pairwise algorithm" (1979), in double precision.
  public static func combine(
    moments: FloatBuffer, imageCount: Int, pixelsPerImage: Int, mean: FloatBuffer, variance: FloatBuffer
  ) {
    let channels = mean.count
    precondition(moments.count >= imageCount * 2 * channels && variance.count == channels, "shapes agree")
    for channel in 0..<channels {
      var sum = 0.0
      for image in 0..<imageCount { sum += Double(moments.base[image * 2 * channels + channel]) }
      let average = sum / Double(imageCount)
      var deviation = 0.0
      for image in 0..<imageCount {
        let d = Double(moments.base[image * 2 * channels + channel]) - average
        deviation += Double(moments.base[(image * 2 + 1) * channels + channel]) + d * d * Double(pixelsPerImage)
      }
      mean.base[channel] = Float(average)
      variance.base[channel] = Float(deviation / Double(imageCount * pixelsPerImage))
    }
  }

  /// output = input * scale + shift, the negative side times `slope`, for one picture.
  public static func apply(
    _ input: FeatureMap, image: Int, scale: FloatBuffer, shift: FloatBuffer, slope: Float, into output: FeatureMap
  ) {
    precondition(sameShape(input, output) && scale.count == input.channelCount, "shapes agree")
    precondition(shift.count == input.channelCount, "shapes agree")
    let slopes = SIMD8<Float>(repeating: slope)
    forEachPixelVectorPair(input, output, image) { source, target, channel, lanes in
      let v = load(source, lanes) * load(scale.base + channel, lanes) + load(shift.base + channel, lanes)
      store(v.replacing(with: v * slopes, where: v .< 0), target, lanes)
    }
  }

  /// Sums over one picture of the gradient behind the activation, and of it times the normalised input.
  ///
  /// - Parameters:
  ///   - gradient: gradient of the loss with respect to the activation's output.
  ///   - activation: the activation's output; its sign decides the slope.
  ///   - input: the normalisation's input.
  ///   - sums: [picture, 2, channel]; both sums of this picture are written.
  public static func gradientSums(
    gradient: FeatureMap, activation: FeatureMap, input: FeatureMap, image: Int, mean: FloatBuffer,
    inverseDeviation: FloatBuffer, slope: Float, into sums: FloatBuffer
  ) {
    let channels = input.channelCount
    precondition(sameShape(gradient, activation) && sameShape(gradient, input), "shapes agree")
    precondition(sums.count >= (image + 1) * 2 * channels && mean.count == channels, "shapes agree")
    precondition(inverseDeviation.count == channels, "shapes agree")
    let shiftSum = sums.base + image * 2 * channels
    let scaleSum = shiftSum + channels
    shiftSum.update(repeating: 0, count: 2 * channels)
    let slopes = SIMD8<Float>(repeating: slope)
    forEachPixelVectorPair(gradient, activation, image) { gradientPixel, activationPixel, channel, lanes in
      let inputPixel = input.base + (gradientPixel - gradient.base)
      let g = load(gradientPixel, lanes)
      let passed = g.replacing(with: g * slopes, where: load(activationPixel, lanes) .<= 0)
      let normalised =
        (load(inputPixel, lanes) - load(mean.base + channel, lanes)) * load(inverseDeviation.base + channel, lanes)
      store(load(shiftSum + channel, lanes) + passed, shiftSum + channel, lanes)
      store(load(scaleSum + channel, lanes) + passed * normalised, scaleSum + channel, lanes)
    }
  }

  /// Adds up each picture's sums, in order and in double precision.
  public static func combineSums(_ sums: FloatBuffer, imageCount: Int, shiftSum: FloatBuffer, scaleSum: FloatBuffer) {
    let channels = shiftSum.count
    precondition(sums.count >= imageCount * 2 * channels && scaleSum.count == channels, "shapes agree")
    for channel in 0..<channels {
      var first = 0.0
      var second = 0.0
      for image in 0..<imageCount {
        first += Double(sums.base[image * 2 * channels + channel])
        second += Double(sums.base[(image * 2 + 1) * channels + channel])
      }
      shiftSum.base[channel] = Float(first)
      scaleSum.base[channel] = Float(second)
    }
  }

  /// Turns the gradient behind the activation into the gradient of the normalisation's input, in place, for one picture.
  ///
  /// Per channel: factor * (g - shiftMean - normalised * scaleMean), with factor = scale * inverse deviation.
  /// Source: S. Ioffe, C. Szegedy, "Batch Normalization" (2015), section 3.
  public static func inputGradient(
    gradient: FeatureMap, activation: FeatureMap, input: FeatureMap, image: Int, mean: FloatBuffer,
    inverseDeviation: FloatBuffer, scale: FloatBuffer, shiftMean: FloatBuffer, scaleMean: FloatBuffer, slope: Float
  ) {
    precondition(sameShape(gradient, activation) && sameShape(gradient, input), "shapes agree")
    for vector in [mean, inverseDeviation, scale, shiftMean, scaleMean] {
      precondition(vector.count == input.channelCount, "shapes agree")
    }
    let slopes = SIMD8<Float>(repeating: slope)
    forEachPixelVectorPair(gradient, activation, image) { gradientPixel, activationPixel, channel, lanes in
      let inputPixel = input.base + (gradientPixel - gradient.base)
      let g = load(gradientPixel, lanes)
      let passed = g.replacing(with: g * slopes, where: load(activationPixel, lanes) .<= 0)
      let inverse = load(inverseDeviation.base + channel, lanes)
      let normalised = (load(inputPixel, lanes) - load(mean.base + channel, lanes)) * inverse
      let centred = passed - load(shiftMean.base + channel, lanes) - normalised * load(scaleMean.base + channel, lanes)
      store(load(scale.base + channel, lanes) * inverse * centred, gradientPixel, lanes)
    }
  }
}
