/// Notices networks that have stopped learning anything; decides from figures, and repeats itself rarely.
public struct CollapseWatch: Sendable, Equatable {
  /// What a round's end shows of some pictures and their reconstructions.
  public struct Look: Sendable, Equatable {
    /// Mean variance across the pictures of a value, in input units squared.
    public var pictureVariance: Float
    /// The same of their reconstructions.
    public var reconstructionVariance: Float
    /// Standard deviation of the discriminator's logits over pictures and reconstructions.
    public var logitSpread: Float
    /// The discriminator's mean loss of the round.
    public var discriminatorLoss: Float

    /// A look from its figures.
    public init(
      pictureVariance: Float, reconstructionVariance: Float, logitSpread: Float, discriminatorLoss: Float
    ) {
      self.pictureVariance = pictureVariance
      self.reconstructionVariance = reconstructionVariance
      self.logitSpread = logitSpread
      self.discriminatorLoss = discriminatorLoss
    }
  }

  /// Steps within which redrawn weights are counted.
  public static let redrawWindow = 100
  /// Redraws within the window that are too many.
  public static let tooManyRedraws = 3
  /// Steps before which a network may still be at its beginning.
  public static let firstStep = 300
  /// Looks in a row that must show a collapse.
  public static let neededLooks = 2
  /// Share of the pictures' variance below which reconstructions are all the same.
  public static let leastVarianceShare: Float = 0.01
  /// Spread of logits below which the discriminator says the same of everything: 0.00025 of a probability.
  public static let leastLogitSpread: Float = 1e-3
  /// A discriminator's loss that has vanished.
  public static let vanishedLoss: Float = 1e-4
  /// A discriminator's loss that is far beyond guessing, which costs ln 2 = 0.69.
  public static let overwhelmedLoss: Float = 10
  /// Steps before the same is said again.
  public static let silence = 2000

  private var redraws: [Int] = []
  private var looks: [Kind: Int] = [:]
  private var saidAt: [Kind: Int] = [:]

  private enum Kind: Hashable { case redrawn, constant, vanished, overwhelmed, generator }

  /// A watch that has seen nothing.
  public init() {}

  /// Takes a step; the warning that it deserves.
  public mutating func step(_ step: Int, wasRedrawn: Bool) -> TrainingWarning? {
    guard wasRedrawn else { return nil }
    redraws = redraws.filter { $0 > step - Self.redrawWindow } + [step]
    guard redraws.count >= Self.tooManyRedraws, mayBeSaid(.redrawn, at: step) else { return nil }
    return .discriminatorRedrawn(step: step, count: redraws.count, within: Self.redrawWindow)
  }

  /// Takes a round's look; the warnings that it deserves.
  public mutating func look(_ look: Look, at step: Int) -> [TrainingWarning] {
    guard step >= Self.firstStep else { return [] }
    let share = look.reconstructionVariance / look.pictureVariance
    let signs: [(Kind, Bool, TrainingWarning)] = [
      (
        .constant, look.logitSpread < Self.leastLogitSpread,
        .discriminatorConstant(step: step, spread: look.logitSpread)
      ),
      (
        .vanished, look.discriminatorLoss < Self.vanishedLoss,
        .discriminatorVanished(step: step, loss: look.discriminatorLoss)
      ),
      (
        .overwhelmed, look.discriminatorLoss > Self.overwhelmedLoss,
        .discriminatorOverwhelmed(step: step, loss: look.discriminatorLoss)
      ),
      (
        .generator, look.pictureVariance > 0 && share < Self.leastVarianceShare,
        .generatorCollapsed(step: step, spread: share)
      ),
    ]
    return signs.compactMap { kind, isSign, warning in
      looks[kind] = isSign ? looks[kind, default: 0] + 1 : 0
      return looks[kind, default: 0] >= Self.neededLooks && mayBeSaid(kind, at: step) ? warning : nil
    }
  }

  private mutating func mayBeSaid(_ kind: Kind, at step: Int) -> Bool {
    if let last = saidAt[kind], step - last < Self.silence { return false }
    saidAt[kind] = step
    return true
  }
}
