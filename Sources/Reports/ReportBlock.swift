internal import Charts
internal import Imaging

/// One thing in a section; all but one of its parts are nil.
///
/// The names are those of the template, which looks a name up in what surrounds a part too: no two parts share one.
struct ReportBlock: Sendable {
  private(set) var paragraph: String?
  private(set) var note: String?
  private(set) var plots: Plots?
  private(set) var table: ReportTable?
  private(set) var gallery: ReportGallery?
  private(set) var legendBar: LegendBar?

  /// Plots beside each other.
  struct Plots: Sendable {
    /// The plots.
    let figures: [Figure]
  }

  /// One plot.
  struct Figure: Sendable {
    /// What it shows.
    let figureTitle: String
    /// The element.
    let svg: String
    /// How to read it.
    let caption: String

    /// A plot of values against values.
    init(_ plot: Plot, identifier: String, caption: String) {
      figureTitle = plot.title
      svg = plot.svg(identifier: identifier)
      self.caption = caption
    }

    /// A histogram.
    init(_ plot: HistogramPlot, identifier: String, caption: String) {
      figureTitle = plot.title
      svg = plot.svg(identifier: identifier)
      self.caption = caption
    }
  }

  /// What the colours of maps stand for.
  struct LegendBar: Sendable {
    /// At its beginning.
    let from: String
    /// At its end.
    let to: String
    /// The bar itself.
    let barSource: String
    /// The bar for those who do not see it.
    let barMeaning: String
    /// Pixels across.
    let width: Int
    /// Pixels down.
    let height: Int
  }

  /// Sentences.
  static func text(_ paragraph: String) -> ReportBlock {
    var block = ReportBlock()
    block.paragraph = paragraph
    return block
  }

  /// A sentence that is not to be overlooked.
  static func remark(_ note: String) -> ReportBlock {
    var block = ReportBlock()
    block.note = note
    return block
  }

  /// Plots beside each other.
  static func plots(_ figures: [Figure]) -> ReportBlock {
    var block = ReportBlock()
    block.plots = Plots(figures: figures)
    return block
  }

  /// A table.
  static func table(_ table: ReportTable) -> ReportBlock {
    var block = ReportBlock()
    block.table = table
    return block
  }

  /// Pictures beside each other.
  static func gallery(_ gallery: ReportGallery) -> ReportBlock {
    var block = ReportBlock()
    block.gallery = gallery
    return block
  }

  /// What the colours of maps stand for.
  static func legend(_ bar: LegendBar) -> ReportBlock {
    var block = ReportBlock()
    block.legendBar = bar
    return block
  }
}
