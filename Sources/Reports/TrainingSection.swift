internal import Charts
internal import GANomalyModel

/// How a training went: its losses, round by round, and what it was made of.
struct TrainingSection {
  private let record: TrainingRecord

  /// The section of a record.
  init(_ record: TrainingRecord) { self.record = record }

  /// The section; without curves where no round ended.
  var section: ReportDocument.Section {
    var blocks: [ReportBlock] = [.text(sentence)]
    if record.rounds.isEmpty {
      blocks.append(
        .remark("No round of steps had ended when these weights were written, so that there are no losses."))
    } else {
      blocks.append(.plots([reconstruction, others]))
    }
    return ReportDocument.Section(heading: "Training", blocks: blocks)
  }

  private var sentence: String {
    let windows = record.options["window"].map { " windows of \($0)x\($0) pixels" } ?? ""
    var text =
      "\(record.trainingCount) good pictures trained the network and \(record.validationCount) chose its weights, in "
      + "batches of \(record.batchSize)\(windows), with seed \(record.seed)."
    if let chosen = chosenPlace {
      text += " The weights are those of round \(record.chosenRound) of \(record.rounds.count), \(chosen.name)."
    }
    if let ending = record.ending { text += " " + Self.sentence(ending) }
    return text
  }

  private static func sentence(_ ending: TrainingRecord.Ending) -> String {
    switch ending {
    case .epochs, .steps: "It ended as planned."
    case .patience: "It ended because the validation loss did not fall any more."
    case .minutes: "It ended because its time was over."
    case .interruption: "It was interrupted."
    }
  }

  /// Whether every round knows its steps.
  private var hasSteps: Bool { record.rounds.allSatisfy { $0.stepCount != nil } }

  private func place(_ index: Int) -> Double {
    Double(record.rounds[index].stepCount.flatMap { hasSteps ? $0 : nil } ?? index + 1)
  }

  private var chosenPlace: (value: Double, name: String)? {
    guard record.rounds.indices.contains(record.chosenRound - 1) else { return nil }
    let value = place(record.chosenRound - 1)
    return (value, hasSteps ? "after step \(Int(value))" : "which was round \(Int(value))")
  }

  private var axis: PlotAxis {
    PlotAxis(
      label: hasSteps ? "training step" : "round of training",
      scale: .linear(record.rounds.indices.map(place), includesZero: true))
  }

  private func series(_ name: String, _ value: (TrainingRecord.Round) -> Float?) -> Plot.Series {
    Plot.Series(
      name: name,
      points: record.rounds.enumerated().compactMap { index, round in
        value(round).flatMap { $0 > 0 ? (place(index), Double($0)) : nil }
      })
  }

  private func plot(_ title: String, unit: String, series: [Plot.Series]) -> Plot {
    let values = series.flatMap { $0.points.map(\.y) }
    let last = series.filter { !$0.points.isEmpty }
      .map { "\($0.name) went from \(MarkupText.short($0.points[0].y)) to \(MarkupText.short($0.points.last?.y ?? 0))" }
    var plot = Plot(
      title: title, summary: "Over \(record.rounds.count) rounds: " + last.joined(separator: "; ") + ".", x: axis,
      y: PlotAxis(label: unit, scale: .logarithmic(values)),
      series: series.filter { !$0.points.isEmpty })
    plot.verticals = chosenPlace.map { [PlotLevel(name: "chosen weights", value: $0.value)] } ?? []
    return plot
  }

  private var reconstruction: ReportBlock.Figure {
    let hasValidation = record.rounds.contains { $0.validation != nil }
    return ReportBlock.Figure(
      plot(
        "How well good pictures are drawn", unit: "mean difference, of 2 (log)",
        series: [series("training", \.contextual), series("validation", \.validation)]),
      identifier: "loss-reconstruction",
      caption: "Mean absolute difference between picture and reconstruction, black to white being 2. "
        + (hasValidation
          ? "The validation pictures train nothing; where their curve rises while the other falls, the network learns its "
            + "pictures by heart."
          : "There were no validation pictures."))
  }

  private var others: ReportBlock.Figure {
    ReportBlock.Figure(
      plot(
        "The other losses", unit: "loss (no unit, log)",
        series: [
          series("adversarial", \.adversarial), series("encoder", \.encoder),
          series("discriminator", \.discriminator),
        ]),
      identifier: "loss-others",
      caption: "Adversarial: features of the discriminator, of picture and reconstruction. Encoder: the two latent "
        + "vectors. Discriminator: how well it tells them apart; one that stays at 0 has stopped the learning.")
  }
}
