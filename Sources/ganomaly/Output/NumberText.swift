extension String {
  /// The text with blanks behind it up to a width.
  func padded(to width: Int) -> String {
    count >= width ? self : self + String(repeating: " ", count: width - count)
  }
}

extension Double {
  /// The number with a fixed count of digits after the point, at most nine, rounded to nearest.
  func rounded(toDigits digits: Int) -> String {
    let scale = (0..<digits).reduce(1.0) { product, _ in product * 10 }
    guard isFinite, magnitude * scale < 9e15 else { return description }
    let whole = Int((magnitude * scale).rounded())
    let sign = self < 0 && whole > 0 ? "-" : ""
    guard digits > 0 else { return "\(sign)\(whole)" }
    let fraction = String(whole % Int(scale))
    return "\(sign)\(whole / Int(scale)).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
  }

  /// The number as a percentage: `2.35 %`, with more digits where two would show nothing.
  var percentage: String {
    let shown = self == 0 || self >= 0.00005 ? (self * 100).rounded(toDigits: 2) : (self * 100).rounded(toDigits: 7)
    return shown + " %"
  }
}
