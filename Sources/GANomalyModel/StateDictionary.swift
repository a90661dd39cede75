/// A tensor as the model file holds it: PyTorch's layout, row-major.
public struct StateTensor: Sendable, Equatable {
  /// Sizes, outermost first; empty for a scalar.
  public var shape: [Int]
  /// `shape`'s product values.
  public var values: [Float]

  /// A tensor from its values.
  public init(shape: [Int], values: [Float]) {
    precondition(values.count == shape.reduce(1, *), "a tensor has as many values as its shape says")
    self.shape = shape
    self.values = values
  }
}

/// Weights by name: the names of the authors' PyTorch state dictionary, `netg.` and `netd.` in front.
public typealias StateDictionary = [String: StateTensor]
