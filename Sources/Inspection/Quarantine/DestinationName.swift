internal import Linux

/// The names that files get where they are moved.
enum DestinationName {
  /// Bytes that are kept free for what is appended: `.json`, `.view.png`, a temporary name.
  static let reserve = 24

  /// How the names of files go on after their picture's that lie beside it.
  static let companionEndings = [".json", ".view.png", ".map.png"]

  /// Bytes of a picture in quarantine and of what lies beside it; nil where the picture is no plain file.
  static func bytes(of picture: FileName, in folder: Directory) throws(LinuxError) -> Int64? {
    guard let status = try folder.status(of: picture), status.kind == .regular else { return nil }
    var bytes = status.size
    for ending in companionEndings {
      guard let name = FileName(bytes: picture.bytes + Array(ending.utf8)), let status = try folder.status(of: name),
        status.kind == .regular
      else { continue }
      bytes += status.size
    }
    return bytes
  }

  /// `<20261122T042459Z>-<first 12 digits of the event id>-<name>`, unique by the id.
  ///
  /// A long name is shortened before its extension, at a character's boundary, so that 24 more bytes fit into 255.
  static func make(for name: FileName, id: String, time: WallTime) -> FileName {
    let prefix = Array("\(time.compact)-\(id.filter { $0 != "-" }.prefix(12))-".utf8)
    let bytes = prefix + shortened(name.bytes, to: FileName.maximumLength - reserve - prefix.count)
    guard let result = FileName(bytes: bytes) else { preconditionFailure("a shortened name is a name") }
    return result
  }

  /// `<stem>.returned-<id8>.<extension>`: where a file that was moved by mistake goes when its name is taken.
  ///
  /// - Parameter count: 1, and one more for each such name that is taken too: `<stem>.returned-<id8>-2.<extension>`.
  static func returned(_ name: FileName, id: String, count: Int = 1) -> FileName {
    let suffix = ".returned-\(id.filter { $0 != "-" }.prefix(8))" + (count > 1 ? "-\(count)" : "")
    let (stem, ending) = split(name.bytes)
    let room = FileName.maximumLength - suffix.utf8.count - ending.count
    guard let result = FileName(bytes: cut(stem, to: room) + Array(suffix.utf8) + ending) else {
      preconditionFailure("a shortened name is a name")
    }
    return result
  }

  /// A name's bytes cut to a length before its extension, at a character's boundary.
  static func shortened(_ bytes: [UInt8], to count: Int) -> [UInt8] {
    if bytes.count <= count { return bytes }
    let (stem, ending) = split(bytes)
    return cut(stem, to: count - ending.count) + ending
  }

  /// The name before its extension, and the extension with its dot; one of more than 16 bytes is none.
  private static func split(_ bytes: [UInt8]) -> (stem: [UInt8], ending: [UInt8]) {
    guard let dot = bytes.lastIndex(of: UInt8(ascii: ".")), dot > 0, bytes.count - dot <= 16 else { return (bytes, []) }
    return (Array(bytes[..<dot]), Array(bytes[dot...]))
  }

  private static func cut(_ bytes: [UInt8], to count: Int) -> [UInt8] {
    if bytes.count <= count { return bytes }
    var end = count
    // Not inside a character: at most three bytes of one continue it.
    while end > 0, end > count - 4, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    return Array(bytes[..<end])
  }
}
