/// Numbers in the words of results.
public enum NumberText {
  /// A number with a fixed count of digits after the point, at most nine, rounded to nearest.
  public static func fixed(_ value: Double, digits: Int) -> String {
    let scale = (0..<digits).reduce(1.0) { product, _ in product * 10 }
    guard value.isFinite, value.magnitude * scale < 9e15 else { return value.description }
    let whole = Int((value.magnitude * scale).rounded())
    let sign = value < 0 && whole > 0 ? "-" : ""
    guard digits > 0 else { return "\(sign)\(whole)" }
    let fraction = String(whole % Int(scale))
    return "\(sign)\(whole / Int(scale)).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
  }

  /// A rate as a percentage: `2.35 %`, with more digits where two would show nothing.
  public static func percentage(_ rate: Double) -> String {
    let shown = rate == 0 || rate >= 0.00005 ? fixed(rate * 100, digits: 2) : fixed(rate * 100, digits: 7)
    return shown + " %"
  }
}
