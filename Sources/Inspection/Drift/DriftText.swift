internal import Linux

/// What a test has to say to people: an alarm in words.
struct DriftText: CustomStringConvertible {
  private let alarm: DriftTest.Alarm

  /// The words of an alarm.
  init(_ alarm: DriftTest.Alarm) { self.alarm = alarm }

  var description: String {
    let start = alarm.since.start.map { " since about \(WallTime(nanoseconds: $0).iso)" } ?? ""
    return "the line has changed: \(change)\(start); of \(alarm.since.count) pictures since then "
      + "\(alarm.since.upperCount) score above the calibration's median, where \(alarm.expectedUpperCount) would be "
      + "expected; \(remedy)"
  }

  /// What to know of a calibration that little can be told by; nil where there are scores enough.
  static func note(calibrationCount count: Int) -> String? {
    guard count < DriftTest.tellingCount else { return nil }
    return
      "the calibration has only \(count) \(count == 1 ? "score" : "scores"): a change that was there from the first "
      + "picture may never be found; calibrate with \(DriftTest.tellingCount) pictures or more"
  }

  /// Defects that come one after another look like a line that has changed: only people can tell.
  private var remedy: String {
    guard alarm.direction == .far else { return "check camera, light and parts, then calibrate again" }
    return
      "if that was a box of rejects (\(DriftTest.alarmingRun) in a row suffice), 'systemctl reload ganomalyd' begins "
      + "anew; else check camera, light and parts, then calibrate again"
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
