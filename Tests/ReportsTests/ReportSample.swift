import Evaluation
import GANomalyModel
import Imaging
import Linux
import Reports
import TestSupport

/// Reports of made-up results.
enum ReportSample {
  /// A model with a training record and a calibration.
  static func model(rounds: Int = 30, calibrated: Bool = true) -> Model {
    var model = SampleModel.make()
    var record = TrainingRecord(
      trainingCount: 100, validationCount: 10, calibrationCount: 0, setDigest: String(repeating: "ab", count: 32),
      seed: 1, batchSize: 8, chosenRound: min(rounds, 20),
      rounds: (0..<rounds).map { index in
        let fall = 1 / Float(index + 1)
        return .init(
          adversarial: fall, contextual: fall / 2, encoder: fall / 4, discriminator: 0.5,
          validation: index % 3 == 2 ? nil : fall, stepCount: (index + 1) * 10)
      })
    record.ending = .patience
    record.options = ["epochs": "30"]
    model.trainingRecord = record
    if calibrated { model.calibration = try? .fit(scores: scores(200, seed: 5), falsePositiveRate: 0.05) }
    return model
  }

  /// Scores between 0.01 and 0.02, with a long tail.
  static func scores(_ count: Int, seed: UInt64, plus: Float = 0) -> [Float] {
    var random = SmallRandom(seed: seed)
    return (0..<count).map { index in 0.01 + 0.01 * random.next() + plus + (index % 50 == 49 ? 0.2 : 0) }
  }

  /// Pictures with scores, those that a report shows with views.
  static func pictures(
    _ scores: [Float], name: String, kind: String? = nil, stepNanoseconds: Int64? = nil
  ) -> [EvaluatedPicture] {
    let shown = Set(PictureChoice(scores: scores, count: EvaluationDocument.shownCount).places)
    return scores.enumerated().map { place, score in
      let original = SamplePicture.noise(width: 16, height: 16, seed: UInt64(place))
      return EvaluatedPicture(
        path: BytePath("\(name)-\(place).png"), score: score, kind: kind,
        modified: stepNanoseconds.map { 1_760_000_000_000_000_000 + Int64(place) * $0 },
        shown: shown.contains(place)
          ? .views(
            PictureViews(
              original: original, reconstruction: SamplePicture.noise(width: 16, height: 16, seed: UInt64(place) + 9)))
          : nil)
    }
  }

  /// The report of an evaluation.
  static func evaluation(
    normal: [Float] = scores(120, seed: 1), anomalous: [Float] = scores(80, seed: 2, plus: 0.008),
    model: Model = model(), normalName: String = "good/part", anomalousName: String = "bad/scratch/part",
    kind: String? = "scratch", modelName: String = "line3.safetensors"
  ) -> EvaluationDocument {
    EvaluationDocument(
      model: model, modelName: modelName,
      evaluation: LabelledEvaluation(
        normal: normal, anomalous: anomalous,
        kinds: kind.map { [.init(name: $0, places: Array(anomalous.indices))] } ?? [],
        threshold: model.calibration?.threshold),
      normal: pictures(normal, name: normalName), anomalous: pictures(anomalous, name: anomalousName, kind: kind),
      program: "ganomaly test")
  }
}
