/// Tells when new pictures' scores no longer look like those that the threshold was made with.
///
/// The promise of a calibration rests on new normal pictures being exchangeable with its own: then half of them score in
/// its upper half. Pictures are judged in blocks; a block's distance from one half is measured in standard deviations of
/// both samplings, the block's and the calibration's. Many defects shift the scores too, and are told of as well.
struct DriftMonitor: Sendable {
  /// Pictures in a block.
  static let blockCount = 200
  /// Distance that is told of: by chance in fewer than one of a million blocks.
  static let alarm = 5.0
  /// Distance below which a later alarm is news again.
  static let calm = 3.0

  /// A block that is too far off.
  struct Drift: Sendable, Equatable {
    /// Pictures in it.
    let count: Int
    /// Those that score in the upper half.
    let upperCount: Int
  }

  private var judged = ScoreHalves()
  private var isDrifted = false

  /// Takes in what was counted up to now.
  ///
  /// - Parameter calibrationCount: scores that the calibration was made with.
  /// - Returns: what is to be told; nil as long as nothing is new.
  mutating func note(_ halves: ScoreHalves, calibrationCount: Int) -> Drift? {
    if halves.calibration != judged.calibration || halves.count < judged.count {
      self = DriftMonitor()
      judged = ScoreHalves(calibration: halves.calibration)
    }
    let drift = Drift(count: halves.count - judged.count, upperCount: halves.upperCount - judged.upperCount)
    guard drift.count >= Self.blockCount, calibrationCount > 0 else { return nil }
    judged = halves
    let deviation = (0.25 / Double(drift.count) + 0.25 / Double(calibrationCount)).squareRoot()
    let distance = abs(Double(drift.upperCount) / Double(drift.count) - 0.5) / deviation
    if distance < Self.calm { isDrifted = false }
    guard distance > Self.alarm, !isDrifted else { return nil }
    isDrifted = true
    return drift
  }
}
