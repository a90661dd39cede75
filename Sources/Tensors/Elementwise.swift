internal import CMatrixKernel

/// Element-wise loops over feature maps: activations and their gradients; a thread takes whole pictures.
public enum Elementwise {
  /// Multiplies the gradient by `slope` where the activation's output is not positive, in place, for one picture.
  public static func activationGradient(
    gradient: FeatureMap, activation: FeatureMap, image: Int, slope: Float, instructionSet: InstructionSet
  ) {
    precondition(sameShape(gradient, activation), "shapes agree")
    precondition(image >= 0 && image < min(gradient.imageCount, activation.imageCount), "no such picture in the map")
    for row in 0..<gradient.side {
      cmk_activation_gradients(
        instructionSet.code, gradient.side * gradient.channelCount, slope, gradient.row(row, ofImage: image),
        activation.row(row, ofImage: image))
    }
  }

  /// Multiplies the gradient by 1 - y^2, y being the output of tanh, in place, for one picture.
  public static func tanhGradient(gradient: FeatureMap, activation: FeatureMap, image: Int) {
    forEachRowVectorPair(gradient, activation, image) { gradient, activation, lanes in
      let y = load(activation, lanes)
      store(load(gradient, lanes) * (1 - y * y), gradient, lanes)
    }
  }

  /// Applies tanh in place to one picture.
  public static func tanh(_ map: FeatureMap, image: Int) {
    forEachRowVectorPair(map, map, image) { value, _, lanes in
      store(ElementaryFunctions.hyperbolicTangent(load(value, lanes)), value, lanes)
    }
  }

  /// Adds one picture of a map to another map.
  public static func add(_ source: FeatureMap, to target: FeatureMap, image: Int) {
    forEachRowVectorPair(target, source, image) { target, source, lanes in
      store(load(target, lanes) + load(source, lanes), target, lanes)
    }
  }

  /// Sum over one picture of |a - b|, a picture's values added in eight interleaved chains.
  public static func sumOfAbsoluteDifferences(_ a: FeatureMap, _ b: FeatureMap, image: Int) -> Float {
    var sum = SIMD8<Float>.zero
    forEachRowVectorPair(a, b, image) { a, b, lanes in
      let d = load(a, lanes) - load(b, lanes)
      sum += d.replacing(with: -d, where: d .< 0)
    }
    return total(sum)
  }

  /// Sum over one picture of (a - b)^2, a picture's values added in eight interleaved chains.
  public static func sumOfSquaredDifferences(_ a: FeatureMap, _ b: FeatureMap, image: Int) -> Float {
    var sum = SIMD8<Float>.zero
    forEachRowVectorPair(a, b, image) { a, b, lanes in
      let d = load(a, lanes) - load(b, lanes)
      sum += d * d
    }
    return total(sum)
  }

  /// Sum of (a - b)^2 between a picture of one map and a picture of another.
  public static func sumOfSquaredDifferences(
    _ a: FeatureMap, image: Int, _ b: FeatureMap, image other: Int
  ) -> Float {
    precondition(sameShape(a, b), "shapes agree")
    precondition(image >= 0 && image < a.imageCount && other >= 0 && other < b.imageCount, "no such picture in the map")
    var sum = SIMD8<Float>.zero
    for row in 0..<a.side {
      let (one, two) = (a.row(row, ofImage: image), b.row(row, ofImage: other))
      forEachVector(a.side * a.channelCount) { index, lanes in
        let d = load(one + index, lanes) - load(two + index, lanes)
        sum += d * d
      }
    }
    return total(sum)
  }

  /// gradient (+)= factor * sign(a - b) for one picture: the gradient of a mean absolute difference with respect to a.
  public static func signOfDifference(
    _ a: FeatureMap, _ b: FeatureMap, factor: Float, image: Int, into gradient: FeatureMap, accumulate: Bool
  ) {
    precondition(sameShape(a, gradient), "shapes agree")
    let factors = SIMD8<Float>(repeating: factor)
    forEachRowVectorPair(a, b, image) { first, second, lanes in
      let d = load(first, lanes) - load(second, lanes)
      let sign = SIMD8<Float>.zero.replacing(with: factors, where: d .> 0).replacing(with: -factors, where: d .< 0)
      let target = gradient.base + (first - a.base)
      store(accumulate ? load(target, lanes) + sign : sign, target, lanes)
    }
  }

  /// gradient (+)= factor * (a - b) for one picture: the gradient of a mean squared difference with respect to a.
  public static func scaledDifference(
    _ a: FeatureMap, _ b: FeatureMap, factor: Float, image: Int, into gradient: FeatureMap, accumulate: Bool
  ) {
    precondition(sameShape(a, gradient), "shapes agree")
    let factors = SIMD8<Float>(repeating: factor)
    forEachRowVectorPair(a, b, image) { first, second, lanes in
      let d = (load(first, lanes) - load(second, lanes)) * factors
      let target = gradient.base + (first - a.base)
      store(accumulate ? load(target, lanes) + d : d, target, lanes)
    }
  }

  /// Adds the kernel-sized patches of a picture's columns into the output: the last step of a transposed convolution.
  ///
  /// - Parameters:
  ///   - columns: [pixel of the small map, kernel row, kernel column, channel of the large map].
  ///   - output: the large map; its inside is overwritten for this picture.
  /// Every output value is the sum of its contributions in ascending order of kernel row and column.
  public static func gatherColumns(
    _ columns: FloatBuffer, columnsOffset: Int, smallSide: Int, kernel: Int, stride: Int, padding: Int,
    image: Int, into output: FeatureMap
  ) {
    let channels = output.channelCount
    let patch = kernel * kernel * channels
    precondition(
      columnsOffset >= 0 && columnsOffset + smallSide * smallSide * patch <= columns.count, "the columns are too few")
    for row in 0..<output.side {
      let target = output.row(row, ofImage: image)
      target.update(repeating: 0, count: output.side * channels)
      for kernelRow in 0..<kernel {
        let y = row + padding - kernelRow
        guard y >= 0, y % stride == 0, y / stride < smallSide else { continue }
        for kernelColumn in 0..<kernel {
          // Output columns x = stride * i + kernelColumn - padding that lie inside.
          let shift = kernelColumn - padding
          let first = shift >= 0 ? 0 : (-shift + stride - 1) / stride
          let last = min(smallSide - 1, (output.side - 1 - shift) / stride)
          if last < first { continue }
          var source =
            columns.base + columnsOffset + (y / stride * smallSide + first) * patch
            + (kernelRow * kernel + kernelColumn) * channels
          var pixel = target + (stride * first + shift) * channels
          for _ in first...last {
            for channel in 0..<channels { pixel[channel] += source[channel] }
            source += patch
            pixel += stride * channels
          }
        }
      }
    }
  }

  /// A fixed order for the last additions of eight lanes.
  @inline(__always)
  static func total(_ v: SIMD8<Float>) -> Float {
    ((v[0] + v[1]) + (v[2] + v[3])) + ((v[4] + v[5]) + (v[6] + v[7]))
  }
}
