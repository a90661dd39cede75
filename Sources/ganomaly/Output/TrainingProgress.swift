import GANomalyModel
import Linux
import Training

/// How a training goes: one line that is drawn anew on a terminal, one line a round elsewhere.
struct TrainingProgress {
  private let wantedBatchSize: Int
  private let isTerminal = StandardStream.error.isTerminal
  private var plan: TrainingEvent.Plan?
  private var startedAt = ContinuousClock.now
  private var shownAt: ContinuousClock.Instant?
  private var stepCount = 0
  private var imageCount = 0
  private var stepsWithoutGain = 0

  /// Progress of a training for which a batch size was asked.
  init(wantedBatchSize: Int) {
    self.wantedBatchSize = wantedBatchSize
  }

  /// Shows an event.
  mutating func show(_ event: TrainingEvent) {
    switch event {
    case .started(let plan): begin(plan)
    case .step(let step): show(step)
    case .round(let round): show(round)
    case .warning(let warning):
      clear()
      Message.write("warning: \(warning.description)")
    }
  }

  /// Ends the line that is drawn anew.
  func finish() { clear() }

  private mutating func begin(_ plan: TrainingEvent.Plan) {
    self.plan = plan
    startedAt = .now
    stepCount = plan.stepsDone
    let train = plan.trainingCount == 1 ? "picture trains" : "pictures train"
    Message.write(
      "\(plan.trainingCount) \(train), \(plan.validationCount) choose the weights, "
        + "\(plan.calibrationCount) are kept for the calibration")
    if let windows = plan.windows {
      Message.write(
        "an epoch sees \(windows.epochCount) windows of \(windows.side)x\(windows.side) pixels at random places; "
          + "\(windows.validationCount) at fixed places choose the weights")
    }
    Message.write(
      "memory: about \(max(1, plan.memoryBytes >> 20)) MiB for the network and its batches, and the pictures")
    if plan.batchSize < wantedBatchSize {
      Message.write("note: a batch of \(wantedBatchSize) is more than there are: a batch has all \(plan.batchSize)")
    }
    if plan.stepsDone > 0 { Message.write("goes on after step \(plan.stepsDone)") }
    let steps = plan.rounds.stepsPerEpoch
    Message.write("an epoch has \(steps) \(steps == 1 ? "step" : "steps"); ends \(plan.length.description)")
  }

  private mutating func show(_ step: TrainingEvent.Step) {
    stepCount = step.number
    imageCount += step.imageCount
    guard isTerminal, let plan else { return }
    let now = ContinuousClock.now
    if let shownAt, now - shownAt < .milliseconds(100) { return }
    shownAt = now
    let losses = step.losses
    let place =
      plan.length.epochCount.map { "epoch \(step.epoch)/\($0) step \(step.stepOfEpoch)/\(plan.rounds.stepsPerEpoch)" }
      ?? plan.length.stepCount.map { "step \(step.number)/\($0)" } ?? "step \(step.number)"
    let line = StepLine(
      place: place, part: part(plan), imagesPerSecond: rate, unit: unit(plan), timeLeft: timeLeft(plan),
      losses: [
        ("con", Self.text(losses.contextual)), ("enc", Self.text(losses.encoder)),
        ("adv", Self.text(losses.adversarial)), ("dis", Self.text(losses.discriminator)),
      ])
    let columns = StandardStream.error.columnCount ?? 80
    try? StandardStream.error.write("\r\(line.text(columns: columns))\u{1B}[K")
  }

  private mutating func show(_ round: TrainingEvent.Round) {
    guard let plan else { return }
    clear()
    stepsWithoutGain = round.stepsWithoutGain
    let losses = round.losses
    let place =
      if let count = plan.length.epochCount, plan.rounds.roundsAreEpochs {
        "epoch \(round.number)/\(count)"
      } else {
        "step \(stepCount)"
      }
    let validation = losses.validation.map { "  validation \(Self.text($0))" } ?? ""
    let patience = plan.length.patience.map { "no gain for \(stepsWithoutGain)/\($0) steps, at most " } ?? ""
    try? StandardStream.error.write(
      "\(place)  contextual \(Self.text(losses.contextual))  "
        + "encoder \(Self.text(losses.encoder))  adversarial \(Self.text(losses.adversarial))  "
        + "discriminator \(Self.text(losses.discriminator))\(validation)\(round.isBest ? "  best" : "")  "
        + "\(rate) \(unit(plan))/s  \(patience)\(timeLeft(plan)) left\(firstEnd(plan))\n")
  }

  private func clear() {
    if isTerminal { try? StandardStream.error.write("\r\u{1B}[K") }
  }

  private var seconds: Double { max(1e-3, (ContinuousClock.now - startedAt) / .seconds(1)) }

  /// What is counted.
  private func unit(_ plan: TrainingEvent.Plan) -> String { plan.windows == nil ? "images" : "windows" }

  private var rate: String { (Double(imageCount) / seconds).rounded(toDigits: 0) }

  /// How much of the way to the nearest fixed end is done.
  private func part(_ plan: TrainingEvent.Plan) -> Double {
    let steps = plan.length.mostSteps(stepsPerEpoch: plan.rounds.stepsPerEpoch).map { Double(stepCount) / Double($0) }
    let time = plan.length.minutes.map { seconds / ($0 * 60) }
    return min(1, max(steps ?? 0, time ?? 0))
  }

  /// Seconds to the end by steps, and to the end by time.
  private func secondsLeft(_ plan: TrainingEvent.Plan) -> (steps: Double?, time: Double?) {
    let done = Double(stepCount - plan.stepsDone)
    let most = plan.length.mostSteps(stepsPerEpoch: plan.rounds.stepsPerEpoch)
    return (
      most.flatMap { done > 0 ? seconds / done * Double(max(0, $0 - stepCount)) : nil },
      plan.length.minutes.map { max(0, $0 * 60 - seconds) }
    )
  }

  private func timeLeft(_ plan: TrainingEvent.Plan) -> String {
    let ends = secondsLeft(plan)
    guard let least = [ends.steps, ends.time].compactMap(\.self).min(), least < 1e9 else { return "-" }
    let left = Int(least.rounded())
    return left < 3600
      ? "\(left / 60):\(Self.twoDigits(left % 60))"
      : "\(left / 3600):\(Self.twoDigits(left / 60 % 60)):\(Self.twoDigits(left % 60))"
  }

  /// Which of several fixed ends comes first.
  private func firstEnd(_ plan: TrainingEvent.Plan) -> String {
    let names = [
      plan.length.epochCount.map { ("--epochs", $0 * plan.rounds.stepsPerEpoch) },
      plan.length.stepCount.map { ("--steps", $0) },
    ].compactMap(\.self)
    guard names.count + (plan.length.minutes == nil ? 0 : 1) > 1 else { return "" }
    let ends = secondsLeft(plan)
    if let time = ends.time, time < ends.steps ?? .infinity { return " (--max-minutes)" }
    return names.min { $0.1 < $1.1 }.map { " (\($0.0))" } ?? ""
  }

  private static func text(_ loss: Float) -> String { Double(loss).rounded(toDigits: 4) }

  private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
