internal import Imaging

/// A white picture in colour that others, bars and lines of text are drawn into.
struct Canvas {
  /// Columns.
  let width: Int
  /// Rows.
  let height: Int
  private var samples: [UInt8]

  /// A white canvas.
  init(width: Int, height: Int) {
    self.width = width
    self.height = height
    samples = [UInt8](repeating: 255, count: 3 * width * height)
  }

  /// What is drawn on it.
  var image: Image { Image(width: width, height: height, channelCount: 3, samples: samples) }

  /// Draws a picture, grey or colour, that lies within.
  ///
  /// - Parameter factor: how often a pixel is repeated across and down.
  mutating func draw(_ image: Image, left: Int, top: Int, factor: Int = 1) {
    let last = image.channelCount - 1
    var row: [UInt8] = []
    row.reserveCapacity(3 * image.width * factor)
    for y in 0..<image.height {
      row.removeAll(keepingCapacity: true)
      for x in 0..<image.width {
        let (red, green, blue) = (image[x, y, 0], image[x, y, min(1, last)], image[x, y, last])
        for _ in 0..<factor {
          row.append(red)
          row.append(green)
          row.append(blue)
        }
      }
      // From a row of its own: a slice would share the canvas, and every row written below would copy all of it; and an
      // array of the slice was made in freed memory by the optimiser of Swift 6.3.1, as the address sanitizer found.
      for repetition in 0..<max(factor, 1) {
        let start = 3 * ((top + y * factor + repetition) * width + left)
        samples.replaceSubrange(start..<start + row.count, with: row)
      }
    }
  }

  /// Draws a line of one pixel around a place.
  mutating func frame(left: Int, top: Int, width: Int, height: Int, level: UInt8) {
    for x in left - 1...left + width {
      set(x, top - 1, level)
      set(x, top + height, level)
    }
    for y in top - 1...top + height {
      set(left - 1, y, level)
      set(left + width, y, level)
    }
  }

  /// Fills a rectangle with a grey; what lies beside the canvas is left out.
  mutating func fill(left: Int, top: Int, width: Int, height: Int, level: UInt8) {
    for y in top..<top + height { for x in left..<left + width { set(x, y, level) } }
  }

  /// Writes a line of black text; what does not fit is left out.
  ///
  /// - Parameter scale: how often a dot is repeated across and down.
  mutating func write(_ text: String, left: Int, top: Int, scale: Int) {
    for (place, character) in text.enumerated() {
      for (y, row) in Lettering.rows(of: character).enumerated() {
        for x in 0..<Lettering.width where row >> (Lettering.width - 1 - x) & 1 == 1 {
          for dot in 0..<scale * scale {
            set(
              left + (place * Lettering.advance + x) * scale + dot % scale, top + y * scale + dot / scale, 0)
          }
        }
      }
    }
  }

  private mutating func set(_ x: Int, _ y: Int, _ level: UInt8) {
    guard (0..<width).contains(x), (0..<height).contains(y) else { return }
    let start = 3 * (y * width + x)
    for sample in start..<start + 3 { samples[sample] = level }
  }
}
