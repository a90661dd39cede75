import Layers
import Tensors
import Testing

/// Every product of a block against plain loops in double precision, for all the geometries that networks use.
@Suite struct BlockTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let direction: BlockDescription.Direction
    let geometry: ConvolutionGeometry
    var images = 3
    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(
      name: "4x4 stride 2", direction: .reducing,
      geometry: .init(kernel: 4, stride: 2, padding: 1, largeSide: 8, largeChannels: 5, smallChannels: 6)),
    Case(
      name: "4x4 stride 2, one channel in", direction: .reducing,
      geometry: .init(kernel: 4, stride: 2, padding: 1, largeSide: 16, largeChannels: 1, smallChannels: 9)),
    Case(
      name: "4x4 stride 2, three channels in", direction: .reducing,
      geometry: .init(kernel: 4, stride: 2, padding: 1, largeSide: 8, largeChannels: 3, smallChannels: 17)),
    Case(
      name: "3x3 stride 1", direction: .reducing,
      geometry: .init(kernel: 3, stride: 1, padding: 1, largeSide: 7, largeChannels: 6, smallChannels: 5)),
    Case(
      name: "3x3 stride 1, few channels", direction: .reducing,
      geometry: .init(kernel: 3, stride: 1, padding: 1, largeSide: 6, largeChannels: 2, smallChannels: 2)),
    Case(
      name: "4x4 on a 4x4 map", direction: .reducing,
      geometry: .init(kernel: 4, stride: 1, padding: 0, largeSide: 4, largeChannels: 7, smallChannels: 10)),
    Case(
      name: "transposed 4x4 stride 2", direction: .expanding,
      geometry: .init(kernel: 4, stride: 2, padding: 1, largeSide: 8, largeChannels: 6, smallChannels: 7)),
    Case(
      name: "transposed 4x4 stride 2, one channel out", direction: .expanding,
      geometry: .init(kernel: 4, stride: 2, padding: 1, largeSide: 16, largeChannels: 1, smallChannels: 9)),
    Case(
      name: "transposed 4x4 stride 2, three channels out", direction: .expanding,
      geometry: .init(kernel: 4, stride: 2, padding: 1, largeSide: 8, largeChannels: 3, smallChannels: 4)),
    Case(
      name: "transposed 4x4 from one pixel", direction: .expanding,
      geometry: .init(kernel: 4, stride: 1, padding: 0, largeSide: 4, largeChannels: 6, smallChannels: 11)),
    Case(
      name: "transposed 3x3 stride 2", direction: .expanding,
      geometry: .init(kernel: 3, stride: 2, padding: 1, largeSide: 7, largeChannels: 6, smallChannels: 5)),
    Case(
      name: "5x5 stride 1", direction: .reducing,
      geometry: .init(
        kernel: 5, stride: 1, padding: 2, largeSide: 8, largeChannels: 3, smallChannels: 7, border: .wide)),
    Case(
      name: "3x3 stride 2, padded after", direction: .reducing,
      geometry: .init(
        kernel: 3, stride: 2, padding: 0, paddingAfter: 1, largeSide: 8, largeChannels: 5, smallChannels: 9,
        border: .wide)),
    Case(
      name: "3x3 stride 2, padded after, onto one pixel", direction: .reducing,
      geometry: .init(
        kernel: 3, stride: 2, padding: 0, paddingAfter: 1, largeSide: 2, largeChannels: 6, smallChannels: 5,
        border: .wide)),
    Case(
      name: "transposed 3x3 stride 2, padded after", direction: .expanding,
      geometry: .init(
        kernel: 3, stride: 2, padding: 0, paddingAfter: 1, largeSide: 6, largeChannels: 9, smallChannels: 5,
        border: .wide)),
    Case(
      name: "transposed 3x3 stride 2, padded after, few channels out", direction: .expanding,
      geometry: .init(
        kernel: 3, stride: 2, padding: 0, paddingAfter: 1, largeSide: 6, largeChannels: 3, smallChannels: 5,
        border: .wide)),
    Case(
      name: "transposed 1x1", direction: .expanding,
      geometry: .init(
        kernel: 1, stride: 1, padding: 0, largeSide: 8, largeChannels: 1, smallChannels: 5, border: .wide)),
    Case(
      name: "dense onto a map", direction: .expanding,
      geometry: .init(
        kernel: 3, stride: 1, padding: 0, largeSide: 3, largeChannels: 6, smallChannels: 7, border: .wide)),
    Case(
      name: "dense from one pixel", direction: .reducing,
      geometry: .init(
        kernel: 1, stride: 1, padding: 0, largeSide: 1, largeChannels: 12, smallChannels: 1, border: .wide)),
    Case(
      name: "4x4 stride 2, wide", direction: .reducing,
      geometry: .init(kernel: 4, stride: 2, padding: 1, largeSide: 8, largeChannels: 32, smallChannels: 64), images: 9),
    Case(
      name: "tiles of 4", direction: .reducing,
      geometry: .init(kernel: 4, stride: 2, padding: 1, largeSide: 16, largeChannels: 17, smallChannels: 33), images: 5),
    Case(
      name: "tiles of 4, transposed", direction: .expanding,
      geometry: .init(kernel: 4, stride: 2, padding: 1, largeSide: 32, largeChannels: 16, smallChannels: 24), images: 3),
    Case(
      name: "tiles of 2, transposed", direction: .expanding,
      geometry: .init(kernel: 4, stride: 2, padding: 1, largeSide: 8, largeChannels: 32, smallChannels: 48), images: 40),
    Case(
      name: "tiles of 2, wide border", direction: .reducing,
      geometry: .init(
        kernel: 4, stride: 2, padding: 1, largeSide: 12, largeChannels: 16, smallChannels: 16, border: .wide), images: 2
    ),
  ]

  @Test(arguments: cases, InstructionSet.supported)
  func `forward, input gradient and weight gradient are those of plain loops`(
    test: Case, instructionSet: InstructionSet
  ) {
    var random = RandomGenerator(seed: 7)
    let description = BlockDescription(
      direction: test.direction, geometry: test.geometry, convolutionName: "c", normalisationName: nil,
      activation: .identity)
    let block = Block(description, instructionSet: instructionSet)
    block.weight.values.copy(from: random.normal(count: block.weight.values.count, mean: 0, deviation: 0.3))
    let pool = ThreadPool(threadCount: 2)
    block.pack(pool: pool)
    let workspace = GradientWorkspace(pool: pool, instructionSet: instructionSet)
    let pass = BlockPass(description, imageCount: test.images, threadCount: 2)
    let input = randomInput(description, test.images, &random)
    block.forward(input, pass: pass, workspace: workspace)
    let reference = ReferenceConvolution(geometry: test.geometry, weights: block.weight.values.values)
    let inputs = all(input)
    let expected = test.direction == .reducing ? inputs.map(reference.reduce) : inputs.map(reference.expand)
    expectClose(all(pass.output), expected, "forward")

    let gradient = randomMap(description.outputSide, description.outputChannels, test.images, &random)
    for image in 0..<test.images { pass.gradient.setValues(gradient.values(ofImage: image), ofImage: image) }
    let inputGradient = randomInput(description, test.images, &random)
    block.backward(
      input, pass: pass, inputGradient: inputGradient, parameters: .overwrite, workspace: workspace)
    let gradients = all(gradient)
    expectClose(
      all(inputGradient),
      test.direction == .reducing ? gradients.map(reference.expand) : gradients.map(reference.reduce), "input gradient")
    let pairs = zip(inputs, gradients).map { test.direction == .reducing ? ($0, $1) : ($1, $0) }
    let weightGradient = reference.weightGradient(pairs)
    expectClose([block.weight.gradient.values], [weightGradient], "weight gradient")

    block.backward(
      input, pass: restored(pass, gradient), inputGradient: nil, parameters: .accumulate, workspace: workspace)
    expectClose([block.weight.gradient.values], [weightGradient.map { 2 * $0 }], "accumulated weight gradient")
  }

  @Test(arguments: cases)
  func `all instruction sets and thread counts give the same bits`(test: Case) {
    var seen: Set<[UInt32]> = []
    for instructionSet in InstructionSet.supported {
      for threadCount in [1, 2, 5] {
        var random = RandomGenerator(seed: 3)
        let description = BlockDescription(
          direction: test.direction, geometry: test.geometry, convolutionName: "c", normalisationName: "n",
          activation: .leakyReLU(slope: 0.2))
        let block = Block(description, instructionSet: instructionSet)
        block.weight.values.copy(from: random.normal(count: block.weight.values.count, mean: 0, deviation: 0.3))
        let pool = ThreadPool(threadCount: threadCount)
        block.pack(pool: pool)
        let workspace = GradientWorkspace(pool: pool, instructionSet: instructionSet)
        let pass = BlockPass(description, imageCount: test.images, threadCount: threadCount)
        let input = randomInput(description, test.images, &random)
        block.forward(input, pass: pass, workspace: workspace)
        for image in 0..<test.images {
          pass.gradient.setValues(
            random.normal(count: pass.gradient.valuesPerImage, mean: 0, deviation: 1), ofImage: image)
        }
        let inputGradient = randomInput(description, test.images, &random)
        block.backward(
          input, pass: pass, inputGradient: inputGradient, parameters: .overwrite, workspace: workspace)
        let values = [block.weight.gradient.values] + all(pass.output) + all(inputGradient)
        seen.insert(values.joined().map(\.bitPattern))
      }
    }
    #expect(seen.count == 1)
  }

  private func restored(_ pass: BlockPass, _ gradient: FeatureMap) -> BlockPass {
    for image in 0..<pass.imageCount { pass.gradient.setValues(gradient.values(ofImage: image), ofImage: image) }
    return pass
  }
}

