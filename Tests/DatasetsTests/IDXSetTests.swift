import Datasets
import Imaging
import Linux
import TestSupport
import Testing

struct IDXSetTests {
  /// A file of pictures, 3 rows of 2 columns, whose samples count up.
  func images(count: Int, announced: [Int]? = nil) -> [UInt8] {
    header(0x803, announced ?? [count, 3, 2]) + (0..<count * 6).map { UInt8($0 % 256) }
  }

  func labels(_ labels: [UInt8], announced: Int? = nil) -> [UInt8] {
    header(0x801, [announced ?? labels.count]) + labels
  }

  func header(_ magic: Int, _ sizes: [Int]) -> [UInt8] {
    ([magic] + sizes).flatMap { number in stride(from: 24, through: 0, by: -8).map { UInt8(number >> $0 & 0xFF) } }
  }

  func read(_ folder: TemporaryFolder, images: [UInt8], labels: [UInt8]) throws -> IDXSet {
    let files = [try folder.write(images, to: "images"), try folder.write(labels, to: "labels")]
    return try IDXSet(images: BytePath(files[0]), labels: BytePath(files[1]))
  }

  @Test(arguments: [false, true]) func `pictures and labels are read in order`(isCompressed: Bool) throws {
    let (pictures, labels) = (images(count: 3), labels([7, 1, 7]))
    let set = try read(
      try TemporaryFolder(), images: isCompressed ? StoredGzip.file(pictures) : pictures,
      labels: isCompressed ? StoredGzip.file(labels) : labels)
    #expect(set.labels == [7, 1, 7])
    #expect(set.picture(2) == Image(width: 2, height: 3, channelCount: 1, samples: [12, 13, 14, 15, 16, 17]))
    #expect(try set.places(labels: []) == [0, 1, 2])
    #expect(try set.places(labels: [7]) == [0, 2])
    #expect(try set.places(labels: [1, 7], limit: 1) == [0, 1])
    let error = #expect(throws: DatasetError.self) { try set.places(labels: [7, 9, 8]) }
    #expect("\(try #require(error))" == "no picture has the label 8, 9; there are 1, 7")
  }

  @Test func `files that are not what they should be are refused with what was expected`() throws {
    let sound = (images: images(count: 3), labels: labels([7, 1, 7]))
    let cases: [(images: [UInt8], labels: [UInt8], words: String)] = [
      (sound.labels, sound.labels, "it begins with 0x801, expected 0x803, an IDX file of pictures"),
      (sound.images, sound.images, "it begins with 0x803, expected 0x801, an IDX file of labels"),
      ([], sound.labels, "it begins with 0 bytes"),
      (Array("\u{89}PNG\r\n".utf8), sound.labels, "expected 0x803"),
      (Array(sound.images.prefix(10)), sound.labels, "announces 16 bytes in all, found 10"),
      (Array(sound.images.dropLast()), sound.labels, "announces 34 bytes in all, found 33"),
      (sound.images + [0], sound.labels, "announces 34 bytes in all, found 35"),
      (sound.images, Array(sound.labels.dropLast()), "announces 11 bytes in all, found 10"),
      (sound.images, labels([7, 1]), "holds 3 pictures and"),
      (images(count: 0, announced: [3, 0, 2]), sound.labels, "0 rows and 2 columns, expected 1 to 4096"),
      (images(count: 0, announced: [0, 5000, 2]), sound.labels, "5000 rows"),
      (images(count: 3, announced: [0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFF]), sound.labels, "found 34"),
      (Array(StoredGzip.file(sound.images).dropLast(9)), sound.labels, "gzip file is truncated"),
      (StoredGzip.file(sound.images) + [1, 2], sound.labels, "gzip file is damaged"),
    ]
    for (images, labels, words) in cases {
      let error = try #require(throws: DatasetError.self) {
        try read(try TemporaryFolder(), images: images, labels: labels)
      }
      #expect("\(error)".contains(words), "\(error)")
    }
  }

  @Test func `pictures lie by label under their place in the set`() throws {
    let folder = try TemporaryFolder()
    let set = try read(folder, images: images(count: 12), labels: labels([7, 1] + [UInt8](repeating: 0, count: 10)))
    var steps: [Int] = []
    let target = BytePath(folder.path("out/digits"))
    try set.extract(set.places(labels: [1, 0], limit: 2), to: target) { steps.append($0) }
    #expect(steps == [1, 2, 3])
    for (file, place) in [("1/01.png", 1), ("0/02.png", 2), ("0/03.png", 3)] {
      #expect(try PNG.decode(folder.bytes(of: "out/digits/\(file)")).image == set.picture(place))
    }
    #expect(try DirectoryTree.pictures(below: target).count == 3)
    let error = try #require(throws: DatasetError.self) { try set.extract([0], to: target) }
    #expect("\(error)".contains("the folder is not empty"))
  }

  @Test func `a folder that cannot be made is named`() throws {
    let folder = try TemporaryFolder()
    let set = try read(folder, images: images(count: 1), labels: labels([3]))
    let error = try #require(throws: DatasetError.self) {
      try set.extract([0], to: BytePath(folder.path("images/below")))
    }
    #expect("\(error)".contains("images/below"), "\(error)")
  }
}
