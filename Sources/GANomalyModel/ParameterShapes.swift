extension Hyperparameters {
  /// Every tensor of generator and discriminator with its shape, by the names of the authors' state dictionary.
  ///
  /// Convolutions [out, in, height, width], transposed ones [in, out, height, width], normalisations [channels].
  /// PyTorch's `num_batches_tracked` is not listed: it decides nothing here.
  ///
  /// - Precondition: `validate()` accepts these hyperparameters.
  public var parameterShapes: [(name: String, shape: [Int])] {
    Architecture(self).blocks.flatMap(\.stateShapes)
  }

  /// Those of `parameterShapes` that are the discriminator's: a model from elsewhere may have none of them.
  public var discriminatorShapes: [(name: String, shape: [Int])] {
    Architecture(self).discriminator.flatMap(\.stateShapes)
  }

  /// `parameterShapes` by name.
  public static func expectedShapes(for hyperparameters: Hyperparameters) -> [String: [Int]] {
    Dictionary(uniqueKeysWithValues: hyperparameters.parameterShapes.map { ($0.name, $0.shape) })
  }
}
