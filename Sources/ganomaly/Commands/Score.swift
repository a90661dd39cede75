import ArgumentParser
import Evaluation
import GANomalyModel
import Linux

/// `ganomaly score`.
struct Score: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Scores pictures; says which are anomalous where the model is calibrated.",
    discussion: """
      Paths are PNG files or folders; of a folder all *.png below it are taken, sorted by bytes. A symbolic link named \
      on the command line is followed; those found in folders are refused.

        ganomaly score m.safetensors part-0001.png
        ganomaly score m.safetensors in/ --format json | jq 'select(.score > 0.1)'

      A score depends on the picture and the model alone, to the last bit. Verdicts: normal, anomaly (score above the \
      threshold); unreadable (not a PNG, damaged, over a limit), refused (not a plain file), error. In JSON, one object \
      a line, the keys file, score, p_value, threshold, verdict and reason are always there, null where there is \
      nothing; a name that is not UTF-8 has file_base64 too.
      Exit status: 2 if any file could not be scored, else 1 if any is anomalous, else 0.
      """)

  @OptionGroup var model: ModelArgument
  @Argument(help: "PNG files and folders.", completion: .file(extensions: ["png"]))
  var paths: [String]
  @Option(help: "table, json (one object a line) or csv.")
  var format = ResultFormat.table
  @OptionGroup var threads: ThreadOption

  func run() throws {
    let model = try model.read()
    let (items, emptyFolders) = PictureItem.items(at: try PathArguments.bytePaths(paths))
    let sentences = emptyFolders.map { "no pictures (*.png) found below '\(escaped($0.bytes))'" }
    guard !items.isEmpty else { throw CommandError(sentences.joined(separator: "; ")) }
    for sentence in sentences { Message.write("note: \(sentence)") }
    var report = ScoreReport(format: format, calibration: model.calibration)
    try report.begin()
    try PictureScoring(model: model, threadCount: threads.count).run(items) { try report.add($0) }
    try report.end(modelName: self.model.model)
    throw ExitCode(report.exitStatus)
  }
}
