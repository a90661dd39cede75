internal import Charts

/// Words that the reports share.
enum ReportWords {
  /// The last line of a report.
  static func made(by program: String) -> String {
    "Made by \(program). This file is complete in itself: it loads nothing and runs nothing."
  }

  /// A rate as a percentage that is not broken between two lines.
  static func percentage(_ rate: Double) -> String {
    NumberText.percentage(rate).replacing(" ", with: "\u{A0}")
  }

  /// A rate as counts, with what it is: `12 of 1135 (1.06 %)`.
  static func counts(_ part: Int, _ whole: Int) -> String {
    whole == 0 ? "none of none" : "\(part) of \(whole) (\(ReportWords.percentage(Double(part) / Double(whole))))"
  }

  /// An interval of rates: `0.55 % to 1.84 %`.
  static func interval(_ interval: ClosedRange<Double>?) -> String? {
    interval.map { "\(ReportWords.percentage($0.lowerBound)) to \(ReportWords.percentage($0.upperBound))" }
  }

  /// A figure between 0 and 1 with four decimals; a dash where there is none.
  static func figure(_ value: Double?) -> String { value.map { NumberText.fixed($0, digits: 4) } ?? "–" }

  /// An interval of such figures; a dash where there is none, and where scores without overlap leave it no width.
  static func figures(_ interval: ClosedRange<Double>?) -> String {
    guard let interval, interval.lowerBound < interval.upperBound else { return "–" }
    return "\(figure(interval.lowerBound)) to \(figure(interval.upperBound))"
  }
}
