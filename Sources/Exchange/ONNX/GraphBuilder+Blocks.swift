internal import GANomalyModel
internal import Layers

/// The network's blocks as nodes; weights keep their names, and get ONNX's layouts, which are PyTorch's.
extension GraphBuilder {
  /// Blocks one after the other.
  ///
  /// - Parameter state: has the blocks' tensors in their shapes.
  /// - Returns: every block's output, [batch, channels, side, side].
  mutating func chain(
    _ blocks: some Sequence<BlockDescription>, _ state: StateDictionary, _ input: GraphValue
  ) -> [GraphValue] {
    var (outputs, value) = ([GraphValue](), input)
    for description in blocks {
      value = block(description, state, value)
      outputs.append(value)
    }
    return outputs
  }

  /// One block: convolution or its transpose with what is added, normalisation and activation where it has them; or a mean.
  private mutating func block(
    _ block: BlockDescription, _ state: StateDictionary, _ input: GraphValue
  ) -> GraphValue {
    if block.direction == .averaging { return node("GlobalAveragePool", "pooling", [input]) }
    // The block's own order: weights, bias where there is one, then the normalisation's vectors.
    var tensors = block.stateShapes.map { (name: $0.name, values: values($0.name, state)) }[...]
    let weights = tensors.removeFirst()
    let bias = block.bias == .none ? nil : tensors.removeFirst()
    var value = convolution(block, weights, bias, input)
    if let name = block.normalisationName {
      let vectors = tensors.map { constant($0.name, shape: [$0.values.count], $0.values) }
      value = node(
        "BatchNormalization", name, [value] + vectors, ["epsilon": .number(block.normalisationConstants.epsilon)])
    }
    return activation(block.activation, "\(block.convolutionName).activation", value)
  }

  /// The block's convolution, transposed where the block expands, and what is added to it.
  private mutating func convolution(
    _ block: BlockDescription, _ weights: (name: String, values: [Float]), _ bias: (name: String, values: [Float])?,
    _ input: GraphValue
  ) -> GraphValue {
    let (geometry, side) = (block.geometry, block.outputSide)
    let weightShape = [geometry.smallChannels, geometry.largeChannels, geometry.kernel, geometry.kernel]
    var inputs = [input, constant(weights.name, shape: weightShape, exchanged(weights.values, block))]
    if let bias, block.bias == .perChannel {
      inputs.append(constant(bias.name, shape: [block.outputChannels], bias.values))
    }
    let value = convolution(geometry, block.direction, block.convolutionName, inputs)
    guard let bias, block.bias == .perValue else { return value }
    // Rows and columns first in the file, channels first here.
    let (pixels, channels) = (side * side, block.outputChannels)
    let values = (0..<channels).flatMap { channel in (0..<pixels).map { bias.values[$0 * channels + channel] } }
    let addend = constant(bias.name, shape: [1, channels, side, side], values)
    return node("Add", "\(block.convolutionName).biased", [value, addend])
  }

  private mutating func convolution(
    _ geometry: ConvolutionGeometry, _ direction: BlockDescription.Direction, _ name: String, _ inputs: [GraphValue]
  ) -> GraphValue {
    let (kernel, stride) = (geometry.kernel, geometry.stride)
    let before = geometry.padding
    // What the last kernel reaches past the large map's end: negative where pixels there meet no kernel.
    let after = (geometry.smallSide - 1) * stride + kernel - before - geometry.largeSide
    let pads = [before, before, max(0, after), max(0, after)]
    if direction == .reducing {
      return node(
        "Conv", name, inputs,
        [
          "kernel_shape": .integers([kernel, kernel]), "strides": .integers([stride, stride]),
          "pads": .integers(pads),
        ])
    }
    return node(
      "ConvTranspose", name, inputs,
      [
        "kernel_shape": .integers([kernel, kernel]), "strides": .integers([stride, stride]),
        "pads": .integers(pads), "output_padding": .integers([max(0, -after), max(0, -after)]),
      ])
  }

  /// What happens last in a block.
  private mutating func activation(
    _ activation: BlockDescription.Activation, _ name: String, _ input: GraphValue
  ) -> GraphValue {
    switch activation {
    case .identity: input
    case .leakyReLU(slope: 0): node("Relu", name, [input])
    case .leakyReLU(let slope): node("LeakyRelu", name, [input], ["alpha": .number(slope)])
    case .tanh: node("Tanh", name, [input])
    }
  }

  private func values(_ name: String, _ state: StateDictionary) -> [Float] {
    guard let tensor = state[name] else { preconditionFailure("the state has the network's tensors: \(name)") }
    return tensor.values
  }

  /// The state dictionary's layout to ONNX's: [small channels, large channels, row, column].
  private func exchanged(_ values: [Float], _ block: BlockDescription) -> [Float] {
    if block.storage == .pyTorch { return values }
    let (taps, large) = (block.geometry.kernel * block.geometry.kernel, block.geometry.largeChannels)
    let small = block.geometry.smallChannels
    let own = block.ownLayout(values)
    var result = [Float](repeating: 0, count: values.count)
    for tap in 0..<taps {
      for l in 0..<large {
        for s in 0..<small { result[(s * large + l) * taps + tap] = own[(tap * large + l) * small + s] }
      }
    }
    return result
  }
}
