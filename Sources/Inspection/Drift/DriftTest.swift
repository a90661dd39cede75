/// Tells when scores no longer come from where the calibration's came from: a sequential test with a stated rate of
/// false alarms.
///
/// While the line is as it was, each score's place among all scores before it, the calibration's among them, is random:
/// its p-value is uniform and independent of all earlier ones, however many scores the calibration has (Vovk, "Testing
/// randomness online", Statistical Science 2021). Bets against that multiply; started anew at every picture and summed
/// (Shiryaev-Roberts), their expected sum after N pictures is N. So in N pictures of an unchanged line an alarm comes
/// with a probability of at most N / `alarmLevel`, and `alarmLevel` pictures or more pass on average before one.
///
/// Defects are no change of the line: places are compared below a bound only, which the calibration's upper twentieth
/// begins with, and above it nothing counts but whether more than half of the pictures lie there.
struct DriftTest: Sendable, Equatable, Codable {
  /// An unchanged line sees one false alarm in so many pictures, or fewer.
  static let alarmLevel = 10_000_000.0
  /// The share of the calibration's scores from which on a score may be a defect's.
  static let upperShare = 0.05

  /// What has changed.
  enum Direction: String, Sendable, Codable, CaseIterable {
    /// Scores are higher.
    case higher
    /// Scores are lower.
    case lower
    /// Scores differ more from each other.
    case wider
    /// Scores differ less from each other.
    case narrower
    /// More than half of the scores are as high as only a twentieth of the calibration's.
    case far
  }

  /// One way to bet, and what it has come to.
  struct Bet: Sendable, Equatable, Codable {
    /// What it wins by.
    let direction: Direction
    /// How much it risks.
    let stake: Double
    /// The sum over all pictures of what a bet begun there has become: 0 at first.
    fileprivate(set) var sum = 0.0
    /// What the bet that was begun at the best moment has become.
    fileprivate(set) var best = 1.0
    /// What was seen since that moment.
    fileprivate(set) var since = Span()

    /// By which factor it grows: 1 on average while nothing has changed.
    fileprivate func factor(_ place: Place) -> Double {
      switch (direction, place) {
      case (.far, .above): 1 + stake
      case (.far, .below), (.far, .bound): 1 - stake
      case (.higher, .below(let pValue)): 1 + stake * (1 - 2 * pValue)
      case (.lower, .below(let pValue)): 1 - stake * (1 - 2 * pValue)
      // The second Legendre polynomial on 0...1: 1 at both ends, -1/2 in the middle.
      case (.wider, .below(let pValue)): 1 + stake * (6 * pValue * (pValue - 1) + 1)
      case (.narrower, .below(let pValue)): 1 - stake * (6 * pValue * (pValue - 1) + 1)
      case (_, .above), (_, .bound): 1
      }
    }
  }

  /// Pictures from some moment on.
  struct Span: Sendable, Equatable, Codable {
    /// When the first was recorded, nanoseconds since 1970; nil where there is none.
    fileprivate(set) var start: Int64?
    /// How many.
    fileprivate(set) var count = 0
    /// Those that score above the calibration's median.
    fileprivate(set) var upperCount = 0
  }

  /// An alarm.
  struct Alarm: Sendable, Equatable, Codable {
    /// What has changed.
    let direction: Direction
    /// Since the change, as far as can be told.
    let since: Span
    /// When the picture was recorded that it came with, nanoseconds since 1970.
    let time: Int64
    /// How many of the calibration's scores lie above its median, of all.
    let calibrationUpperCount: Int
    /// The calibration's scores.
    let calibrationCount: Int
  }

  /// Where a score stands, as far as it says anything of the line.
  fileprivate enum Place {
    /// Below the bound, with its p-value among those there: 0 for the highest, 1 for the lowest.
    case below(Double)
    /// At the bound.
    case bound
    /// Above it.
    case above
  }

