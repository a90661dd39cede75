/// Rows, columns and depth of a product.
struct MatrixShape: CustomStringConvertible {
  /// Rows of the output.
  let rows: Int
  /// Columns of the output.
  let columns: Int
  /// What is summed over.
  let depth: Int

  /// A shape from its three numbers.
  init(_ rows: Int, _ columns: Int, _ depth: Int) {
    self.rows = rows
    self.columns = columns
    self.depth = depth
  }

  /// One multiplication and one addition an element and step, in units of 1e9.
  var gigaflops: Double { 2e-9 * Double(rows) * Double(columns) * Double(depth) }

  /// As it stands in the table.
  var description: String { "\(rows) x \(columns) x \(depth)" }
}
