internal import Tensors

/// Means over a batch and their gradients, with a fixed order of sums.
enum BatchLoss {
  /// A mean over all values of the batch, pictures summed in order and in double precision.
  static func mean(_ a: FeatureMap, _ b: FeatureMap, _ sum: (FeatureMap, FeatureMap, Int) -> Float) -> Float {
    let total = (0..<a.imageCount).reduce(0.0) { $0 + Double(sum(a, b, $1)) }
    return Float(total / Double(a.imageCount * a.valuesPerImage))
  }

  /// gradient (+)= weight / count * (a - b).
  static func setDifference(
    _ a: FeatureMap, _ b: FeatureMap, weight: Float, into gradient: FeatureMap, accumulate: Bool = false,
    pool: ThreadPool
  ) {
    let factor = weight / Float(a.imageCount * a.valuesPerImage)
    pool.runRanges(a.imageCount, grain: 1) { images, _ in
      for image in images {
        Elementwise.scaledDifference(a, b, factor: factor, image: image, into: gradient, accumulate: accumulate)
      }
    }
  }

  /// gradient += weight / count * sign(a - b).
  static func addSignOfDifference(
    _ a: FeatureMap, _ b: FeatureMap, weight: Float, to gradient: FeatureMap, pool: ThreadPool
  ) {
    let factor = weight / Float(a.imageCount * a.valuesPerImage)
    pool.runRanges(a.imageCount, grain: 1) { images, _ in
      for image in images {
        Elementwise.signOfDifference(a, b, factor: factor, image: image, into: gradient, accumulate: true)
      }
    }
  }

  /// Mean over the batch of every value: [row, column, channel].
  static func meanPicture(_ map: FeatureMap) -> [Float] {
    let sums = FloatBuffer(count: map.valuesPerImage)
    Elementwise.sumOverImages(map, imageCount: map.imageCount, into: sums, accumulate: false)
    return sums.values.map { $0 / Float(map.imageCount) }
  }

  /// target += source.
  static func add(_ source: FeatureMap, to target: FeatureMap, pool: ThreadPool) {
    pool.runRanges(source.imageCount, grain: 1) { images, _ in
      for image in images { Elementwise.add(source, to: target, image: image) }
    }
  }
}
