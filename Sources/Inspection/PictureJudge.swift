public import GANomalyModel
public import Imaging
private import Linux
public import SystemPackage

/// What a model does for the daemon: bytes become a prepared picture, prepared pictures become scores, a score a verdict.
///
/// A value of functions, so that the way of a file can be tested without a network.
public struct PictureJudge: Sendable {
  /// How the records name the model and its rule.
  public struct Identity: Sendable, Equatable {
    /// SHA-256 of the model file, 64 hexadecimal digits.
    public let modelDigest: String
    /// Names the calibration.
    public let calibration: String
    /// Anomalous means score > threshold.
    public let threshold: Float
    /// For people: size, channels, promise.
    public let summary: String

    /// An identity from its parts.
    public init(modelDigest: String, calibration: String, threshold: Float, summary: String) {
      self.modelDigest = modelDigest
      self.calibration = calibration
      self.threshold = threshold
      self.summary = summary
    }
  }

  /// What decoding gave.
  public enum Decoded: Sendable {
    /// A picture as the network takes it, and the size it had.
    case picture(Image, width: Int, height: Int)
    /// Not a picture that we read; `mayBeIncomplete` when its writer may not have finished.
    case unreadable(reason: String, sentence: String, mayBeIncomplete: Bool)
    /// Our fault, such as a lack of memory.
    case failed(reason: String, sentence: String)
  }

  /// Scores prepared pictures, in order; made and used on one thread.
  public struct Scoring {
    private let score: ([Image], (Float) -> Bool, () -> Bool) -> [PictureLane.Explained]

    /// Scoring by a function that also gives what shows why where a score asks for it.
    public init(_ score: @escaping ([Image], (Float) -> Bool) -> [PictureLane.Explained]) {
      self.score = { pictures, isWanted, _ in score(pictures, isWanted) }
    }

    /// Scoring by a function that asks between its pieces whether it is to go on.
    init(asking score: @escaping ([Image], (Float) -> Bool, () -> Bool) -> [PictureLane.Explained]) {
      self.score = score
    }

    /// The scores alone.
    public func callAsFunction(_ pictures: [Image]) -> [Float] {
      score(pictures, { _ in false }, { true }).map(\.score)
    }

    /// Scores, and what shows why of pictures whose scores ask for it; that is nothing where there is no network.
    ///
    /// - Parameter goesOn: asked between the pieces of long work; pictures that are not done when it says no are left out.
    public func callAsFunction(
      _ pictures: [Image], explaining isWanted: (Float) -> Bool, goesOn: () -> Bool = { true }
    ) -> [PictureLane.Explained] {
      score(pictures, isWanted, goesOn)
    }
  }

  /// How the records name it.
  public let identity: Identity
  /// Decodes and prepares a file's bytes within the limits; told of every piece of it that is done.
  let decoding: @Sendable ([UInt8], PNGLimits, SignOfLife) -> Decoded
  /// Makes one thread's way to score batches of at most so many.
  public let makeScoring: @Sendable (Int) -> Scoring
  /// The conformal p-value of a score; nil where the rule has none.
  public let pValue: @Sendable (Float) -> Double?

  /// Scores of normal pictures that the rule was made with, ascending; empty where it has none.
  public let calibrationScores: [Float]

  /// How pictures become what is scored; nil where there is no network.
  var preparation: Preparation?

  /// A judge without a network, from its functions.
  public init(
    identity: Identity, decode: @escaping @Sendable ([UInt8], PNGLimits) -> Decoded,
    makeScoring: @escaping @Sendable (Int) -> ([Image]) -> [Float], pValue: @escaping @Sendable (Float) -> Double?,
    calibrationScores: [Float] = []
  ) {
    self.init(
      identity: identity, decode: decode,
      scoring: { count in
        let scores = makeScoring(count)
        return Scoring { pictures, _ in
          scores(pictures).map { PictureLane.Explained(score: $0) }
        }
      }, pValue: pValue, calibrationScores: calibrationScores)
  }

  /// A judge from its functions.
  public init(
    identity: Identity, decode: @escaping @Sendable ([UInt8], PNGLimits) -> Decoded,
    scoring makeScoring: @escaping @Sendable (Int) -> Scoring, pValue: @escaping @Sendable (Float) -> Double?,
    calibrationScores: [Float] = []
  ) {
    self.init(
      identity: identity, telling: { bytes, limits, _ in decode(bytes, limits) }, scoring: makeScoring, pValue: pValue,
      calibrationScores: calibrationScores)
  }

