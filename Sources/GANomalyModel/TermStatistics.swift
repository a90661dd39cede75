public import Imaging
private import Synchronization
public import Tensors

/// Mean and deviation of each term on normal pictures that moved no weight: what makes terms comparable without labels.
///
/// Measured on the validation pictures at the end of a training and kept in the model file, so that the score can be
/// changed later without pictures. Never measured on calibration pictures: their scores must be as new to the model as
/// those of the pictures to come.
public struct TermStatistics: Sendable, Equatable {
  /// Mean and deviation of one term, and of its logarithm.
  public struct Moments: Sendable, Equatable {
    /// A mean and a deviation.
    public struct Pair: Sendable, Equatable {
      /// The mean.
      public var mean: Float
      /// The square root of the unbiased variance, at least 0.
      public var deviation: Float

      /// A pair from its parts.
      public init(mean: Float, deviation: Float) {
        self.mean = mean
        self.deviation = deviation
      }
    }

    /// The mean.
    public var mean: Float
    /// The square root of the unbiased variance, at least 0.
    public var deviation: Float
    /// The same of the term's natural logarithm; nil where the term was 0 for a picture.
    public var logarithm: Pair?

    /// Moments from their parts.
    public init(mean: Float, deviation: Float, logarithm: Pair? = nil) {
      self.mean = mean
      self.deviation = deviation
      self.logarithm = logarithm
    }

    /// The term's own mean and deviation.
    public var pair: Pair { Pair(mean: mean, deviation: deviation) }

    /// What a standardisation takes; nil where there is none.
    public func pair(for standardisation: ScoreOptions.Standardisation) -> Pair? {
      switch standardisation {
      case .plain: pair
      case .logarithm: logarithm
      }
    }
  }

  /// Pictures that were measured, at least 2.
  public var pictureCount: Int
  /// The moments of each term.
  public var moments: [TermMeasure: Moments]

  /// Statistics from their parts.
  public init(pictureCount: Int, moments: [TermMeasure: Moments]) {
    self.pictureCount = pictureCount
    self.moments = moments
  }

  /// The statistics of values; nil for fewer than two pictures.
  ///
  /// Sums run over the pictures in their order, in double precision. A term whose moments are not finite has none.
  ///
  /// - Parameter values: one list a picture, with one value a measure.
  public init?(of values: [[Float]], measures: [TermMeasure]) {
    guard values.count >= 2 else { return nil }
    pictureCount = values.count
    moments = [:]
    for (index, measure) in measures.enumerated() {
      let column = values.map { Double($0[index]) }
      guard let pair = Self.pair(of: column) else { continue }
      let logarithm = column.allSatisfy { $0 > 0 } ? Self.pair(of: column.map(ElementaryFunctions.logarithm)) : nil
      moments[measure] = Moments(mean: pair.mean, deviation: pair.deviation, logarithm: logarithm)
    }
  }

  /// Mean and deviation of numbers; nil where they are not finite.
  private static func pair(of values: [Double]) -> Moments.Pair? {
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let pair = Moments.Pair(
      mean: Float(mean), deviation: Float((squares / Double(values.count - 1)).squareRoot()))
    return pair.mean.isFinite && pair.deviation.isFinite ? pair : nil
  }

  /// Measures every term of a model on pictures.
  ///
  /// - Parameters:
  ///   - model: the model; its own statistics are not used.
  ///   - pictureCount: the number of pictures.
  ///   - pool: works on them; the result does not depend on the number of its threads.
  ///   - pictures: gives the prepared pictures of a range of places, from any of the pool's threads.
  /// - Returns: the statistics; nil for fewer than two pictures.
  /// - Throws: what `pictures` throws.
  public static func measure(
    _ model: Model, pictureCount: Int, pool: ThreadPool, pictures: (Range<Int>) throws -> [Image]
  ) throws -> TermStatistics? {
    guard pictureCount >= 2 else { return nil }
    let measures = TermMeasure.all(of: model)
    let scorer = Scorer(model: model, measures: measures)
    let values = Mutex([[Float]](repeating: [], count: pictureCount))
    let failure = Mutex<(any Error)?>(nil)
    pool.runRanges(pictureCount, grain: Self.grain) { range, _ in
      do {
        let part = scorer.makeLane(maximumBatch: Self.batch).terms(of: try pictures(range)).map(\.values)
        values.withLock { $0.replaceSubrange(range, with: part) }
      } catch {
        failure.withLock { $0 = error }
      }
    }
    if let failure = failure.withLock({ $0 }) { throw failure }
    return TermStatistics(of: values.withLock { $0 }, measures: measures)
  }

  /// Pictures that one thread takes at once.
  private static let grain = 16
  /// Pictures that go through the network at once: every pass has maps of its own, and large networks have large ones.
  private static let batch = 4
}

extension Model {
  /// Measures the terms on pictures that moved no weight, keeps the statistics, and takes the score that options say.
  ///
  /// - Parameters:
  ///   - options: what the score is made of.
  ///   - pictureCount: the number of validation pictures, which may be 0; with fewer than 2 there are no statistics.
  ///   - pool: works on them.
  ///   - pictures: gives the prepared pictures of a range of places, from any of the pool's threads.
  /// - Throws: `ScoreOptionsError` where a term to be combined has no deviation above 0; or what `pictures` throws.
  public mutating func measureScore(
    _ options: ScoreOptions, pictureCount: Int, pool: ThreadPool, pictures: (Range<Int>) throws -> [Image]
  ) throws {
    scoreOptions = options
    termStatistics = try TermStatistics.measure(self, pictureCount: pictureCount, pool: pool, pictures: pictures)
    guard !options.isCombination || pictureCount >= 2 else {
      throw ScoreOptionsError.tooFewPictures(found: pictureCount)
    }
    _ = try scoreRule
  }
}
