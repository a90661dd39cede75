import ArgumentParser
import Charts
import Evaluation
import GANomalyModel
import Linux

/// `ganomaly evaluate`.
struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures how well a model tells anomalous pictures from normal ones.",
    discussion: """
      Takes two folders of pictures that neither training nor calibration saw; pictures that training saw are refused.

        ganomaly evaluate line3.safetensors --normal test/good --anomalous test/bad

      auroc is the probability that an anomalous picture scores above a normal one (ties count half). The rates are of \
      the model's threshold, null where it is not calibrated; the table adds exact 95 % intervals.

        ganomaly evaluate line3.safetensors --normal test/good --anomalous test/bad --compare-scores

      --compare-scores tells instead how well every score would do that the network can give: each term, and all terms \
      combined, overall and for each kind of anomaly where the anomalous folder has a subfolder a kind. 'ganomaly \
      set-score' changes the score. Who chooses a score by these figures must measure it on other pictures.
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
  @Flag(help: "Compare all scores that the network can give.")
  var compareScores = false
  @OptionGroup var threads: ThreadOption

  func run() throws {
    let chartPath = try scatter.map(PathArguments.bytePath)
    if let chartPath {
      try OutputGuard.refuse(chartPath, over: [model.path])
      try AtomicFile.checkWritable(chartPath)
    }
    let model = try model.read()
    let scoring = PictureScoring(
      model: model, threadCount: threads.count, measures: compareScores ? TermMeasure.all(of: model) : [])
    let normal = try ScoredFolder(scoring: self.normal, with: scoring, purpose: "evaluate")
    let anomalous = try ScoredFolder(scoring: self.anomalous, with: scoring, purpose: "evaluate")
    for pictures in [normal, anomalous] {
      try pictures.refuseOverlap(with: model, purpose: "evaluate '\(self.model.model)'")
    }
    if let calibration = model.calibration, PictureSetDigest.text(of: normal.digests) == calibration.setDigest {
      Message.write(
        "note: the pictures of '\(self.normal)' are those that calibrated the model: its false-positive rate on them is "
          + "no measurement; take pictures that neither training nor calibration saw")
    }
    let shared = Set(normal.digests).intersection(anomalous.digests).count
    if shared > 0 {
      Message.write(
        "note: \(shared) pictures are in both folders, as the network sees them: no score can tell them apart")
    }
    if let chartPath { try AtomicFile.write(chart(model, normal, anomalous), to: chartPath) }
    if compareScores { return try compare(model, normal, anomalous) }
    let report = EvaluationReport(
      evaluation: Evaluation(normal: normal.scores, anomalous: anomalous.scores),
      threshold: model.calibration?.threshold)
    try StandardStream.output.write(report.text(format) + "\n")
    if model.calibration == nil {
      Message.write(
        "note: '\(self.model.model)' is not calibrated: there is no threshold whose rates could be measured")
    }
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

  private func compare(_ model: Model, _ normal: ScoredFolder, _ anomalous: ScoredFolder) throws {
    let comparison = ScoreComparison(
      model: model, normal: normal.terms, anomalous: anomalous.terms,
      kinds: anomalous.subfolders(of: try PathArguments.bytePath(self.anomalous)).map {
        ScoreComparison.Kind(name: escaped($0.name), places: $0.places)
      })
    try StandardStream.output.write(ComparisonReport(comparison).text(format) + "\n")
    if let missing = comparison.missingCombinations { Message.write("note: no combinations: \(missing)") }
  }
}
