/// The tensors of variant `paper`, by the names of the authors' state dictionary.
///
/// Source: samet-akcay/ganomaly 78da4ea, lib/networks.py, classes Encoder, Decoder, NetD and NetG.
extension Hyperparameters {
  /// Every tensor of generator and discriminator with its shape, in the order of the authors' modules.
  ///
  /// Convolutions [out, in, height, width], transposed ones [in, out, height, width], normalisations [channels].
  /// PyTorch's `num_batches_tracked` is not listed: it decides nothing here.
  ///
  /// - Precondition: `validate()` accepts these hyperparameters.
  public var parameterShapes: [(name: String, shape: [Int])] {
    let encoder = encoderLayers(outputCount: latentCount)
    return encoder.flatMap { $0.parameters(prefix: "netg.encoder1.main.") }
      + decoderLayers.flatMap { $0.parameters(prefix: "netg.decoder.main.") }
      + encoder.flatMap { $0.parameters(prefix: "netg.encoder2.main.") }
      + discriminatorParameters
  }

  /// `parameterShapes` by name.
  public static func expectedShapes(for hyperparameters: Hyperparameters) -> [String: [Int]] {
    Dictionary(uniqueKeysWithValues: hyperparameters.parameterShapes.map { ($0.name, $0.shape) })
  }

  /// One of the authors' modules, those without parameters included because they count in the discriminator's names.
  private struct ModuleLayer {
    /// What the module holds.
    enum Kind {
      case weight(shape: [Int])
      case normalization(channelCount: Int)
      case activation
    }

    /// Name in the authors' `nn.Sequential`.
    let name: String
    /// Parameters.
    let kind: Kind

    /// The module's tensors, under a prefix and its own name or another.
    func parameters(prefix: String, name replacement: String? = nil) -> [(name: String, shape: [Int])] {
      let path = prefix + (replacement ?? name)
      switch kind {
      case .weight(let shape): return [("\(path).weight", shape)]
      case .normalization(let count):
        return ["weight", "bias", "running_mean", "running_var"].map { ("\(path).\($0)", [count]) }
      case .activation: return []
      }
    }
  }

  private func encoderLayers(outputCount: Int) -> [ModuleLayer] {
    let first = featureCount
    var layers = [
      ModuleLayer(name: "initial-conv-\(channelCount)-\(first)", kind: .weight(shape: [first, channelCount, 4, 4])),
      ModuleLayer(name: "initial-relu-\(first)", kind: .activation),
    ]
    layers += extraLayers(channelCount: first)
    var (count, side) = (first, size / 2)
    while side > 4 {
      let next = count * 2
      layers.append(ModuleLayer(name: "pyramid-\(count)-\(next)-conv", kind: .weight(shape: [next, count, 4, 4])))
      layers += normalized("pyramid-\(next)", channelCount: next)
      (count, side) = (next, side / 2)
    }
    // The authors print 1 here whatever the number of outputs.
    layers.append(ModuleLayer(name: "final-\(count)-1-conv", kind: .weight(shape: [outputCount, count, 4, 4])))
    return layers
  }

  private var decoderLayers: [ModuleLayer] {
    var (count, side) = (featureCount * size / 8, 4)
    var layers = [
      ModuleLayer(name: "initial-\(latentCount)-\(count)-convt", kind: .weight(shape: [latentCount, count, 4, 4]))
    ]
    layers += normalized("initial-\(count)", channelCount: count)
    while side < size / 2 {
      let next = count / 2
      layers.append(ModuleLayer(name: "pyramid-\(count)-\(next)-convt", kind: .weight(shape: [count, next, 4, 4])))
      layers += normalized("pyramid-\(next)", channelCount: next)
      (count, side) = (next, side * 2)
    }
    layers += extraLayers(channelCount: count)
    layers.append(
      ModuleLayer(name: "final-\(count)-\(channelCount)-convt", kind: .weight(shape: [count, channelCount, 4, 4])))
    return layers
  }

  private var discriminatorParameters: [(name: String, shape: [Int])] {
    let layers = encoderLayers(outputCount: 1)
    return layers.dropLast().enumerated().flatMap { index, layer in
      layer.parameters(prefix: "netd.features.", name: "\(index)")
    } + layers.suffix(1).flatMap { $0.parameters(prefix: "netd.classifier.", name: "0") }
  }

  private func extraLayers(channelCount count: Int) -> [ModuleLayer] {
    (0..<extraLayerCount).flatMap { index in
      [ModuleLayer(name: "extra-layers-\(index)-\(count)-conv", kind: .weight(shape: [count, count, 3, 3]))]
        + normalized("extra-layers-\(index)-\(count)", channelCount: count)
    }
  }

  private func normalized(_ name: String, channelCount count: Int) -> [ModuleLayer] {
    [
      ModuleLayer(name: "\(name)-batchnorm", kind: .normalization(channelCount: count)),
      ModuleLayer(name: "\(name)-relu", kind: .activation),
    ]
  }
}
