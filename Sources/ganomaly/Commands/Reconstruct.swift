import ArgumentParser
import Evaluation
import Explanation
import GANomalyModel
import Imaging
import Linux

/// `ganomaly reconstruct`.
struct Reconstruct: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what the network makes of pictures: before, after, difference.",
    discussion: """
      Writes one picture with a column for each file: as the network sees it, the network's reconstruction, and the \
      absolute difference of both. Good parts come back as they are; a defect does not, and stands out below.

        ganomaly reconstruct line3.safetensors good/1.png bad/*.png --output sheet.png

      Of a folder all *.png below it are taken, sorted by bytes, at most --limit of them. A file that cannot be read is \
      named and left out. Of a model that looks at windows each column is a picture's window with the highest score.
      Exit status: 0 all shown, 2 an error or a file left out.
      """)

  @OptionGroup var model: ModelArgument
  @Argument(help: "PNG files and folders.", completion: .file(extensions: ["png"]))
  var paths: [String]
  @Option(
    help: ArgumentHelp("Where the sheet goes.", valueName: "file"), completion: .file(extensions: ["png"]))
  var output: String
  @Option(help: ArgumentHelp("Most pictures beside each other.", valueName: "number"))
  var columns = 12
  @Option(help: ArgumentHelp("How often a pixel is repeated across and down.", valueName: "number"))
  var scale = 2
  @Option(help: ArgumentHelp("Most pictures of a folder.", valueName: "number"))
  var limit = 24

  /// Samples of a sheet that a viewer still opens.
  private static let maximumSamples = 200_000_000

  func validate() throws {
    for (name, value, range) in [
      ("columns", columns, 1...1000), ("scale", scale, 1...32), ("limit", limit, 1...10_000),
    ]
    where !range.contains(value) {
      throw ValidationError("option '--\(name)' is \(value), expected \(range.lowerBound) to \(range.upperBound)")
    }
  }

  func run() throws {
    let target = try PathArguments.bytePath(output)
    try AtomicFile.checkWritable(target)
    let model = try model.read()
    let items = try paths.flatMap { path in
      let (items, _, _) = PictureItem.items(at: try PathArguments.bytePaths([path]))
      guard !items.isEmpty else { throw CommandError("no pictures (*.png) found below '\(path)'") }
      return items.prefix(limit)
    }
    try OutputGuard.refuse(target, over: [self.model.path] + items.map(\.path))
    try OutputGuard.refuseReplacingModel(target)
    let side = model.hyperparameters.size * scale
    guard items.count * 3 * side * side * model.hyperparameters.channelCount <= Self.maximumSamples else {
      throw CommandError("a sheet of \(items.count) pictures would be too large: take fewer, or a smaller --scale")
    }
    let lane = Scorer(model: model).makePictureLane(preparation: model.preparation, maximumBatch: 1)
    var shown: [ReconstructionSheet.Column] = []
    var failures = 0
    for item in items {
      switch PictureScoring.picture(of: item, preparation: model.preparation) {
      case .failure(let error):
        Message.write("left out '\(escaped(item.path.bytes))': \(error.failure.reason)")
        failures += 1
      case .success(let content):
        let view = lane.view(of: content.picture)
        shown.append(.init(original: view.original, reconstruction: view.reconstruction))
      }
    }
    guard !shown.isEmpty else { throw CommandError("none of the \(items.count) files gives a picture") }
    let sheet = ReconstructionSheet.image(shown, columnCount: columns, scale: scale)
    try AtomicFile.write(PNG.encode(sheet), to: target)
    if failures > 0 { throw ExitCode(ExitStatus.error) }
  }
}
