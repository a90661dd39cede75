private import Tensors

/// A labelled set of camera-size pictures with masks, laid out as the data set MVTec AD is.
///
/// Source: P. Bergmann et al., "The MVTec Anomaly Detection Dataset", IJCV 2021: `train/good`, `test/good`, `test/KIND`
/// and `ground_truth/KIND/NAME_mask.png`.
public struct CameraSet: Sendable {
  /// One picture of the set.
  public struct Entry: Sendable, Equatable {
    /// Where it lies below the set's folder, such as `test/pit/pit-0007.png`; the last part is unique in the set.
    public let file: String
    /// Where its mask lies, such as `ground_truth/pit/pit-0007_mask.png`; nil for a sound picture.
    public let maskFile: String?
    /// What it is for: `train` or `test`.
    public let split: String
    /// What is wrong; nil for a sound picture.
    public let defect: CameraDefect?
    /// The seed that `CameraDrawer` draws it from.
    public let seed: UInt64

    /// `normal` or `anomalous`.
    public var label: String { defect == nil ? "normal" : "anomalous" }
    /// The defect's name, or `good`.
    public var kind: String { defect?.rawValue ?? "good" }
  }

  /// What the pictures show.
  public let scene: CameraScene
  /// Columns of the pictures.
  public let width: Int
  /// Rows of the pictures.
  public let height: Int
  /// All pictures, in the order of the manifest.
  public let entries: [Entry]

  /// A set that its arguments fix to the last bit.
  ///
  /// - Parameters:
  ///   - scene: what the pictures show.
  ///   - count: sound pictures to train on, within `SyntheticSet.counts`; half as many, at least 20, are added as sound
  ///     test pictures, and as many again as defective ones, in equal shares of each kind.
  ///   - seed: another seed gives other pictures of the same thing.
  ///   - width: columns, within `CameraDrawer.sides`.
  ///   - height: rows, within `CameraDrawer.sides`.
  public init(scene: CameraScene, count: Int, seed: UInt64, width: Int = 1280, height: Int = 1024) {
    precondition(SyntheticSet.counts.contains(count), "a set has \(SyntheticSet.counts) pictures to train on")
    precondition(
      CameraDrawer.sides.contains(width) && CameraDrawer.sides.contains(height),
      "a drawn camera picture has \(CameraDrawer.sides) pixels a side")
    self.scene = scene
    self.width = width
    self.height = height
    var generator = RandomGenerator(seed: seed)
    let testCount = SyntheticSet.testCount(count)
    var entries = Self.series(count, prefix: "train", split: "train", nil, using: &generator)
    entries += Self.series(testCount, prefix: "good", split: "test", nil, using: &generator)
    let shares = SyntheticSet.shares(of: testCount, among: CameraDefect.allCases.count)
    for (defect, share) in zip(CameraDefect.allCases, shares) {
      entries += Self.series(share, prefix: defect.rawValue, split: "test", defect, using: &generator)
    }
    self.entries = entries
  }

  /// The set as comma-separated values, one line a picture below a line of names; a sound picture has no mask.
  public var manifest: String {
    var lines = ["file,split,label,kind,seed,mask"]
    for entry in entries {
      lines.append(
        "\(entry.file),\(entry.split),\(entry.label),\(entry.kind),\(entry.seed),\(entry.maskFile ?? "")")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Numbered pictures of one kind, each with a seed of its own.
  private static func series(
    _ count: Int, prefix: String, split: String, _ defect: CameraDefect?, using generator: inout RandomGenerator
  ) -> [Entry] {
    let folder = defect?.rawValue ?? "good"
    return SetFolder.names(count, prefix: prefix).map { name in
      Entry(
        file: "\(split)/\(folder)/\(name).png",
        maskFile: defect == nil ? nil : "ground_truth/\(folder)/\(name)_mask.png", split: split, defect: defect,
        seed: generator.next())
    }
  }
}
