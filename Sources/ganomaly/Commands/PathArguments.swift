import Linux

/// Paths of the command line as the bytes that were typed.
enum PathArguments {
  /// The paths as bytes, in their order, also where they are not UTF-8.
  ///
  /// - Parameter texts: the arguments as the parser has them: invalid UTF-8 replaced.
  static func bytePaths(_ texts: [String]) -> [BytePath] {
    // Different bytes may read as the same text: each such argument takes the next of them.
    var taken: [String: Int] = [:]
    return texts.map { text in
      let candidates = CommandLineArguments.bytes(of: text)
      let place = taken[text, default: 0]
      taken[text] = place + 1
      return BytePath(bytes: candidates[min(place, candidates.count - 1)])
    }
  }
}
