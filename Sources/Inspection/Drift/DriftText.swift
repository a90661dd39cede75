internal import Linux

/// An alarm in words.
struct DriftText: CustomStringConvertible {
  private let alarm: DriftTest.Alarm

  /// The words of an alarm.
  init(_ alarm: DriftTest.Alarm) { self.alarm = alarm }

  var description: String {
    let start = alarm.since.start.map { " since about \(WallTime(nanoseconds: $0).iso)" } ?? ""
    return "the line has changed: \(change)\(start); of \(alarm.since.count) pictures since then "
      + "\(alarm.since.upperCount) score above the calibration's median, where \(alarm.expectedUpperCount) would be "
      + "expected; check camera, light and parts, then calibrate again"
  }

  private var change: String {
    switch alarm.direction {
    case .higher: "its scores are higher than the calibration's"
    case .lower: "its scores are lower than the calibration's"
    case .wider: "its scores differ more from each other than the calibration's"
    case .narrower: "its scores differ less from each other than the calibration's"
    case .far: "more than half of its scores are as high as only a twentieth of the calibration's"
    }
  }
}
