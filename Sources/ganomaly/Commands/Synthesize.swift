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

        ganomaly synthesize parts --count 500 --seed 1
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
  @Option(help: ArgumentHelp("Columns and rows of the pictures.", valueName: "WxH"))
  var size = PictureSize(width: 128, height: 128)
  @OptionGroup var threads: ThreadOption

  func validate() throws {
    let counts = SyntheticSet.counts
    guard counts.contains(count) else {
      throw ValidationError("--count \(count) is not possible, expected \(counts.lowerBound) to \(counts.upperBound)")
    }
    let sides = PartDrawer.sides
    guard sides.contains(size.width), sides.contains(size.height) else {
      throw ValidationError(
        "--size \(size) is not possible, expected sides of \(sides.lowerBound) to \(sides.upperBound) pixels")
    }
  }

  func run() throws {
    let folder = try PathArguments.textPath(folder)
    let set = SyntheticSet(count: count, seed: seed, width: size.width, height: size.height)
    let progress = ProgressLine("drawing")
    try set.write(to: folder, threadCount: threads.count) { progress.show(done: $0, of: set.entries.count) }
    progress.clear()
    let counts = Dictionary(grouping: set.entries) { $0.split == "train" ? "to train on" : $0.kind }.mapValues(\.count)
    let words = counts.sorted { $0.key < $1.key }.map {
      "\($0.value) \($0.key == "normal" ? "normal to test" : $0.key)"
    }
    try StandardStream.output.write("\(set.entries.count) pictures in '\(folder)': \(words.joined(separator: ", "))\n")
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
