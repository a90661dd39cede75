private import Foundation

/// From scores of a map to colours over a picture: what is far below the threshold leaves the picture as it is.
struct HeatScale: Sendable, Equatable {
  /// The scores that can have the last colour, as multiples of the threshold: few, so that pictures of about the same
  /// score share a scale.
  static let fullMultiples: [Float] = [1.5, 2, 3, 5, 10, 20, 50, 100]
  /// How much of the picture the heat covers at the threshold and above.
  static let cover: Float = 0.8

  /// At this score and below there is no heat.
  let low: Float
  /// What anomalous scores exceed; nil where there is none.
  let threshold: Float?
  /// The score with the last colour.
  let full: Float

  /// The scale of a map: from half the threshold on where that is positive, else over all of its scores.
  ///
  /// - Parameters:
  ///   - lowest: the map's lowest finite score.
  ///   - highest: the map's highest finite score.
  ///   - threshold: nil where there is none.
  init(lowest: Float, highest: Float, threshold: Float?) {
    let threshold = threshold.flatMap { $0.isFinite ? $0 : nil }
    self.threshold = threshold
    if let threshold, threshold > 0 {
      low = threshold / 2
      full = Self.fullMultiples.lazy.map { $0 * threshold }.first { $0 >= highest } ?? highest
    } else {
      low = min(lowest, threshold ?? lowest)
      full = max(highest, threshold ?? highest)
    }
  }

  /// The place of a score on the scale, 0 to 1.
  func place(of score: Float) -> Float {
    guard score > low, full > low else { return 0 }
    return min(1, (score - low) / (full - low))
  }

  /// A pixel under the heat of a score.
  ///
  /// - Parameter level: the picture's grey.
  func color(of score: Float, over level: UInt8) -> (red: UInt8, green: UInt8, blue: UInt8) {
    let place = place(of: score)
    guard place > 0 else { return (level, level, level) }
    // It comes slowly up to the threshold: an edge where heat begins would look like one of the picture.
    let begin = threshold.map { self.place(of: $0) } ?? 0.5
    let share = Self.cover * (begin > 0 ? min(1, place / begin) : 1)
    let color = DifferenceColors.table[Int((place * 255).rounded())]
    func mixed(_ sample: UInt8) -> UInt8 { UInt8(Float(level) + share * (Float(sample) - Float(level))) }
    return (mixed(color.red), mixed(color.green), mixed(color.blue))
  }

  /// A score in three digits.
  static func text(_ score: Float) -> String { String(format: "%.3g", Double(score)) }
}
