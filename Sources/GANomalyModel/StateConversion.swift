public import Layers
internal import Tensors

/// Between the state dictionary's layouts (PyTorch's) and the network's own.
extension BlockDescription {
  /// Names and shapes of the block's tensors in the state dictionary.
  public var stateShapes: [(name: String, shape: [Int])] {
    var shapes = [
      (
        "\(convolutionName).weight",
        [geometry.smallChannels, geometry.largeChannels, geometry.kernel, geometry.kernel]
      )
    ]
    if let normalisationName {
      for vector in ["weight", "bias", "running_mean", "running_var"] {
        shapes.append(("\(normalisationName).\(vector)", [outputChannels]))
      }
    }
    return shapes
  }

  /// The block's values from a state dictionary that has its tensors in their shapes.
  public func values(from state: StateDictionary) -> EvaluationChain.BlockValues {
    func vector(_ name: String) -> FloatBuffer { FloatBuffer(tensor(name, in: state).values) }
    return EvaluationChain.BlockValues(
      weight: FloatBuffer(ownLayout(tensor("\(convolutionName).weight", in: state).values)),
      normalisation: normalisationName.map { name in
        (
          vector("\(name).weight"), vector("\(name).bias"), vector("\(name).running_mean"),
          vector("\(name).running_var")
        )
      })
  }

  private func tensor(_ name: String, in state: StateDictionary) -> StateTensor {
    guard let tensor = state[name] else { preconditionFailure("the state dictionary has been checked: \(name)") }
    return tensor
  }

  /// [small, large, kernel row, kernel column] to [kernel row, kernel column, large, small].
  ///
  /// PyTorch's OIHW for convolutions and IOHW for transposed ones are the same here: the small map's channels come first.
  public func ownLayout(_ values: [Float]) -> [Float] {
    let (taps, large, small) = (geometry.kernel * geometry.kernel, geometry.largeChannels, geometry.smallChannels)
    var result = [Float](repeating: 0, count: values.count)
    for s in 0..<small {
      for l in 0..<large {
        for t in 0..<taps { result[(t * large + l) * small + s] = values[(s * large + l) * taps + t] }
      }
    }
    return result
  }

  /// [kernel row, kernel column, large, small] to [small, large, kernel row, kernel column].
  public func stateLayout(_ values: [Float]) -> [Float] {
    let (taps, large, small) = (geometry.kernel * geometry.kernel, geometry.largeChannels, geometry.smallChannels)
    var result = [Float](repeating: 0, count: values.count)
    for s in 0..<small {
      for l in 0..<large {
        for t in 0..<taps { result[(s * large + l) * taps + t] = values[(t * large + l) * small + s] }
      }
    }
    return result
  }
}

extension Chain {
  /// Sets weights and running statistics from a state dictionary that has the chain's tensors in their shapes.
  public func load(_ state: StateDictionary) {
    for block in blocks {
      let values = block.description.values(from: state)
      block.weight.values.copy(from: values.weight)
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
    for block in blocks {
      let shapes = block.description.stateShapes
      state[shapes[0].name] = StateTensor(
        shape: shapes[0].shape, values: block.description.stateLayout(block.weight.values.values))
      guard let normalisation = block.normalisation else { continue }
      let vectors = [
        normalisation.scale.values, normalisation.shift.values, normalisation.runningMean,
        normalisation.runningVariance,
      ]
      for (shape, vector) in zip(shapes.dropFirst(), vectors) {
        state[shape.name] = StateTensor(shape: shape.shape, values: vector.values)
      }
    }
  }

  /// Everything that an optimiser changes, with the state dictionary's names; layouts are the chain's own.
  public var namedParameters: [(name: String, parameter: Parameter)] {
    blocks.flatMap { zip($0.description.stateShapes.map(\.name), $0.parameters).map { ($0, $1) } }
  }

  /// Adds the gradients by parameter name, in the state dictionary's layouts.
  public func storeGradients(into state: inout StateDictionary) {
    for block in blocks {
      let shapes = block.description.stateShapes
      state[shapes[0].name] = StateTensor(
        shape: shapes[0].shape, values: block.description.stateLayout(block.weight.gradient.values))
      guard let normalisation = block.normalisation else { continue }
      state[shapes[1].name] = StateTensor(shape: shapes[1].shape, values: normalisation.scale.gradient.values)
      state[shapes[2].name] = StateTensor(shape: shapes[2].shape, values: normalisation.shift.gradient.values)
    }
  }
}
