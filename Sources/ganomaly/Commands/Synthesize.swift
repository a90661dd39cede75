import ArgumentParser
import Linux
import Synthesis

/// `ganomaly synthesize`.
struct Synthesize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draws a labelled set of machined-part pictures, for demonstrations and tests.",
    discussion: """
      Sound parts in train/normal and test/normal, defective ones in test/anomalous/KIND, and manifest.csv with every \
      picture's label and seed. The same arguments draw the same pictures to the last bit.

      With --kind, pictures as large as a camera takes them, with defects of 8 to 80 pixels: train/good, test/good, \
      test/KIND, and ground_truth/KIND/NAME_mask.png, 255 where a picture is defective and 0 elsewhere, laid out as \
      the data set MVTec AD is. Light, position, texture and noise vary more than a defect changes the mean.

        ganomaly synthesize parts --count 500 --seed 1
        ganomaly synthesize sheets --kind surface --size 1280x1024 --count 300
      """)

  @Argument(help: "The set's folder: a new or an empty one.", completion: .directory)
  var folder: String
  @Option(
    help: ArgumentHelp(
      "Pictures to train on; half as many, at least 20, are drawn to test with, and as many defective ones.",
      valueName: "number"))
  var count = 200
  @Option(help: "Another seed draws other parts.")
  var seed: UInt64 = 1
  @Option(
    help: ArgumentHelp(
      "Camera pictures with small defects and their masks: surface (rolled sheet) or part (a milled plate).",
      valueName: "kind"))
  var kind: CameraScene?
  @Option(
    help: ArgumentHelp(
      "Columns and rows of the pictures (default: 128x128; with --kind 1280x1024).", valueName: "WxH"))
  var size: PictureSize?
  @OptionGroup var threads: ThreadOption

  func validate() throws {
    let counts = SyntheticSet.counts
    guard counts.contains(count) else {
      throw ValidationError("--count \(count) is not possible, expected \(counts.lowerBound) to \(counts.upperBound)")
    }
    let sides = kind == nil ? PartDrawer.sides : CameraDrawer.sides
    let size = drawnSize
    guard sides.contains(size.width), sides.contains(size.height) else {
      throw ValidationError(
        "--size \(size) is not possible\(kind == nil ? "" : " with --kind"), expected sides of "
          + "\(sides.lowerBound) to \(sides.upperBound) pixels")
    }
  }

  func run() throws {
    let folder = try PathArguments.textPath(folder)
    let progress = ProgressLine("drawing")
    let kinds: [String]
    if let kind {
      let set = CameraSet(scene: kind, count: count, seed: seed, width: drawnSize.width, height: drawnSize.height)
      try set.write(to: folder, threadCount: threads.count) { progress.show(done: $0, of: set.entries.count) }
      kinds = set.entries.map { Self.purpose(split: $0.split, kind: $0.kind, isSound: $0.defect == nil) }
    } else {
      let set = SyntheticSet(count: count, seed: seed, width: drawnSize.width, height: drawnSize.height)
      try set.write(to: folder, threadCount: threads.count) { progress.show(done: $0, of: set.entries.count) }
      kinds = set.entries.map { Self.purpose(split: $0.split, kind: $0.kind, isSound: $0.defect == nil) }
    }
    progress.clear()
    let counts = Dictionary(grouping: kinds) { $0 }.mapValues(\.count).sorted { $0.key < $1.key }
    let words = counts.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    try StandardStream.output.write("\(kinds.count) pictures in '\(folder)': \(words)\n")
  }

  /// The size of the pictures, also where none is given.
  private var drawnSize: PictureSize {
    size ?? (kind == nil ? PictureSize(width: 128, height: 128) : PictureSize(width: 1280, height: 1024))
  }

  /// What a picture is for, in words.
  private static func purpose(split: String, kind: String, isSound: Bool) -> String {
    if split == "train" { return "to train on" }
    return isSound ? "\(kind) to test" : kind
  }
}

/// Columns and rows, written `128x96`.
struct PictureSize: ExpressibleByArgument, CustomStringConvertible {
  /// Columns.
  var width: Int
  /// Rows.
  var height: Int

  /// A size.
  init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  init?(argument: String) {
    let parts = argument.split(separator: "x", omittingEmptySubsequences: false)
    guard parts.count == 2, let width = Int(parts[0]), let height = Int(parts[1]) else { return nil }
    self.init(width: width, height: height)
  }

  var description: String { "\(width)x\(height)" }

  var defaultValueDescription: String { description }
}
