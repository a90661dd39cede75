import Inspection
import Linux

/// Finds the one inspection that a person means.
struct EntryFinder {
  let reader: LedgerReader

  /// The inspection.
  ///
  /// - Parameter wish: prefers those that the command can do something with, where several have the name.
  /// - Throws: `CommandError` where there is none, or more than one, naming them.
  func entry(_ text: BytePath, preferring wish: LedgerReader.Wish = .any) throws -> LedgerEntry {
    let candidates = try reader.find(text.bytes, preferring: wish)
    guard let first = candidates.first else {
      throw CommandError(
        "there is no inspection '\(escaped(text.bytes))'; give at least four digits of its event, or its file's name: see "
          + "'ganomaly quarantine list'")
    }
    guard candidates.count == 1 else {
      let names = candidates.prefix(5).map { "\($0.record.id) (\($0.record.recorded.iso))" }.joined(separator: ", ")
      let more = candidates.count > 5 ? " and more" : ""
      throw CommandError(
        "'\(escaped(text.bytes))' is not clear: it may be \(names)\(more); give more digits of the event")
    }
    return first
  }
}
