import Linux

/// Where `evaluate` writes besides standard output.
struct EvaluationFiles {
  /// The chart of all scores.
  let scatter: BytePath?
  /// The table of all pictures.
  let csv: BytePath?
  /// The report.
  let report: BytePath?

  /// The files that were named, as the bytes that were typed.
  init(scatter: String?, csv: String?, report: String?) throws(CommandError) {
    self.scatter = try scatter.map(PathArguments.bytePath)
    self.csv = try csv.map(PathArguments.bytePath)
    self.report = try report.map(PathArguments.bytePath)
  }

  /// All that were named.
  var paths: [BytePath] { [scatter, csv, report].compactMap(\.self) }
}
