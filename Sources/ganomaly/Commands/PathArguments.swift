import Linux

/// Paths of the command line as the bytes that were typed.
enum PathArguments {
  /// The paths as bytes, in their order, also where they are not UTF-8.
  ///
  /// - Parameter texts: the arguments as the parser has them: invalid UTF-8 replaced.
  /// - Throws: where it cannot be told which of several arguments is meant, rather than take another file.
  static func bytePaths(_ texts: [String]) throws(CommandError) -> [BytePath] {
    var paths: [BytePath] = []
    for (place, text) in texts.enumerated() {
      guard !text.isEmpty else { throw CommandError("a path is empty, expected a file or folder") }
      guard text.unicodeScalars.contains("\u{FFFD}") else {
        paths.append(BytePath(text))
        continue
      }
      // Different bytes may read as the same text: each such path takes the next of them.
      let candidates = CommandLineArguments.bytes(of: text)
      let namesakes = texts.indices.filter { texts[$0].utf8.elementsEqual(text.utf8) }
      if Set(candidates).count == 1 {
        paths.append(BytePath(bytes: candidates[0]))
      } else if candidates.count == namesakes.count, let turn = namesakes.firstIndex(of: place) {
        paths.append(BytePath(bytes: candidates[turn]))
      } else {
        throw CommandError(
          "cannot tell which file '\(text)' is: several arguments read so, as they are not valid UTF-8; rename one of them"
        )
      }
    }
    return paths
  }

  /// One path as bytes.
  static func bytePath(_ text: String) throws(CommandError) -> BytePath { try bytePaths([text])[0] }

  /// One path as text, for folders whose names must be text.
  ///
  /// - Throws: where it is not valid UTF-8: its replacement would be another folder.
  static func textPath(_ text: String) throws(CommandError) -> String {
    let path = try bytePath(text)
    guard let text = path.text else {
      throw CommandError(
        "cannot use '\(escaped(path.bytes))': its path is not valid UTF-8; name a folder whose path is")
    }
    return text
  }
}
