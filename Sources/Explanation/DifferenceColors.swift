private import Foundation

/// The colours of difference maps: dark blue over red to pale yellow, evenly spaced to the eye.
///
/// Neighbours have the same distance in OKLab, and lightness rises all the way in nearly equal steps: the order is seen
/// with any colour vision, and on a grey print.
/// Source: B. Ottosson, "A perceptual color space for image processing", 2020.
enum DifferenceColors {
  /// Red, green and blue of the 256 colours, from no difference to the full one.
  static let table: [(red: UInt8, green: UInt8, blue: UInt8)] = makeTable()

  /// The colours that the path goes through, as red, green and blue: all straight lines between them can be shown.
  private static let stops: [UInt32] = [0x06061a, 0x33186b, 0x8f2a78, 0xd9534f, 0xf7a63c, 0xfdf6d0]

  /// A place in OKLab.
  private typealias Place = SIMD3<Double>

  private static func makeTable() -> [(red: UInt8, green: UInt8, blue: UInt8)] {
    let places = stops.map(place)
    let lengths = zip(places, places.dropFirst()).map { length($1 - $0) }
    let whole = lengths.reduce(0, +)
    return (0..<256).map { index in
      var distance = Double(index) / 255 * whole
      var segment = 0
      while segment < lengths.count - 1, distance > lengths[segment] {
        distance -= lengths[segment]
        segment += 1
      }
      let share = min(1, distance / lengths[segment])
      return color(places[segment] + share * (places[segment + 1] - places[segment]))
    }
  }

  private static func length(_ vector: Place) -> Double { (vector * vector).sum().squareRoot() }

  /// The place of a colour.
  private static func place(_ color: UInt32) -> Place {
    let light = Place(linear(color >> 16 & 255), linear(color >> 8 & 255), linear(color & 255))
    let cones = Place(
      cbrt((Place(0.4122214708, 0.5363325363, 0.0514459929) * light).sum()),
      cbrt((Place(0.2119034982, 0.6806995451, 0.1073969566) * light).sum()),
      cbrt((Place(0.0883024619, 0.2817188376, 0.6299787005) * light).sum()))
    return Place(
      (Place(0.2104542553, 0.7936177850, -0.0040720468) * cones).sum(),
      (Place(1.9779984951, -2.4285922050, 0.4505937099) * cones).sum(),
      (Place(0.0259040371, 0.7827717662, -0.8086757660) * cones).sum())
  }

  /// The colour at a place.
  private static func color(_ place: Place) -> (red: UInt8, green: UInt8, blue: UInt8) {
    let roots = Place(
      (Place(1, 0.3963377774, 0.2158037573) * place).sum(), (Place(1, -0.1055613458, -0.0638541728) * place).sum(),
      (Place(1, -0.0894841775, -1.2914855480) * place).sum())
    let cones = roots * roots * roots
    return (
      sample((Place(4.0767416621, -3.3077115913, 0.2309699292) * cones).sum()),
      sample((Place(-1.2684380046, 2.6097574011, -0.3413193965) * cones).sum()),
      sample((Place(-0.0041960863, -0.7034186147, 1.7076147010) * cones).sum())
    )
  }

  /// Light of a sample, 0 to 1. Source: IEC 61966-2-1.
  private static func linear(_ sample: UInt32) -> Double {
    let value = Double(sample) / 255
    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
  }

  /// The sample of a light. Source: IEC 61966-2-1.
  private static func sample(_ light: Double) -> UInt8 {
    let value = light <= 0.0031308 ? 12.92 * light : 1.055 * pow(light, 1 / 2.4) - 0.055
    return UInt8((255 * min(1, max(0, value))).rounded())
  }
}
