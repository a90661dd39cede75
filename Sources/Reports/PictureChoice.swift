/// Which pictures of a class a report shows.
public struct PictureChoice: Sendable, Equatable {
  /// Places of the highest scores, highest first.
  public let most: [Int]
  /// Places of the lowest scores, lowest first; none of the others.
  public let least: [Int]

  /// The choice among scores; of equal ones those that come first.
  ///
  /// - Parameter count: most of either.
  public init(scores: [Float], count: Int) {
    let order = scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }
    most = Array(order.prefix(count))
    let rest = order.dropFirst(count).sorted { (scores[$0], $0) < (scores[$1], $1) }
    least = Array(rest.prefix(count))
  }

  /// All places.
  public var places: [Int] { most + least }
}
