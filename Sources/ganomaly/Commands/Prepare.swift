import ArgumentParser
import Evaluation
import GANomalyModel
import Imaging
import Linux

/// `ganomaly prepare`.
struct Prepare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes a picture exactly as the network sees it.",
    discussion: """
      Decoded, converted, resampled and normalised as the model's preparation says: to see whether a defect survives it. Of \
      a model that looks at windows it is the plane that they are cut from, with what lies outside a mask in grey.

        ganomaly prepare line3.safetensors part-0001.png --output seen.png
      """)

  @OptionGroup var model: ModelArgument
  @Argument(help: "The PNG file.", completion: .file(extensions: ["png"]))
  var image: String
  @Option(
    help: ArgumentHelp("Where the prepared picture goes.", valueName: "file"), completion: .file(extensions: ["png"]))
  var output: String

  func run() throws {
    let target = try PathArguments.bytePath(output)
    let model = try model.read()
    let item = PictureItem(path: try PathArguments.bytePath(image))
    try OutputGuard.refuse(target, over: [item.path, self.model.path])
    try OutputGuard.refuseReplacingModel(target)
    switch PictureScoring.picture(of: item, preparation: model.preparation) {
    case .failure(let error):
      throw CommandError("cannot prepare '\(escaped(item.path.bytes))': \(error.failure.reason)")
    case .success(let content):
      try AtomicFile.write(PNG.encode(content.picture), to: target)
      for sentence in content.notes.sentences { Message.write("note: \(sentence)") }
    }
  }
}
