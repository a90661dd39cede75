public import Imaging

/// How far a reconstruction is from its original, pixel by pixel, and its picture in colours.
public struct DifferenceMap: Sendable, Equatable {
  /// Columns.
  public let width: Int
  /// Rows.
  public let height: Int
  /// `height * width` differences, rows top to bottom: 0 to 255, the largest of a pixel's channels.
  public let levels: [UInt8]

  /// The differences that can have the last colour: few, so that pictures of about the same contrast share a scale.
  public static let fullLevels: [UInt8] = [32, 64, 128, 255]

  /// The map of |reconstruction - original|; both have one shape.
  public init(original: Image, reconstruction: Image) {
    precondition(
      original.width == reconstruction.width && original.height == reconstruction.height
        && original.channelCount == reconstruction.channelCount, "both pictures have one shape")
    width = original.width
    height = original.height
    let channelCount = original.channelCount
    var levels = [UInt8](repeating: 0, count: width * height)
    for pixel in levels.indices {
      for sample in pixel * channelCount..<(pixel + 1) * channelCount {
        let (first, second) = (original.samples[sample], reconstruction.samples[sample])
        levels[pixel] = max(levels[pixel], first > second ? first - second : second - first)
      }
    }
    self.levels = levels
  }

  /// A map from its parts.
  private init(width: Int, height: Int, levels: [UInt8]) {
    self.width = width
    self.height = height
    self.levels = levels
  }

  /// The largest difference.
  public var largest: UInt8 { levels.max() ?? 0 }

  /// The smallest of `fullLevels` that shows every difference.
  public var fullLevel: UInt8 { Self.fullLevel(for: largest) }

  /// The smallest of `fullLevels` at or above a difference.
  public static func fullLevel(for largest: UInt8) -> UInt8 { fullLevels.first { $0 >= largest } ?? 255 }

  /// The map in colours, one pixel each: dark blue where nothing differs, pale yellow at `fullLevel` and above.
  ///
  /// - Parameter fullLevel: the difference with the last colour, 1 to 255; nil: the map's own.
  public func image(fullLevel: UInt8? = nil) -> Image {
    let colors = Self.colors(fullLevel: fullLevel ?? self.fullLevel)
    var samples: [UInt8] = []
    samples.reserveCapacity(3 * levels.count)
    for level in levels {
      let color = colors[Int(level)]
      samples.append(color.red)
      samples.append(color.green)
      samples.append(color.blue)
    }
    return Image(width: width, height: height, channelCount: 3, samples: samples)
  }

  /// The scale as a bar from left (no difference) to right (`fullLevel`).
  public static func legend(width: Int, height: Int) -> Image {
    let row = (0..<width).flatMap { column in
      let color = DifferenceColors.table[width > 1 ? column * 255 / (width - 1) : 255]
      return [color.red, color.green, color.blue]
    }
    return Image(width: width, height: height, channelCount: 3, samples: (0..<height).flatMap { _ in row })
  }

  /// The map with as many pixels fewer across and down, each the largest of those that it stands for: what stands out
  /// in one pixel still does.
  ///
  /// - Parameter factor: how many pixels become one, across and down.
  public func reduced(by factor: Int) -> DifferenceMap {
    precondition(factor > 0, "at least one pixel becomes one")
    if factor == 1 { return self }
    let (columns, rows) = ((width + factor - 1) / factor, (height + factor - 1) / factor)
    var reduced = [UInt8](repeating: 0, count: columns * rows)
    for row in 0..<height {
      for column in 0..<width {
        let target = row / factor * columns + column / factor
        reduced[target] = max(reduced[target], levels[row * width + column])
      }
    }
    return DifferenceMap(width: columns, height: rows, levels: reduced)
  }

  /// The colour of every difference.
  private static func colors(fullLevel: UInt8) -> [(red: UInt8, green: UInt8, blue: UInt8)] {
    let full = max(1, Int(fullLevel))
    return (0..<256).map { DifferenceColors.table[min(255, ($0 * 255 + full / 2) / full)] }
  }
}
