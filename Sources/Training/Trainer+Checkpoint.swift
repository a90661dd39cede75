internal import GANomalyModel
private import Layers
private import Linux
private import Tensors

extension Trainer {
  /// Where the training stands.
  ///
  /// - Throws: `TrainingError` where the model's score cannot be measured.
  func checkpoint() throws(TrainingError) -> Checkpoint {
    var moments: [String: Checkpoint.Moments] = [:]
    for (name, parameter) in network.namedParameters {
      moments[name] = Checkpoint.Moments(first: parameter.firstMoment.values, second: parameter.secondMoment.values)
    }
    return Checkpoint(
      model: try model(ending: nil), current: network.state, averages: averaged?.network.state, moments: moments,
      optimiserSteps: (optimisers.generator.stepCount, optimisers.discriminator.stepCount), position: position,
      pictures: set.entries.map(\.digest))
  }

  /// Takes everything from a checkpoint of the same pictures and options.
  ///
  /// - Throws: `TrainingError.checkpoint` where its parts contradict each other or the options.
  func restore(_ checkpoint: Checkpoint, file: String) throws(TrainingError) {
    guard let record = checkpoint.model.trainingRecord, checkpoint.model.hyperparameters == options.hyperparameters
    else {
      throw .checkpoint(file: file, reason: "its network is another")
    }
    let position = checkpoint.position
    let isPossible =
      record.rounds.allSatisfy { $0.stepCount != nil && ($0.validation == nil) == split.validation.isEmpty }
      && (record.rounds.last?.stepCount ?? 0) + position.sums.stepCount == position.stepCount
      && (record.chosenRound > 0) == !record.rounds.isEmpty
      && record.rounds.allSatisfy { ($0.validation ?? 0).isFinite && ($0.validation ?? 0) >= 0 }
      && record.seed == options.seed && record.batchSize == plan.batchSize
      && record.stepsPerEpoch == plan.rounds.stepsPerEpoch
      && (record.trainingCount, record.validationCount) == (split.training.count, split.validation.count)
      && checkpoint.optimiserSteps == (position.stepCount, position.stepCount)
      && (position.order.isEmpty
        ? position.stepCount % plan.rounds.stepsPerEpoch == 0
        : position.order.sorted() == Array(split.training.indices))
    guard isPossible else { throw .checkpoint(file: file, reason: "its counters contradict each other") }
    network.load(checkpoint.current)
    guard (checkpoint.averages != nil) == options.averagesWeights else {
      throw .checkpoint(file: file, reason: "its averages contradict its options")
    }
    averaged = checkpoint.averages.map {
      AveragedWeights($0, of: network, updateCount: position.stepCount / AveragedWeights.interval)
    }
    for (name, parameter) in network.namedParameters {
      guard let moments = checkpoint.moments[name] else {
        throw .checkpoint(file: file, reason: "it holds no moments of '\(name)'")
      }
      parameter.firstMoment.copy(from: moments.first)
      parameter.secondMoment.copy(from: moments.second)
    }
    optimisers.generator.stepCount = checkpoint.optimiserSteps.generator
    optimisers.discriminator.stepCount = checkpoint.optimiserSteps.discriminator
    self.position = position
    rounds = record.rounds
    best = record.chosenRound > 0 ? (record.chosenRound, checkpoint.model.state) : nil
  }
}

extension Checkpoint {
  /// The set in the checkpoint's order: pictures may have other names or places, their pixels decide.
  ///
  /// - Throws: `TrainingError.otherPictures` naming what is missing and what is new.
  func ordered(_ set: PictureSet, folder: String, file: String) throws(TrainingError) -> PictureSet {
    let found = set.entries.map(\.digest)
    if found == pictures { return set }
    var places: [PictureDigest: [Int]] = [:]
    for (place, digest) in found.enumerated().reversed() { places[digest, default: []].append(place) }
    var order: [Int] = []
    for digest in pictures {
      if let place = places[digest]?.popLast() { order.append(place) }
    }
    let missing = pictures.count - order.count
    let new = places.values.flatMap(\.self).sorted()
    guard missing == 0, new.isEmpty else {
      var parts: [String] = []
      if missing > 0 { parts.append("\(missing) of its \(pictures.count) pictures are not there") }
      if let first = new.first {
        parts.append(
          "\(new.count) are there that it does not have, such as '\(escaped(set.entries[first].path.bytes))'")
      }
      throw .otherPictures(folder: folder, file: file, difference: parts.joined(separator: ", and "))
    }
    var ordered = set
    ordered.reorder(order)
    return ordered
  }
}
