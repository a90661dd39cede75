public import Tensors

/// Blocks one after the other: an encoder, a decoder, a discriminator.
public final class Chain: Sendable {
  /// The blocks, first to last.
  public let blocks: [Block]

  /// A chain of zero weights.
  public init(_ descriptions: [BlockDescription], instructionSet: InstructionSet) {
    blocks = descriptions.map { Block($0, instructionSet: instructionSet) }
  }

  /// Everything that an optimiser changes, in the order of the blocks.
  public var parameters: [Parameter] { blocks.flatMap(\.parameters) }

  /// Lays all weights out for products; to be called whenever they have changed.
  public func pack(pool: ThreadPool) {
    for block in blocks { block.pack(pool: pool) }
  }

  /// Training pass; running statistics stay as they are.
  ///
  /// - Parameter last: index of the last block that runs; nil: all run.
  public func forward(
    _ input: FeatureMap, pass: ChainPass, through last: Int? = nil, workspace: GradientWorkspace
  ) {
    var current = input
    for (block, blockPass) in zip(blocks, pass.blocks).prefix(last.map { $0 + 1 } ?? blocks.count) {
      block.forward(current, pass: blockPass, workspace: workspace)
      current = blockPass.output
    }
  }

  /// Moves the running statistics by those of a pass.
  public func updateRunningStatistics(from pass: ChainPass) {
    for (block, blockPass) in zip(blocks, pass.blocks) { block.updateRunningStatistics(from: blockPass) }
  }

  /// The way back, from the gradient that the caller has put into a block's pass.
  ///
  /// - Parameters:
  ///   - last: index of the block whose output's gradient is given; nil: the last block.
  ///   - inputGradient: receives the gradient of the chain's input; nil where nobody needs it.
  public func backward(
    _ input: FeatureMap, pass: ChainPass, from last: Int? = nil, inputGradient: FeatureMap?,
    parameters: Block.ParameterGradients, workspace: GradientWorkspace
  ) {
    for index in stride(from: last ?? blocks.count - 1, through: 0, by: -1) {
      blocks[index].backward(
        index == 0 ? input : pass.blocks[index - 1].output, pass: pass.blocks[index],
        inputGradient: index == 0 ? inputGradient : pass.blocks[index - 1].gradient, parameters: parameters,
        workspace: workspace)
    }
  }
}

/// One pass through a chain.
public final class ChainPass {
  /// The blocks' passes, first to last.
  public let blocks: [BlockPass]

  /// Room for a batch.
  public init(_ chain: Chain, imageCount: Int, threadCount: Int) {
    blocks = chain.blocks.map { BlockPass($0.description, imageCount: imageCount, threadCount: threadCount) }
  }

  /// What the last block gave.
  public var output: FeatureMap { blocks[blocks.count - 1].output }
  /// Where the gradient of the last block's output goes.
  public var gradient: FeatureMap { blocks[blocks.count - 1].gradient }
}
