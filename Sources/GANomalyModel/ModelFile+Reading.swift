private import Imaging

extension Model {
  /// A model from a container.
  ///
  /// - Parameter absent: tensors of the network that were not read.
  /// - Throws: `ModelFileError.Cause`: a text or tensor that is missing, wrong or not of this network.
  init(_ container: SafeTensors, leavingOut absent: Set<String> = []) throws(ModelFileError.Cause) {
    let header = ModelHeader(container.metadata)
    try header.require("format", ["ganomaly"])
    try header.require("format_version", ModelFile.formatVersions)
    let hyperparameters = try Self.hyperparameters(header)
    var tensors = container.tensors
    let preparation = try Self.preparation(
      header, mask: Self.mask(tensors.removeValue(forKey: ModelFile.maskName)), for: hyperparameters)
    let digests = try Self.digests(tensors.removeValue(forKey: ModelFile.digestsName))
    let scores = tensors.removeValue(forKey: ModelFile.scoresName)
    let anomalousScores = tensors.removeValue(forKey: ModelFile.anomalousScoresName)
    let probe = try Probe(header, picture: tensors.removeValue(forKey: ModelFile.probeName), for: hyperparameters)
    self.init(
      hyperparameters: hyperparameters, preparation: preparation,
      state: try Self.state(
        tensors, hyperparameters: hyperparameters, hasDiscriminator: try Self.hasDiscriminator(header),
        leavingOut: absent))
    trainingDigests = digests
    self.probe = probe
    try readScore(header)
    trainingRecord = try TrainingRecord(header, digestCount: digests.count / PictureDigest.byteCount)
    calibration = try Calibration(header, scores: scores, anomalousScores: anomalousScores)
  }

  /// The tensors of a file that its score does not need: the discriminator's where no term looks at its features.
  static func tensorsWithoutScore(_ texts: [String: String]) -> Set<String> {
    let header = ModelHeader(texts)
    // What is wrong with the texts is said when the model is made of them.
    guard let hyperparameters = try? hyperparameters(header),
      let options = try? ScoreOptions(header, for: hyperparameters),
      !options.measures.contains(where: \.usesDiscriminator)
    else { return [] }
    return Set(hyperparameters.discriminatorShapes.map(\.name))
  }

  private mutating func readScore(_ header: ModelHeader) throws(ModelFileError.Cause) {
    scoreOptions = try ScoreOptions(header, for: hyperparameters)
    termStatistics = try TermStatistics(header, for: hyperparameters)
    do {
      _ = try scoreRule
    } catch {
      throw .score(error)
    }
  }

  private static func hyperparameters(_ header: ModelHeader) throws(ModelFileError.Cause) -> Hyperparameters {
    let hyperparameters = Hyperparameters(
      variant: try header.choice("variant"),
      size: try header.integer("hyperparameters.size"),
      channelCount: try header.integer("hyperparameters.channels"),
      latentCount: try header.integer("hyperparameters.latent"),
      featureCount: try header.integer("hyperparameters.features"),
      extraLayerCount: try header.integer("hyperparameters.extra_layers"))
    do {
      try hyperparameters.validate()
    } catch {
      throw .hyperparameters(error)
    }
    return hyperparameters
  }

  private static func preparation(
    _ header: ModelHeader, mask: RegionMask?, for hyperparameters: Hyperparameters
  ) throws(ModelFileError.Cause) -> Preparation {
    // The network's input is what the preparation gives: another size or channel count would score other pictures.
    try header.require("preparation.size", ["\(hyperparameters.size)"])
    try header.require("preparation.channels", ["\(hyperparameters.channelCount)"])
    do {
      return try Preparation(metadata: header.texts, mask: mask)
    } catch {
      throw .preparation(error)
    }
  }

  private static func mask(_ tensor: SafeTensors.Tensor?) throws(ModelFileError.Cause) -> RegionMask? {
    guard let tensor else { return nil }
    let name = ModelFile.maskName
    guard case .bytes(let samples) = tensor.values, tensor.shape.count == 2, !samples.isEmpty,
      samples.count <= RegionMask.maximumPixels
    else {
      throw .wrongTensor(
        name: name, expected: "[rows, columns] of 'U8', 1 to \(RegionMask.maximumPixels) pixels",
        found: "shape \(tensor.shape) of '\(tensor.values.elementType.rawValue)'")
    }
    if let found = samples.first(where: { $0 > 1 }) {
      throw .wrongTensor(name: name, expected: "1 inside and 0 outside", found: "the value \(found)")
    }
    guard let mask = RegionMask(width: tensor.shape[1], height: tensor.shape[0], samples: samples) else {
      throw .wrongTensor(name: name, expected: "a pixel inside", found: "none")
    }
    return mask
  }

  private static func hasDiscriminator(_ header: ModelHeader) throws(ModelFileError.Cause) -> Bool {
    guard header.has(ModelFile.discriminatorKey) else { return true }
    try header.require(ModelFile.discriminatorKey, [ModelFile.noDiscriminatorWord])
    return false
  }

  private static func state(
    _ tensors: [String: SafeTensors.Tensor], hyperparameters: Hyperparameters, hasDiscriminator: Bool,
    leavingOut leftOut: Set<String>
  ) throws(ModelFileError.Cause) -> StateDictionary {
    let absent = leftOut.union(hasDiscriminator ? [] : hyperparameters.discriminatorShapes.map(\.name))
    var rest = tensors
    var state: StateDictionary = [:]
    for (name, shape) in hyperparameters.parameterShapes where !absent.contains(name) {
      guard let tensor = rest.removeValue(forKey: name) else { throw .missingTensor(name: name, shape: shape) }
      guard tensor.shape == shape else {
        throw .wrongTensor(name: name, expected: "\(shape)", found: "shape \(tensor.shape)")
      }
      guard case .floats(let values) = tensor.values else {
        throw .wrongTensor(name: name, expected: "'F32'", found: "element type '\(tensor.values.elementType.rawValue)'")
      }
      try check(values, of: name)
      state[name] = StateTensor(shape: shape, values: values)
    }
    // PyTorch's counters of batches: they decide nothing where the momentum is fixed.
    let unexpected = rest.keys.filter { !$0.hasSuffix(".num_batches_tracked") }
    if let name = unexpected.min() { throw .unexpectedTensor(name: name) }
    return state
  }

  private static func check(_ values: [Float], of name: String) throws(ModelFileError.Cause) {
    for index in values.indices where !values[index].isFinite {
      throw .notFinite(tensor: name, index: index, value: values[index])
    }
    guard name.hasSuffix(".running_var") || name.hasSuffix(".moving_variance"),
      let index = values.firstIndex(where: { $0 < 0 })
    else { return }
    throw .negativeVariance(tensor: name, index: index, value: values[index])
  }

  private static func digests(_ tensor: SafeTensors.Tensor?) throws(ModelFileError.Cause) -> [UInt8] {
    let name = ModelFile.digestsName
    guard let tensor else { throw .missingTensor(name: name, shape: [0, PictureDigest.byteCount]) }
    guard case .bytes(let bytes) = tensor.values, tensor.shape.count == 2, tensor.shape[1] == PictureDigest.byteCount
    else {
      throw .wrongTensor(
        name: name, expected: "[pictures, \(PictureDigest.byteCount)] of 'U8'",
        found: "shape \(tensor.shape) of '\(tensor.values.elementType.rawValue)'")
    }
    return bytes
  }
}
