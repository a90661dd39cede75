import GANomalyModel
import Imaging
import Reports

/// What a model file holds, in words and as JSON.
struct ModelDescription {
  private let model: Model
  private let name: String

  /// A description of a model that was read from a file.
  init(model: Model, name: String) {
    self.model = model
    self.name = name
  }

  private var parameterCount: Int {
    let learned = model.state.filter { !$0.key.contains(".running_") && !$0.key.contains(".moving_") }
    return learned.reduce(0) { $0 + $1.value.values.count }
  }

  private var normalisation: String {
    switch model.preparation.normalisation {
    case .none: ""
    case .picture(let spreads): ", each picture's mean and \(spreads) spreads"
    case .logarithm(let offset, let range): ", logarithm of level + \(offset) less its mean, range \(range)"
    }
  }

  /// What the daemon holds in memory, and what its self-test says.
  private var scoring: (packedByteCount: Int, selfTest: String) {
    let scorer = Scorer(model: model)
    do {
      return (scorer.packedByteCount, try Probe.test(model.probe, with: scorer).description)
    } catch {
      return (scorer.packedByteCount, "\(error)")
    }
  }

  /// One object; what is not there is null.
  var json: String {
    let shapes = model.hyperparameters
    let scoring = scoring
    return JSONText.object([
      ("file", JSONText.string(name)),
      ("sha256", JSONText.string(model.sha256)),
      ("format_version", JSONText.string(ModelFile.formatVersion(of: model.scoreOptions))),
      ("variant", JSONText.string(shapes.variant.rawValue)),
      (
        "hyperparameters",
        JSONText.object([
          ("size", "\(shapes.size)"), ("channels", "\(shapes.channelCount)"), ("latent", "\(shapes.latentCount)"),
          ("features", "\(shapes.featureCount)"), ("extra_layers", "\(shapes.extraLayerCount)"),
        ])
      ),
      ("parameters", "\(parameterCount)"),
      ("packed_bytes", "\(scoring.packedByteCount)"),
      ("self_test", JSONText.string(scoring.selfTest)),
      ("discriminator", "\(model.hasDiscriminator)"),
      (
        "preparation",
        JSONText.object(
          model.preparation.metadata.sorted { $0.key < $1.key }.map {
            (String($0.key.dropFirst("preparation.".count)), JSONText.string($0.value))
          })
      ),
      (
        "score",
        ScoreText.json(model)
      ),
      ("training", model.trainingRecord.map(Self.json) ?? "null"),
      ("calibration", model.calibration.map(Self.json) ?? "null"),
    ])
  }

  private static func json(_ record: TrainingRecord) -> String {
    JSONText.object([
      ("images", "\(record.trainingCount)"),
      ("validation_images", "\(record.validationCount)"),
      ("calibration_images", "\(record.calibrationCount)"),
      ("set_digest", JSONText.string(record.setDigest)),
      ("seed", "\(record.seed)"),
      ("batch", "\(record.batchSize)"),
      ("steps_per_epoch", JSONText.integer(record.stepsPerEpoch)),
      ("ended_by", JSONText.string(record.ending?.rawValue)),
      ("options", JSONText.object(record.options.sorted { $0.key < $1.key }.map { ($0, JSONText.string($1)) })),
      ("chosen_round", "\(record.chosenRound)"),
      (
        "rounds",
        JSONText.list(
          record.rounds.map { round in
            JSONText.object([
              ("steps", JSONText.integer(round.stepCount)),
              ("adversarial", JSONText.number(round.adversarial)), ("contextual", JSONText.number(round.contextual)),
              ("encoder", JSONText.number(round.encoder)), ("discriminator", JSONText.number(round.discriminator)),
              ("validation", JSONText.number(round.validation)),
            ])
          })
      ),
    ])
  }

