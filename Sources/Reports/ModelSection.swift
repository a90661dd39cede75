internal import GANomalyModel

/// What a model is, as a table.
struct ModelSection {
  private let model: Model
  private let name: String
  private let sha256: String?

  /// The section of a model.
  ///
  /// - Parameter sha256: of the model's file; nil where it is not known.
  init(_ model: Model, name: String, sha256: String?) {
    self.model = model
    self.name = name
    self.sha256 = sha256
  }

  /// The section.
  var section: ReportDocument.Section {
    let shapes = model.hyperparameters
    let options = model.scoreOptions
    var rows = [
      ["file", name], ["SHA-256", sha256 ?? "–"], ["variant", shapes.variant.rawValue],
      ["input", "\(shapes.size) x \(shapes.size) pixels, \(shapes.channelCount == 1 ? "grey" : "colour")"],
      ["latent vector", "\(shapes.latentCount) numbers"], ["features", "\(shapes.featureCount)"],
      [
        "score",
        (options.isCombination ? "combined from " : "") + options.terms.map(\.rawValue).joined(separator: ", "),
      ],
    ]
    if let windows = WindowText.line(model.preparation) {
      rows.append(["windows", windows])
      rows.append(["score of a picture", model.scoreOptions.windowPooling.description])
    }
    if let record = model.trainingRecord {
      rows.append(["digest of the training set", record.setDigest])
      let given = record.options.sorted { $0.key < $1.key }.map { "--\($0.key) \($0.value)" }
      if !given.isEmpty { rows.append(["options of the training", given.joined(separator: " ")]) }
    }
    if let calibration = model.calibration {
      rows.append(["calibration", calibration.identifier])
      if let digest = calibration.setDigest { rows.append(["digest of the calibration set", digest]) }
    }
    return ReportDocument.Section(
      heading: "The model",
      blocks: [
        .table(ReportTable("Properties of the model", columns: [("property", .words), ("value", .name)], rows: rows))
      ])
  }
}
