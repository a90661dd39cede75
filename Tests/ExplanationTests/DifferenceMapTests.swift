import Explanation
import Imaging
import Testing

@Suite struct DifferenceMapTests {
  private func picture(_ samples: [UInt8], channelCount: Int = 1) -> Image {
    Image(width: samples.count / channelCount, height: 1, channelCount: channelCount, samples: samples)
  }

  @Test func `a pixel's difference is its channels' largest, in either direction`() {
    let map = DifferenceMap(
      original: picture([10, 20, 30, 200, 200, 200], channelCount: 3),
      reconstruction: picture([12, 0, 30, 200, 255, 199], channelCount: 3))
    #expect(map.levels == [20, 55] && map.largest == 55)
  }

  @Test(arguments: [(0, 32), (32, 32), (33, 64), (64, 64), (65, 128), (129, 255), (255, 255)] as [(UInt8, UInt8)])
  func `the scale is the smallest that shows every difference`(largest: UInt8, full: UInt8) {
    let map = DifferenceMap(original: picture([0]), reconstruction: picture([largest]))
    #expect(map.fullLevel == full)
    let table = DifferenceMap.legend(width: 256, height: 1)
    let place = Int((Double(largest) / Double(full) * 255).rounded())
    for channel in 0..<3 { #expect(map.image()[0, 0, channel] == table[place, 0, channel]) }
    #expect(map.image(fullLevel: 1)[0, 0, 0] == table[largest > 0 ? 255 : 0, 0, 0], "a narrower scale ends there")
  }

  @Test func `a reduced map keeps the largest difference of the pixels that became one`() {
    let original = Image(width: 5, height: 3, channelCount: 1, level: 0)
    var reconstruction = original
    reconstruction.samples[1 * 5 + 3] = 90
    reconstruction.samples[2 * 5 + 4] = 7
    let map = DifferenceMap(original: original, reconstruction: reconstruction).reduced(by: 2)
    #expect(map.width == 3 && map.height == 2)
    #expect(map.levels == [0, 90, 0, 0, 0, 7])
  }

  /// Linear light of the legend's colours, one row a colour.
  private var lights: [[Double]] {
    let legend = DifferenceMap.legend(width: 256, height: 1)
    return (0..<256).map { column in (0..<3).map { light(legend[column, 0, $0]) } }
  }

  private func light(_ sample: UInt8) -> Double {
    let value = Double(sample) / 255
    // Close enough to the standard's exponent to compare colours: (x + 0.055) / 1.055 to the power 2.4.
    return value <= 0.04045 ? value / 12.92 : power((value + 0.055) / 1.055)
  }

  private func power(_ base: Double) -> Double {
    // base^2.4 = base^2 * base^(2/5), the fifth root by Newton's method.
    var root = 1.0
    for _ in 0..<60 { root -= (root * root * root * root * root - base * base) / (5 * root * root * root * root) }
    return base * base * root
  }

  /// L* of a light. Source: CIE 15:2018.
  private func lightness(_ light: [Double]) -> Double {
    let luminance = 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]
    guard luminance > 216.0 / 24389 else { return luminance * 24389 / 27 }
    var root = 1.0
    for _ in 0..<60 { root -= (root * root * root - luminance) / (3 * root * root) }
    return 116 * root - 16
  }

  /// Source: G. Machado, M. Oliveira, L. Fernandes, "A Physiologically-based Model for Simulation of Color Vision
  /// Deficiency", 2009, table 1, severity 1.0.
  static let visions: [(name: String, rows: [[Double]])] = [
    ("any", [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
    (
      "protanopia",
      [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    (
      "deuteranopia",
      [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    (
      "tritanopia",
      [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
  ]

  @Test(arguments: visions.indices) func `differences are told apart with any colour vision`(vision: Int) {
    let rows = Self.visions[vision].rows
    let seen = lights.map { light in
      lightness(rows.map { row in max(0, zip(row, light).reduce(0) { $0 + $1.0 * $1.1 }) })
    }
    // 16 steps that are each at least 3 lighter: a just noticeable difference of large areas is about 1.
    for step in stride(from: 16, through: 240, by: 16) {
      #expect(seen[step] - seen[step - 16] > 3, "\(Self.visions[vision].name), colour \(step)")
    }
    #expect(seen[255] - seen[0] > 85)
  }
}
