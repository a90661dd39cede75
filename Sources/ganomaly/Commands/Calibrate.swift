import ArgumentParser
import Evaluation
import GANomalyModel
import Linux
import Reports

/// `ganomaly calibrate`.
struct Calibrate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Finds the threshold for a promised rate of false alarms, and stores it in the model file.",
    discussion: """
      Takes normal pictures that training never saw; pictures that it saw are refused.

        ganomaly calibrate line3.safetensors --normal held-out/ --false-positive-rate 0.01

      Methods:
        conformal  a score's p-value is (1 + calibration scores at or above it)
                   / (n + 1); anomalous means a p-value of at most the rate. Of
                   new normal pictures at most the rate is flagged, for any n,
                   on average over calibration sets, as long as they come from
                   the same source. A rate needs n of at least 1/rate - 1: 99
                   pictures for 0.01.
        quantile   the same threshold, as an order statistic.
        pot        a tail (generalised Pareto) fitted to the highest scores, for
                   rates below 1/n. No promise: as good as the tail's form.
        f1         the best F1 on labelled pictures: --normal and --anomalous.
        youden     the largest detection rate x --cost-miss
                   - false-positive rate x --cost-false-alarm on them.
        manual     the threshold that you give; no promise.

      With --confidence 0.95 the rate of conformal and quantile holds in this one calibration with that confidence, and \
      not only on average: the threshold is higher, and it needs more pictures: 59, 299, 2995 for 0.05, 0.01, 0.001.

      pot fits its tail to the scores above their --initial-quantile, of which there must be ten at least, 500 pictures \
      for 0.98, and 50000 at most. Scores with few different values, or with many near the highest, have no such tail.

      --compare tells what every method makes of the pictures, and changes no file. What it counts for f1 and youden \
      flatters: they chose on the same pictures.

        ganomaly calibrate line3.safetensors --normal held-out/ --anomalous bad/ --compare

      --from-ledger takes the scores that the daemon has recorded instead, all inspections by this model since a time: \
      normal ones and those that a person released are normal, confirmed ones are anomalous. Refused while an anomaly of \
      that time is unreviewed or has no score, rows cannot be read, or older ones were removed: without it the line's \
      highest scores would be missing. Whether training saw one of the pictures is not checked there, nor which version \
      of ganomalyd scored them.

        sudo ganomaly calibrate line3.safetensors --from-ledger --since yesterday
      """)

  @OptionGroup var model: ModelArgument
  @OptionGroup var source: CalibrationSource
  @OptionGroup var rules: CalibrationRuleOptions
  @Flag(help: "Tabulate what all methods make of the pictures; no file is changed.")
  var compare = false
  @Option(help: "With --compare: table, json (one object) or csv.")
  var format: ResultFormat?
  @Option(
    help: ArgumentHelp("Where the calibrated model goes; in place where not given.", valueName: "file"),
    completion: .file(extensions: ["safetensors"]))
  var output: String?
  @Option(
    help: ArgumentHelp("Writes a report with plots and pictures into one HTML file.", valueName: "file"),
    completion: .file(extensions: ["html"]))
  var report: String?
  @OptionGroup var threads: ThreadOption

  func validate() throws {
    try rules.check(isComparison: compare)
    try source.check(rules, isComparison: compare)
    if compare, output != nil { throw ValidationError("--compare changes no file: leave out --output") }
    if compare, report != nil { throw ValidationError("--report is of one calibration: leave out --compare") }
    if !compare, format != nil { throw ValidationError("--format belongs to --compare") }
  }

  func run() throws {
    let target = try output.map(PathArguments.bytePath) ?? self.model.path
    let reportPath = try report.map(PathArguments.bytePath)
    if let reportPath {
      try OutputGuard.check([target, reportPath], over: [])
      // Calibrating in place replaces the model that is read, by whatever name; a report must not.
      try OutputGuard.refuse(reportPath, over: [self.model.path])
    }
    var model = try model.read()
    if !compare {
      if output != nil { try OutputGuard.refuseUnlessModel(target) }
      try AtomicFile.checkWritable(target)
    }
    let (set, pictures, files) = try source.set(for: model, self.model, threads: threads)
    if compare {
      let report = MethodComparisonReport(MethodComparison(set, rules.choices))
      return try StandardStream.output.write(report.text(format ?? .table) + "\n")
    }
    for path in [target] + (reportPath.map { [$0] } ?? []) { try OutputGuard.refuse(path, over: files) }
    let calibration = try Calibration.fit(rules.rule, to: set)
    model.calibrate(calibration)
    let digest = try model.write(to: target)
    try StandardStream.output.write(
      CalibrationText.lines(calibration).joined(separator: "\n")
        + "\nmodel file       \(output ?? self.model.model)\nsha256           \(digest)\n")
    let note = CalibrationText.note(calibration)
    if let note { Message.write("note: \(note)") }
    guard let reportPath else { return }
    let document = CalibrationDocument(
      model: model, modelName: escaped(target.bytes), sha256: digest, calibration: calibration,
      pictures: pictures.map { ReportPictures(model: model).choose(from: $0, count: CalibrationDocument.shownCount) }
        ?? [], notes: note.map { [$0] } ?? [], program: ReportPictures.program)
    do {
      try AtomicFile.write(document.document.html, to: reportPath)
    } catch {
      throw CommandError("\(error); the model '\(escaped(target.bytes))' is calibrated, only the report is missing")
    }
  }
}
