/// What a record in the journal is about: the id that `journalctl MESSAGE_ID=` and the catalog know, and how grave it is.
public enum MessageID: String, Sendable, CaseIterable {
  /// Anomaly, quarantined (or left, in shadow mode).
  case anomaly = "d5ea72fcb8ed45558ca4de8929997a46"
  /// Normal.
  case normal = "704d5b09db0a4d92b15ded9fd2aac735"
  /// Unreadable, or over a limit.
  case unreadable = "4596e6688cb445c9adcac5032fc23afe"
  /// Anomaly that could not be quarantined.
  case notQuarantined = "81c1f49cbadb4a81a7a78381c282ca43"
  /// Not a plain file.
  case refused = "59e7a440f93245f482d289ae90801a00"
  /// The kernel's event queue overflowed.
  case overflow = "6465e0f8856c408dbd8d11cb75825066"
  /// The watched folder is lost.
  case folderLost = "7e77eb3cbe30420eb5ea185159797c8e"
  /// The watched folder is back.
  case folderBack = "10ff095c061f4e018f8a833a56b02590"
  /// The daemon is ready.
  case ready = "490852b0e2d34e8aa41fea08c7e6f4ba"
  /// A model was loaded or replaced.
  case modelLoaded = "c94e44416dee4647bddb1b4b6a9e5203"
  /// A new model was refused.
  case modelRefused = "92b038cf3b1646889f4f98418b8cc92d"
  /// The backlog passed a mark.
  case backlog = "40404415167c432fa0b40394183aa2f6"
  /// Room on the disk: intake paused or resumed.
  case diskFloor = "bf98b23e9fbb43469686c7deed51b2ae"
  /// Released from quarantine.
  case released = "33d9005f7ee4434991a7b89357c6450d"
  /// Journal entries replayed or given up.
  case replayed = "742b10c7dc78415d82cd0855065d1628"
  /// The daemon stopped.
  case stopped = "9c21f8ea2b6d4bcab827ca7b2dcac04a"
  /// Could not be inspected.
  case failed = "9c1adc68343b4b3393f9be2441ed2ea2"
  /// Counts of the last minutes.
  case summary = "3861db910e7443c5be8aeee5ae3bdbe0"
  /// No model at its path.
  case noModel = "7757eafcd12c481eb3150822c2516982"
  /// The ledger was damaged, and a new one begun.
  case ledgerDamaged = "4f7ea33c39394bada015165c9285cbf1"
  /// Purged from quarantine.
  case purged = "45bc345112a0496997e490f0caed6de8"
  /// Confirmed as an anomaly.
  case confirmed = "e2dab3bf4a15447db697d3573f0222ca"
  /// The scores have drifted.
  case drifted = "d1dac90396e54eedb6f583b9748d170c"
  /// The configuration was read again, or refused.
  case configuration = "c8a3a8763ca4492c9a001f84305696af"

  /// The priority of its entries where it does not depend on the case: 2 critical, 3 error, 4 warning, 5 notice, 6 info.
  public var priority: Int {
    switch self {
    case .folderLost, .ledgerDamaged: 2
    case .notQuarantined, .modelRefused, .failed, .noModel: 3
    case .anomaly, .unreadable, .refused, .overflow, .replayed, .drifted, .backlog, .diskFloor: 4
    case .folderBack, .ready, .modelLoaded, .released, .stopped, .purged, .confirmed, .configuration: 5
    case .normal, .summary: 6
    }
  }

  /// Whether it tells of a condition that the status shows by itself, from its beginning to its end.
  var tellsOfCondition: Bool {
    switch self {
    case .noModel, .modelRefused, .folderLost, .diskFloor: true
    default: false
    }
  }

  /// The message of an inspection.
  init(_ record: InspectionRecord) {
    self =
      switch record.verdict {
      case .normal: .normal
      case .unreadable: .unreadable
      case .refused: .refused
      case .error: .failed
      case .anomaly: record.action == .quarantineFailed ? .notQuarantined : .anomaly
      }
  }
}
