public import Imaging
private import Tensors

/// Random changes of training pictures, so that a network does not learn what does not matter.
///
/// They are made to prepared 8-bit pictures, in the order in which they stand here; validation and calibration see
/// pictures as they are. Each picture of a step has one number of the training's stream, from which its own draws come.
public struct Augmentation: Sendable, Equatable {
  /// Mirrors left and right with probability 1/2.
  public var flipsHorizontally = false
  /// Mirrors top and bottom with probability 1/2.
  public var flipsVertically = false
  /// Turns by 0, 90, 180 or 270 degrees, each with probability 1/4.
  public var rotates = false
  /// Most pixels by which a picture moves along each axis, uniform; its edge is repeated into the gap.
  public var shift = 0
  /// Most levels added to or taken from all samples alike, uniform.
  public var brightness = 0
  /// Most levels added to or taken from each sample on its own, uniform.
  public var noise = 0

  /// Pixels, levels and levels that may be asked for.
  public static let amounts = 1...64

  /// No changes.
  public init() {}

  /// Whether pictures stay as they are.
  public var isNone: Bool { self == Augmentation() }

  /// Refuses a shift by half the side or more, after which more of a picture may be repeated edge than picture.
  ///
  /// - Parameter side: of the network's input in pixels.
  /// - Throws: `TrainingError.option` with what was expected and found.
  func validate(side: Int) throws(TrainingError) {
    guard shift > 0, 2 * shift >= side else { return }
    let most = (side - 1) / 2
    throw .option(
      name: "augment",
      expected: (most > 0 ? "a shift of at most \(most)" : "no shift") + ", less than half the side of \(side) pixels",
      found: "'\(description)'")
  }

  /// A changed picture.
  ///
  /// - Parameters:
  ///   - picture: square.
  ///   - seed: decides all draws.
  public func changed(_ picture: Image, seed: UInt64) -> Image {
    var random = RandomGenerator(seed: seed)
    let mirrorsColumns = flipsHorizontally && random.next() >> 63 == 1
    let mirrorsRows = flipsVertically && random.next() >> 63 == 1
    let turns = rotates ? Int(random.next() >> 62) : 0
    let right = shift == 0 ? 0 : random.whole(upTo: shift)
    let down = shift == 0 ? 0 : random.whole(upTo: shift)
    let levels = brightness == 0 ? 0 : random.whole(upTo: brightness)
    var result = moved(picture) { column, row in
      var place = (column: column - right, row: row - down)
      let last = picture.width - 1
      place.column = min(max(place.column, 0), last)
      place.row = min(max(place.row, 0), last)
      for _ in 0..<turns { place = (place.row, last - place.column) }
      return (mirrorsColumns ? last - place.column : place.column, mirrorsRows ? last - place.row : place.row)
    }
    if levels != 0 || noise != 0 {
      for index in result.samples.indices {
        let change = noise == 0 ? levels : levels + random.whole(upTo: noise)
        result.samples[index] = UInt8(clamping: Int(result.samples[index]) + change)
      }
    }
    return result
  }

  /// The picture whose pixel at a place is another place's.
  private func moved(_ picture: Image, _ source: (_ column: Int, _ row: Int) -> (column: Int, row: Int)) -> Image {
    if !flipsHorizontally && !flipsVertically && !rotates && shift == 0 { return picture }
    precondition(picture.width == picture.height, "prepared pictures are square")
    var result = picture
    var target = 0
    for row in 0..<picture.height {
      for column in 0..<picture.width {
        let place = source(column, row)
        let start = (place.row * picture.width + place.column) * picture.channelCount
        for channel in 0..<picture.channelCount {
          result.samples[target] = picture.samples[start + channel]
          target += 1
        }
      }
    }
    return result
  }
}

extension RandomGenerator {
  /// A whole number, uniform from -limit to limit.
  fileprivate mutating func whole(upTo limit: Int) -> Int { Int(uniform() * Double(2 * limit + 1)) - limit }
}

extension Augmentation: LosslessStringConvertible {
  /// Changes from their names between commas: `flip`, `flip-horizontal`, `flip-vertical`, `rotate90`, `shift`, `brightness`, `noise`.
  ///
  /// The last three take an amount, as in `shift=3`; nil where a name or an amount is not one, or stands twice.
  public init?(_ text: String) {
    self.init()
    if text == "none" { return }
    var names: Set<Substring> = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard names.insert(parts[0]).inserted, apply(parts[0], amount: parts.count == 2 ? parts[1] : nil) else {
        return nil
      }
    }
  }

  private mutating func apply(_ name: Substring, amount text: Substring?) -> Bool {
    switch (name, text) {
    case ("flip", nil): (flipsHorizontally, flipsVertically) = (true, true)
    case ("flip-horizontal", nil): flipsHorizontally = true
    case ("flip-vertical", nil): flipsVertically = true
    case ("rotate90", nil): rotates = true
    case ("shift", _), ("brightness", _), ("noise", _):
      let usual = name == "shift" ? 2 : name == "brightness" ? 10 : 4
      guard let amount = text.map({ Int($0) }) ?? usual, Self.amounts.contains(amount) else { return false }
      if name == "shift" { shift = amount } else if name == "brightness" { brightness = amount } else { noise = amount }
    default: return false
    }
    return true
  }

  /// The names and amounts that `init` reads, in a fixed order; `none` for no changes.
  public var description: String {
    var names: [String] = []
    if flipsHorizontally && flipsVertically {
      names.append("flip")
    } else if flipsHorizontally || flipsVertically {
      names.append(flipsHorizontally ? "flip-horizontal" : "flip-vertical")
    }
    if rotates { names.append("rotate90") }
    for (name, amount) in [("shift", shift), ("brightness", brightness), ("noise", noise)] where amount != 0 {
      names.append("\(name)=\(amount)")
    }
    return names.isEmpty ? "none" : names.joined(separator: ",")
  }
}
