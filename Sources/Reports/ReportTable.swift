/// A table of a report.
struct ReportTable: Sendable {
  /// How a column stands.
  enum Alignment: String, Sendable {
    /// Words.
    case words
    /// Numbers: to the right, on one line.
    case number
    /// Names of files: broken anywhere.
    case name
  }

  /// One column's heading.
  struct Column: Sendable {
    /// What it holds.
    let columnTitle: String
    /// How it stands.
    let alignment: String
  }

  /// One cell.
  struct Cell: Sendable {
    /// What it says.
    let text: String
    /// How it stands.
    let alignment: String
  }

  /// One row.
  struct Row: Sendable {
    /// Its first cell where that names the row.
    let header: String?
    /// Its other cells.
    let cells: [Cell]
  }

  /// What it is.
  let tableTitle: String
  /// Its headings.
  let columns: [Column]
  /// Its rows.
  let rows: [Row]
  /// Whether it is shown only when asked for.
  let folded: Bool

  /// A table from texts; each row has as many as there are columns.
  ///
  /// - Parameter namesRows: whether the first column names the rows.
  init(
    _ title: String, columns: [(title: String, alignment: Alignment)], rows: [[String]], namesRows: Bool = true,
    isFolded: Bool = false
  ) {
    tableTitle = title
    self.columns = columns.map { Column(columnTitle: $0.title, alignment: $0.alignment.rawValue) }
    self.rows = rows.map { texts in
      precondition(texts.count == columns.count, "a row has a cell for every column")
      let cells = zip(texts, columns).map { Cell(text: $0, alignment: $1.alignment.rawValue) }
      return Row(header: namesRows ? texts.first : nil, cells: Array(namesRows ? cells.dropFirst() : cells[...]))
    }
    folded = isFolded
  }
}
