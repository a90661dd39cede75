import ArgumentParser
import Charts
import Evaluation
import GANomalyModel
import Linux
import Reports

/// `ganomaly evaluate`.
struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures how well a model tells anomalous pictures from normal ones.",
    discussion: """
      Takes two folders of pictures that neither training nor calibration saw; pictures that training saw are refused.

        ganomaly evaluate line3.safetensors --normal test/good --anomalous test/bad

      auroc is the probability that an anomalous picture scores above a normal one (ties count half). The rates are of \
      the model's threshold, null where it is not calibrated. Intervals hold with 95 % confidence: exact ones of Clopper and \
      Pearson for rates, DeLong's for auroc, which has none where no scores overlap (null). Where the anomalous folder has a subfolder a kind of anomaly, each kind is \
      measured too, against all normal pictures. Where the normal folder lies below the anomalous one, as in test/good and \
      test, its pictures are not among the anomalous ones.

      Pictures of the calibration are noticed only where the whole folder is the one that calibrated, never after \
      'calibrate --from-ledger'.

        ganomaly evaluate line3.safetensors --normal test/good --anomalous test/bad --report line3.html --csv line3.csv

      --report is for a browser and for paper: in words, as plots, and with the most and least suspicious pictures as \
      the network sees and draws them. It is one file that loads nothing. --csv has one line a picture, and names the \
      files that could not be scored, before the set is refused for them. In CSV, of every command, an apostrophe stands \
      before texts that a spreadsheet would take for formulas, and controls stand as \\x1B; file_base64 has the bytes.

        ganomaly evaluate line3.safetensors --normal test/good --anomalous test/bad --compare-scores

      --compare-scores tells instead how well every score would do that the network can give: each term, and all terms \
      combined, overall and for each kind of anomaly where the anomalous folder has a subfolder a kind. 'ganomaly \
      set-score' changes the score. Of a model that looks at windows each is told with several ways to join the windows. \
      Who chooses a score by these figures must measure it on other pictures.

        ganomaly evaluate surface.safetensors --normal test/good --anomalous test --masks ground_truth

      --masks tells where as well: the mask of KIND/NAME.png is KIND/NAME_mask.png in that folder, or KIND/NAME.png, not \
      black where the picture is defective. pixel AUROC is the probability that a defective pixel stands higher in the \
      map than another; AUPRO the mean part of each defect that is found, up to a false-positive rate of 0.3 of the \
      pixels, divided by it; a defect is hit where the map at its centre exceeds the threshold. Pixels outside the \
      model's region or mask are left out, with --scale also those that the mask's edge crosses; a defect counts once, by \
      what is seen of it, and defects of which nothing is seen are told apart.
      """)

  @OptionGroup var model: ModelArgument
  @Option(
    help: ArgumentHelp("Folder of normal pictures; all *.png below it.", valueName: "folder"), completion: .directory)
  var normal: String
  @Option(
    help: ArgumentHelp("Folder of anomalous pictures; all *.png below it.", valueName: "folder"), completion: .directory
  )
  var anomalous: String
  @Option(help: "table, json (one object) or csv.")
  var format = ResultFormat.table
  @Option(
    help: ArgumentHelp("Draws every picture's score into an SVG file.", valueName: "file"),
    completion: .file(extensions: ["svg"]))
  var scatter: String?
  @Option(
    help: ArgumentHelp(
      "Writes every picture's result into a CSV file: its class, kind, score, p-value and verdict.", valueName: "file"),
    completion: .file(extensions: ["csv"]))
  var csv: String?
  @Option(
    help: ArgumentHelp("Writes a report with plots and pictures into one HTML file.", valueName: "file"),
    completion: .file(extensions: ["html"]))
  var report: String?
  @Option(
    help: ArgumentHelp(
      "Folder of masks of the anomalous pictures: measures where the model finds defects.", valueName: "folder"),
    completion: .directory)
  var masks: String?
  @Flag(help: "Compare all scores that the network can give.")
  var compareScores = false
  @OptionGroup var threads: ThreadOption

  func validate() throws {
    if compareScores, masks != nil {
      throw ValidationError("--compare-scores tells of whole pictures: leave out --masks")
    }
  }

  func run() throws {
    let outputs = try EvaluationFiles(scatter: scatter, csv: csv, report: report)
    try OutputGuard.check(outputs.paths, over: [model.path])
    try OutputGuard.refuseReplacing(outputs.paths)
    let model = try model.read()
    let scoring = PictureScoring(
      model: model, threadCount: threads.count, candidates: compareScores ? ScoreComparison.candidates(of: model) : [],
      locates: masks != nil)
    let measurement = try masks.map { try MaskMeasurement(model, masks: PathArguments.bytePath($0)) }
    let normal = try ScoredFolder(asFarAsPossible: self.normal, with: scoring, purpose: "evaluate") {
      try measurement?.add($0, below: PathArguments.bytePath(self.normal), .normal)
    }
    let anomalous = try ScoredFolder(
      asFarAsPossible: self.anomalous, with: scoring, purpose: "evaluate", without: self.normal
    ) {
      try measurement?.add($0, below: PathArguments.bytePath(self.anomalous), .anomalous)
    }
    try OutputGuard.check(outputs.paths, over: normal.files + anomalous.files)
    let kinds = try anomalous.kinds(below: PathArguments.bytePath(self.anomalous))
    let table = EvaluationCSV(normal: normal, anomalous: anomalous, kinds: kinds, calibration: model.calibration)
    // The table names what the set is refused for.
    if let path = outputs.csv { try AtomicFile.write(table.bytes, to: path) }
    for pictures in [normal, anomalous] {
      try pictures.refuseFailures()
      try pictures.refuseOverlap(with: model, purpose: "evaluate '\(self.model.model)'")
    }
    let notes = notes(model, normal, anomalous)
    for note in notes { Message.write("note: \(note)") }
    if let path = outputs.scatter { try AtomicFile.write(chart(model, normal, anomalous), to: path) }
    let evaluation = LabelledEvaluation(
      normal: normal.scores, anomalous: anomalous.scores, kinds: kinds, threshold: model.calibration?.threshold)
    if let path = outputs.report {
      let pictures = ReportPictures(model: model)
      let document = EvaluationDocument(
        model: model, modelName: escaped(try self.model.path.bytes), evaluation: evaluation,
        normal: pictures.choose(from: normal, count: EvaluationDocument.shownCount),
        anomalous: pictures.choose(from: anomalous, kinds: kinds, count: EvaluationDocument.shownCount), notes: notes,
        masks: measurement?.evaluation, csvName: outputs.csv.map { escaped($0.bytes) }, program: ReportPictures.program)
      try AtomicFile.write(document.document.html, to: path)
    }
    if compareScores { return try compare(model, normal, anomalous, kinds) }
    let text = EvaluationReport(evaluation, masks: measurement?.evaluation).text(format)
    try StandardStream.output.write(text + "\n")
    if model.calibration == nil {
      Message.write(
        "note: '\(self.model.model)' is not calibrated: there is no threshold whose rates could be measured")
    }
  }

  /// What a reader must know of the measurement.
  private func notes(_ model: Model, _ normal: ScoredFolder, _ anomalous: ScoredFolder) -> [String] {
    var notes: [String] = []
    if let calibration = model.calibration, PictureSetDigest.text(of: normal.digests) == calibration.setDigest {
      notes.append(
        "the pictures of '\(self.normal)' are those that calibrated the model: its false-positive rate on them is "
          + "no measurement; take pictures that neither training nor calibration saw")
    }
    let shared = Set(normal.digests).intersection(anomalous.digests).count
    if shared > 0 {
      notes.append("\(shared) pictures are in both folders, as the network sees them: no score can tell them apart")
    }
    return notes
  }

  /// Every picture's score, normal ones first.
  private func chart(_ model: Model, _ normal: ScoredFolder, _ anomalous: ScoredFolder) -> [UInt8] {
    let chart = ScatterChart(
      title: "Scores of \(self.model.model.split(separator: "/").last ?? "the model")", valueLabel: "anomaly score",
      series: [
        .init(name: "normal", values: normal.scores), .init(name: "anomalous", values: anomalous.scores),
      ], level: model.calibration.map { ("threshold", $0.threshold) })
    return Array(chart.svg.utf8)
  }

  private func compare(
    _ model: Model, _ normal: ScoredFolder, _ anomalous: ScoredFolder, _ kinds: [ScoreComparison.Kind]
  ) throws {
    let comparison = ScoreComparison(
      model: model, normal: normal.candidateScores, anomalous: anomalous.candidateScores, kinds: kinds)
    try StandardStream.output.write(ComparisonReport(comparison).text(format) + "\n")
    if let missing = comparison.missingCombinations { Message.write("note: no combinations: \(missing)") }
  }
}
