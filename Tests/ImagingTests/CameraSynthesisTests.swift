import Foundation
import Imaging
import Synthesis
import Testing

/// Drawn pictures of camera size: the same everywhere, their masks right, and no mean tells the defective ones.
struct CameraSynthesisTests {
  @Test(arguments: CameraScene.allCases)
  func `a seed fixes picture and mask`(scene: CameraScene) throws {
    let drawer = CameraDrawer(scene: scene, width: 200, height: 168)
    let sound = drawer.picture(seed: 3)
    #expect(sound.mask == nil && sound.image.width == 200 && sound.image.height == 168)
    #expect(drawer.picture(seed: 3) == sound)
    #expect(drawer.picture(seed: 4) != sound)
    for defect in CameraDefect.allCases {
      let picture = drawer.picture(seed: 3, defect: defect)
      #expect(picture == drawer.picture(seed: 3, defect: defect))
      #expect(picture.image != sound.image)
      #expect(Set(try #require(picture.mask).samples) == [0, 255])
    }
  }

  @Test func `the samples are those of every other machine`() throws {
    let digests = try CameraScene.allCases.flatMap { scene in
      let drawer = CameraDrawer(scene: scene, width: 160, height: 160)
      return try CameraDefect.allCases.map { defect in
        let picture = drawer.picture(seed: 2026, defect: defect)
        return Self.digest(picture.image.samples + (try #require(picture.mask).samples))
      }
    }
    #expect(
      digests == [
        4_038_722_133_691_406_650, 1_733_477_342_489_407_647, 10_645_024_796_156_971_339, 17_443_030_435_637_428_298,
        3_145_617_245_416_531_105, 4_357_010_423_255_823_728, 18_220_231_691_673_908_842, 8_201_509_635_424_536_530,
        7_180_854_602_215_263_236, 7_240_136_730_975_903_164,
      ])
  }

  @Test(arguments: CameraScene.allCases)
  func `a mask is where the picture differs from the sound one, 8 to 80 pixels long`(scene: CameraScene) throws {
    let drawer = CameraDrawer(scene: scene, width: 320, height: 256)
    for (index, defect) in CameraDefect.allCases.enumerated() {
      for seed in UInt64(index * 10)..<UInt64(index * 10 + 3) {
        let sound = drawer.picture(seed: seed).image
        let picture = drawer.picture(seed: seed, defect: defect)
        let mask = try #require(picture.mask)
        let differences = zip(picture.image.samples, sound.samples).map { abs(Int($0) - Int($1)) }
        let strays = differences.indices.filter { differences[$0] > 5 && mask.samples[$0] == 0 }
        #expect(strays.isEmpty, "\(defect) \(seed): \(strays.count) pixels differ outside the mask")
        let masked = mask.samples.indices.filter { mask.samples[$0] != 0 }
        // Only where a dent turns from bright to dark, or where a bare spot has the texture's brightness: few pixels.
        let idle = masked.filter { index in
          !Self.near(index, width: 320, reach: 3) { differences.indices.contains($0) && differences[$0] > 2 }
        }
        #expect(
          idle.count * 20 <= masked.count, "\(defect) \(seed): \(idle.count) masked pixels are far from any that differ"
        )
        let visible = masked.filter { differences[$0] > 5 }
        #expect(visible.count * 5 > masked.count * 2, "\(defect) \(seed): \(visible.count) of \(masked.count) show")
        let columns = masked.map { $0 % 320 }
        let rows = masked.map { $0 / 320 }
        let length = 1 + max(columns.max()! - columns.min()!, rows.max()! - rows.min()!)
        #expect((8...80).contains(length), "\(defect) \(seed): \(length) pixels")
      }
    }
  }

  @Test(arguments: CameraScene.allCases)
  func `neither mean brightness nor spread tells defective pictures from sound ones`(scene: CameraScene) {
    let drawer = CameraDrawer(scene: scene, width: 320, height: 256)
    let sound = (0..<60).map { Self.moments(drawer.picture(seed: 1000 + $0).image) }
    let defective = (0..<60).map { index in
      Self.moments(
        drawer.picture(seed: 9000 + UInt64(index), defect: CameraDefect.allCases[index % 5]).image)
    }
    let byMean = Self.area(sound.map(\.mean), defective.map(\.mean))
    let bySpread = Self.area(sound.map(\.spread), defective.map(\.spread))
    #expect((0.4...0.6).contains(byMean), "AUROC of the mean: \(byMean)")
    #expect((0.4...0.6).contains(bySpread), "AUROC of the standard deviation: \(bySpread)")
  }

