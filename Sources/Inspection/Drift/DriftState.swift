private import Foundation
internal import Linux

/// How far a line was tested, as the file `drift.json` in the state folder keeps it.
struct DriftState: Sendable, Equatable, Codable {
  /// The file's name.
  static let fileName = FileName("drift.json")!
  /// Most bytes of it that are read.
  static let maximumBytes = 1 << 20
  /// The format that this version reads and writes.
  static let version = 2

  /// The format.
  var version = Self.version
  /// Names the calibration that pictures are compared with.
  var calibration: String
  /// The number of the last row of the ledger that was tested; 0 where the ledger was empty.
  var number: Int64
  /// Its id; empty where the ledger was empty.
  var id: String
  /// What the tests came to.
  var test: DriftTest

  /// The row that was tested last; nil where the ledger was empty.
  var row: RowKey? { number > 0 ? RowKey(number: number, id: id) : nil }

  /// The file's bytes.
  var encoded: [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    guard let data = try? encoder.encode(self) else {
      preconditionFailure("a state is encodable: its numbers are finite")
    }
    return Array(data) + [UInt8(ascii: "\n")]
  }

  /// A state from a file's bytes; nil where they are none that this version wrote.
  ///
  /// - Parameter calibrationCount: how many scores the calibration has.
  init?(bytes: [UInt8], calibrationCount: Int) {
    guard let state = try? JSONDecoder().decode(Self.self, from: Data(bytes)), state.version == Self.version,
      state.number >= 0, state.test.isSound(calibrationCount: calibrationCount)
    else { return nil }
    self = state
  }

  /// The calibration of a file's bytes, whatever else they hold; nil where they name none.
  static func calibration(of bytes: [UInt8]) -> String? {
    struct Named: Decodable { let calibration: String }
    return try? JSONDecoder().decode(Named.self, from: Data(bytes)).calibration
  }

  /// The beginning of a test.
  ///
  /// - Parameter row: the last row that is not tested; nil where there is none.
  init(calibration: String, after row: RowKey?, calibrationScores: [Float]) {
    self.calibration = calibration
    (number, id) = (row?.number ?? 0, row?.id ?? "")
    test = DriftTest(calibrationScores: calibrationScores)
  }
}

/// The chance by which a picture has its place among equal scores: drawn from the event's id, so that whoever repeats the
/// test gets the same answer.
enum DriftChance {
  /// From 0 up to 1; ids are random, and so is this.
  ///
  /// Source: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014 (the mixing function).
  static func value(of id: String) -> Double {
    var mixed: UInt64 = 0
    for byte in id.utf8 {
      mixed = (mixed ^ UInt64(byte)) &+ 0x9e37_79b9_7f4a_7c15
      mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
      mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
      mixed ^= mixed >> 31
    }
    return Double(mixed >> 11) * 0x1p-53
  }
}
