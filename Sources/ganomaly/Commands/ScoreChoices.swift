public import ArgumentParser
public import GANomalyModel

extension ScoreOptions.SecondEncoder: ExpressibleByArgument {}
extension ScoreOptions.LocalRule: ExpressibleByArgument {}
extension ScoreOptions.Standardisation: ExpressibleByArgument {}

extension WindowPooling {
  /// A rule as a person writes it.
  ///
  /// - Throws: `ValidationError` with what is expected.
  static func option(_ text: String) throws -> WindowPooling {
    guard let pooling = WindowPooling(lenient: text) else { throw ValidationError("expected \(expected)") }
    return pooling
  }
}
