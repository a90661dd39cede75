private import Tensors

/// A labelled set of drawn parts: sound ones to train on, and sound and defective ones to test with.
public struct SyntheticSet: Sendable {
  /// One picture of the set.
  public struct Entry: Sendable, Equatable {
    /// Where it lies below the set's folder, such as `test/anomalous/dent/dent-0007.png`; the last part is unique in the set.
    public let file: String
    /// What it is for: `train` or `test`.
    public let split: String
    /// What is wrong with the part; nil for a sound one.
    public let defect: PartDefect?
    /// The seed that `PartDrawer` draws it from.
    public let seed: UInt64

    /// `normal` or `anomalous`.
    public var label: String { defect == nil ? "normal" : "anomalous" }
    /// The defect's name, or `normal`.
    public var kind: String { defect?.rawValue ?? "normal" }
  }

  /// The numbers of training pictures that a set may have.
  public static let counts = 1...1_000_000

  /// Columns of the pictures.
  public let width: Int
  /// Rows of the pictures.
  public let height: Int
  /// All pictures, in the order of the manifest.
  public let entries: [Entry]

  /// A set that its arguments fix to the last bit.
  ///
  /// - Parameters:
  ///   - count: sound pictures to train on, within `counts`; half as many, at least 20, are added as sound test
  ///     pictures, and as many again as defective ones, in equal shares of each kind.
  ///   - seed: another seed gives other parts.
  ///   - width: columns, within `PartDrawer.sides`.
  ///   - height: rows, within `PartDrawer.sides`.
  public init(count: Int, seed: UInt64, width: Int = 128, height: Int = 128) {
    precondition(Self.counts.contains(count), "a set has \(Self.counts) pictures to train on")
    precondition(
      PartDrawer.sides.contains(width) && PartDrawer.sides.contains(height),
      "a drawn picture has \(PartDrawer.sides) pixels a side")
    self.width = width
    self.height = height
    var generator = RandomGenerator(seed: seed)
    let testCount = Self.testCount(count)
    var entries = Self.series(count, in: "train/normal", prefix: "train", split: "train", nil, using: &generator)
    entries += Self.series(testCount, in: "test/normal", prefix: "normal", split: "test", nil, using: &generator)
    let shares = Self.shares(of: testCount, among: PartDefect.allCases.count)
    for (defect, share) in zip(PartDefect.allCases, shares) {
      entries += Self.series(
        share, in: "test/anomalous/\(defect.rawValue)", prefix: defect.rawValue, split: "test", defect,
        using: &generator)
    }
    self.entries = entries
  }

  /// Sound pictures to test with, and as many defective ones, for so many to train on.
  static func testCount(_ count: Int) -> Int { max(20, count / 2) }

  /// A number in nearly equal shares: the first take what does not divide.
  static func shares(of count: Int, among kinds: Int) -> [Int] {
    (0..<kinds).map { count / kinds + ($0 < count % kinds ? 1 : 0) }
  }

  /// The set as comma-separated values, one line a picture below a line of names.
  public var manifest: String {
    var lines = ["file,split,label,kind,seed"]
    for entry in entries { lines.append("\(entry.file),\(entry.split),\(entry.label),\(entry.kind),\(entry.seed)") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Numbered pictures of one kind, each with a seed of its own.
  private static func series(
    _ count: Int, in folder: String, prefix: String, split: String, _ defect: PartDefect?,
    using generator: inout RandomGenerator
  ) -> [Entry] {
    SetFolder.names(count, prefix: prefix).map { name in
      Entry(file: "\(folder)/\(name).png", split: split, defect: defect, seed: generator.next())
    }
  }
}
