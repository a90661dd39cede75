public import GANomalyModel

/// The report of a calibration: where the threshold lies among the scores of good pictures, and what it promises.
public struct CalibrationDocument: Sendable {
  /// Pictures shown, of the most suspicious and of the least.
  public static let shownCount = 6

  /// The calibrated model.
  public var model: Model
  /// Its file, for people.
  public var modelName: String
  /// The SHA-256 of its file.
  public var sha256: String?
  /// The calibration.
  public var calibration: Calibration
  /// The pictures of the calibration, in the files' order; empty where there were none.
  public var pictures: [EvaluatedPicture]
  /// Things that a reader must know.
  public var notes: [String]
  /// The program and its version.
  public var program: String

  /// A report from its parts.
  public init(
    model: Model, modelName: String, sha256: String?, calibration: Calibration, pictures: [EvaluatedPicture],
    notes: [String] = [], program: String
  ) {
    self.model = model
    self.modelName = modelName
    self.sha256 = sha256
    self.calibration = calibration
    self.pictures = pictures
    self.notes = notes
    self.program = program
  }

  /// The document.
  public var document: ReportDocument {
    let section = CalibrationSection(calibration)
    var sections = [
      ReportDocument.Section(
        heading: section.heading,
        blocks: section.sentences.map(ReportBlock.text) + notes.map(ReportBlock.remark) + section.blocks)
    ]
    sections += [sequence, gallery].compactMap(\.self)
    if let record = model.trainingRecord { sections.append(TrainingSection(record).section) }
    sections.append(ModelSection(model, name: modelName, sha256: sha256).section)
    return ReportDocument(
      kind: "Calibration", title: modelName,
      lead: "Which score is too strange for a good picture, \(section.origin).",
      facts: section.facts, sections: sections, footer: [ReportWords.made(by: program)])
  }

  private var sequence: ReportDocument.Section? {
    guard !pictures.isEmpty else { return nil }
    return .init(
      heading: "Scores one after the other", blocks: [.plots([CalibrationPlots.sequence(pictures, calibration)])])
  }

  private var gallery: ReportDocument.Section? {
    let maker = GalleryMaker(calibration: calibration, pictures: pictures)
    let choice = PictureChoice(scores: pictures.map(\.score), count: Self.shownCount)
    let galleries = [
      maker.gallery(
        "Highest scores", explanation: "Are these really good parts? One defect here makes the threshold too high.",
        pictures: choice.most.map { pictures[$0] }, isAnomalous: nil),
      maker.gallery(
        "Lowest scores", explanation: "What the network knows best.", pictures: choice.least.map { pictures[$0] },
        isAnomalous: nil),
    ].compactMap(\.self)
    return galleries.isEmpty
      ? nil
      : .init(
        heading: "The pictures of the calibration",
        blocks: [
          .text(WindowText.subject(model.preparation) + " as the network sees it, as it draws it, and the difference.")
        ] + maker.legends + galleries)
  }
}
