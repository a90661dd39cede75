/// A report as plain values: what stands in it and in which order, before it is HTML.
///
/// All texts are plain text; whatever means something to a browser is escaped when the document is written. Nothing in
/// it depends on the time or the machine: the same document gives the same bytes.
public struct ReportDocument: Sendable {
  /// A figure that stands out at the top.
  public struct Fact: Sendable {
    /// Whether it is good news.
    public enum Mood: String, Sendable {
      /// Neither.
      case plain
      /// As it should be.
      case good
      /// Something to look at.
      case bad
    }

    let label: String
    let value: String
    let detail: String
    let mood: String

    /// A fact in its words.
    init(_ label: String, _ value: String, detail: String, mood: Mood = .plain) {
      self.label = label
      self.value = value
      self.detail = detail
      self.mood = mood.rawValue
    }
  }

  /// A part with a heading.
  struct Section: Sendable {
    /// Its heading.
    let heading: String
    /// What stands below it.
    var blocks: [ReportBlock]
  }

  /// What kind of report it is: `Evaluation`.
  let kind: String
  /// What it is about.
  let title: String
  /// One sentence below the title.
  let lead: String
  /// The figures at the top.
  let facts: [Fact]
  /// The parts.
  var sections: [Section]
  /// Lines below everything.
  let footer: [String]
}
