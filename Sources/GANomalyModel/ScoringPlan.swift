internal import Layers

/// The form of each layer of a network in scoring: fixed by its shape, the same on every machine and in every batch.
public struct ScoringPlan: Sendable {
  /// One layer.
  public struct Layer: Sendable {
    /// The chain that it belongs to: `encoder`, `decoder`, `second encoder`, `discriminator`.
    public let chain: String
    /// Its name in the state dictionary.
    public let name: String
    /// Side and channels of its input.
    public let input: (side: Int, channels: Int)
    /// Side and channels of its output.
    public let output: (side: Int, channels: Int)
    /// How its products are formed, in words.
    public let form: String
    /// Multiplications and additions of one picture by the layer's definition.
    public let operationCount: Int
    /// Bytes of its packed weights.
    public let packedByteCount: Int
  }

  /// In the order of computing.
  public let layers: [Layer]

  /// The plan of a scorer's chains.
  public init(_ scorer: Scorer) {
    let chains = [
      ("encoder", scorer.firstEncoder), ("decoder", scorer.decoder), ("second encoder", scorer.secondEncoder),
    ]
    layers = (chains + (scorer.features.map { [("discriminator", $0)] } ?? [])).flatMap { name, chain in
      zip(chain.descriptions, chain.packedByteCounts).map { block, bytes in
        Layer(
          chain: name, name: block.convolutionName, input: (block.inputSide, block.inputChannels),
          output: (block.outputSide, block.outputChannels), form: block.formText, operationCount: block.operationCount,
          packedByteCount: bytes)
      }
    }
  }
}
