import Linux

/// Sentences for the user on standard error.
enum Message {
  /// Writes a sentence; where standard error is closed, nobody is there to be told.
  static func write(_ sentence: String) {
    try? StandardStream.error.write("ganomaly: \(sentence)\n")
  }
}
