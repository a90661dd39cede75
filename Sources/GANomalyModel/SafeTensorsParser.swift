private import Crypto

/// Reads a safetensors file from its bytes in order, in pieces of any size: of the tensors only those are kept that are
/// wanted, and the file itself need never be in memory as a whole.
struct SafeTensorsParser {
  /// A tensor of the file, in the order of their bytes.
  private struct Place {
    let name: String
    let shape: [Int]
    let elementType: SafeTensors.ElementType
    /// Behind its last byte, counted from the end of the header.
    let end: Int
    let isWanted: Bool
  }

  private let byteCount: Int
  /// Bytes that make no whole header or element yet.
  private var pending: [UInt8] = []
  /// Bytes behind the header that were taken.
  private var taken = 0
  /// Once the first eight bytes were taken.
  private var headerLength: Int?
  private var hasHeader = false
  private var places: [Place] = []
  private var current = 0
  private var values: SafeTensors.Values?
  private var container = SafeTensors()
  private var digest: (expected: String, hash: SHA256)?

  /// A parser of a file.
  ///
  /// - Parameter byteCount: the file's bytes; what it claims beyond them is refused before any memory is taken for it.
  init(byteCount: Int) {
    self.byteCount = byteCount
  }

  /// Takes the next bytes of the file.
  ///
  /// - Parameter choose: asked once with the file's texts; by name, whether a tensor's values are kept.
  mutating func take(
    _ piece: ArraySlice<UInt8>, choosing choose: ([String: String]) -> (String) -> Bool
  ) throws(SafeTensorsError) {
    var rest = piece
    while !hasHeader, !rest.isEmpty {
      let wanted = 8 + (headerLength ?? 0)
      let part = rest.prefix(wanted - pending.count)
      pending += part
      rest = rest.dropFirst(part.count)
      guard pending.count == wanted else { return }
      if headerLength == nil { try readLength(choose) } else { try readHeader(choose) }
    }
    takeData(rest)
  }

  /// The whole file's content.
  mutating func finish() throws(SafeTensorsError) -> SafeTensors {
    guard byteCount >= 8 else { throw .truncated(part: "the header's length", expected: 8, found: byteCount) }
    guard hasHeader else {
      throw .truncated(part: "the header", expected: UInt64(headerLength ?? 8), found: max(0, pending.count - 8))
    }
    if let place = places.first(where: { $0.end > taken }) {
      throw .truncated(part: "tensor '\(place.name)'", expected: UInt64(place.end), found: taken)
    }
    let end = places.last?.end ?? 0
    guard taken == end else { throw .trailingBytes(count: taken - end) }
    if let digest {
      let found = Hexadecimal.text(digest.hash.finalize())
      guard found == digest.expected else { throw .wrongDigest(expected: digest.expected, found: found) }
    }
    return container
  }

  // MARK: The header

  private mutating func readLength(_ choose: ([String: String]) -> (String) -> Bool) throws(SafeTensorsError) {
    let length = UInt64(bytes: pending[0..<8])
    guard length <= UInt64(SafeTensors.maximumHeaderBytes) else {
      throw .headerTooLong(found: length, limit: SafeTensors.maximumHeaderBytes)
    }
    guard length <= UInt64(byteCount - 8) else {
      throw .truncated(part: "the header", expected: length, found: byteCount - 8)
    }
    headerLength = Int(length)
    if length == 0 { try readHeader(choose) }
  }

  private mutating func readHeader(_ choose: ([String: String]) -> (String) -> Bool) throws(SafeTensorsError) {
    let start = pending.count
    let header = try SafeTensorsHeader(parsing: pending[8...])
    container.metadata = header.metadata
    if let expected = container.metadata.removeValue(forKey: SafeTensors.digestKey) {
      digest = (expected, SafeTensors.hash(of: container.metadata))
    }
    let isWanted = choose(container.metadata)
    var end = 0
    for (name, entry) in header.entries.sorted(by: { $0.value.offsets.lexicographicallyPrecedes($1.value.offsets) }) {
      let elementType = try Self.check(entry, of: name, following: end)
      end = entry.offsets[1]
      guard end <= byteCount - start else {
        throw .truncated(part: "tensor '\(name)'", expected: UInt64(end), found: byteCount - start)
      }
      places.append(
        Place(name: name, shape: entry.shape, elementType: elementType, end: end, isWanted: isWanted(name)))
    }
    guard end == byteCount - start else { throw .trailingBytes(count: byteCount - start - end) }
    hasHeader = true
    pending = []
    closeTensors()
  }

