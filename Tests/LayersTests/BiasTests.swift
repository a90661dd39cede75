import Layers
import Tensors
import Testing

/// Biases and the mean over pixels, against plain sums.
@Suite struct BiasTests {
  static let dense = BlockDescription(
    direction: .expanding,
    geometry: .init(kernel: 3, stride: 1, padding: 0, largeSide: 3, largeChannels: 5, smallChannels: 4, border: .wide),
    convolutionName: "d", normalisationName: nil, activation: .leakyReLU(slope: 0.3), bias: .perValue,
    storage: .kerasDense)
  static let convolution = BlockDescription(
    direction: .reducing,
    geometry: .init(
      kernel: 3, stride: 2, padding: 0, paddingAfter: 1, largeSide: 6, largeChannels: 5, smallChannels: 9,
      border: .wide),
    convolutionName: "c", normalisationName: nil, activation: .leakyReLU(slope: 0.3), bias: .perChannel, storage: .keras
  )
  static let fewChannelsOut = BlockDescription(
    direction: .expanding,
    geometry: .init(
      kernel: 3, stride: 2, padding: 0, paddingAfter: 1, largeSide: 6, largeChannels: 3, smallChannels: 5,
      border: .wide),
    convolutionName: "t", normalisationName: nil, activation: .leakyReLU(slope: 0.3), bias: .perChannel, storage: .keras
  )

  @Test(arguments: [dense, convolution, fewChannelsOut], [1, 3])
  func `a bias is added before the activation, and its gradient is the sum of its values'`(
    description: BlockDescription, threadCount: Int
  ) throws {
    var random = RandomGenerator(seed: 5)
    let images = 4
    let block = Block(description, instructionSet: .best)
    let bias = try #require(block.bias)
    block.weight.values.copy(from: random.normal(count: block.weight.values.count, mean: 0, deviation: 0.3))
    bias.values.copy(from: random.normal(count: bias.values.count, mean: 0, deviation: 1))
    let pool = ThreadPool(threadCount: threadCount)
    block.pack(pool: pool)
    let workspace = GradientWorkspace(pool: pool, instructionSet: .best)
    let pass = BlockPass(description, imageCount: images, threadCount: threadCount)
    let input = randomInput(description, images, &random)
    block.forward(input, pass: pass, workspace: workspace)

    let reference = ReferenceConvolution(geometry: description.geometry, weights: block.weight.values.values)
    let plain = all(input).map { description.direction == .reducing ? reference.reduce($0) : reference.expand($0) }
    let biases = bias.values.values.map(Double.init)
    func place(_ index: Int) -> Int { index % biases.count }
    let expected = plain.map { values in
      values.enumerated().map { index, value in
        let sum = value + biases[place(index)]
        return sum < 0 ? 0.3 * sum : sum
      }
    }
    expectClose(all(pass.output), expected, "forward")

    let gradients = (0..<images).map { _ in random.normal(count: pass.gradient.valuesPerImage, mean: 0, deviation: 1) }
    var sums = [Double](repeating: 0, count: biases.count)
    for (gradient, output) in zip(gradients, expected) {
      for (index, value) in gradient.enumerated() {
        sums[place(index)] += Double(value) * (output[index] <= 0 ? 0.3 : 1)
      }
    }
    for (mode, factor) in [(Block.ParameterGradients.overwrite, 1.0), (.accumulate, 2)] {
      for image in 0..<images { pass.gradient.setValues(gradients[image], ofImage: image) }
      block.backward(input, pass: pass, inputGradient: nil, parameters: mode, workspace: workspace)
      expectClose([bias.gradient.values], [sums.map { factor * $0 }], "bias gradient")
    }
    #expect(evaluated(block, input) == all(pass.output), "evaluation computes the same, to the last bit")
  }

