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
        ganomaly score m.safetensors in/ --save-map where/

      A score depends on the picture and the model alone, to the last bit. Verdicts: normal, anomaly (score above the \
      threshold); unreadable (not a PNG, damaged, over a limit, of a size that the model does not take), refused (not a \
      plain file), error. In JSON, one object a line, the keys file, score, p_value, threshold, verdict and reason are always there, null where there is \
      nothing; a name that is not UTF-8 has file_base64 too. With --save-difference each file that has a score gets a \
      picture NAME.view.png in that folder, and its path stands under the key difference; files of one name get a number \
      that their paths have. Of a model that looks at windows it shows the window with the highest score. With --save-map \
      it is NAME.map.png, under the key map: the picture as its file has it with a box around each region above the \
      threshold, and the heat of the score map; under the key regions are the boxes, x, y, width and height in the \
      picture's pixels, the most suspicious first. Of folders, side pictures (NAME.view.png or NAME.map.png beside NAME) \
      are left out, with a note of their number.
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
  @Option(
    help: ArgumentHelp(
      "Folder for a picture a file that shows where: its regions, and the heat of its score map.", valueName: "dir"),
    completion: .directory)
  var saveMap: String?
  @OptionGroup var threads: ThreadOption

  func run() throws {
    let model = try model.read()
    let (items, emptyFolders, sideCount) = PictureItem.items(at: try PathArguments.bytePaths(paths))
    let sentences = emptyFolders.map { "no pictures (*.png) found below '\(escaped($0.bytes))'" }
    guard !items.isEmpty else { throw CommandError(sentences.joined(separator: "; ")) }
    for sentence in sentences { Message.write("note: \(sentence)") }
    Message.noteSidePictures(sideCount)
    let differences = try saveDifference.map {
      try SidePictureFolder(.difference, PathArguments.bytePath($0), items: items, model: self.model.path)
    }
    let maps = try saveMap.map {
      try SidePictureFolder(.map, PathArguments.bytePath($0), items: items, model: self.model.path)
    }
    var report = ScoreReport(
      format: format, calibration: model.calibration, savesDifferences: differences != nil, savesMaps: maps != nil)
    try report.begin()
    var index = 0
    try scoring(model, savesDifferences: differences != nil, savesMaps: maps != nil).run(items) { result in
      let difference = try result.sidePicture.flatMap { try differences?.write($0, ofItem: index) }
      let map = try result.mapPicture.flatMap { try maps?.write($0, ofItem: index) }
      index += 1
      try report.add(result, difference: difference, map: map)
    }
    try report.end(modelName: self.model.model)
    throw ExitCode(report.exitStatus)
  }

  private func scoring(_ model: Model, savesDifferences: Bool, savesMaps: Bool) -> PictureScoring {
    let threshold = model.calibration?.threshold
    let draw: PictureScoring.DrawSidePicture = { shown in
      let caption = SidePicture.caption(score: shown.explained.score, threshold: threshold)
      let image = SidePicture.image(
        original: shown.view.original, reconstruction: shown.view.reconstruction, caption: caption)
      return PNG.encode(image, effort: .little)
    }
    let maps = MapPicture(model: model)
    let drawMap: PictureScoring.DrawMap = { item, location, score in maps.file(of: item, location, score: score) }
    return PictureScoring(
      model: model, threadCount: threads.count, locates: savesMaps, sidePicture: savesDifferences ? draw : nil,
      mapPicture: savesMaps ? drawMap : nil)
  }
}
