/// Scores seen so far, and where a new one stands among them; its memory does not grow with their number.
///
/// Scores that agree in their leading bits count as equal, in as few bits as are needed for at most `maximumKeyCount`
/// different ones. What a pool holds depends on which scores came, not on their order.
struct ScorePool: Sendable, Equatable, Codable {
  /// Most different scores that are told apart.
  static let maximumKeyCount = 1024

  /// Where a score stands.
  struct Standing: Equatable {
    /// Scores in the pool that are greater.
    let greaterCount: Int
    /// Scores that are equal, itself among them.
    let equalCount: Int
    /// All, itself among them.
    let count: Int
  }

  /// All scores.
  private(set) var count = 0
  /// Trailing bits that are left out.
  private var droppedBits: UInt32 = 0
  /// Ascending, each as often as `counts` says.
  private var keys: [UInt32] = []
  private var counts: [Int] = []

  /// An empty pool.
  init() {}

  /// Adds a score that is a number, and tells where it stands.
  @discardableResult
  mutating func add(_ score: Float) -> Standing {
    let key = Self.key(of: score) >> droppedBits
    var place = position(of: key)
    if place < keys.count && keys[place] == key {
      counts[place] += 1
    } else {
      keys.insert(key, at: place)
      counts.insert(1, at: place)
      // First, so that the standing too depends on which scores there are, and not on which came last.
      while keys.count > Self.maximumKeyCount { dropBit() }
      place = position(of: Self.key(of: score) >> droppedBits)
    }
    count += 1
    var greaterCount = 0
    for index in (place + 1)..<max(place + 1, counts.count) { greaterCount += counts[index] }
    return Standing(greaterCount: greaterCount, equalCount: counts[place], count: count)
  }

  /// Whether it can have come of scores: for what was read from a file.
  var isSound: Bool {
    keys.count == counts.count && keys.count <= Self.maximumKeyCount && droppedBits < 32
      && zip(keys, keys.dropFirst()).allSatisfy(<) && counts.allSatisfy { 1...(1 << 48) ~= $0 }
      && counts.reduce(0, +) == count && count <= 1 << 48
  }

  /// The first place whose key is not below one.
  private func position(of key: UInt32) -> Int {
    var (low, high) = (0, keys.count)
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private mutating func dropBit() {
    droppedBits += 1
    var last = -1
    for index in keys.indices {
      let key = keys[index] >> 1
      if last >= 0 && keys[last] == key {
        counts[last] += counts[index]
      } else {
        last += 1
        keys[last] = key
        counts[last] = counts[index]
      }
    }
    keys.removeSubrange((last + 1)...)
    counts.removeSubrange((last + 1)...)
  }

  /// A number that rises with the score; both zeros have one.
  private static func key(of score: Float) -> UInt32 {
    let bits = (score == 0 ? 0 : score).bitPattern
    return bits >> 31 == 1 ? ~bits : bits | 1 << 31
  }
}
