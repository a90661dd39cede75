internal import Charts
public import Evaluation
public import GANomalyModel

/// The report of an evaluation: how well a model tells anomalous pictures from good ones.
public struct EvaluationDocument: Sendable {
  /// Pictures shown of each class, of the most suspicious and of the least.
  public static let shownCount = 6

  /// The model that was evaluated.
  public var model: Model
  /// Its file, for people.
  public var modelName: String
  /// The results.
  public var evaluation: LabelledEvaluation
  /// Pictures known to be normal, in the files' order.
  public var normal: [EvaluatedPicture]
  /// Pictures known to be anomalous, in the files' order.
  public var anomalous: [EvaluatedPicture]
  /// Things that a reader must know of the measurement.
  public var notes: [String]
  /// How well defects were found within the pictures; nil where there were no masks.
  public var masks: MaskEvaluation?
  /// The file that holds every picture's result; nil where none was written.
  public var csvName: String?
  /// The program and its version.
  public var program: String

  /// A report from its parts.
  public init(
    model: Model, modelName: String, evaluation: LabelledEvaluation, normal: [EvaluatedPicture],
    anomalous: [EvaluatedPicture], notes: [String] = [], masks: MaskEvaluation? = nil, csvName: String? = nil,
    program: String
  ) {
    self.model = model
    self.modelName = modelName
    self.evaluation = evaluation
    self.normal = normal
    self.anomalous = anomalous
    self.notes = notes
    self.masks = masks
    self.csvName = csvName
    self.program = program
  }

  /// The document.
  public var document: ReportDocument {
    let summary = EvaluationSummary(evaluation, calibration: model.calibration)
    var sections = [
      ReportDocument.Section(
        heading: "In short", blocks: summary.sentences.map(ReportBlock.text) + notes.map(ReportBlock.remark))
    ]
    sections.append(EvaluationPlots(evaluation, normal: normal, anomalous: anomalous).scores)
    sections.append(EvaluationPlots(evaluation, normal: normal, anomalous: anomalous).curves)
    sections.append(contentsOf: [summary.outcomes, summary.kinds, masks.map(MaskSection.section)].compactMap(\.self))
    sections.append(contentsOf: [pictures].compactMap(\.self))
    if let calibration = model.calibration {
      let section = CalibrationSection(calibration)
      sections.append(
        .init(
          heading: section.heading, blocks: section.sentences.map(ReportBlock.text) + section.blocks))
    }
    if let record = model.trainingRecord { sections.append(TrainingSection(record).section) }
    sections.append(
      PictureTables(normal: normal, anomalous: anomalous, calibration: model.calibration, csvName: csvName).section)
    sections.append(ModelSection(model, name: modelName, sha256: model.sha256).section)
    return ReportDocument(
      kind: "Evaluation", title: modelName,
      lead: "Measured on \(normal.count) good and \(anomalous.count) anomalous pictures that neither training nor "
        + "calibration should have seen.",
      facts: summary.facts, sections: sections, footer: [ReportWords.made(by: program)])
  }

  private var pictures: ReportDocument.Section? {
    let maker = GalleryMaker(calibration: model.calibration, pictures: normal + anomalous)
    let (good, bad) = (choice(normal), choice(anomalous))
    let galleries = [
      maker.gallery(
        "Good pictures with the highest scores", explanation: "The next false alarms look like these.",
        pictures: good.most, isAnomalous: false),
      maker.gallery(
        "Anomalous pictures with the lowest scores", explanation: "What is missed, or nearly missed.",
        pictures: bad.least, isAnomalous: true),
      maker.gallery(
        "Anomalous pictures with the highest scores", explanation: "What is found most surely.", pictures: bad.most,
        isAnomalous: true),
      maker.gallery(
        "Good pictures with the lowest scores", explanation: "What the network knows best.", pictures: good.least,
        isAnomalous: false),
    ].compactMap(\.self)
    guard !galleries.isEmpty else { return nil }
    return ReportDocument.Section(
      heading: "What the network sees",
      blocks: maker.introduction + galleries)
  }

  private func choice(_ pictures: [EvaluatedPicture]) -> (most: [EvaluatedPicture], least: [EvaluatedPicture]) {
    let choice = PictureChoice(scores: pictures.map(\.score), count: Self.shownCount)
    return (choice.most.map { pictures[$0] }, choice.least.map { pictures[$0] })
  }
}
