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
        manual     the threshold that you give; no promise.
      """)

  @OptionGroup var model: ModelArgument
  @Option(
    help: ArgumentHelp("Folder of normal pictures; all *.png below it.", valueName: "folder"), completion: .directory)
  var normal: String?
  @Option(
    help: ArgumentHelp("The promised rate of false alarms, above 0 and below 1 (default: 0.01).", valueName: "rate"))
  var falsePositiveRate: Double?
  @Option(help: "conformal, quantile or manual.")
  var method = Calibration.Method.conformal
  @Option(help: ArgumentHelp("With manual: scores above it are anomalous.", valueName: "score"))
  var threshold: Float?
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
    switch method {
    case .manual:
      guard let threshold, threshold.isFinite else {
        throw ValidationError("--method manual needs --threshold with a finite number")
      }
      if falsePositiveRate != nil {
        throw ValidationError("--method manual promises no rate: leave out --false-positive-rate")
      }
    case .conformal, .quantile:
      if threshold != nil {
        throw ValidationError("--threshold belongs to --method manual; '\(method.rawValue)' finds its own")
      }
      if normal == nil {
        throw ValidationError("--normal is missing: method '\(method.rawValue)' needs a folder of normal pictures")
      }
      let rate = falsePositiveRate ?? Self.defaultRate
      guard rate > 0, rate < 1 else { throw ValidationError("\(CalibrationError.rate(found: rate))") }
    }
  }

  func run() throws {
    let target = try output.map(PathArguments.bytePath) ?? self.model.path
    let reportPath = try report.map(PathArguments.bytePath)
    if let reportPath { try OutputGuard.check([target, reportPath], over: [self.model.path].filter { $0 != target }) }
    var model = try model.read()
    try AtomicFile.checkWritable(target)
    let pictures = try normal.map { folder in
      try ScoredFolder(
        scoring: folder, with: PictureScoring(model: model, threadCount: threads.count), purpose: "calibrate")
    }
    try pictures?.refuseOverlap(with: model, purpose: "calibrate '\(self.model.model)'")
    pictures?.reportTwins()
    if let reportPath { try OutputGuard.refuse(reportPath, over: pictures?.paths ?? []) }
    let calibration = try calibration(from: pictures)
    model.calibration = calibration
    let digest = try model.write(to: target)
    if let reportPath {
      let document = CalibrationDocument(
        model: model, modelName: escaped(target.bytes), sha256: digest, calibration: calibration,
        pictures: pictures.map { ReportPictures(model: model).choose(from: $0, count: CalibrationDocument.shownCount) }
          ?? [], program: ReportPictures.program)
      try AtomicFile.write(document.document.html, to: reportPath)
    }
    try StandardStream.output.write(
      CalibrationText.lines(calibration).joined(separator: "\n")
        + "\nmodel file       \(output ?? self.model.model)\nsha256           \(digest)\n")
  }

  private static let defaultRate = 0.01

  private func calibration(from pictures: ScoredFolder?) throws(CalibrationError) -> Calibration {
    let names = pictures?.paths.map { escaped($0.bytes) } ?? []
    let digest = pictures.map { PictureSetDigest.text(of: $0.digests) }
    let date = WallTime.now.iso
    if method == .manual {
      return try .manual(
        threshold: threshold ?? .nan, scores: pictures?.scores ?? [], names: names, setDigest: digest, date: date)
    }
    return try .fit(
      method: method, scores: pictures?.scores ?? [], names: names,
      falsePositiveRate: falsePositiveRate ?? Self.defaultRate, setDigest: digest, date: date)
  }
}
