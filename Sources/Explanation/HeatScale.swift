private import Foundation
public import Imaging

/// From scores of a map to colours over a picture: what is far below the threshold leaves the picture as it is.
public struct HeatScale: Sendable, Equatable {
  /// The scores that can have the last colour, as multiples of the threshold: few, so that pictures of about the same
  /// score share a scale.
  static let fullMultiples: [Float] = [1.5, 2, 3, 5, 10, 20, 50, 100]
  /// How much of the picture the heat covers at the threshold and above.
  static let cover: Float = 0.8

  /// At this score and below there is no heat.
  public let low: Float
  /// What anomalous scores exceed; nil where there is none.
  public let threshold: Float?
  /// The score with the last colour.
  public let full: Float

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

  /// One scale for several panels.
  public init(_ panels: [HeatPanel], threshold: Float?) {
    let range = HeatPanel.range(of: panels) ?? 0...0
    self.init(lowest: range.lowerBound, highest: range.upperBound, threshold: threshold)
  }

  /// A picture in dim grey under the heat of its scores.
  ///
  /// - Parameter scores: one a pixel; what is not a number, or negative infinity, leaves it as it is.
  func heat(_ scores: [Float], over picture: Image) -> Image {
    let grey = picture.convertedToGrey()
    var samples: [UInt8] = []
    samples.reserveCapacity(3 * scores.count)
    for (pixel, score) in scores.enumerated() {
      let color = color(of: score, over: Self.dimmed(grey.samples[pixel]))
      samples.append(color.red)
      samples.append(color.green)
      samples.append(color.blue)
    }
    return Image(width: picture.width, height: picture.height, channelCount: 3, samples: samples)
  }

  /// The scale as a bar from its lowest score (left) to its highest, as it looks over mid-grey.
  public func bar(width: Int, height: Int) -> Image {
    let ground = Self.dimmed(128)
    let row = (0..<width).flatMap { column in
      let score = low + (full - low) * Float(column) / Float(max(1, width - 1))
      let color = color(of: score, over: ground)
      return [color.red, color.green, color.blue]
    }
    return Image(width: width, height: height, channelCount: 3, samples: (0..<height).flatMap { _ in row })
  }

  /// Half as bright, so that heat is brighter than any picture.
  static func dimmed(_ level: UInt8) -> UInt8 { 16 + level / 2 }

  /// A score in three digits.
  public static func text(_ score: Float) -> String { String(format: "%.3g", Double(score)) }
}