  /// Pictures that were tested.
  private(set) var count = 0
  /// The alarm; none follows it.
  private(set) var alarm: Alarm?
  /// All ways to bet.
  private(set) var bets: [Bet]
  private var pool: ScorePool
  private let bound: Float
  private let median: Float
  private let calibrationUpperCount: Int
  private let calibrationCount: Int

  /// A test of what follows a calibration.
  ///
  /// - Parameter scores: the calibration's, ascending, at least one, all numbers.
  init(calibrationScores scores: [Float]) {
    precondition(!scores.isEmpty, "a line is compared with at least one score")
    calibrationCount = scores.count
    // An order statistic: below it, given its value, old and new scores are exchangeable.
    let rank = max(1, Int(Self.upperShare * Double(scores.count + 1)))
    let bound = scores[scores.count - rank]
    self.bound = bound
    let median = scores[scores.count / 2]
    self.median = median
    calibrationUpperCount = scores.count { $0 > median }
    var pool = ScorePool()
    for score in scores where score < bound { pool.add(score) }
    self.pool = pool
    bets = Self.freshBets
  }

  /// Every way to bet once, with nothing won: small stakes find small changes, large ones find large changes sooner.
  private static let freshBets = [
    Bet(direction: .higher, stake: 0.35), Bet(direction: .higher, stake: 0.9), Bet(direction: .lower, stake: 0.35),
    Bet(direction: .lower, stake: 0.9), Bet(direction: .wider, stake: 0.6), Bet(direction: .narrower, stake: 0.6),
    Bet(direction: .far, stake: 0.5),
  ]

  /// The evidence: `alarmLevel` and more is an alarm.
  var evidence: Double { bets.reduce(0) { $0 + $1.sum } / Double(bets.count) }

  /// Tests one picture; after an alarm nothing is tested.
  ///
  /// - Parameters:
  ///   - score: a number.
  ///   - chance: from 0 up to 1, drawn for this picture alone: which place it has among equal scores.
  ///   - time: when it was recorded, nanoseconds since 1970.
  /// - Returns: the alarm that comes with it; nil where none does.
  mutating func note(score: Float, chance: Double, time: Int64) -> Alarm? {
    guard alarm == nil else { return nil }
    count += 1
    let place = place(of: score, chance)
    for index in bets.indices { note(place, score, time, bet: &bets[index]) }
    guard evidence >= Self.alarmLevel, let strongest = bets.max(by: { $0.sum < $1.sum }) else { return nil }
    alarm = Alarm(
      direction: strongest.direction, since: strongest.since, time: time,
      calibrationUpperCount: calibrationUpperCount, calibrationCount: calibrationCount)
    return alarm
  }

  private mutating func place(of score: Float, _ chance: Double) -> Place {
    if score > bound { return .above }
    if score == bound { return .bound }
    let standing = pool.add(score)
    return .below((Double(standing.greaterCount) + chance * Double(standing.equalCount)) / Double(standing.count))
  }

  private func note(_ place: Place, _ score: Float, _ time: Int64, bet: inout Bet) {
    let factor = bet.factor(place)
    bet.sum = (bet.sum + 1) * factor
    if bet.best <= 1 {
      bet.best = 1
      bet.since = Span()
    }
    bet.best *= factor
    bet.since.start = bet.since.start ?? time
    bet.since.count += 1
    if score > median { bet.since.upperCount += 1 }
  }

  /// Whether it can have come of tests of a calibration's scores: for what was read from a file.
  func isSound(calibrationCount: Int) -> Bool {
    let counts = 0...(1 << 48)
    return pool.isSound && counts.contains(count) && bound.isFinite && median.isFinite
      && self.calibrationCount == calibrationCount && (0...calibrationCount).contains(calibrationUpperCount)
      && bets.map(\.direction) == Self.freshBets.map(\.direction) && bets.map(\.stake) == Self.freshBets.map(\.stake)
      && bets.allSatisfy {
        $0.sum.isFinite && $0.sum >= 0 && $0.best.isFinite && $0.best >= 0 && counts.contains($0.since.count)
          && (0...$0.since.count).contains($0.since.upperCount)
      }
  }
}
