import GANomalyModel
import Linux
import Training

/// How a training goes: one line that is drawn anew on a terminal, one line an epoch elsewhere.
struct TrainingProgress {
  private let wantedBatchSize: Int
  private let isTerminal = StandardStream.error.isTerminal
  private var plan: TrainingEvent.Plan?
  private var startedAt = ContinuousClock.now
  private var shownAt: ContinuousClock.Instant?
  private var stepCount = 0

  /// Progress of a training for which a batch size was asked.
  init(wantedBatchSize: Int) {
    self.wantedBatchSize = wantedBatchSize
  }

  /// Shows an event.
  mutating func show(_ event: TrainingEvent) {
    switch event {
    case .started(let plan): begin(plan)
    case .step(let step): show(step)
    case .epoch(let epoch): show(epoch)
    }
  }

  /// Ends the line that is drawn anew.
  func finish() { clear() }

  private mutating func begin(_ plan: TrainingEvent.Plan) {
    self.plan = plan
    startedAt = .now
    Message.write(
      "\(plan.trainingCount) pictures train, \(plan.validationCount) choose the epoch, "
        + "\(plan.calibrationCount) are kept for the calibration")
    if plan.batchSize < wantedBatchSize {
      Message.write("note: a batch of \(wantedBatchSize) is more than there are: a batch has all \(plan.batchSize)")
    }
  }

  private mutating func show(_ step: TrainingEvent.Step) {
    stepCount += 1
    guard isTerminal, let plan else { return }
    let now = ContinuousClock.now
    if let shownAt, now - shownAt < .milliseconds(100) { return }
    shownAt = now
    let losses = step.losses
    let part = Double(stepCount) / Double(plan.stepCount * plan.epochCount)
    let line = StepLine(
      epoch: (step.epoch, plan.epochCount), step: (step.step, plan.stepCount), part: part, imagesPerSecond: rate(plan),
      timeLeft: timeLeft(part),
      losses: [
        ("con", Self.text(losses.contextual)), ("enc", Self.text(losses.encoder)),
        ("adv", Self.text(losses.adversarial)), ("dis", Self.text(losses.discriminator)),
      ])
    let columns = StandardStream.error.columnCount ?? 80
    try? StandardStream.error.write("\r\(line.text(columns: columns))\u{1B}[K")
  }

  private func show(_ epoch: TrainingEvent.Epoch) {
    guard let plan else { return }
    clear()
    let losses = epoch.losses
    let validation = losses.validation.map { "  validation \(Self.text($0))" } ?? ""
    let part = Double(stepCount) / Double(plan.stepCount * plan.epochCount)
    try? StandardStream.error.write(
      "epoch \(epoch.epoch)/\(plan.epochCount)  contextual \(Self.text(losses.contextual))  "
        + "encoder \(Self.text(losses.encoder))  adversarial \(Self.text(losses.adversarial))  "
        + "discriminator \(Self.text(losses.discriminator))\(validation)\(epoch.isBest ? "  best" : "")  "
        + "\(rate(plan)) images/s  \(timeLeft(part)) left\n")
  }

  private func clear() {
    if isTerminal { try? StandardStream.error.write("\r\u{1B}[K") }
  }

  private var seconds: Double { max(1e-3, (ContinuousClock.now - startedAt) / .seconds(1)) }

  private func rate(_ plan: TrainingEvent.Plan) -> String {
    (Double(stepCount * plan.batchSize) / seconds).rounded(toDigits: 0)
  }

  private func timeLeft(_ part: Double) -> String {
    guard part > 0 else { return "-" }
    let left = Int((seconds * (1 - part) / part).rounded())
    return left < 3600
      ? "\(left / 60):\(Self.twoDigits(left % 60))"
      : "\(left / 3600):\(Self.twoDigits(left / 60 % 60)):\(Self.twoDigits(left % 60))"
  }

  private static func text(_ loss: Float) -> String { Double(loss).rounded(toDigits: 4) }

  private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
