internal import CMatrixKernel

/// The loops of batch normalisation over feature maps; a thread takes whole pictures.
///
/// Sums run over a picture first and then over the pictures in order, so they are the same for any number of threads.
public enum Normalization {
  /// Mean and sum of squared deviations of every channel of one picture.
  ///
  /// - Parameters:
  ///   - moments: [picture, 2, channel]; means and squared deviations of this picture are written.
  public static func moments(
    of map: FeatureMap, image: Int, into moments: FloatBuffer, instructionSet: InstructionSet
  ) {
    let channels = map.channelCount
    precondition(moments.count >= (image + 1) * 2 * channels, "the moments have room for every picture")
    let mean = moments.base + image * 2 * channels
    withPicture(image, of: map) { picture, base in
      cmk_moments(instructionSet.code, picture, base, mean, mean + channels)
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

  /// A normalisation and the activation behind it, one value a channel.
  public struct Vectors {
    /// Factor of the input: the normalisation's own times the inverse deviation.
    public let scale: FloatBuffer
    /// What is added behind it: the mean is part of it.
    public let shift: FloatBuffer
    /// Factor of negative values.
    public let slope: Float

    /// Vectors from their parts.
    public init(scale: FloatBuffer, shift: FloatBuffer, slope: Float) {
      precondition(scale.count == shift.count, "shapes agree")
      self.scale = scale
      self.shift = shift
      self.slope = slope
    }
  }

  /// output = input * scale + shift, the negative side times `slope`, for one picture.
  public static func apply(
    _ vectors: Vectors, to input: FeatureMap, image: Int, into output: FeatureMap, instructionSet: InstructionSet
  ) {
    precondition(sameShape(input, output) && image < output.imageCount, "shapes agree")
    precondition(vectors.scale.count == input.channelCount, "shapes agree")
    var arguments = cmk_normalisation(
      scale: vectors.scale.base, shift: vectors.shift.base, mean: nil, inverse_deviation: nil, slope: vectors.slope)
    withPicture(image, of: input) { picture, base in
      cmk_normalise(instructionSet.code, picture, &arguments, base, output.row(0, ofImage: image))
    }
  }

  /// Sums over one picture of the gradient behind the activation, and of it times the normalised input.
  ///
  /// - Parameters:
  ///   - gradient: gradient of the loss with respect to the activation's output.
  ///   - input: the normalisation's input, from which the activation's side is found again.
  ///   - sums: [picture, 2, channel]; both sums of this picture are written.
  public static func gradientSums(
    gradient: FeatureMap, input: FeatureMap, image: Int, vectors: Vectors, mean: FloatBuffer,
    inverseDeviation: FloatBuffer, into sums: FloatBuffer, instructionSet: InstructionSet
  ) {
    let channels = input.channelCount
    precondition(sameShape(gradient, input) && image < gradient.imageCount, "shapes agree")
    precondition(sums.count >= (image + 1) * 2 * channels, "the sums have room for every picture")
    var arguments = normalisation(vectors, mean, inverseDeviation, channels)
    let shiftSum = sums.base + image * 2 * channels
    withPicture(image, of: input) { picture, base in
      cmk_gradient_sums(
        instructionSet.code, picture, &arguments, gradient.row(0, ofImage: image), base, shiftSum, shiftSum + channels)
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
  /// Per channel: factor * (g - shiftMean - normalised * scaleMean), the factor being that of `vectors`.
  /// Source: S. Ioffe, C. Szegedy, "Batch Normalization" (2015), section 3.
  public static func inputGradient(
    gradient: FeatureMap, input: FeatureMap, image: Int, vectors: Vectors, mean: FloatBuffer,
    inverseDeviation: FloatBuffer, shiftMean: FloatBuffer, scaleMean: FloatBuffer, instructionSet: InstructionSet
  ) {
    let channels = input.channelCount
    precondition(sameShape(gradient, input) && image < gradient.imageCount, "shapes agree")
    precondition(shiftMean.count == channels && scaleMean.count == channels, "shapes agree")
    var arguments = normalisation(vectors, mean, inverseDeviation, channels)
    withPicture(image, of: input) { picture, base in
      cmk_input_gradients(
        instructionSet.code, picture, &arguments, gradient.row(0, ofImage: image), base, shiftMean.base, scaleMean.base)
    }
  }

  private static func normalisation(
    _ vectors: Vectors, _ mean: FloatBuffer, _ inverseDeviation: FloatBuffer, _ channels: Int
  ) -> cmk_normalisation {
    precondition(
      vectors.scale.count == channels && mean.count == channels && inverseDeviation.count == channels, "shapes agree")
    return cmk_normalisation(
      scale: vectors.scale.base, shift: vectors.shift.base, mean: mean.base, inverse_deviation: inverseDeviation.base,
      slope: vectors.slope)
  }

  /// One picture of a map as the kernel takes it.
  private static func withPicture(
    _ image: Int, of map: FeatureMap, _ body: (UnsafePointer<cmk_picture>, UnsafeMutablePointer<Float>) -> Void
  ) {
    precondition(image >= 0 && image < map.imageCount, "no such picture in the map")
    var picture = cmk_picture(
      rows: map.side, pixels: map.side, channels: map.channelCount, row_step: map.rowStride)
    body(&picture, map.row(0, ofImage: image))
  }
}