  @Test func `a set has train, test and masks in equal shares, each name once`() {
    let set = CameraSet(scene: .part, count: 50, seed: 1)
    #expect(set.entries.filter { $0.split == "train" && $0.file.hasPrefix("train/good/") }.count == 50)
    #expect(set.entries.filter { $0.split == "test" && $0.file.hasPrefix("test/good/") }.count == 25)
    for defect in CameraDefect.allCases {
      let entries = set.entries.filter { $0.defect == defect }
      #expect(entries.count == 5)
      for entry in entries {
        let name = entry.file.dropFirst("test/\(defect.rawValue)/".count).dropLast(4)
        #expect(entry.maskFile == "ground_truth/\(defect.rawValue)/\(name)_mask.png")
      }
    }
    #expect(set.entries.allSatisfy { ($0.defect == nil) == ($0.maskFile == nil) })
    #expect(Set(set.entries.map { $0.file.split(separator: "/").last! }).count == 100)
    #expect(Set(set.entries.map(\.seed)).count == 100)
  }

  @Test func `a written set is the same to the byte whatever the threads, and masks lie where the manifest says`()
    throws
  {
    let folder = FileManager.default.temporaryDirectory.path + "/camera-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let set = CameraSet(scene: .surface, count: 1, seed: 9, width: 160, height: 160)
    try set.write(to: folder + "/a", threadCount: 3)
    try set.write(to: folder + "/b")
    func files(_ name: String) throws -> [String: Data] {
      let names = FileManager.default.enumerator(atPath: folder + "/" + name)!.compactMap { $0 as? String }
      let plain = names.filter { $0.contains(".") }
      return try Dictionary(
        uniqueKeysWithValues: plain.map { ($0, try Data(contentsOf: URL(filePath: "\(folder)/\(name)/\($0)"))) })
    }
    let written = try files("a")
    #expect(try files("b") == written)
    // 1 to train on, 20 sound and 20 defective ones to test with, 20 masks and the manifest.
    #expect(written.count == 62)
    let manifest = String(decoding: try #require(written["manifest.csv"]), as: UTF8.self)
    #expect(manifest.hasPrefix("file,split,label,kind,seed,mask\ntrain/good/train-0001.png,train,normal,good,"))
    let drawer = CameraDrawer(scene: .surface, width: 160, height: 160)
    for line in manifest.split(separator: "\n").dropFirst() {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      let defect = CameraDefect(rawValue: fields[3])
      let drawn = drawer.picture(seed: try #require(UInt64(fields[4])), defect: defect)
      #expect(try PNG.decode([UInt8](#require(written[fields[0]]))).image == drawn.image)
      #expect(fields[5].isEmpty == (defect == nil))
      if let mask = drawn.mask { #expect(try PNG.decode([UInt8](#require(written[fields[5]]))).image == mask) }
    }
  }

  /// Whether a condition holds at any pixel up to so many columns and rows away.
  private static func near(_ index: Int, width: Int, reach: Int, _ condition: (Int) -> Bool) -> Bool {
    (-reach...reach).contains { row in (-reach...reach).contains { condition(index + row * width + $0) } }
  }

  /// Mean and standard deviation of all samples.
  private static func moments(_ image: Image) -> (mean: Double, spread: Double) {
    var sum = 0
    var squares = 0
    for sample in image.samples {
      sum += Int(sample)
      squares += Int(sample) * Int(sample)
    }
    let mean = Double(sum) / Double(image.samples.count)
    return (mean, (Double(squares) / Double(image.samples.count) - mean * mean).squareRoot())
  }

  /// The share of pairs in which the second has more, ties by half: the area under the ROC curve.
  private static func area(_ normal: [Double], _ anomalous: [Double]) -> Double {
    let wins = anomalous.map { one in normal.reduce(0.0) { $0 + (one > $1 ? 1 : one == $1 ? 0.5 : 0) } }
    return wins.reduce(0, +) / Double(normal.count * anomalous.count)
  }

  /// FNV-1a over the samples.
  private static func digest(_ samples: [UInt8]) -> UInt64 {
    samples.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}
