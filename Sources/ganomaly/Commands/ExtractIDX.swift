import ArgumentParser
import Datasets
import Linux

/// `ganomaly extract-idx`.
struct ExtractIDX: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "extract-idx",
    abstract: "Takes a labelled set in MNIST's format apart into PNG files.",
    discussion: """
      Reads the two files of a set, compressed (.gz) or not, and writes FOLDER/LABEL/PLACE.png; places are counted from \
      0 in the whole set, so that a picture has the same name whatever is extracted beside it.

        ganomaly extract-idx train-images-idx3-ubyte.gz train-labels-idx1-ubyte.gz digits/train
        ganomaly extract-idx t10k-images-idx3-ubyte t10k-labels-idx1-ubyte digits/test --labels 1,7
        ganomaly train --normal digits/train/1 --output ones.safetensors
      """)

  @Argument(help: "The file of pictures.", completion: .file())
  var images: String
  @Argument(help: "The file of labels.", completion: .file())
  var labelFile: String
  @Argument(help: "Where the pictures go: a new or an empty folder.", completion: .directory)
  var folder: String
  @Option(help: ArgumentHelp("Only these labels, with commas between them: 1,7.", valueName: "labels"))
  var labels: String?
  @Option(help: ArgumentHelp("At most so many pictures of each label.", valueName: "number"))
  var limit: Int?

  func validate() throws {
    _ = try wantedLabels
    if let limit, limit < 1 { throw ValidationError("--limit \(limit) is not possible, expected at least 1") }
  }

  func run() throws {
    let paths = try PathArguments.bytePaths([images, labelFile, folder])
    let set = try IDXSet(images: paths[0], labels: paths[1])
    let places = try set.places(labels: wantedLabels, limit: limit ?? .max)
    let progress = ProgressLine("writing")
    try set.extract(places, to: paths[2]) { progress.show(done: $0, of: places.count) }
    progress.clear()
    let counts = Dictionary(grouping: places) { set.labels[$0] }.sorted { $0.key < $1.key }
    let words = counts.map { "\($0.value.count) of label \($0.key)" }.joined(separator: ", ")
    try StandardStream.output.write(
      "\(places.count) pictures of \(set.columns)x\(set.rows) in '\(folder)': \(words)\n")
  }

  /// The labels of `--labels`; empty where all are wanted.
  private var wantedLabels: Set<Int> {
    get throws {
      guard let labels else { return [] }
      let numbers = labels.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
      guard numbers.allSatisfy({ $0.map { (0...255).contains($0) } ?? false }) else {
        throw ValidationError("--labels '\(labels)' is not possible, expected numbers from 0 to 255 with commas")
      }
      return Set(numbers.compactMap(\.self))
    }
  }
}
