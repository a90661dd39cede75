/// The texts of a model file's header, read with the key, what was expected and what was found in every refusal.
struct ModelHeader {
  /// The texts by key.
  let texts: [String: String]

  /// A header from its texts.
  init(_ texts: [String: String]) {
    self.texts = texts
  }

  /// Whether a key is there.
  func has(_ key: String) -> Bool { texts[key] != nil }

  /// A text that must be there.
  func text(_ key: String) throws(ModelFileError.Cause) -> String {
    guard let text = texts[key] else { throw .missingText(key: key) }
    return text
  }

  /// Refuses a text that is none of those expected.
  func require(_ key: String, _ expected: [String]) throws(ModelFileError.Cause) {
    let found = try text(key)
    guard expected.contains(found) else {
      throw .wrongText(key: key, expected: expected.map { "'\($0)'" }.joined(separator: " or "), found: found)
    }
  }

  /// A whole number of at least 0.
  func integer<Value: FixedWidthInteger>(_ key: String) throws(ModelFileError.Cause) -> Value {
    let found = try text(key)
    guard let value = Value(found), value >= 0, "\(value)" == found else {
      throw .wrongText(key: key, expected: "a whole number of at least 0", found: found)
    }
    return value
  }

  /// A whole number of at least 0 and at most a limit.
  func integer(_ key: String, atMost limit: Int) throws(ModelFileError.Cause) -> Int {
    let value: Int = try integer(key)
    guard value <= limit else {
      throw .wrongText(key: key, expected: "a whole number of at most \(limit)", found: "\(value)")
    }
    return value
  }

  /// Whether any key begins with a prefix.
  func hasKeys(withPrefix prefix: String) -> Bool { texts.keys.contains { $0.hasPrefix(prefix) } }

  /// A SHA-256.
  func digest(_ key: String) throws(ModelFileError.Cause) -> String {
    let found = try text(key)
    guard Hexadecimal.isDigest(found) else {
      throw .wrongText(key: key, expected: "64 hexadecimal digits", found: found)
    }
    return found
  }

  /// A short word that can be shown: letters, digits, points, hyphens, plus signs and underlines.
  func token(_ key: String, atMost limit: Int = 32) throws(ModelFileError.Cause) -> String {
    let found = try text(key)
    guard 1...limit ~= found.utf8.count, found.utf8.allSatisfy({ Self.isWordByte($0) }) else {
      throw .wrongText(
        key: key, expected: "1 to \(limit) letters, digits, points, hyphens, plus signs and underlines", found: found)
    }
    return found
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "+"),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }

  /// A time as ISO 8601 writes it, `2026-11-22T06:30:00.123Z`; nil where there is none.
  func time(_ key: String) throws(ModelFileError.Cause) -> String? {
    guard let found = texts[key] else { return nil }
    let shape = found.utf8.prefix(19).map { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 ? UInt8(ascii: "0") : $0 }
    let rest = found.utf8.dropFirst(19)
    let fraction = rest.dropFirst().dropLast()
    guard shape == Array("0000-00-00T00:00:00".utf8), rest.last == UInt8(ascii: "Z"),
      rest.count == 1
        || rest.first == UInt8(ascii: ".") && 1...9 ~= fraction.count
          && fraction.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 })
    else { throw .wrongText(key: key, expected: "a time such as '2026-11-22T06:30:00.123Z'", found: found) }
    return found
  }

  /// Different SHA-256s between single blanks, at least one and at most so many.
  func digests(_ key: String, atMost limit: Int) throws(ModelFileError.Cause) -> [String] {
    let found = try text(key)
    let words = found.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    guard words.count <= limit, Set(words).count == words.count, words.allSatisfy(Hexadecimal.isDigest) else {
      throw .wrongText(
        key: key, expected: "up to \(limit) different texts of 64 hexadecimal digits between single blanks",
        found: found)
    }
    return words
  }

  /// A finite number.
  func number<Value: BinaryFloatingPoint & LosslessStringConvertible>(
    _ key: String
  ) throws(ModelFileError.Cause) -> Value {
    let found = try text(key)
    guard let value = Value(found), value.isFinite else {
      throw .wrongText(key: key, expected: "a finite number", found: found)
    }
    return value
  }

  /// One of an enumeration's names.
  func choice<Value: RawRepresentable & CaseIterable>(
    _ key: String
  ) throws(ModelFileError.Cause) -> Value where Value.RawValue == String {
    try require(key, Value.allCases.map(\.rawValue))
    // `require` has checked that the name is one of them.
    return Value(rawValue: try text(key))!
  }

  /// Finite numbers between single blanks, as many as there may be.
  func numbers(_ key: String, counts: [Int]) throws(ModelFileError.Cause) -> [Float] {
    let found = try text(key)
    let values = found.split(separator: " ", omittingEmptySubsequences: false).map { Float($0) }
    guard counts.contains(values.count), values.allSatisfy({ $0?.isFinite == true }) else {
      let number = counts.map { "\($0)" }.joined(separator: " or ")
      throw .wrongText(key: key, expected: "\(number) finite numbers between single blanks", found: found)
    }
    return values.compactMap(\.self)
  }

  /// Refuses texts that have nothing to say.
  func refuse(_ keys: [String], because reason: String) throws(ModelFileError.Cause) {
    for key in keys {
      if let found = texts[key] { throw .wrongText(key: key, expected: "none: \(reason)", found: found) }
    }
  }

  /// Numbers between single blanks.
  ///
  /// - Parameters:
  ///   - count: how many there must be; any number where nil.
  ///   - noneText: what stands for a missing number.
  func floats(
    _ key: String, count: Int? = nil, noneText: String? = nil
  ) throws(ModelFileError.Cause) -> [Float?] {
    let found = try text(key)
    var values: [Float?] = []
    for word in found.split(separator: " ") {
      if let noneText, word == noneText {
        values.append(nil)
      } else if let value = Float(word) {
        values.append(value)
      } else {
        throw .wrongText(key: key, expected: "numbers between blanks", found: found)
      }
    }
    guard values.count == count ?? values.count else {
      throw .wrongText(key: key, expected: "\(count ?? 0) numbers", found: found)
    }
    return values
  }
}
