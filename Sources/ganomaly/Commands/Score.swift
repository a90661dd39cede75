import ArgumentParser
import Evaluation
import Explanation
import GANomalyModel
import Imaging
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
        ganomaly score m.safetensors in/ --save-difference why/

      A score depends on the picture and the model alone, to the last bit. Verdicts: normal, anomaly (score above the \
      threshold); unreadable (not a PNG, damaged, over a limit), refused (not a plain file), error. In JSON, one object \
      a line, the keys file, score, p_value, threshold, verdict and reason are always there, null where there is \
      nothing; a name that is not UTF-8 has file_base64 too. With --save-difference each file that has a score gets a \
      picture NAME.view.png in that folder, and its path stands under the key difference; files of one name get a number \
      that their paths have; of a model that looks at windows it shows the window with the highest score. Of folders, side pictures (NAME.view.png beside NAME) are left out, with a \
      note of their number.
      Exit status: 2 if any file could not be scored, else 1 if any is anomalous, else 0.
      """)

  @OptionGroup var model: ModelArgument
  @Argument(help: "PNG files and folders.", completion: .file(extensions: ["png"]))
  var paths: [String]
  @Option(help: "table, json (one object a line) or csv.")
  var format = ResultFormat.table
  @Option(
    help: ArgumentHelp(
      "Folder for a picture a file that shows why: original, reconstruction, difference.", valueName: "dir"),
    completion: .directory)
  var saveDifference: String?
  @OptionGroup var threads: ThreadOption

  func run() throws {
    let model = try model.read()
    let (items, emptyFolders, sideCount) = PictureItem.items(at: try PathArguments.bytePaths(paths))
    let sentences = emptyFolders.map { "no pictures (*.png) found below '\(escaped($0.bytes))'" }
    guard !items.isEmpty else { throw CommandError(sentences.joined(separator: "; ")) }
    for sentence in sentences { Message.write("note: \(sentence)") }
    Message.noteSidePictures(sideCount)
    let differences = try saveDifference.map {
      try DifferenceFolder(PathArguments.bytePath($0), items: items, model: self.model.path)
    }
    var report = ScoreReport(format: format, calibration: model.calibration, savesDifferences: differences != nil)
    try report.begin()
    var index = 0
    try scoring(model, savesDifferences: differences != nil).run(items) { result in
      let place = try result.sidePicture.flatMap { try differences?.write($0, ofItem: index) }
      index += 1
      try report.add(result, difference: place)
    }
    try report.end(modelName: self.model.model)
    throw ExitCode(report.exitStatus)
  }

  private func scoring(_ model: Model, savesDifferences: Bool) -> PictureScoring {
    let threshold = model.calibration?.threshold
    let draw: PictureScoring.DrawSidePicture = { shown in
      let caption = SidePicture.caption(score: shown.explained.score, threshold: threshold)
      let image = SidePicture.image(
        original: shown.view.original, reconstruction: shown.view.reconstruction, caption: caption)
      return PNG.encode(image, effort: .little)
    }
    return PictureScoring(
      model: model, threadCount: threads.count, sidePicture: savesDifferences ? draw : nil)
  }
}
