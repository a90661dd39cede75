/// Pictures of a report, each as it was, as the network draws it, and where the two differ.
struct ReportGallery: Sendable {
  /// One view of a picture.
  struct View: Sendable {
    /// What it is.
    let viewTitle: String
    /// The picture itself, as a data URL.
    let source: String
    /// Pixels across.
    let width: Int
    /// Pixels down.
    let height: Int
    /// What it is, for those who do not see it.
    let alternative: String
  }

  /// One picture.
  struct Picture: Sendable {
    /// Its file.
    let name: String
    /// Its score and what was made of it.
    let words: String
    /// `right`, `wrong`, or nothing where there is no verdict.
    let judgement: String
    /// What is shown of it.
    let views: [View]
    /// Why nothing is; nil where something is.
    let missing: String?
  }

  /// What they have in common.
  let galleryTitle: String
  /// How to read them.
  let explanation: String
  /// The pictures.
  let pictures: [Picture]
}
