/// The program's arguments as bytes: `CommandLine.arguments` has invalid UTF-8 replaced, so that such files could not be
/// opened.
public enum CommandLineArguments {
  /// The arguments that this text may stand for, in their order on the command line.
  ///
  /// - Parameter text: an argument as `CommandLine.arguments` has it.
  /// - Returns: the bytes of every argument that reads as this text; the text's own bytes where there is none.
  public static func bytes(of text: String) -> [[UInt8]] {
    let matches = all().filter { String(decoding: $0, as: UTF8.self) == text }
    return matches.isEmpty ? [Array(text.utf8)] : matches
  }

  private static func all() -> [[UInt8]] {
    (0..<Int(CommandLine.argc)).compactMap { index in
      guard let start = CommandLine.unsafeArgv[index] else { return nil }
      let count = (0...).first { start[$0] == 0 } ?? 0
      return (0..<count).map { UInt8(bitPattern: start[$0]) }
    }
  }
}
