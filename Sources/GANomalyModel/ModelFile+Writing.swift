private import Imaging

extension Model {
  /// The model as a container, to which a trainer may add tensors and texts under `ModelFile.checkpointPrefix`.
  ///
  /// - Precondition: the hyperparameters are valid and the state has every tensor with its shape; the discriminator's may
  ///   all be absent.
  public func safeTensors() -> SafeTensors {
    var container = SafeTensors(metadata: metadata)
    let expected = Hyperparameters.expectedShapes(for: hyperparameters)
    for (name, tensor) in state {
      precondition(expected[name] == tensor.shape, "the state has the network's tensors: \(name)")
      container.tensors[name] = SafeTensors.Tensor(shape: tensor.shape, values: .floats(tensor.values))
    }
    let absentCount = hasDiscriminator ? 0 : hyperparameters.discriminatorShapes.count
    precondition(state.count == expected.count - absentCount, "the state has every tensor of the network")
    let digestCount = trainingDigests.count / PictureDigest.byteCount
    container.tensors[ModelFile.digestsName] = SafeTensors.Tensor(
      shape: [digestCount, PictureDigest.byteCount], values: .bytes(trainingDigests))
    if let probe = Probe(of: self) {
      let picture = probe.picture
      container.tensors[ModelFile.probeName] = SafeTensors.Tensor(
        shape: [picture.height, picture.width, picture.channelCount], values: .bytes(picture.samples))
      container.metadata.merge(probe.metadata) { $1 }
    }
    if let mask = preparation.windows?.mask {
      container.tensors[ModelFile.maskName] = SafeTensors.Tensor(
        shape: [mask.height, mask.width], values: .bytes(mask.samples))
    }
    if let calibration { container.tensors.merge(calibration.tensors) { $1 } }
    return container
  }

  /// The texts of the file's header: everything about the model but its tensors.
  public var metadata: [String: String] {
    var texts = [
      "format": "ganomaly",
      "format_version": ModelFile.formatVersion(of: scoreOptions),
      "variant": hyperparameters.variant.rawValue,
      "hyperparameters.size": "\(hyperparameters.size)",
      "hyperparameters.channels": "\(hyperparameters.channelCount)",
      "hyperparameters.latent": "\(hyperparameters.latentCount)",
      "hyperparameters.features": "\(hyperparameters.featureCount)",
      "hyperparameters.extra_layers": "\(hyperparameters.extraLayerCount)",
    ]
    if !hasDiscriminator { texts[ModelFile.discriminatorKey] = ModelFile.noDiscriminatorWord }
    for part in [
      preparation.metadata, scoreOptions.metadata, termStatistics?.metadata, trainingRecord?.metadata,
      calibration?.metadata(withDate: true),
    ] {
      texts.merge(part ?? [:]) { _, new in new }
    }
    return texts
  }
}

extension TrainingRecord {
  /// What the names of the stored options begin with.
  static let optionPrefix = "training.options."

  /// The record as texts of the header.
  var metadata: [String: String] {
    func losses(_ keyPath: KeyPath<Round, Float>) -> String {
      rounds.map { "\($0[keyPath: keyPath])" }.joined(separator: " ")
    }
    var texts = [
      "training.images": "\(trainingCount)",
      "training.validation_images": "\(validationCount)",
      "training.calibration_images": "\(calibrationCount)",
      "training.set_digest": setDigest,
      "training.seed": "\(seed)",
      "training.batch": "\(batchSize)",
      "training.chosen_round": "\(chosenRound)",
      "training.losses.adversarial": losses(\.adversarial),
      "training.losses.contextual": losses(\.contextual),
      "training.losses.encoder": losses(\.encoder),
      "training.losses.discriminator": losses(\.discriminator),
      "training.losses.validation": rounds.map { $0.validation.map { "\($0)" } ?? "-" }.joined(separator: " "),
    ]
    let steps = rounds.compactMap(\.stepCount)
    if steps.count == rounds.count {
      texts["training.round_steps"] = steps.map(String.init).joined(separator: " ")
    }
    texts["training.steps_per_epoch"] = stepsPerEpoch.map { "\($0)" }
    texts["training.ended_by"] = ending?.rawValue
    for (name, text) in options { texts[Self.optionPrefix + name] = text }
    return texts
  }
}
