public import GANomalyModel
private import Tensors

/// Which pictures train, which choose the epoch, and which are kept out for the calibration.
public struct PictureSplit: Sendable, Equatable {
  /// Indices of pictures that move the weights.
  public let training: [Int]
  /// Indices of pictures that choose the epoch.
  public let validation: [Int]
  /// Indices of pictures kept out of everything.
  public let calibration: [Int]

  /// Deals pictures out in a random order that the seed alone decides.
  ///
  /// A picture that equals one of training or validation after preparation cannot calibrate: it was seen. Training keeps
  /// at least one picture, and validation, where a share is asked for and enough pictures are there, its least count.
  ///
  /// - Parameters:
  ///   - digests: one a picture; equal ones are the same to the network.
  ///   - leastValidationCount: a smaller share is raised to it.
  ///   - leastCalibrationCount: fewer are not kept out at all, because no promise could be made with them.
  public init(
    digests: [PictureDigest], validationShare: Double, leastValidationCount: Int = 1, calibrationShare: Double,
    leastCalibrationCount: Int, seed: UInt64
  ) {
    let count = digests.count
    // A stream of its own, so that the split does not depend on the network's shape.
    var random = RandomGenerator(seed: seed ^ 0x5350_4C49_54)
    let order = random.permutation(count)
    let wanted = Int(Double(count) * calibrationShare)
    let calibrationCount = wanted >= leastCalibrationCount ? wanted : 0
    let rest = count - calibrationCount
    let validationCount =
      validationShare > 0 && rest >= 2
      ? min(rest - 1, max(leastValidationCount, Int(Double(count) * validationShare))) : 0
    validation = Array(order[calibrationCount..<calibrationCount + validationCount])
    training = Array(order[(calibrationCount + validationCount)...])
    let seen = Set((training + validation).map { digests[$0] })
    calibration = order[..<calibrationCount].filter { !seen.contains(digests[$0]) }
  }
}
