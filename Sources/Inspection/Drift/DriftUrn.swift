/// How probable it is that the next of exchangeable things lies above one of them, after how many do: Polya's urn.
///
/// Of n scores the one of rank r leaves n + 1 places for another, r of them above it, and all are as probable; with k of t
/// later ones above it, the next is above it with probability (r + k) / (n + 1 + t). That is exact for every n.
struct DriftUrn: Sendable, Equatable, Codable {
  /// Places above.
  private(set) var upperCount: Int
  /// All places.
  private(set) var count: Int

  /// An urn.
  ///
  /// - Parameters:
  ///   - rank: of the one that is compared with, from the top, from 1.
  ///   - count: how many there are, itself among them.
  init(rank: Int, among count: Int) {
    upperCount = rank
    self.count = count + 1
  }

  /// The probability that the next is above: more than 0, less than 1.
  var chance: Double { Double(upperCount) / Double(count) }

  /// Notes where the next is.
  mutating func note(isAbove: Bool) {
    count += 1
    if isAbove { upperCount += 1 }
  }

  /// Whether it can have come of things: for what was read from a file.
  var isSound: Bool { upperCount >= 1 && upperCount < count && count <= 1 << 49 }
}