/// A block's input of random values.
func randomInput(_ block: BlockDescription, _ images: Int, _ random: inout RandomGenerator) -> FeatureMap {
  randomMap(block.inputSide, block.inputChannels, images, border: block.geometry.border, &random)
}

/// A map of random values.
func randomMap(
  _ side: Int, _ channels: Int, _ images: Int, border: MapBorder = .narrow, _ random: inout RandomGenerator
) -> FeatureMap {
  let map = FeatureMap(imageCount: images, side: side, channelCount: channels, border: border.width(side: side))
  for image in 0..<images {
    map.setValues(random.normal(count: map.valuesPerImage, mean: 0, deviation: 1), ofImage: image)
  }
  return map
}

/// Every picture's values.
func all(_ map: FeatureMap) -> [[Float]] { (0..<map.imageCount).map { map.values(ofImage: $0) } }

/// Differences of at most 1e-5 of the largest magnitude.
func expectClose(_ found: [[Float]], _ expected: [[Double]], _ what: String) {
  #expect(found.map(\.count) == expected.map(\.count), "\(what)")
  let magnitude = expected.joined().reduce(0) { max($0, abs($1)) }
  let difference = zip(found.joined(), expected.joined()).reduce(0.0) { worst, pair in
    let difference = abs(Double(pair.0) - pair.1)
    return difference.isNaN ? .infinity : max(worst, difference)
  }
  #expect(difference <= 1e-5 * magnitude, "\(what): \(difference) of \(magnitude)")
}
