import CMatrixKernel
import Testing

/// The loops over a picture's pixels beside their definitions.
@Suite struct PictureKernelTests {
  /// Channels below, at and above whole vectors, and above several side by side.
  static let channelCounts = [1, 7, 16, 37, 64, 100, 130]

  @Test(arguments: channelCounts)
  func `moments are those of the definition`(channels: Int) {
    let picture = KernelPicture(channels: channels)
    let map = picture.map(seed: 1)
    for set in supportedSets {
      let (mean, deviation) = picture.moments(map, by: set)
      for channel in 0..<channels {
        let values = picture.values(map, channel)
        let average = values.reduce(0, +) / Double(values.count)
        let squares = values.reduce(0) { $0 + ($1 - average) * ($1 - average) }
        // Sums of 35 values of at most 1: half a unit in the last place of 35 each.
        #expect(abs(Double(mean[channel]) - average) < 2e-6)
        #expect(abs(Double(deviation[channel]) - squares) < 1e-4)
      }
      let plain = picture.moments(map, by: CMK_PLAIN)
      #expect(differences(mean, plain.mean) + differences(deviation, plain.deviation) == 0, "\(name(set))")
    }
  }

  @Test(arguments: channelCounts)
  func `normalising rounds the product, then the sum, and leaves what is not the picture`(channels: Int) {
    let picture = KernelPicture(channels: channels)
    let map = picture.map(seed: 2)
    let vectors = KernelVectors(channels: channels)
    for set in supportedSets {
      let output = picture.normalised(map, vectors, by: set)
      for at in output.indices {
        guard let channel = picture.channel(at) else {
          #expect(output[at] == 7)
          continue
        }
        let value = map[at] * vectors.scale[channel] + vectors.shift[channel]
        #expect(output[at] == (value < 0 ? value * KernelVectors.slope : value), "\(name(set))")
      }
    }
  }

  @Test(arguments: channelCounts)
  func `gradients behind a normalisation are those of the definition`(channels: Int) {
    let picture = KernelPicture(channels: channels)
    let (map, gradient) = (picture.map(seed: 3), picture.map(seed: 4))
    let vectors = KernelVectors(channels: channels)
    let activation = picture.normalised(map, vectors, by: CMK_PLAIN)
    for set in supportedSets {
      let sums = picture.gradientSums(gradient, map, vectors, by: set)
      var (shift, scale) = ([Double](repeating: 0, count: channels), [Double](repeating: 0, count: channels))
      let result = picture.inputGradients(gradient, map, vectors, by: set)
      for at in map.indices {
        guard let channel = picture.channel(at) else {
          #expect(differences([result[at]], [gradient[at]]) == 0)
          continue
        }
        let passed = Double(activation[at] <= 0 ? gradient[at] * KernelVectors.slope : gradient[at])
        let normalised = Double(map[at] - vectors.mean[channel]) * Double(vectors.inverse[channel])
        shift[channel] += passed
        scale[channel] += passed * normalised
        let expected =
          Double(vectors.scale[channel])
          * (passed - Double(vectors.shiftMean[channel]) - normalised * Double(vectors.scaleMean[channel]))
        #expect(abs(Double(result[at]) - expected) < 2e-6, "\(name(set))")
      }
      for channel in 0..<channels {
        #expect(abs(Double(sums.shift[channel]) - shift[channel]) < 2e-5, "\(name(set))")
        #expect(abs(Double(sums.scale[channel]) - scale[channel]) < 2e-5, "\(name(set))")
      }
      let plain = picture.gradientSums(gradient, map, vectors, by: CMK_PLAIN)
      #expect(differences(sums.shift, plain.shift) + differences(sums.scale, plain.scale) == 0, "\(name(set))")
      #expect(differences(result, picture.inputGradients(gradient, map, vectors, by: CMK_PLAIN)) == 0, "\(name(set))")
    }
  }

  @Test(arguments: [0, 1, 15, 16, 17, 100])
  func `gradients pass an activation by its sign`(count: Int) {
    var random = KernelRandom(state: 8)
    let (gradient, activation) = (random.floats(count), random.floats(count))
    for set in supportedSets {
      var result = gradient
      cmk_activation_gradients(set, count, 0.2, &result, activation)
      let expected = zip(gradient, activation).map { $1 <= 0 ? $0 * 0.2 : $0 }
      #expect(differences(result, expected) == 0, "\(name(set))")
    }
  }

  @Test(arguments: [0, 1, 15, 16, 17, 100])
  func `an update rounds every operation by itself`(count: Int) {
    var random = KernelRandom(state: 9)
    let (values, gradient, first) = (random.floats(count), random.floats(count), random.floats(count))
    let second = random.floats(count).map { $0 * $0 }
    for set in supportedSets {
      var (p, m, v) = (values, first, second)
      let (beta1, beta2, correction, epsilon, step): (Float, Float, Float, Float, Float) = (0.5, 0.999, 0.3, 1e-8, 2e-4)
      p.withUnsafeMutableBufferPointer { p in
        m.withUnsafeMutableBufferPointer { m in
          v.withUnsafeMutableBufferPointer { v in
            gradient.withUnsafeBufferPointer { gradient in
              var update = cmk_adam(
                count: count, values: p.baseAddress, gradient: gradient.baseAddress, first_moment: m.baseAddress,
                second_moment: v.baseAddress, beta1: beta1, beta2: beta2, correction: correction, epsilon: epsilon,
                step_size: step)
              cmk_adam_update(set, &update)
            }
          }
        }
      }
      for i in 0..<count {
        let mean = first[i] * beta1 + gradient[i] * (1 - beta1)
        let square = second[i] * beta2 + gradient[i] * gradient[i] * (1 - beta2)
        let expected = values[i] - mean / (square.squareRoot() / correction + epsilon) * step
        #expect(differences([p[i], m[i], v[i]], [expected, mean, square]) == 0, "\(name(set))")
      }
    }
  }
}