  private static func json(_ calibration: Calibration) -> String {
    JSONText.object([
      ("id", JSONText.string(calibration.identifier)),
      ("method", JSONText.string(calibration.method.rawValue)),
      ("false_positive_rate", JSONText.number(calibration.falsePositiveRate)),
      ("threshold", JSONText.number(calibration.threshold)),
      ("images", "\(calibration.scores.count)"),
      ("anomalous_images", "\(calibration.anomalousScores.count)"),
      ("promise", JSONText.string(CalibrationText.promiseWord(calibration))),
      ("confidence", JSONText.number(calibration.confidence)),
      ("tail", calibration.tail.map { json($0, calibration.rule) } ?? "null"),
      ("cost_false_alarm", JSONText.number(calibration.rule.costs?.falseAlarm)),
      ("cost_miss", JSONText.number(calibration.rule.costs?.miss)),
      ("rate_bound_95", JSONText.number(calibration.rateBound)),
      ("set_digest", JSONText.string(calibration.setDigest)),
      ("anomalous_set_digest", JSONText.string(calibration.anomalousSetDigest)),
      ("ledger_since", JSONText.string(calibration.ledgerSince)),
      ("arithmetic_version", JSONText.string(calibration.arithmeticVersion)),
      ("date", JSONText.string(calibration.date)),
    ])
  }

  private static func json(_ tail: ParetoTail, _ rule: CalibrationRule) -> String {
    JSONText.object([
      ("initial_quantile", JSONText.number(rule.initialQuantile)), ("level", JSONText.number(tail.level)),
      ("excesses", "\(tail.excessCount)"), ("shape", JSONText.number(tail.shape)),
      ("shape_deviation", JSONText.number(tail.shapeDeviation)), ("scale", JSONText.number(tail.scale)),
    ])
  }

  /// Labelled lines.
  var table: String {
    let shapes = model.hyperparameters
    let scoring = scoring
    var lines = [
      "model file       \(name)",
      "sha256           \(model.sha256 ?? "-")",
      "variant          \(shapes.variant.rawValue), format \(ModelFile.formatVersion(of: model.scoreOptions))",
      "input            \(shapes.size)x\(shapes.size), \(shapes.channelCount == 1 ? "grey" : "colour"), "
        + "transparent on \(model.preparation.alpha.rawValue)\(normalisation)",
      WindowText.line(model.preparation).map { "windows          \($0)" },
      "network          latent \(shapes.latentCount), features \(shapes.featureCount), "
        + "extra layers \(shapes.extraLayerCount), \(parameterCount) parameters",
    ].compactMap(\.self)
    lines.append(
      "packed weights   \((Double(scoring.packedByteCount) / 1_048_576).rounded(toDigits: 4)) MiB in the daemon's memory"
    )
    lines.append("self-test        \(scoring.selfTest)")
    if !model.hasDiscriminator { lines.append("discriminator    none: the score cannot have terms of features") }
    lines += ScoreText.lines(model) + [""]
    lines += model.trainingRecord.map(Self.lines) ?? ["training         not recorded"]
    lines.append("")
    lines +=
      model.calibration.map(CalibrationText.lines)
      ?? ["calibration      none: 'ganomaly calibrate \(name) --normal DIR' makes one"]
    return lines.joined(separator: "\n")
  }

  private static func lines(_ record: TrainingRecord) -> [String] {
    var lines = [
      "training         \(record.trainingCount) pictures, \(record.validationCount) for validation, "
        + "\(record.calibrationCount) kept for calibration",
      "picture set      \(record.setDigest)",
      "seed, batch      \(record.seed), \(record.batchSize)",
      TrainingText.chosen(record),
      TrainingText.ending(record),
      "options          \(options(record))",
      "",
      "round  steps    adversarial   contextual    encoder       discriminator validation",
    ]
    for (index, round) in record.rounds.enumerated() {
      let losses = [round.adversarial, round.contextual, round.encoder, round.discriminator]
      let texts = losses.map { Double($0).rounded(toDigits: 6).padded(to: 13) }
      let validation = round.validation.map { Double($0).rounded(toDigits: 6) } ?? "-"
      let steps = round.stepCount.map { "\($0)" } ?? "-"
      lines.append(
        ([String(index + 1).padded(to: 6), steps.padded(to: 8)] + texts + [validation]).joined(separator: " "))
    }
    return lines
  }

  /// The options as they stand on a command line.
  private static func options(_ record: TrainingRecord) -> String {
    let texts = record.options.sorted { $0.key < $1.key }.map { "--\($0.key) \($0.value)" }
    return texts.isEmpty ? "not recorded" : texts.joined(separator: " ")
  }
}
