/// A command that cannot be done, in one sentence.
struct CommandError: Error, CustomStringConvertible {
  /// The sentence: what, which file, expected and found, remedy.
  let description: String

  /// An error from its sentence.
  init(_ description: String) {
    self.description = description
  }
}
