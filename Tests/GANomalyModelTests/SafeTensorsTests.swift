import Testing

@testable import GANomalyModel

struct SafeTensorsTests {
  /// A file from a header's text and the bytes after it.
  func file(_ header: String, _ data: [UInt8] = []) -> [UInt8] {
    let length = UInt64(header.utf8.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + Array(header.utf8) + data
  }

  /// The refusal of a file.
  func refusal(_ header: String, _ data: [UInt8] = []) throws -> SafeTensorsError {
    try #require(throws: SafeTensorsError.self) { try SafeTensors(bytes: file(header, data)) }
  }

  @Test func `what is written is read`() throws {
    let container = SafeTensors(
      tensors: [
        "b": .init(shape: [2, 1], values: .floats([1.5, -.pi])), "a": .init(shape: [], values: .integers([.min])),
        "c": .init(shape: [3], values: .bytes([1, 2, 255])), "empty": .init(shape: [0, 4], values: .floats([])),
      ], metadata: ["quote\"": "line\nback\\slash\u{1} ünï 🚀", "": ""])
    #expect(try SafeTensors(bytes: container.encoded()) == container)
    #expect(try SafeTensors(bytes: SafeTensors().encoded()) == SafeTensors())
  }

  @Test func `tensors begin at multiples of their element's width`() throws {
    let container = SafeTensors(tensors: [
      "a": .init(shape: [3], values: .bytes([1, 2, 3])), "b": .init(shape: [1], values: .floats([1])),
      "c": .init(shape: [1], values: .integers([1])),
    ])
    let bytes = container.encoded()
    let header = String(decoding: bytes[8..<(8 + Int(bytes[0]) + Int(bytes[1]) * 256)], as: UTF8.self)
    #expect((header.utf8.count) % 8 == 0)
    #expect(header.contains("\"c\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]}"))
    #expect(header.contains("\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}"))
    #expect(header.contains("\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[12,15]}"))
  }

  @Test func `a subset can be read`() throws {
    let container = SafeTensors(tensors: [
      "a": .init(shape: [1], values: .floats([1])), "b": .init(shape: [1], values: .floats([2])),
    ])
    #expect(try SafeTensors(bytes: container.encoded()) { $0 == "b" }.tensors.keys.sorted() == ["b"])
  }

  @Test(arguments: [1, 3, 7, 8, 13, 64, 1000])
  func `a file taken in pieces of any size is the same`(size: Int) throws {
    let container = SafeTensors(
      tensors: [
        "b": .init(shape: [5], values: .floats([1.5, -.pi, 0, 7, 1e-30])),
        "a": .init(shape: [2], values: .integers([.min, 5])), "c": .init(shape: [3], values: .bytes([1, 2, 255])),
        "empty": .init(shape: [0, 4], values: .floats([])), "last": .init(shape: [0], values: .bytes([])),
      ], metadata: ["k": "text"])
    let bytes = container.encoded()
    var parser = SafeTensorsParser(byteCount: bytes.count)
    var texts: [[String: String]] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      try parser.take(bytes[start..<min(start + size, bytes.count)]) {
        texts.append($0)
        return { $0 != "b" }
      }
    }
    var expected = container
    expected.tensors["b"] = nil
    #expect(try parser.finish() == expected)
    #expect(texts == [["k": "text"]])
  }

  @Test func `a file that shrinks or grows while it is read is refused`() throws {
    let bytes = SafeTensors(tensors: ["a": .init(shape: [2], values: .floats([1, 2]))]).encoded()
    for (count, taken) in [(bytes.count, bytes.count - 1), (bytes.count, 20), (bytes.count, 3)] {
      var parser = SafeTensorsParser(byteCount: count)
      try parser.take(bytes[..<taken]) { _ in { _ in true } }
      let error = try #require(throws: SafeTensorsError.self) { try parser.finish() }
      #expect("\(error)".contains("the file is truncated"))
    }
    var parser = SafeTensorsParser(byteCount: bytes.count)
    try parser.take((bytes + [0])[...]) { _ in { _ in true } }
    #expect(throws: SafeTensorsError.trailingBytes(count: 1)) { try parser.finish() }
  }

  @Test func `spaces, escapes and any order of members are read`() throws {
    let header = """
      { "\\u0061\\ud83d\\ude80" : { "data_offsets" : [ 0 , 4 ] , "shape" : [ ] , "dtype" : "F32" } ,
        "__metadata__" : { "k" : "\\/\\b\\f\\n\\r\\t\\"" } }
      """
    let container = try SafeTensors(bytes: file(header, [0, 0, 128, 63]))
    #expect(container.tensors["a🚀"]?.values == .floats([1]))
    #expect(container.metadata["k"] == "/\u{8}\u{c}\n\r\t\"")
  }

  @Test(arguments: [UInt64(1) << 63, .max, UInt64(16 << 20) + 1])
  func `a header longer than the limit is refused before anything is read`(length: UInt64) throws {
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + [UInt8](repeating: 0, count: 64)
    let error = try #require(throws: SafeTensorsError.self) { try SafeTensors(bytes: bytes) }
    #expect(error == .headerTooLong(found: length, limit: 16 << 20))
  }

