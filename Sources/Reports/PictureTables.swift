internal import Charts
internal import GANomalyModel
internal import Linux

/// Tables of pictures, bounded: what is beyond stands in the CSV file.
struct PictureTables {
  /// Most rows of the table of all pictures.
  static let maximumRows = 1000
  /// Most rows of the table of those that were judged wrongly.
  static let maximumWrongRows = 200

  /// One picture with its label.
  struct Row {
    let picture: EvaluatedPicture
    let isAnomalous: Bool
  }

  private let calibration: Calibration?
  private let csvName: String?
  private let rows: [Row]
  private let hasKinds: Bool

  /// Tables of all pictures.
  ///
  /// - Parameter csvName: the file that holds every picture; nil where none was written.
  init(normal: [EvaluatedPicture], anomalous: [EvaluatedPicture], calibration: Calibration?, csvName: String?) {
    self.calibration = calibration
    self.csvName = csvName
    hasKinds = anomalous.contains { $0.kind != nil }
    rows =
      (normal.map { Row(picture: $0, isAnomalous: false) } + anomalous.map { Row(picture: $0, isAnomalous: true) })
      .sorted { ($1.picture.score, $0.picture.path) < ($0.picture.score, $1.picture.path) }
  }

  /// The section of both tables.
  var section: ReportDocument.Section {
    var blocks: [ReportBlock] = []
    if let calibration {
      let wrong = rows.filter { calibration.isAnomalous($0.picture.score) != $0.isAnomalous }
      if wrong.isEmpty {
        blocks.append(.text("The threshold judges every picture rightly."))
      } else {
        blocks += table("Wrongly judged pictures", wrong, most: Self.maximumWrongRows)
      }
    }
    blocks += table("All pictures, highest score first", rows, most: Self.maximumRows)
    return ReportDocument.Section(heading: "Every picture", blocks: blocks)
  }

  private func table(_ title: String, _ rows: [Row], most: Int) -> [ReportBlock] {
    var columns: [(title: String, alignment: ReportTable.Alignment)] = [("file", .name), ("is", .words)]
    if hasKinds { columns.append(("kind", .words)) }
    columns.append(("score", .number))
    if calibration != nil { columns += [("p-value", .number), ("verdict", .words)] }
    let table = ReportTable(
      "\(title) (\(rows.count > most ? "the first \(most) of \(rows.count)" : "\(rows.count)"))", columns: columns,
      rows: rows.prefix(most).map(texts), isFolded: true)
    guard rows.count > most else { return [.table(table)] }
    return [
      .table(table),
      .text(
        csvName.map { "All \(rows.count) are in '\($0)'." }
          ?? "All \(rows.count) are written to a file by 'ganomaly evaluate --csv FILE'."),
    ]
  }

  private func texts(_ row: Row) -> [String] {
    let score = row.picture.score
    var texts = [escaped(row.picture.path.bytes), row.isAnomalous ? "anomalous" : "good"]
    if hasKinds { texts.append(row.picture.kind ?? "–") }
    texts.append("\(score)")
    if let calibration {
      texts += [
        calibration.pValue(of: score).map(Self.text(pValue:)) ?? "–",
        Self.verdict(isAnomalous: row.isAnomalous, isCalledAnomalous: calibration.isAnomalous(score)),
      ]
    }
    return texts
  }

  /// A p-value with four decimals.
  static func text(pValue: Double) -> String { NumberText.fixed(pValue, digits: 4) }

  /// A verdict in words, and whether it is right.
  static func verdict(isAnomalous: Bool?, isCalledAnomalous: Bool) -> String {
    switch (isAnomalous, isCalledAnomalous) {
    case (nil, true): "called anomalous"
    case (nil, false): "called good"
    case (true?, true): "called anomalous: found"
    case (true?, false): "called good: missed"
    case (false?, true): "called anomalous: false alarm"
    case (false?, false): "called good: right"
    }
  }
}
