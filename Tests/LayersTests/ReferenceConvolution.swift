import Layers

/// A convolution by its definition, in double precision: slow, and plain enough to be believed.
struct ReferenceConvolution {
  let geometry: ConvolutionGeometry
  /// [kernel row, kernel column, large channel, small channel].
  let weights: [Float]

  /// Calls the body for every product that the definition has: (large index, small index, weight index).
  private func forEach(_ body: (_ large: Int, _ small: Int, _ weight: Int) -> Void) {
    let g = geometry
    for row in 0..<g.smallSide {
      for column in 0..<g.smallSide {
        for kernelRow in 0..<g.kernel {
          for kernelColumn in 0..<g.kernel {
            let y = row * g.stride + kernelRow - g.padding
            let x = column * g.stride + kernelColumn - g.padding
            guard (0..<g.largeSide).contains(y), (0..<g.largeSide).contains(x) else { continue }
            for large in 0..<g.largeChannels {
              for small in 0..<g.smallChannels {
                body(
                  (y * g.largeSide + x) * g.largeChannels + large,
                  (row * g.smallSide + column) * g.smallChannels + small,
                  ((kernelRow * g.kernel + kernelColumn) * g.largeChannels + large) * g.smallChannels + small)
              }
            }
          }
        }
      }
    }
  }

  /// Large map to small.
  func reduce(_ large: [Float]) -> [Double] {
    var result = [Double](repeating: 0, count: geometry.smallSide * geometry.smallSide * geometry.smallChannels)
    forEach { l, s, w in result[s] += Double(large[l]) * Double(weights[w]) }
    return result
  }

  /// Small map to large.
  func expand(_ small: [Float]) -> [Double] {
    var result = [Double](repeating: 0, count: geometry.largeSide * geometry.largeSide * geometry.largeChannels)
    forEach { l, s, w in result[l] += Double(small[s]) * Double(weights[w]) }
    return result
  }

  /// Sum over pictures of large times small.
  func weightGradient(_ pairs: [(large: [Float], small: [Float])]) -> [Double] {
    var result = [Double](repeating: 0, count: weights.count)
    for (large, small) in pairs { forEach { l, s, w in result[w] += Double(large[l]) * Double(small[s]) } }
    return result
  }
}
