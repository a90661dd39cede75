/// A safetensors header, parsed strictly: only the JSON that the format allows, every name once.
struct SafeTensorsHeader {
  /// A tensor's entry.
  struct Entry {
    /// Element type as written.
    var elementType: String
    /// Sizes, outermost first.
    var shape: [Int]
    /// Begin and end in the bytes after the header.
    var offsets: [Int]
  }

  /// The tensors' entries by name.
  private(set) var entries: [String: Entry] = [:]
  /// The texts of `__metadata__`.
  private(set) var metadata: [String: String] = [:]

  /// Parses a header.
  ///
  /// - Parameter bytes: the header's bytes, at most `SafeTensors.maximumHeaderBytes`.
  init(parsing bytes: ArraySlice<UInt8>) throws(SafeTensorsError) {
    var scanner = JSONScanner(bytes)
    var names: Set<String> = []
    try scanner.object { scanner, name throws(SafeTensorsError) in
      guard names.insert(name).inserted else { throw .duplicateName(name) }
      if name == "__metadata__" {
        metadata = try Self.metadata(&scanner)
      } else {
        entries[name] = try Self.entry(&scanner)
      }
    }
    try scanner.end()
  }

  private static func metadata(_ scanner: inout JSONScanner) throws(SafeTensorsError) -> [String: String] {
    var texts: [String: String] = [:]
    try scanner.object { scanner, name throws(SafeTensorsError) in
      let text = try scanner.string()
      guard texts.updateValue(text, forKey: name) == nil else { throw .duplicateName(name) }
    }
    return texts
  }

  private static func entry(_ scanner: inout JSONScanner) throws(SafeTensorsError) -> Entry {
    var elementType: String?
    var shape: [Int]?
    var offsets: [Int]?
    let start = scanner.position
    try scanner.object { scanner, name throws(SafeTensorsError) in
      let position = scanner.position
      switch name {
      case "dtype" where elementType == nil: elementType = try scanner.string()
      case "shape" where shape == nil: shape = try scanner.integers()
      case "data_offsets" where offsets == nil: offsets = try scanner.integers()
      case "dtype", "shape", "data_offsets": throw .duplicateName(name)
      default:
        throw .malformedHeader(at: position, expected: "'dtype', 'shape' or 'data_offsets'", found: "'\(name)'")
      }
    }
    guard let elementType, let shape, let offsets, offsets.count == 2 else {
      throw .malformedHeader(
        at: start, expected: "an entry with 'dtype', 'shape' and two 'data_offsets'", found: "one without")
    }
    return Entry(elementType: elementType, shape: shape, offsets: offsets)
  }
}
