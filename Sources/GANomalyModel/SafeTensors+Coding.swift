internal import Crypto

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
    var parser = SafeTensorsParser(byteCount: bytes.count)
    try withoutActuallyEscaping(isWanted) { isWanted throws(SafeTensorsError) in
      try parser.take(bytes[...]) { _ in isWanted }
    }
    self = try parser.finish()
  }

  /// The digest of texts and the tensors' bytes.
  private static func digest(of metadata: [String: String], data: ArraySlice<UInt8>) -> String {
    var hash = hash(of: metadata)
    hash.update(data: data)
    return Hexadecimal.text(hash.finalize())
  }

  /// The hash of texts, to which the tensors' bytes are added.
  static func hash(of metadata: [String: String]) -> SHA256 {
    var hash = SHA256()
    for (key, text) in sorted(metadata) {
      // With lengths, so that no two sets of texts look alike.
      hash.update(data: Array("\(key.utf8.count) \(text.utf8.count) \(key) \(text)\n".utf8))
    }
    return hash
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