  @Test(arguments: [0, 1, 7, 8, 9, 20])
  func `a file that ends in its header is truncated`(count: Int) throws {
    let bytes = Array(file("{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}").prefix(count))
    let error = try #require(throws: SafeTensorsError.self) { try SafeTensors(bytes: bytes) }
    guard case .truncated = error else {
      Issue.record("\(error)")
      return
    }
  }

  @Test func `names and keys that stand twice are refused`() throws {
    let entry = "{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}"
    #expect(try refusal("{\"a\":\(entry),\"a\":\(entry)}") == .duplicateName("a"))
    #expect(try refusal("{\"__metadata__\":{},\"__metadata__\":{}}") == .duplicateName("__metadata__"))
    #expect(try refusal("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}") == .duplicateName("k"))
    #expect(
      try refusal("{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}")
        == .duplicateName("dtype"))
  }

  @Test(arguments: [
    "", "[]", "{", "{}}", "{} x", "{\"a\"}", "{\"a\":1}", "{\"a\":{}}", "{,}", "{\"__metadata__\":{\"k\":1}}",
    "{\"__metadata__\":{\"k\":null}}", "{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0]}}",
    "{\"a\":{\"dtype\":\"U8\",\"shape\":[-1],\"data_offsets\":[0,0]}}",
    "{\"a\":{\"dtype\":\"U8\",\"shape\":[1.0],\"data_offsets\":[0,0]}}",
    "{\"a\":{\"dtype\":\"U8\",\"shape\":[01],\"data_offsets\":[0,1]}}",
    "{\"a\":{\"dtype\":\"U8\",\"shape\":[99999999999999999999],\"data_offsets\":[0,0]}}",
    "{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0],\"more\":1}}",
    "{\"\\ud800\":{}}", "{\"\\x\":{}}", "{\"a\n\":{}}", "{\"a", "\u{FEFF}{}",
  ])
  func `a header that is not the format's JSON is refused`(header: String) throws {
    guard case .malformedHeader = try refusal(header) else {
      Issue.record("another refusal of \(header)")
      return
    }
  }

  @Test func `a header that is not UTF-8 is refused`() throws {
    let bytes: [UInt8] = [8, 0, 0, 0, 0, 0, 0, 0] + Array("{\"".utf8) + [0xFF] + Array("\":{}}".utf8)
    #expect(throws: SafeTensorsError.self) { try SafeTensors(bytes: bytes) }
  }

  @Test func `ranges that overlap, leave gaps, run backwards or leave the file are refused`() throws {
    func header(_ first: String, _ second: String) -> String {
      "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":\(first)},"
        + "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":\(second)}}"
    }
    let eight = [UInt8](repeating: 0, count: 8)
    #expect(try refusal(header("[0,4]", "[2,6]"), eight) == .gapOrOverlap(tensor: "b", expected: 4, found: 2))
    #expect(try refusal(header("[0,4]", "[0,4]"), eight) != .trailingBytes(count: 4))
    #expect(try refusal(header("[0,4]", "[5,9]"), eight + [0]) == .gapOrOverlap(tensor: "b", expected: 4, found: 5))
    #expect(try refusal(header("[1,5]", "[5,9]"), eight + [0]) == .gapOrOverlap(tensor: "a", expected: 0, found: 1))
    #expect(try refusal(header("[0,4]", "[8,4]"), eight) == .wrongLength(tensor: "b", expected: 4, found: [8, 4]))
    #expect(try refusal(header("[0,4]", "[4,9]"), eight) == .wrongLength(tensor: "b", expected: 4, found: [4, 9]))
    let past = try refusal(header("[0,4]", "[4,8]"), [0, 0, 0, 0, 0])
    #expect(past == .truncated(part: "tensor 'b'", expected: 8, found: 5))
    #expect(try refusal(header("[0,4]", "[4,8]"), eight + [0]) == .trailingBytes(count: 1))
  }

  @Test func `shapes whose product cannot be counted are refused`() throws {
    for shape in ["[4294967296,4294967296]", "[9223372036854775807,2]", "[1,1,1,1,1,1,1,1,1]"] {
      let error = try refusal("{\"a\":{\"dtype\":\"F32\",\"shape\":\(shape),\"data_offsets\":[0,0]}}")
      guard case .shapeTooLarge = error else {
        Issue.record("\(error)")
        continue
      }
    }
  }

  @Test(arguments: ["F16", "f32", "BF16", ""])
  func `an element type that is not read is refused with those that are`(name: String) throws {
    let error = try refusal("{\"a\":{\"dtype\":\"\(name)\",\"shape\":[0],\"data_offsets\":[0,0]}}")
    #expect(error == .unknownElementType(tensor: "a", found: name))
    #expect("\(error)".contains("expected 'F32' or 'U8' or 'I64'"))
  }
}