  @Test func `a bias in front of a batch normalisation is folded into evaluation and has no gradient`() throws {
    var random = RandomGenerator(seed: 6)
    var description = Self.convolution
    description.normalisationName = "n"
    description.normalisationConstants = .keras
    let block = Block(description, instructionSet: .best)
    let normalisation = try #require(block.normalisation)
    let bias = try #require(block.bias)
    for buffer in [block.weight.values, bias.values, normalisation.runningMean] {
      buffer.copy(from: random.normal(count: buffer.count, mean: 0, deviation: 0.5))
    }
    let pool = ThreadPool(threadCount: 1)
    block.pack(pool: pool)
    let input = randomInput(description, 3, &random)
    let reference = ReferenceConvolution(geometry: description.geometry, weights: block.weight.values.values)
    let expected = all(input).map { picture in
      reference.reduce(picture).enumerated().map { index, value in
        let channel = index % bias.values.count
        let sum = value + Double(bias.values[channel]) - Double(normalisation.runningMean[channel])
        let result = sum / (1 + 1e-3).squareRoot()
        return result < 0 ? 0.3 * result : result
      }
    }
    expectClose(evaluated(block, input), expected, "evaluation")

    let pass = BlockPass(description, imageCount: 3, threadCount: 1)
    let workspace = GradientWorkspace(pool: pool, instructionSet: .best)
    block.forward(input, pass: pass, workspace: workspace)
    for image in 0..<3 {
      pass.gradient.setValues(random.normal(count: pass.gradient.valuesPerImage, mean: 0, deviation: 1), ofImage: image)
    }
    block.backward(input, pass: pass, inputGradient: nil, parameters: .overwrite, workspace: workspace)
    #expect(bias.gradient.values.allSatisfy { $0 == 0 })
  }

  @Test func `a mean over pixels and its way back are plain means`() {
    var random = RandomGenerator(seed: 7)
    let description = BlockDescription(
      direction: .averaging,
      geometry: .init(
        kernel: 3, stride: 1, padding: 0, largeSide: 3, largeChannels: 11, smallChannels: 11, border: .wide),
      convolutionName: "", normalisationName: nil, activation: .identity)
    let block = Block(description, instructionSet: .best)
    #expect(block.parameters.isEmpty)
    let pool = ThreadPool(threadCount: 2)
    let workspace = GradientWorkspace(pool: pool, instructionSet: .best)
    let pass = BlockPass(description, imageCount: 2, threadCount: 2)
    let input = randomInput(description, 2, &random)
    block.forward(input, pass: pass, workspace: workspace)
    let means = all(input).map { picture in
      (0..<11).map { channel in
        stride(from: channel, to: picture.count, by: 11).reduce(0.0) { $0 + Double(picture[$1]) } / 9
      }
    }
    expectClose(all(pass.output), means, "means")
    #expect(evaluated(block, input) == all(pass.output))

    let gradients = (0..<2).map { _ in random.normal(count: 11, mean: 0, deviation: 1) }
    for image in 0..<2 { pass.gradient.setValues(gradients[image], ofImage: image) }
    let inputGradient = randomInput(description, 2, &random)
    block.backward(input, pass: pass, inputGradient: inputGradient, parameters: .overwrite, workspace: workspace)
    let spread = gradients.map { gradient in (0..<99).map { Double(gradient[$0 % 11]) / 9 } }
    expectClose(all(inputGradient), spread, "way back")
  }

  private func evaluated(_ block: Block, _ input: FeatureMap) -> [[Float]] {
    let values = EvaluationChain.BlockValues(
      weight: block.weight.values, bias: block.bias?.values,
      normalisation: block.normalisation.map { ($0.scale.values, $0.shift.values, $0.runningMean, $0.runningVariance) })
    let chain = EvaluationChain(
      [block.description], values: [values], instructionSet: .best, pool: ThreadPool(threadCount: 1))
    let lane = EvaluationLane(chain, imageCount: input.imageCount)
    chain.forward(input, images: 0..<input.imageCount, lane: lane)
    return all(lane.output)
  }
}
