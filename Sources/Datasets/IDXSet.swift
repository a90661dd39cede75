public import Imaging
public import Linux

/// Labelled grey pictures in the two files of MNIST's format, gzip-compressed or not.
///
/// A file begins with a number that says what it is (0x803: bytes in three dimensions, 0x801: in one), then come its
/// sizes, 32 bits each, highest byte first, then the bytes.
///
/// Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", "File formats".
public struct IDXSet: Sendable {
  /// Most bytes of a file, decompressed or not.
  public static let maximumBytes = 2 << 30
  /// Most rows, and most columns, of a picture.
  public static let maximumSide = 4096

  /// The label of each picture, 0 to 255.
  public let labels: [Int]
  /// Rows of each picture.
  public let rows: Int
  /// Columns of each picture.
  public let columns: Int
  private let samples: ArraySlice<UInt8>

  /// Reads a set.
  ///
  /// - Parameters:
  ///   - images: the file of pictures.
  ///   - labels: the file of labels.
  /// - Throws: `DatasetError` where a file is no such file, is truncated or has more than it announces, or the two
  ///   disagree.
  public init(images: BytePath, labels: BytePath) throws(DatasetError) {
    let (imageName, labelName) = (escaped(images.bytes), escaped(labels.bytes))
    let pictureFile = try Self.read(images, name: imageName, magic: 0x803, meaning: "pictures")
    let (count, rows, columns) = (pictureFile.sizes[0], pictureFile.sizes[1], pictureFile.sizes[2])
    let sides = 1...Self.maximumSide
    guard sides.contains(rows), sides.contains(columns) else {
      throw .sides(file: imageName, rows: rows, columns: columns, limit: Self.maximumSide)
    }
    let labelFile = try Self.read(labels, name: labelName, magic: 0x801, meaning: "labels")
    guard labelFile.sizes[0] == count else {
      throw .counts(images: imageName, imageCount: count, labels: labelName, labelCount: labelFile.sizes[0])
    }
    self.labels = labelFile.content.map { Int($0) }
    (self.rows, self.columns) = (rows, columns)
    samples = pictureFile.content
  }

  /// The picture at a place, counted from 0.
  public func picture(_ index: Int) -> Image {
    let start = samples.startIndex + index * rows * columns
    return Image(
      width: columns, height: rows, channelCount: 1, samples: Array(samples[start..<(start + rows * columns)]))
  }

  /// Sizes and content of a file of one kind; the content is as long as the sizes say.
  private static func read(
    _ path: BytePath, name: String, magic: Int, meaning: String
  ) throws(DatasetError) -> (sizes: [Int], content: ArraySlice<UInt8>) {
    var bytes: [UInt8]
    do { bytes = try FileContents.read(path, limit: maximumBytes) } catch { throw .file(error) }
    if Gzip.isCompressed(bytes) {
      do { bytes = try Gzip.decompress(bytes, limit: maximumBytes) } catch {
        throw .compression(file: name, error)
      }
    }
    let expected = "0x\(String(magic, radix: 16)), an IDX file of \(meaning)"
    guard let first = number(bytes, at: 0) else {
      throw .header(file: name, expected: expected, found: "\(bytes.count) bytes")
    }
    guard first == magic else {
      throw .header(file: name, expected: expected, found: "0x\(String(first, radix: 16))")
    }
    // The lowest byte of the first number is the count of sizes.
    let start = 4 + 4 * (magic & 0xFF)
    var sizes: [Int] = []
    var count = 1
    for place in stride(from: 4, to: start, by: 4) {
      guard let size = number(bytes, at: place) else {
        throw .length(file: name, expected: start, found: bytes.count)
      }
      sizes.append(size)
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      // So large a file is never read, so that its length is wrong in any case.
      count = overflow ? Int.max - start : min(product, Int.max - start)
    }
    guard bytes.count == start + count else {
      throw .length(file: name, expected: start + count, found: bytes.count)
    }
    return (sizes, bytes[start...])
  }

  private static func number(_ bytes: [UInt8], at place: Int) -> Int? {
    guard bytes.count >= place + 4 else { return nil }
    return bytes[place..<(place + 4)].reduce(0) { $0 << 8 | Int($1) }
  }
}
