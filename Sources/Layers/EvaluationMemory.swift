internal import Tensors

/// Memory that the chains of one thread take turns with: the maps between their blocks, and that of their convolutions.
///
/// A chain's map between two blocks is of no use once the chain is at its end, and encoder and decoder have maps of the
/// same shapes: one set serves all of them, and stays in the caches.
public final class EvaluationMemory {
  /// Pictures at once.
  public let imageCount: Int
  let scratch = ConvolutionScratch()
  private var maps: [Layout: [FeatureMap]] = [:]

  /// Maps of one layout have their borders at the same places, which nobody writes: they stay zero, whoever has the map.
  private struct Layout: Hashable {
    let side: Int
    let channelCount: Int
    let border: Int
  }

  /// No memory yet.
  public init(imageCount: Int) { self.imageCount = imageCount }

  /// A map of a block's output that nobody else has.
  func newMap(_ block: BlockDescription) -> FeatureMap {
    FeatureMap(
      imageCount: imageCount, side: block.outputSide, channelCount: block.outputChannels, border: block.outputBorder)
  }

  /// What one chain has of the memory: each map once, also where several of its blocks have outputs of one shape.
  struct Turn {
    private let memory: EvaluationMemory
    private var counts: [Layout: Int] = [:]

    /// Nothing yet.
    init(_ memory: EvaluationMemory) { self.memory = memory }

    /// The map of a block's output.
    mutating func map(_ block: BlockDescription) -> FeatureMap {
      let layout = Layout(
        side: block.outputSide, channelCount: block.outputChannels, border: block.outputBorder)
      let number = counts[layout, default: 0]
      counts[layout] = number + 1
      if number == memory.maps[layout, default: []].count {
        memory.maps[layout, default: []].append(memory.newMap(block))
      }
      return memory.maps[layout, default: []][number]
    }
  }
}