  private static func check(
    _ entry: SafeTensorsHeader.Entry, of name: String, following end: Int
  ) throws(SafeTensorsError) -> SafeTensors.ElementType {
    guard let elementType = SafeTensors.ElementType(rawValue: entry.elementType) else {
      throw .unknownElementType(tensor: name, found: entry.elementType)
    }
    guard entry.shape.count <= SafeTensors.maximumRank else { throw .shapeTooLarge(tensor: name, shape: entry.shape) }
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

  // MARK: The tensors

  private mutating func takeData(_ piece: ArraySlice<UInt8>) {
    digest?.hash.update(data: piece)
    var rest = piece
    while !rest.isEmpty, current < places.count {
      let place = places[current]
      let part = rest.prefix(place.end - taken)
      if place.isWanted { add(part, to: place) }
      taken += part.count
      rest = rest.dropFirst(part.count)
      closeTensors()
    }
    taken += rest.count
  }

  /// Ends every tensor whose last byte was taken: also those without any.
  private mutating func closeTensors() {
    while current < places.count, places[current].end == taken {
      let place = places[current]
      if place.isWanted {
        container.tensors[place.name] = SafeTensors.Tensor(
          shape: place.shape, values: values ?? Self.empty(place.elementType, count: 0))
      }
      values = nil
      current += 1
    }
  }

  private mutating func add(_ part: ArraySlice<UInt8>, to place: Place) {
    let width = place.elementType.width
    var kept = values ?? Self.empty(place.elementType, count: place.shape.reduce(1, *))
    values = nil
    var part = part
    if !pending.isEmpty {
      let missing = part.prefix(width - pending.count)
      pending += missing
      part = part.dropFirst(missing.count)
      if pending.count == width {
        Self.append(pending[...], to: &kept)
        pending = []
      }
    }
    let whole = part.prefix(part.count / width * width)
    Self.append(whole, to: &kept)
    pending += part.dropFirst(whole.count)
    values = kept
  }

  private static func empty(_ elementType: SafeTensors.ElementType, count: Int) -> SafeTensors.Values {
    func room<Element>(_ kind: Element.Type) -> [Element] {
      var values: [Element] = []
      values.reserveCapacity(count)
      return values
    }
    return switch elementType {
    case .uint8: .bytes(room(UInt8.self))
    case .float32: .floats(room(Float.self))
    case .int64: .integers(room(Int64.self))
    }
  }

  /// Adds whole elements.
  private static func append(_ bytes: ArraySlice<UInt8>, to values: inout SafeTensors.Values) {
    switch values {
    case .bytes(var elements):
      values = .bytes([])
      elements += bytes
      values = .bytes(elements)
    case .floats(var elements):
      values = .floats([])
      for index in stride(from: bytes.startIndex, to: bytes.endIndex, by: 4) {
        let low = UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8
        elements.append(
          Float(bitPattern: low | UInt32(bytes[index + 2]) << 16 | UInt32(bytes[index + 3]) << 24))
      }
      values = .floats(elements)
    case .integers(var elements):
      values = .integers([])
      for index in stride(from: bytes.startIndex, to: bytes.endIndex, by: 8) {
        elements.append(Int64(bitPattern: UInt64(bytes: bytes[index..<(index + 8)])))
      }
      values = .integers(elements)
    }
  }
}

extension UInt64 {
  /// A number from its eight bytes, lowest first.
  fileprivate init(bytes: ArraySlice<UInt8>) {
    self = bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
