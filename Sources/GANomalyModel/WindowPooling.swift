/// How the scores of a picture's windows become the picture's score.
public enum WindowPooling: Sendable, Hashable {
  /// The largest.
  case maximum
  /// The mean of the largest k; of all where there are fewer.
  case meanOfTop(Int)
  /// The smallest score that at least this part of the windows does not exceed (nearest rank).
  case quantile(Double)

  /// How many windows a mean may be of.
  public static let topCounts = 1...65_536
  /// What there may be, in words.
  public static let expected = "'maximum', 'top-K' with K from 1 to 65536, or 'quantile-Q' with Q between 0 and 1"

  private static let maximumWord = "maximum"
  private static let topPrefix = "top-"
  private static let quantilePrefix = "quantile-"

  /// As model files and options write it: `maximum`, `top-5`, `quantile-0.99`.
  public var text: String {
    switch self {
    case .maximum: Self.maximumWord
    case .meanOfTop(let count): "\(Self.topPrefix)\(count)"
    case .quantile(let part): "\(Self.quantilePrefix)\(part)"
    }
  }

  /// A pooling from exactly such a text; nil where it is none.
  ///
  /// Files have one text for each: two ways to say the same would be two files for one model.
  public init?(text: String) {
    self.init(lenient: text)
    guard self.text == text else { return nil }
  }

  /// A pooling as a person may write it, `quantile-.9` or `top-05` as well; nil where it is none.
  public init?(lenient text: String) {
    if text == Self.maximumWord {
      self = .maximum
    } else if text.hasPrefix(Self.topPrefix), let count = Int(text.dropFirst(Self.topPrefix.count)) {
      self = .meanOfTop(count)
    } else if text.hasPrefix(Self.quantilePrefix), let part = Double(text.dropFirst(Self.quantilePrefix.count)) {
      self = .quantile(part)
    } else {
      return nil
    }
    guard isPossible else { return nil }
  }

  /// Whether it is one of those that there may be.
  public var isPossible: Bool {
    switch self {
    case .maximum: true
    case .meanOfTop(let count): Self.topCounts.contains(count)
    case .quantile(let part): part > 0 && part < 1
    }
  }

  /// The picture's score, which does not depend on the order of its windows.
  ///
  /// The mean is summed in double precision from the largest down, and rounded once. No result is above the maximum.
  ///
  /// - Parameter scores: of the windows, at least one.
  /// - Returns: the score; NaN where any window's is.
  public func score(_ scores: [Float]) -> Float {
    precondition(!scores.isEmpty, "a picture has at least one window")
    if scores.count == 1 { return scores[0] }
    if scores.contains(where: \.isNaN) { return .nan }
    switch self {
    case .maximum: return scores.max() ?? .nan
    case .meanOfTop(let count):
      let top = scores.sorted(by: >).prefix(count)
      return Float(top.reduce(0.0) { $0 + Double($1) } / Double(top.count))
    case .quantile(let part):
      return scores.sorted()[Self.rank(part, of: scores.count) - 1]
    }
  }

  /// The least k with k / count >= part, as doubles, 1 to count.
  static func rank(_ part: Double, of count: Int) -> Int {
    var rank = min(count, max(1, Int((part * Double(count)).rounded(.up))))
    while rank > 1, Double(rank - 1) / Double(count) >= part { rank -= 1 }
    while rank < count, Double(rank) / Double(count) < part { rank += 1 }
    return rank
  }
}

extension WindowPooling: CustomStringConvertible {
  /// In words.
  public var description: String {
    switch self {
    case .maximum: "the highest window"
    case .meanOfTop(let count): "the mean of the \(count) highest windows"
    case .quantile(let part): "the \(part) quantile of the windows"
    }
  }
}
