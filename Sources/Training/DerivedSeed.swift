private import Tensors

/// Seeds that belong to a place of a training alone: no state has to be kept, whatever the order in which they are asked for.
enum DerivedSeed {
  /// What a seed is for, so that no two purposes share their random numbers.
  enum Purpose: UInt64 {
    /// The places of an epoch's windows in a picture.
    case places = 0x504C_4143_4553
    /// The places of the windows of a picture that does not train.
    case fixedPlaces = 0x4649_5845_44
    /// The order of a block's windows.
    case blockOrder = 0x424C_4F43_4B
  }

  /// The seed of a place.
  ///
  /// - Parameters:
  ///   - seed: the training's.
  ///   - numbers: the place, each at least 0, such as epoch and picture.
  static func seed(_ purpose: Purpose, of seed: UInt64, _ numbers: Int...) -> UInt64 {
    var result = seed ^ purpose.rawValue
    for number in numbers {
      // Mixed after every number, so that their order counts.
      var random = RandomGenerator(seed: result)
      result = random.next() ^ UInt64(number)
    }
    return result
  }
}
