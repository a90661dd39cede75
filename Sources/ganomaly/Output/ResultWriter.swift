import Linux

/// Collects lines of results and writes them to standard output in pieces.
struct ResultWriter {
  private static let pieceBytes = 65_536
  private var pending = ""
  private let isTerminal = StandardStream.output.isTerminal

  /// Adds a line.
  mutating func line(_ text: String) throws(FileError) {
    pending += text + "\n"
    // A person reads along; a pipe takes larger pieces.
    if isTerminal || pending.utf8.count >= Self.pieceBytes { try flush() }
  }

  /// Writes what is pending.
  mutating func flush() throws(FileError) {
    try StandardStream.output.write(pending)
    pending = ""
  }
}