  /// A judge whose decoding tells of its pieces.
  init(
    identity: Identity, telling decode: @escaping @Sendable ([UInt8], PNGLimits, SignOfLife) -> Decoded,
    scoring makeScoring: @escaping @Sendable (Int) -> Scoring, pValue: @escaping @Sendable (Float) -> Double?,
    calibrationScores: [Float]
  ) {
    self.identity = identity
    decoding = decode
    self.makeScoring = makeScoring
    self.pValue = pValue
    self.calibrationScores = calibrationScores
  }

  /// Decodes and prepares a file's bytes within the limits.
  public func decode(_ bytes: [UInt8], _ limits: PNGLimits) -> Decoded { decoding(bytes, limits, .none) }

  /// The judge that a model file holds.
  ///
  /// - Parameter team: threads that help with a picture alone; nil for none.
  /// - Throws: `InspectionError.model` when the file cannot be read, is not calibrated, or fails its self-test.
  public init(modelFile path: FilePath, team: ScoringTeam? = nil) throws(InspectionError) {
    let scorer: Scorer
    let model: Model
    do { (scorer, model) = try Model.readForScoring(contentsOf: BytePath(bytes: path.bytes)) } catch {
      if case .file(let failure) = error.cause, let passing = InspectionError(passing: failure) { throw passing }
      throw .model(error.description)
    }
    try self.init(model, scorer, team, name: path)
  }

  /// The same of a file's bytes.
  ///
  /// - Parameter name: the file's path, for sentences.
  init(modelBytes bytes: [UInt8], name: FilePath) throws(InspectionError) {
    let model: Model
    do { model = try Model(bytes: bytes, name: escaped(name)) } catch { throw .model(error.description) }
    try self.init(model, Scorer(model: model), nil, name: name)
  }

  private init(_ model: Model, _ scorer: Scorer, _ team: ScoringTeam?, name: FilePath) throws(InspectionError) {
    guard let calibration = model.calibration else {
      throw .model(
        "cannot use the model '\(escaped(name))': it has no threshold yet; "
          + "run 'ganomaly calibrate \(escaped(name)) --normal DIR' with pictures of good parts")
    }
    let parameters = model.hyperparameters
    let preparation = model.preparation
    let outcome: Probe.Outcome
    do { outcome = try Probe.test(model.probe, with: scorer) } catch {
      throw .model("cannot use the model '\(escaped(name))': \(error)")
    }
    self.init(
      identity: Identity(
        modelDigest: model.sha256 ?? "", calibration: calibration.identifier, threshold: calibration.threshold,
        summary: "size \(parameters.size), channels \(parameters.channelCount)" + Self.windowNote(model)
          + ", threshold \(calibration.threshold) by \(calibration.method.rawValue), self-test \(outcome)"
          + Self.arithmeticNote(calibration)),
      telling: { bytes, limits, sign in Self.decode(bytes, limits, preparation, sign) },
      scoring: { batch in
        let lane = scorer.makePictureLane(preparation: preparation, maximumBatch: batch, team: team)
        return Scoring(asking: { lane.scores(of: $0, explaining: $1, goesOn: $2) })
      },
      pValue: { calibration.pValue(of: $0) }, calibrationScores: calibration.scores)
    self.preparation = preparation
  }

  /// That a threshold belongs to scores of another arithmetic; empty where it does not.
  private static func arithmeticNote(_ calibration: Calibration) -> String {
    if calibration.arithmeticVersion == Scorer.arithmeticVersion { return "" }
    return ", calibrated with arithmetic version \(calibration.arithmeticVersion), this program has "
      + "\(Scorer.arithmeticVersion): run 'ganomaly calibrate' again"
  }

  /// What of large pictures is looked at, and how; empty where pictures are seen whole.
  private static func windowNote(_ model: Model) -> String {
    guard let windows = model.preparation.windows else { return "" }
    let field =
      switch windows.field {
      case .whole: ""
      case .region(let box): ", region \(box.text)"
      case .mask(let mask): ", mask of \(mask.width)x\(mask.height)"
      }
    return ", windows of pictures at scale \(windows.scale), stride \(windows.stride)\(field)"
  }

  /// Decodes and prepares a file's bytes for a network.
  static func decode(
    _ bytes: [UInt8], _ limits: PNGLimits, _ preparation: Preparation, _ sign: SignOfLife
  ) -> Decoded {
    do {
      let prepared = try preparation.prepare(png: bytes, limits: limits, progress: sign.give)
      return .picture(prepared.picture, width: prepared.width, height: prepared.height)
    } catch {
      if error.isLackOfMemory { return .failed(reason: error.reason, sentence: error.description) }
      return .unreadable(
        reason: error.reason, sentence: error.description, mayBeIncomplete: error.mayBeIncomplete)
    }
  }
}
