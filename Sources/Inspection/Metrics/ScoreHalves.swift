/// How new pictures' scores divide over the two halves of the scores that the threshold was made with.
struct ScoreHalves: Sendable, Equatable {
  /// Names the calibration; empty before the first picture.
  private(set) var calibration = ""
  /// Pictures scored under it.
  private(set) var count = 0
  /// Those of them with a score in the upper half: a p-value of at most one half.
  private(set) var upperCount = 0

  /// Counts a picture; another calibration than before begins anew.
  mutating func note(pValue: Double, calibration: String) {
    if calibration != self.calibration { self = ScoreHalves(calibration: calibration) }
    count += 1
    if pValue <= 0.5 { upperCount += 1 }
  }

  /// Nothing counted yet.
  init(calibration: String = "") { self.calibration = calibration }
}
