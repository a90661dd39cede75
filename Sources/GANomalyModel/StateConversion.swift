public import Layers
internal import Tensors

/// Between the state dictionary's layouts and the network's own.
extension BlockDescription {
  /// Names and shapes of the block's tensors in the state dictionary: what an optimiser changes, in the order of
  /// `Block.parameters`, then running mean and variance.
  public var stateShapes: [(name: String, shape: [Int])] {
    if direction == .averaging { return [] }
    var shapes = [("\(convolutionName).\(storage.weightName)", weightShape)]
    if bias != .none { shapes.append(("\(convolutionName).bias", [biasCount])) }
    if let normalisationName {
      for vector in storage.normalisationNames { shapes.append(("\(normalisationName).\(vector)", [outputChannels])) }
    }
    return shapes
  }

  private var weightShape: [Int] {
    switch storage {
    case .pyTorch: [geometry.smallChannels, geometry.largeChannels, geometry.kernel, geometry.kernel]
    case .keras: [geometry.kernel, geometry.kernel, geometry.largeChannels, geometry.smallChannels]
    case .kerasDense:
      [inputSide * inputSide * inputChannels, outputSide * outputSide * outputChannels]
    }
  }

  /// The block's values, which the state dictionary does not have any more afterwards.
  func values(takenFrom state: inout StateDictionary) -> EvaluationChain.BlockValues {
    let values = values(from: state)
    for (name, _) in stateShapes { state[name] = nil }
    return values
  }

  /// The block's values from a state dictionary that has its tensors in their shapes.
  public func values(from state: StateDictionary) -> EvaluationChain.BlockValues {
    var tensors = stateShapes.map { tensor($0.name, in: state).values }[...]
    func vector() -> FloatBuffer { FloatBuffer(tensors.removeFirst()) }
    let weight = direction == .averaging ? FloatBuffer(count: 0) : FloatBuffer(ownLayout(tensors.removeFirst()))
    let bias = bias == .none ? nil : vector()
    return EvaluationChain.BlockValues(
      weight: weight, bias: bias,
      normalisation: normalisationName == nil
        ? nil : (scale: vector(), shift: vector(), mean: vector(), variance: vector()))
  }

  private func tensor(_ name: String, in state: StateDictionary) -> StateTensor {
    guard let tensor = state[name] else { preconditionFailure("the state dictionary has been checked: \(name)") }
    return tensor
  }

  /// The state dictionary's layout to [kernel row, kernel column, large, small].
  public func ownLayout(_ values: [Float]) -> [Float] {
    switch storage {
    // OIHW for convolutions and IOHW for transposed ones are the same here: the small map's channels come first.
    case .pyTorch: transposed(values, rows: geometry.smallChannels, columns: geometry.largeChannels, fromInner: true)
    case .keras: values
    case .kerasDense: direction == .reducing ? values : transposed(values, rows: geometry.smallChannels)
    }
  }

  /// [kernel row, kernel column, large, small] to the state dictionary's layout.
  public func stateLayout(_ values: [Float]) -> [Float] {
    switch storage {
    case .pyTorch: transposed(values, rows: geometry.smallChannels, columns: geometry.largeChannels, fromInner: false)
    case .keras: values
    case .kerasDense:
      direction == .reducing ? values : transposed(values, rows: values.count / geometry.smallChannels)
    }
  }

  /// [rows, columns] to [columns, rows].
  private func transposed(_ values: [Float], rows: Int) -> [Float] {
    let columns = values.count / rows
    return (0..<columns).flatMap { column in (0..<rows).map { values[$0 * columns + column] } }
  }

  /// Between [small, large, tap] (`fromInner`) and [tap, large, small].
  private func transposed(_ values: [Float], rows small: Int, columns large: Int, fromInner: Bool) -> [Float] {
    let taps = geometry.kernel * geometry.kernel
    var result = [Float](repeating: 0, count: values.count)
    for s in 0..<small {
      for l in 0..<large {
        for t in 0..<taps {
          let (inner, outer) = ((s * large + l) * taps + t, (t * large + l) * small + s)
          if fromInner { result[outer] = values[inner] } else { result[inner] = values[outer] }
        }
      }
    }
    return result
  }
}

extension BlockDescription.Storage {
  /// What the convolution's weights are called.
  fileprivate var weightName: String { self == .pyTorch ? "weight" : "kernel" }
  /// A normalisation's scale, shift, running mean and running variance.
  fileprivate var normalisationNames: [String] {
    self == .pyTorch
      ? ["weight", "bias", "running_mean", "running_var"] : ["gamma", "beta", "moving_mean", "moving_variance"]
  }
}

extension Chain {
  /// Sets weights and running statistics from a state dictionary that has the chain's tensors in their shapes.
  public func load(_ state: StateDictionary) {
    for block in blocks {
      let values = block.description.values(from: state)
      block.weight.values.copy(from: values.weight)
      if let bias = block.bias, let loaded = values.bias { bias.values.copy(from: loaded) }
      if let normalisation = block.normalisation, let loaded = values.normalisation {
        normalisation.scale.values.copy(from: loaded.scale)
        normalisation.shift.values.copy(from: loaded.shift)
        normalisation.runningMean.copy(from: loaded.mean)
        normalisation.runningVariance.copy(from: loaded.variance)
      }
    }
  }

  /// Adds weights and running statistics to a state dictionary.
  public func store(into state: inout StateDictionary) {
    store(into: &state, withStatistics: true) { $0.values }
  }

  /// Adds the gradients by parameter name, in the state dictionary's layouts.
  public func storeGradients(into state: inout StateDictionary) {
    store(into: &state, withStatistics: false) { $0.gradient }
  }

  private func store(
    into state: inout StateDictionary, withStatistics: Bool, _ part: (Parameter) -> FloatBuffer
  ) {
    for block in blocks {
      var vectors = block.parameters.map(part)
      if withStatistics, let normalisation = block.normalisation {
        vectors += [normalisation.runningMean, normalisation.runningVariance]
      }
      for (index, (entry, vector)) in zip(block.description.stateShapes, vectors).enumerated() {
        // The block's first tensor are its weights; all others are vectors.
        let values = index == 0 ? block.description.stateLayout(vector.values) : vector.values
        state[entry.name] = StateTensor(shape: entry.shape, values: values)
      }
    }
  }

  /// Everything that an optimiser changes, with the state dictionary's names; layouts are the chain's own.
  public var namedParameters: [(name: String, parameter: Parameter)] {
    blocks.flatMap { zip($0.description.stateShapes.map(\.name), $0.parameters).map { ($0, $1) } }
  }
}
