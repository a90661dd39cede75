/// The program's arguments as bytes: `CommandLine.arguments` has invalid UTF-8 replaced, so that such files could not be
/// opened.
public enum CommandLineArguments {
  /// The arguments that this text may stand for, in their order on the command line.
  ///
  /// - Parameter text: an argument, or what stands behind `--option=`, as `CommandLine.arguments` has it.
  /// - Returns: the bytes of every argument that reads as this text.
  public static func bytes(of text: String) -> [[UInt8]] {
    // By bytes: texts that only look alike are equal as Swift compares them.
    all().filter { String(decoding: $0, as: UTF8.self).utf8.elementsEqual(text.utf8) }
  }

  /// The first argument that is not UTF-8; nil where all are.
  public static var firstThatIsNotText: [UInt8]? { all().first { String(validating: $0, as: UTF8.self) == nil } }

  private static func all() -> [[UInt8]] {
    (0..<Int(CommandLine.argc)).compactMap { index in
      guard let start = CommandLine.unsafeArgv[index] else { return nil }
      let count = (0...).first { start[$0] == 0 } ?? 0
      let bytes = (0..<count).map { UInt8(bitPattern: start[$0]) }
      guard bytes.starts(with: "--".utf8), let sign = bytes.firstIndex(of: UInt8(ascii: "=")) else { return bytes }
      return Array(bytes[(sign + 1)...])
    }
  }
}
