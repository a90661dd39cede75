/// What terms leave out at the edges of a window.
extension TermMeasure {
  /// Pixels of the network's input at each edge that it leaves out, rounded up; 0 where it looks at all of the input.
  public func marginPixels(for hyperparameters: Hyperparameters) -> Int {
    switch self {
    case .latent, .reconstruction, .features: return 0
    case .local(_, _, let margin): return Self.marginWidth(margin, ofSide: hyperparameters.size)
    case .localFeatures(let block, _, let margin):
      guard margin > 0 else { return 0 }
      let sides = Self.mapSides(of: hyperparameters)
      precondition(sides.indices.contains(block - 1), "a block that the discriminator has")
      let side = sides[block - 1]
      return (Self.marginWidth(margin, ofSide: side) * hyperparameters.size + side - 1) / side
    }
  }

  /// Pixels at each edge of a window that some of the terms leave out: no pixel of a plane may lie there alone.
  public static func windowMargin(of measures: [TermMeasure], for hyperparameters: Hyperparameters) -> Int {
    measures.map { $0.marginPixels(for: hyperparameters) }.max() ?? 0
  }

  /// Pixels at each edge of a window that all of the terms leave out: no score comes from there.
  public static func unseenMargin(of measures: [TermMeasure], for hyperparameters: Hyperparameters) -> Int {
    measures.map { $0.marginPixels(for: hyperparameters) }.min() ?? 0
  }

  /// The largest stride at which terms leave out no pixel between windows.
  public static func largestStride(of measures: [TermMeasure], for hyperparameters: Hyperparameters) -> Int {
    hyperparameters.size - 2 * windowMargin(of: measures, for: hyperparameters)
  }
}

extension ScoreOptions {
  /// Refuses windows that leave pixels between them which the score never sees.
  ///
  /// - Parameters:
  ///   - stride: pixels from a window to the next; nil where pictures are seen whole.
  ///   - hyperparameters: of the network, for which these options are valid.
  /// - Throws: `ScoreOptionsError.stride`.
  public func checkStride(_ stride: Int?, for hyperparameters: Hyperparameters) throws(ScoreOptionsError) {
    guard let stride else { return }
    let largest = TermMeasure.largestStride(of: measures, for: hyperparameters)
    guard stride <= largest else {
      throw .stride(found: stride, margin: (hyperparameters.size - largest) / 2, largest: largest)
    }
  }
}
