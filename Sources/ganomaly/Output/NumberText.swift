import Charts

extension String {
  /// The text with blanks behind it up to a width.
  func padded(to width: Int) -> String {
    count >= width ? self : self + String(repeating: " ", count: width - count)
  }
}

extension Double {
  /// The number with a fixed count of digits after the point, at most nine, rounded to nearest.
  func rounded(toDigits digits: Int) -> String { NumberText.fixed(self, digits: digits) }

  /// The number as a percentage: `2.35 %`, with more digits where two would show nothing.
  var percentage: String { NumberText.percentage(self) }
}
