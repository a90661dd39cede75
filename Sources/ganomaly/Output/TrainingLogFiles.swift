import GANomalyModel
import Imaging
import Linux
import Training
import TrainingLog

/// What `train --log` writes: events for TensorBoard, and a table of rounds.
struct TrainingLogFiles {
  /// Largest side of a logged picture; larger ones are shrunk.
  private static let largestSide = 128
  private static let columns = ["adversarial", "contextual", "encoder", "discriminator", "validation"]

  private let events: TensorBoardWriter
  private let table: TrainingCSV
  private var stepsPerEpoch = 1
  private var hasFailed = false

  /// Begins a log, or goes on with one.
  ///
  /// - Parameter resumedStep: the last step that the training goes on after; nil where it begins.
  init(folder: BytePath, resumedStep: Int?) throws(TrainingLogError) {
    // The table first: it refuses a folder that holds another training.
    table = try TrainingCSV(folder: folder, columns: Self.columns, resumedStep: resumedStep)
    events = try TensorBoardWriter(folder: folder, resumedStep: resumedStep)
  }

  /// Writes an event; a log that cannot be written any more is told once, and the training goes on.
  mutating func write(_ event: TrainingEvent) {
    guard !hasFailed else { return }
    do {
      switch event {
      case .started(let plan): stepsPerEpoch = plan.rounds.stepsPerEpoch
      case .step(let step): try write(step)
      case .round(let round): try write(round)
      case .warning: break
      }
    } catch {
      hasFailed = true
      Message.write("warning: \(error); the training goes on without its log")
    }
  }

  private func write(_ step: TrainingEvent.Step) throws(TrainingLogError) {
    for (name, value) in [
      ("adversarial", step.losses.adversarial), ("contextual", step.losses.contextual),
      ("encoder", step.losses.encoder), ("discriminator", step.losses.discriminator),
    ] {
      try events.scalar("loss/\(name)", value, step: step.number)
    }
  }

  private func write(_ round: TrainingEvent.Round) throws(TrainingLogError) {
    let losses = round.losses
    let step = losses.stepCount ?? 0
    if let validation = losses.validation { try events.scalar("validation/contextual", validation, step: step) }
    for (place, pair) in round.reconstructions.enumerated() {
      try events.image("reconstruction/\(place + 1)", Self.sideBySide(pair), step: step)
    }
    try table.append(
      epoch: (step + stepsPerEpoch - 1) / stepsPerEpoch, step: step,
      [losses.adversarial, losses.contextual, losses.encoder, losses.discriminator, losses.validation])
  }

  /// The picture to the left of its reconstruction.
  private static func sideBySide(_ pair: TrainingEvent.Reconstruction) -> Image {
    let side = min(pair.picture.width, largestSide)
    let (left, right) = (
      pair.picture.resampled(width: side, height: side), pair.reconstruction.resampled(width: side, height: side)
    )
    let length = side * left.channelCount
    var samples: [UInt8] = []
    for row in 0..<side {
      for half in [left, right] { samples += half.samples[row * length..<(row + 1) * length] }
    }
    return Image(width: 2 * side, height: side, channelCount: left.channelCount, samples: samples)
  }
}
