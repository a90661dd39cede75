private import Tensors

/// Finds pictures that are nearly the same, in time that grows with their number and not with its square.
///
/// Thumbnails are hashed by a few rough projections, several times over, and compared within a bucket. What is found is
/// so; what differs by noise at the edge of a bucket every time, or lies in an overfull one, may be missed.
public enum NearCopies {
  /// Most levels by which any sample of two thumbnails may differ.
  public static let tolerance = 2
  /// Hashes of every thumbnail.
  private static let tableCount = 4
  /// Projections of a hash.
  private static let projectionCount = 3
  /// Width of a projection's steps: several times what noise moves it by.
  private static let stepWidth = 96
  /// Most neighbours within a bucket that one thumbnail is compared with.
  private static let comparisonCount = 64

  /// For each thumbnail the index of another that is nearly the same; nil where none was found.
  ///
  /// - Parameter thumbnails: of the same length each.
  public static func twins(_ thumbnails: [[UInt8]]) -> [Int?] {
    var twins = [Int?](repeating: nil, count: thumbnails.count)
    guard let length = thumbnails.first?.count else { return twins }
    // Of its own, and the same for every set: what is said of a set depends on the set alone.
    var random = RandomGenerator(seed: 0x4E45_4152)
    for _ in 0..<tableCount {
      let signs = (0..<projectionCount).map { _ in (0..<length).map { _ in random.next() >> 63 == 1 ? 1 : -1 } }
      let offsets = (0..<projectionCount).map { _ in Int(random.next() % UInt64(stepWidth)) }
      var buckets: [[Int]: [Int]] = [:]
      for (index, thumbnail) in thumbnails.enumerated() {
        let key = zip(signs, offsets).map { signs, offset in
          let projection = zip(signs, thumbnail).reduce(0) { $0 + $1.0 * Int($1.1) }
          return Int((Double(projection + offset) / Double(stepWidth)).rounded(.down))
        }
        buckets[key, default: []].append(index)
      }
      for bucket in buckets.values {
        for (place, index) in bucket.enumerated() {
          for other in bucket[(place + 1)...].prefix(comparisonCount)
          where (twins[index] == nil || twins[other] == nil) && areNear(thumbnails[index], thumbnails[other]) {
            twins[index] = twins[index] ?? other
            twins[other] = twins[other] ?? index
          }
        }
      }
    }
    return twins
  }

  private static func areNear(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    for index in left.indices where abs(Int(left[index]) - Int(right[index])) > tolerance { return false }
    return true
  }
}
