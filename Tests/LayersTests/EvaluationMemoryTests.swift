import Layers
import Tensors
import Testing

@Suite("layers: memory that chains take turns with") struct EvaluationMemoryTests {
  private static func block(_ direction: BlockDescription.Direction, _ geometry: ConvolutionGeometry)
    -> BlockDescription
  {
    BlockDescription(
      direction: direction, geometry: geometry, convolutionName: "c", normalisationName: nil,
      activation: .leakyReLU(slope: 0.2))
  }

  private static let halved = ConvolutionGeometry(
    kernel: 4, stride: 2, padding: 1, largeSide: 16, largeChannels: 3, smallChannels: 8)
  private static let kept = ConvolutionGeometry(
    kernel: 3, stride: 1, padding: 1, largeSide: 8, largeChannels: 8, smallChannels: 8)
  private static let last = ConvolutionGeometry(
    kernel: 4, stride: 2, padding: 1, largeSide: 8, largeChannels: 8, smallChannels: 5)

  /// Two blocks with outputs of one shape follow each other, and both chains have outputs of that shape.
  private static let encoder = [
    block(.reducing, halved), block(.reducing, kept), block(.reducing, kept), block(.reducing, last),
  ]
  private static let decoder = [block(.expanding, last), block(.reducing, kept), block(.expanding, halved)]

  private static func chain(_ blocks: [BlockDescription], seed: UInt64) -> EvaluationChain {
    var random = RandomGenerator(seed: seed)
    return EvaluationChain(
      blocks,
      valuesOf: { index in
        let geometry = blocks[index].geometry
        let count = geometry.kernel * geometry.kernel * geometry.largeChannels * geometry.smallChannels
        return EvaluationChain.BlockValues(
          weight: FloatBuffer(random.normal(count: count, mean: 0, deviation: 0.2)), bias: nil, normalisation: nil)
      }, instructionSet: .best, pool: ThreadPool(threadCount: 1))
  }

  private static func values(_ map: FeatureMap) -> [[Float]] {
    (0..<map.imageCount).map { map.values(ofImage: $0) }
  }

  @Test func `chains that take turns give the same bits as each with memory of its own`() {
    let (encoder, decoder) = (Self.chain(Self.encoder, seed: 1), Self.chain(Self.decoder, seed: 2))
    let memory = EvaluationMemory(imageCount: 3)
    let shared = [encoder, decoder, encoder].map { EvaluationLane($0, memory: memory) }
    let alone = [encoder, decoder, encoder].map { EvaluationLane($0, imageCount: 3) }
    var random = RandomGenerator(seed: 3)
    // More than once: nothing of a turn is left in the borders for the next.
    for images in [0..<3, 0..<1, 0..<3] {
      let input = FeatureMap(imageCount: 3, side: 16, channelCount: 3)
      for image in images {
        input.setValues(random.normal(count: input.valuesPerImage, mean: 0, deviation: 1), ofImage: image)
      }
      for lanes in [shared, alone] {
        encoder.forward(input, images: images, lane: lanes[0])
        decoder.forward(lanes[0].output, images: images, lane: lanes[1])
        encoder.forward(lanes[1].output, images: images, lane: lanes[2])
      }
      for (one, other) in zip(shared, alone) {
        #expect(Self.values(one.output) == Self.values(other.output))
      }
    }
    #expect(Self.values(shared[0].output) != Self.values(shared[2].output))
  }

  @Test func `a chain has each of its maps alone, and shares them with the others`() {
    let memory = EvaluationMemory(imageCount: 1)
    let encoder = EvaluationLane(Self.chain(Self.encoder, seed: 1), memory: memory)
    let decoder = EvaluationLane(Self.chain(Self.decoder, seed: 2), memory: memory)
    let maps = (0..<4).map { encoder.output(ofBlock: $0) }
    #expect(Set(maps.map(ObjectIdentifier.init)).count == 4)
    #expect(decoder.output(ofBlock: 0) === maps[0] && decoder.output(ofBlock: 1) === maps[1])
    #expect(decoder.output !== maps[2] && encoder.output !== decoder.output)
  }
}
