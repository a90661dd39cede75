public import GANomalyModel

/// The report of a training: its curves, what the network draws at the end, and its calibration where it has one.
public struct TrainingDocument: Sendable {
  /// The trained model.
  public var model: Model
  /// Its file, for people.
  public var modelName: String
  /// The SHA-256 of its file.
  public var sha256: String?
  /// Pictures that did not train, and what the network makes of them.
  public var pictures: [PictureViews]
  /// Things that a reader must know.
  public var notes: [String]
  /// The program and its version.
  public var program: String

  /// A report from its parts.
  public init(
    model: Model, modelName: String, sha256: String?, pictures: [PictureViews] = [], notes: [String] = [],
    program: String
  ) {
    self.model = model
    self.modelName = modelName
    self.sha256 = sha256
    self.pictures = pictures
    self.notes = notes
    self.program = program
  }

  /// The document.
  public var document: ReportDocument {
    var sections: [ReportDocument.Section] = []
    if let record = model.trainingRecord {
      var section = TrainingSection(record).section
      section.blocks += notes.map(ReportBlock.remark)
      sections.append(section)
    }
    sections += [gallery].compactMap(\.self)
    if let calibration = model.calibration {
      let section = CalibrationSection(calibration)
      sections.append(
        .init(
          heading: section.heading, blocks: section.sentences.map(ReportBlock.text) + section.blocks))
    }
    sections.append(ModelSection(model, name: modelName, sha256: sha256).section)
    return ReportDocument(
      kind: "Training", title: modelName, lead: "What the network learnt from good pictures, and how.", facts: facts,
      sections: sections, footer: [ReportWords.made(by: program)])
  }

  private var facts: [ReportDocument.Fact] {
    var facts: [ReportDocument.Fact] = []
    if let record = model.trainingRecord {
      facts.append(
        .init(
          "Pictures that trained", "\(record.trainingCount)",
          detail: "\(record.validationCount) chose the weights, \(record.calibrationCount) kept for the calibration"))
      facts.append(
        .init(
          "Chosen round", "\(record.chosenRound) of \(record.rounds.count)",
          detail: record.rounds.last?.stepCount.map { "\($0) steps in all" } ?? "its weights are in the file"))
      if record.rounds.indices.contains(record.chosenRound - 1),
        let loss = record.rounds[record.chosenRound - 1].validation
      {
        facts.append(.init("Validation loss", "\(loss)", detail: "mean difference of picture and drawing, of 2"))
      }
    }
    if let calibration = model.calibration {
      facts.append(CalibrationSection(calibration).facts[0])
    } else {
      facts.append(.init("Threshold", "none", detail: "'ganomaly calibrate' finds one", mood: .bad))
    }
    return facts
  }

  private var gallery: ReportDocument.Section? {
    let maker = GalleryMaker(views: pictures)
    guard
      let gallery = maker.gallery(
        "Pictures that did not train", explanation: "Good parts should come back as they are.", views: pictures)
    else { return nil }
    return .init(heading: "What the network draws", blocks: maker.legends + [gallery])
  }
}
