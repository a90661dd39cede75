import Foundation
import Imaging
import Synthesis
import Testing

/// Drawn parts: the same everywhere, told apart by what is wrong with them, and laid out as promised.
struct SynthesisTests {
  private static let kinds: [PartDefect?] = [nil] + PartDefect.allCases

  @Test func `a seed fixes every sample`() {
    let drawer = PartDrawer(width: 32, height: 48)
    #expect(drawer.picture(seed: 1, defect: .dent) == drawer.picture(seed: 1, defect: .dent))
    #expect(drawer.picture(seed: 1) != drawer.picture(seed: 2))
    #expect(drawer.picture(seed: 1).width == 32 && drawer.picture(seed: 1).height == 48)
  }

  @Test func `the samples are those of every other machine`() {
    let drawer = PartDrawer(width: 48, height: 40)
    let digests = Self.kinds.map { Self.digest(drawer.picture(seed: 2026, defect: $0).samples) }
    #expect(
      digests == [
        14_083_419_215_000_314_453, 406_368_008_641_986_201, 7_785_813_214_851_770_422, 14_778_102_064_422_860_721,
        13_659_703_103_508_501_799, 10_831_588_657_911_030_105, 12_196_820_933_723_443_487,
      ])
  }

  @Test func `every kind of defect stands out at 32 pixels beyond light and position`() {
    let drawer = PartDrawer(width: 64, height: 64)
    let side = 32
    let preparation = Preparation(size: side, channelCount: 1)
    func pictures(_ defect: PartDefect?, _ seeds: Range<UInt64>) -> [[Double]] {
      seeds.map { preparation.prepare(drawer.picture(seed: $0, defect: defect)).samples.map(Double.init) }
    }
    let known = pictures(nil, 0..<24)
    let mean = known[0].indices.map { index in known.reduce(0) { $0 + $1[index] } / Double(known.count) }
    // What brightness, contrast, a shift and a turn can do to the mean picture is taken away first.
    let basis = Self.orthonormal(
      [[Double](repeating: 1, count: mean.count), mean] + Self.motions(of: mean, side: side))
    func deviation(_ picture: [Double]) -> Double {
      let rest = basis.reduce(zip(picture, mean).map { $0 - $1 }) { Self.without($1, in: $0) }
      return rest.reduce(0) { $0 + $1 * $1 } / Double(rest.count)
    }
    let sound = pictures(nil, 100..<112).map(deviation).max()!
    for defect in PartDefect.allCases {
      let found = pictures(defect, 200..<208).map(deviation).min()!
      #expect(found > 1.5 * sound, "\(defect): least deviation \(found), of sound parts at most \(sound)")
    }
  }

  /// How a picture changes when it moves along x, along y, and turns.
  private static func motions(of picture: [Double], side: Int) -> [[Double]] {
    func difference(_ index: Int, _ step: Int, _ place: Int) -> Double {
      place == 0 || place == side - 1 ? 0 : (picture[index + step] - picture[index - step]) / 2
    }
    let x = picture.indices.map { difference($0, 1, $0 % side) }
    let y = picture.indices.map { difference($0, side, $0 / side) }
    let middle = Double(side - 1) / 2
    let turn = picture.indices.map { (Double($0 % side) - middle) * y[$0] - (Double($0 / side) - middle) * x[$0] }
    return [x, y, turn]
  }

  /// Gram and Schmidt.
  private static func orthonormal(_ vectors: [[Double]]) -> [[Double]] {
    vectors.reduce(into: []) { basis, vector in
      let rest = basis.reduce(vector) { without($1, in: $0) }
      let length = rest.reduce(0) { $0 + $1 * $1 }.squareRoot()
      basis.append(rest.map { $0 / length })
    }
  }

  /// A vector less its part along a unit vector.
  private static func without(_ unit: [Double], in vector: [Double]) -> [Double] {
    let along = zip(unit, vector).reduce(0) { $0 + $1.0 * $1.1 }
    return zip(unit, vector).map { $1 - along * $0 }
  }

  @Test(arguments: [(1, 20), (39, 20), (50, 25), (500, 250)])
  func `a set has half as many test pictures, at least 20, and as many defective ones`(count: Int, testCount: Int) {
    let set = SyntheticSet(count: count, seed: 3)
    #expect(set.entries.filter { $0.split == "train" && $0.defect == nil }.count == count)
    #expect(set.entries.filter { $0.split == "test" && $0.defect == nil }.count == testCount)
    let shares = PartDefect.allCases.map { kind in set.entries.filter { $0.defect == kind }.count }
    #expect(shares.reduce(0, +) == testCount)
    #expect(shares.max()! - shares.min()! <= 1)
    let names = set.entries.map { $0.file.split(separator: "/").last! }
    #expect(Set(names).count == names.count)
    #expect(Set(set.entries.map(\.seed)).count == set.entries.count)
  }

  @Test func `names, order and seeds of a set never change`() {
    let manifest = SyntheticSet(count: 7, seed: 1).manifest
    #expect(Self.digest(Array(manifest.utf8)) == 796_256_749_521_270_045)
  }

  @Test func `a written set holds the pictures that its manifest names, whatever the threads`() throws {
    let folder = Self.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let set = SyntheticSet(count: 3, seed: 9, width: 24, height: 16)
    let progress = Progress()
    try set.write(to: folder + "/set", threadCount: 3) { progress.add($0) }
    #expect(progress.values == Array(1...set.entries.count))

    let manifest = try String(contentsOfFile: folder + "/set/manifest.csv", encoding: .utf8)
    let lines = manifest.split(separator: "\n")
    #expect(lines[0] == "file,split,label,kind,seed")
    #expect(lines.count == set.entries.count + 1)
    let drawer = PartDrawer(width: 24, height: 16)
    for line in lines.dropFirst() {
      let fields = line.split(separator: ",").map(String.init)
      let bytes = [UInt8](try Data(contentsOf: URL(filePath: folder + "/set/" + fields[0])))
      let defect = PartDefect(rawValue: fields[3])
      #expect(fields[2] == (defect == nil ? "normal" : "anomalous"))
      #expect(fields[0].hasPrefix(defect == nil ? "\(fields[1])/normal/" : "test/anomalous/\(fields[3])/"))
      #expect(try PNG.decode(bytes).image == drawer.picture(seed: UInt64(fields[4])!, defect: defect))
    }
    let files = FileManager.default.enumerator(atPath: folder + "/set")!.compactMap { $0 as? String }
    #expect(files.filter { $0.hasSuffix(".png") }.count == set.entries.count)
  }

  @Test func `a folder that is not empty is refused and left alone`() throws {
    let folder = Self.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data().write(to: URL(filePath: folder + "/keep"))
    let error = #expect(throws: SynthesisError.self) { try SyntheticSet(count: 1, seed: 1).write(to: folder) }
    #expect(
      error?.description == "cannot write a set to '\(folder)': the folder is not empty; name a new or an empty one")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["keep"])
  }

  @Test func `a folder that cannot be made is named`() throws {
    let error = #expect(throws: SynthesisError.self) { try SyntheticSet(count: 1, seed: 1).write(to: "/dev/null/set") }
    #expect(error?.description.hasPrefix("cannot make the folder '/dev/null/set': ") == true)
  }

  private static func temporaryFolder() -> String {
    FileManager.default.temporaryDirectory.path + "/synthesis-\(UUID().uuidString)"
  }

  /// FNV-1a over the samples.
  private static func digest(_ samples: [UInt8]) -> UInt64 {
    samples.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  /// Collects what the progress callback reports.
  private final class Progress: @unchecked Sendable {
    // Unchecked: `write` promises one call at a time.
    private(set) var values: [Int] = []
    func add(_ value: Int) { values.append(value) }
  }
}
