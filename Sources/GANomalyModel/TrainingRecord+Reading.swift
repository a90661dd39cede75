extension TrainingRecord {
  /// A record from the header's texts; nil where there is none.
  ///
  /// - Parameter digestCount: pictures whose digests the file holds; 0 where it names none.
  init?(_ header: ModelHeader, digestCount: Int) throws(ModelFileError.Cause) {
    guard header.hasKeys(withPrefix: "training.") else { return nil }
    let trainingCount: Int
    let validationCount: Int
    if digestCount > 0 {
      trainingCount = try header.integer("training.images", atMost: digestCount)
      validationCount = digestCount - trainingCount
      // Every picture that trained or chose the epoch has its digest.
      try header.require("training.validation_images", ["\(validationCount)"])
    } else {
      trainingCount = try header.integer("training.images")
      validationCount = try header.integer("training.validation_images")
    }
    let adversarial = try header.floats("training.losses.adversarial")
    let count = adversarial.count
    let contextual = try header.floats("training.losses.contextual", count: count)
    let encoder = try header.floats("training.losses.encoder", count: count)
    let discriminator = try header.floats("training.losses.discriminator", count: count)
    let validation = try header.floats("training.losses.validation", count: count, noneText: "-")
    let steps = try header.roundSteps(count: count)
    // Files of before rounds have epochs, which are rounds as well.
    let chosen = header.has("training.chosen_round") ? "training.chosen_round" : "training.chosen_epoch"
    self.init(
      trainingCount: trainingCount, validationCount: validationCount,
      calibrationCount: try header.integer("training.calibration_images"),
      setDigest: try header.digest("training.set_digest"),
      seed: try header.integer("training.seed"),
      batchSize: try header.integer("training.batch"),
      chosenRound: try header.integer(chosen, atMost: count),
      rounds: (0..<count).map { index in
        Round(
          adversarial: adversarial[index] ?? .nan, contextual: contextual[index] ?? .nan,
          encoder: encoder[index] ?? .nan, discriminator: discriminator[index] ?? .nan, validation: validation[index],
          stepCount: steps[index])
      })
    if header.has("training.steps_per_epoch") { stepsPerEpoch = try header.integer("training.steps_per_epoch") }
    if header.has("training.ended_by") { ending = try header.choice("training.ended_by") }
    for (key, text) in header.texts where key.hasPrefix(Self.optionPrefix) {
      options[String(key.dropFirst(Self.optionPrefix.count))] = text
    }
  }
}

extension ModelHeader {
  /// The steps done at each round's end, ascending; nil for each where the file has none.
  fileprivate func roundSteps(count: Int) throws(ModelFileError.Cause) -> [Int?] {
    let key = "training.round_steps"
    guard let found = texts[key] else { return Array(repeating: nil, count: count) }
    var steps: [Int?] = []
    var last = 0
    for word in found.split(separator: " ") {
      guard let step = Int(word), step > last, step <= TrainingRecord.mostSteps else {
        throw .wrongText(
          key: key, expected: "ascending numbers up to \(TrainingRecord.mostSteps) between blanks", found: found)
      }
      steps.append(step)
      last = step
    }
    guard steps.count == count else { throw .wrongText(key: key, expected: "\(count) numbers", found: found) }
    return steps
  }
}
