private import Crypto

extension SafeTensors {
  /// Reads a file's bytes, all of them or those tensors that are wanted.
  ///
  /// The whole header, every byte range and the digest where there is one are checked, also of tensors that are not
  /// wanted.
  ///
  /// - Parameters:
  ///   - bytes: the file.
  ///   - isWanted: by name, whether a tensor's values are taken.
  /// - Throws: `SafeTensorsError`, with what was expected and what was found.
  public init(
    bytes: [UInt8], where isWanted: (String) -> Bool = { _ in true }
  ) throws(SafeTensorsError) {
    guard bytes.count >= 8 else { throw .truncated(part: "the header's length", expected: 8, found: bytes.count) }
    let length = UInt64(bytes: bytes[0..<8])
    guard length <= UInt64(Self.maximumHeaderBytes) else {
      throw .headerTooLong(found: length, limit: Self.maximumHeaderBytes)
    }
    guard length <= UInt64(bytes.count - 8) else {
      throw .truncated(part: "the header", expected: length, found: bytes.count - 8)
    }
    let start = 8 + Int(length)
    let header = try SafeTensorsHeader(parsing: bytes[8..<start])
    self.init(metadata: header.metadata)
    var end = 0
    for (name, entry) in header.entries.sorted(by: { $0.value.offsets.lexicographicallyPrecedes($1.value.offsets) }) {
      let elementType = try Self.check(entry, of: name, following: end)
      end = entry.offsets[1]
      guard end <= bytes.count - start else {
        throw .truncated(part: "tensor '\(name)'", expected: UInt64(end), found: bytes.count - start)
      }
      guard isWanted(name) else { continue }
      let range = bytes[(start + entry.offsets[0])..<(start + end)]
      tensors[name] = Tensor(shape: entry.shape, values: Self.values(of: range, as: elementType))
    }
    guard end == bytes.count - start else { throw .trailingBytes(count: bytes.count - start - end) }
    guard let expected = metadata.removeValue(forKey: Self.digestKey) else { return }
    let found = Self.digest(of: metadata, data: bytes[start...])
    guard found == expected else { throw .wrongDigest(expected: expected, found: found) }
  }

  /// The digest of texts and the tensors' bytes.
  private static func digest(of metadata: [String: String], data: ArraySlice<UInt8>) -> String {
    var hash = SHA256()
    for (key, text) in sorted(metadata) {
      // With lengths, so that no two sets of texts look alike.
      hash.update(data: Array("\(key.utf8.count) \(text.utf8.count) \(key) \(text)\n".utf8))
    }
    hash.update(data: data)
    return Hexadecimal.text(hash.finalize())
  }

  private static func sorted(_ metadata: [String: String]) -> [(key: String, value: String)] {
    metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
  }

  /// The file's bytes: the same for the same content, whatever the order it was put together in.
  ///
  /// Tensors lie by element width, widest first, then by name, so that all are aligned; the header is padded with
  /// blanks to a multiple of 8 bytes. A digest of texts and tensors is among the texts.
  public func encoded() -> [UInt8] {
    let sorted = tensors.sorted { left, right in
      let widths = (left.value.values.elementType.width, right.value.values.elementType.width)
      return widths.0 != widths.1 ? widths.0 > widths.1 : left.key.utf8.lexicographicallyPrecedes(right.key.utf8)
    }
    let data = Self.data(of: sorted.map(\.value.values))
    let texts = metadata.merging([Self.digestKey: Self.digest(of: metadata, data: data[...])]) { $1 }
    var members = [
      "\"__metadata__\":{"
        + Self.sorted(texts).map { "\(Self.quoted($0.key)):\(Self.quoted($0.value))" }.joined(separator: ",") + "}"
    ]
    var end = 0
    for (name, tensor) in sorted {
      let elementType = tensor.values.elementType
      let begin = end
      end += tensor.values.count * elementType.width
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      members.append(
        "\(Self.quoted(name)):{\"dtype\":\"\(elementType.rawValue)\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(begin),\(end)]}")
    }
    var header = Array("{\(members.joined(separator: ","))}".utf8)
    header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + header.count + end)
    Self.append(UInt64(header.count), to: &bytes)
    bytes += header
    bytes += data
    return bytes
  }

  /// Tensors as they lie in the file.
  private static func data(of tensors: [Values]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(tensors.reduce(0) { $0 + $1.count * $1.elementType.width })
    for values in tensors {
      switch values {
      case .floats(let values): for value in values { append(value.bitPattern, to: &bytes) }
      case .integers(let values): for value in values { append(value, to: &bytes) }
      case .bytes(let values): bytes += values
      }
    }
    return bytes
  }

  private static func check(
    _ entry: SafeTensorsHeader.Entry, of name: String, following end: Int
  ) throws(SafeTensorsError) -> ElementType {
    guard let elementType = ElementType(rawValue: entry.elementType) else {
      throw .unknownElementType(tensor: name, found: entry.elementType)
    }
    guard entry.shape.count <= maximumRank else { throw .shapeTooLarge(tensor: name, shape: entry.shape) }
    var length = elementType.width
    for size in entry.shape {
      let (product, overflow) = length.multipliedReportingOverflow(by: size)
      guard !overflow else { throw .shapeTooLarge(tensor: name, shape: entry.shape) }
      length = product
    }
    let (begin, found) = (entry.offsets[0], entry.offsets[1])
    guard found >= begin, found - begin == length else {
      throw .wrongLength(tensor: name, expected: length, found: entry.offsets)
    }
    guard begin == end else { throw .gapOrOverlap(tensor: name, expected: end, found: begin) }
    return elementType
  }

  private static func values(of bytes: ArraySlice<UInt8>, as elementType: ElementType) -> Values {
    switch elementType {
    case .uint8: return .bytes(Array(bytes))
    case .float32:
      var values = [Float](repeating: 0, count: bytes.count / 4)
      var index = bytes.startIndex
      for place in values.indices {
        let low = UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8
        values[place] = Float(bitPattern: low | UInt32(bytes[index + 2]) << 16 | UInt32(bytes[index + 3]) << 24)
        index += 4
      }
      return .floats(values)
    case .int64:
      return .integers(
        stride(from: bytes.startIndex, to: bytes.endIndex, by: 8).map {
          Int64(bitPattern: UInt64(bytes: bytes[$0..<($0 + 8)]))
        })
    }
  }

  private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
    var rest = value
    for _ in 0..<(value.bitWidth / 8) {
      bytes.append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }

  /// A text as JSON writes it.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

extension UInt64 {
  /// A number from its eight bytes, lowest first.
  fileprivate init(bytes: ArraySlice<UInt8>) {
    self = bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
