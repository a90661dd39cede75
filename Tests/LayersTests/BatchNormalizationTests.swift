import Layers
import Tensors
import Testing

/// Batch normalisation with its activation, against the definition in double precision.
@Suite struct BatchNormalizationTests {
  @Test(arguments: [Float(0.2), 0]) func `output and gradients are those of the definition`(slope: Float) {
    var random = RandomGenerator(seed: 11)
    // A 3x3 convolution whose only weight is the middle of the diagonal passes its input through.
    let geometry = ConvolutionGeometry(
      kernel: 3, stride: 1, padding: 1, largeSide: 5, largeChannels: 11, smallChannels: 11)
    let description = BlockDescription(
      direction: .reducing, geometry: geometry, convolutionName: "c", normalisationName: "n",
      activation: .leakyReLU(slope: slope))
    let block = Block(description, instructionSet: .best)
    for channel in 0..<11 { block.weight.values[(4 * 11 + channel) * 11 + channel] = 1 }
    block.normalisation!.scale.values.copy(from: random.normal(count: 11, mean: 1, deviation: 0.5))
    block.normalisation!.shift.values.copy(from: random.normal(count: 11, mean: 0, deviation: 0.5))
    let pool = ThreadPool(threadCount: 2)
    block.pack(pool: pool)
    let workspace = GradientWorkspace(pool: pool, instructionSet: .best)
    let pass = BlockPass(description, imageCount: 4, threadCount: 2)
    let input = randomMap(5, 11, 4, &random)
    block.forward(input, pass: pass, workspace: workspace)
    let gradient = randomMap(5, 11, 4, &random)
    for image in 0..<4 { pass.gradient.setValues(gradient.values(ofImage: image), ofImage: image) }
    let inputGradient = randomMap(5, 11, 4, &random)
    block.backward(input, pass: pass, inputGradient: inputGradient, parameters: .overwrite, workspace: workspace)

    let reference = ReferenceNormalization(
      input: all(input), scale: block.normalisation!.scale.values.values,
      shift: block.normalisation!.shift.values.values, slope: Double(slope))
    expectClose(all(pass.output), reference.output, "output")
    let expected = reference.gradients(of: all(gradient))
    expectClose(all(inputGradient), expected.input, "input gradient")
    expectClose([block.normalisation!.scale.gradient.values], [expected.scale], "scale gradient")
    expectClose([block.normalisation!.shift.gradient.values], [expected.shift], "shift gradient")

    block.updateRunningStatistics(from: pass)
    let count = Double(4 * 25)
    expectClose([block.normalisation!.runningMean.values], [reference.mean.map { 0.1 * $0 }], "running mean")
    expectClose(
      [block.normalisation!.runningVariance.values], [reference.variance.map { 0.9 + 0.1 * $0 * count / (count - 1) }],
      "running variance")
  }
}

/// The definition of batch normalisation and of its gradient.
struct ReferenceNormalization {
  let input: [[Float]]
  let scale: [Float]
  let shift: [Float]
  let slope: Double
  let mean: [Double]
  let variance: [Double]

  init(input: [[Float]], scale: [Float], shift: [Float], slope: Double) {
    self.input = input
    self.scale = scale
    self.shift = shift
    self.slope = slope
    let channels = scale.count
    func values(_ channel: Int) -> [Double] {
      input.flatMap { picture in stride(from: channel, to: picture.count, by: channels).map { Double(picture[$0]) } }
    }
    mean = (0..<channels).map { values($0).reduce(0, +) / Double(values($0).count) }
    let means = mean
    variance = (0..<channels).map { channel in
      let all = values(channel)
      return all.reduce(0) { $0 + ($1 - means[channel]) * ($1 - means[channel]) } / Double(all.count)
    }
  }

  private func normalised(_ picture: Int, _ index: Int) -> Double {
    let channel = index % scale.count
    return (Double(input[picture][index]) - mean[channel]) / (variance[channel] + 1e-5).squareRoot()
  }

  private func before(_ picture: Int, _ index: Int) -> Double {
    normalised(picture, index) * Double(scale[index % scale.count]) + Double(shift[index % scale.count])
  }

  var output: [[Double]] {
    input.indices.map { picture in
      input[picture].indices.map { index in
        let value = before(picture, index)
        return value < 0 ? value * slope : value
      }
    }
  }

  /// The chain rule, written out value by value.
  func gradients(of gradient: [[Float]]) -> (input: [[Double]], scale: [Double], shift: [Double]) {
    let channels = scale.count
    var scaleSum = [Double](repeating: 0, count: channels)
    var shiftSum = [Double](repeating: 0, count: channels)
    func passed(_ picture: Int, _ index: Int) -> Double {
      Double(gradient[picture][index]) * (before(picture, index) > 0 ? 1 : slope)
    }
    for picture in input.indices {
      for index in input[picture].indices {
        scaleSum[index % channels] += passed(picture, index) * normalised(picture, index)
        shiftSum[index % channels] += passed(picture, index)
      }
    }
    let count = Double(input.count * input[0].count / channels)
    let result = input.indices.map { picture in
      input[picture].indices.map { index in
        let channel = index % channels
        let factor = Double(scale[channel]) / (variance[channel] + 1e-5).squareRoot()
        return factor
          * (passed(picture, index) - shiftSum[channel] / count
            - normalised(picture, index) * scaleSum[channel] / count)
      }
    }
    return (result, scaleSum, shiftSum)
  }
}
