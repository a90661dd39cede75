/// Tells when scores no longer come from where the calibration's came from: a sequential test with a stated rate of
/// false alarms.
///
/// While the line is as it was, each score's place among all scores before it, the calibration's among them, is random:
/// its p-value is uniform and independent of all earlier ones, however many scores the calibration has (Vovk, "Testing
/// randomness online", Statistical Science 2021). Bets against that multiply; started anew at every picture and summed
/// (Shiryaev-Roberts), their expected sum after N pictures is at most N. So in N pictures of an unchanged line an alarm
/// comes with a probability of at most N / `alarmLevel`, and `alarmLevel` pictures or more pass on average before one.
///
/// Single defects are no change of the line: places are compared below a bound only, which the calibration's upper
/// twentieth begins with, and above it nothing counts but whether more than half of the pictures since some moment lie
/// there; `alarmingRun` of them in a row do. How probable that is on an unchanged line is not known of a few scores, and
/// is reckoned with: see `DriftUrn`.
struct DriftTest: Sendable, Equatable, Codable {
  /// An unchanged line sees one false alarm in so many pictures, or fewer.
  static let alarmLevel = 10_000_000.0
  /// The share of the calibration's scores from which on a score may be a defect's.
  static let upperShare = 0.05
  /// After fewer scores a change that is there from the first picture may never be found.
  ///
  /// Source: Documentation/Results/drift.md, the delays of changes that are there at once.
  static let tellingCount = 30

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

    /// By which factor it grows: at most 1 on average while nothing has changed, for a calibration of any size.
    fileprivate func factor(_ place: Place) -> Double {
      if direction == .far { return farFactor(place) }
      guard let pValue = place.pValue else { return 1 }
      return switch direction {
      case .higher: 1 + stake * (1 - 2 * pValue)
      case .lower: 1 - stake * (1 - 2 * pValue)
      // The second Legendre polynomial on 0...1: 1 at both ends, -1/2 in the middle.
      case .wider: 1 + stake * (6 * pValue * (pValue - 1) + 1)
      case .narrower: 1 - stake * (6 * pValue * (pValue - 1) + 1)
      case .far: 1
      }
    }

    /// A bet on (1 + `stake`) / 2 of the pictures above the bound, against one half or, where that is more, against
    /// as many as an unchanged line has there: on average 1 then, and less where the line has fewer.
    private func farFactor(_ place: Place) -> Double {
      let wanted = (1 + stake) / 2
      let usual = max(0.5, place.upperChance)
      if usual >= wanted { return 1 }
      return place.pValue == nil ? wanted / usual : (1 - wanted) / (1 - usual)
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

    /// Whether there can be such pictures: for what was read from a file.
    fileprivate var isSound: Bool { (0...(1 << 48)).contains(count) && (0...count).contains(upperCount) }
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

    /// How many of the pictures since would lie above the calibration's median if nothing had changed; where scores are
    /// equal, at most so many.
    var expectedUpperCount: Int {
      let urn = DriftUrn(rank: calibrationUpperCount + 1, among: calibrationCount)
      return Int((urn.chance * Double(since.count)).rounded())
    }

    /// Whether it can have come of tests of a calibration's scores: for what was read from a file.
    fileprivate func isSound(calibrationCount: Int) -> Bool {
      since.isSound && self.calibrationCount == calibrationCount
        && (0..<calibrationCount).contains(calibrationUpperCount)
    }
  }

  /// Where a score stands, as far as it says anything of the line.
  fileprivate struct Place {
    /// How probable it was that it lies above the bound.
    let upperChance: Double
    /// Below the bound its p-value among those there: 0 for the highest, 1 for the lowest; nil above it.
    let pValue: Double?
  }

  /// Pictures that were tested.
  private(set) var count = 0
  /// The alarm; none follows it.
  private(set) var alarm: Alarm?
  /// All ways to bet.
  private(set) var bets: [Bet]
  private var pool: ScorePool
  /// Places above the bound, for every score.
  private var urn: DriftUrn
  /// Places above the bound, for scores that are equal to it.
  private var equalUrn: DriftUrn
  private let bound: Float
  private let median: Float
  private let calibrationUpperCount: Int
  /// The calibration's scores.
  let calibrationCount: Int

  /// A test of what follows a calibration.
  ///
  /// - Parameter scores: the calibration's, ascending, at least one, all numbers.
  init(calibrationScores scores: [Float]) {
    precondition(!scores.isEmpty, "a line is compared with at least one score")
    calibrationCount = scores.count
    // An order statistic: below it, given its value, old and new scores are exchangeable. Equal ones are in an order by
    // chance, which is drawn when it is needed.
    let rank = max(1, Int(Self.upperShare * Double(scores.count + 1)))
    let bound = scores[scores.count - rank]
    self.bound = bound
    let median = scores[scores.count / 2]
    self.median = median
    calibrationUpperCount = scores.count { $0 > median }
    var pool = ScorePool()
    for score in scores.prefix(scores.count - rank) { pool.add(score) }
    self.pool = pool
    urn = DriftUrn(rank: rank, among: scores.count)
    equalUrn = DriftUrn(rank: rank - scores.count { $0 > bound }, among: scores.count { $0 == bound })
    bets = Self.freshBets
  }

  /// Every way to bet once, with nothing won: small stakes find small changes, large ones find large changes sooner.
  private static let freshBets = [
    Bet(direction: .higher, stake: 0.35), Bet(direction: .higher, stake: 0.9), Bet(direction: .lower, stake: 0.35),
    Bet(direction: .lower, stake: 0.9), Bet(direction: .wider, stake: 0.6), Bet(direction: .narrower, stake: 0.6),
    Bet(direction: .far, stake: 0.5),
  ]

  /// So many pictures in a row above the bound are an alarm, however many good ones came before.
  static var alarmingRun: Int {
    let stake = freshBets.first { $0.direction == .far }?.stake ?? 0
    precondition(stake > 0, "one of the bets is on pictures above the bound")
    var (run, sum) = (0, 0.0)
    while sum < alarmLevel * Double(freshBets.count) {
      sum = (sum + 1) * (1 + stake)
      run += 1
    }
    return run
  }

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
    var chance = chance
    var isAbove = score > bound
    if score == bound {
      let share = equalUrn.chance
      isAbove = chance < share
      // What is left of the chance is as evenly spread as all of it was.
      if !isAbove { chance = (chance - share) / (1 - share) }
      equalUrn.note(isAbove: isAbove)
    }
    let upperChance = urn.chance
    urn.note(isAbove: isAbove)
    if isAbove { return Place(upperChance: upperChance, pValue: nil) }
    let standing = pool.add(score)
    let pValue = (Double(standing.greaterCount) + chance * Double(standing.equalCount)) / Double(standing.count)
    return Place(upperChance: upperChance, pValue: pValue)
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
      && urn.isSound && equalUrn.isSound && equalUrn.count <= urn.count && urn.count == calibrationCount + 1 + count
      && urn.upperCount + pool.count == urn.count - 1
      && (alarm?.isSound(calibrationCount: calibrationCount) ?? true)
      && bets.map(\.direction) == Self.freshBets.map(\.direction) && bets.map(\.stake) == Self.freshBets.map(\.stake)
      && bets.allSatisfy {
        $0.sum.isFinite && $0.sum >= 0 && $0.best.isFinite && $0.best >= 0 && $0.since.isSound
      }
  }
}
