public import Imaging
internal import Layers
internal import Tensors

/// One thread's way to score pictures: whole ones, or planes by their windows.
///
/// A picture's score depends on it and the model alone, to the last bit: neither batches nor neighbours change it.
public final class PictureLane {
  /// A score, and what shows where it comes from.
  public struct Explained: Sendable, Equatable {
    /// The picture's score.
    public let score: Float
    /// What the network makes of the picture, in 8 bits; nil for planes, and where it was not asked for.
    public let reconstruction: Image?
    /// How anomalous each cell of 2 x 2 pixels is (`WindowMap`); nil where it was not asked for or a window's score is no
    /// finite number.
    public let map: ScoreMap?
    /// The place in the plane of the window with the highest score, of equal ones the first; it may begin before the plane
    /// by the score's margin. Nil for whole pictures, and where it was not asked for.
    public let strongestWindow: PixelPosition?

    /// An explained score from its parts.
    public init(
      score: Float, reconstruction: Image? = nil, map: ScoreMap? = nil, strongestWindow: PixelPosition? = nil
    ) {
      self.score = score
      self.reconstruction = reconstruction
      self.map = map
      self.strongestWindow = strongestWindow
    }
  }

  /// What the network sees and what it makes of it.
  public struct View: Sendable, Equatable {
    /// The picture, or the window of it with the highest score.
    public let original: Image
    /// The network's reconstruction, of the same shape.
    public let reconstruction: Image
    /// The window's place in the plane; nil for whole pictures.
    public let place: PixelPosition?

    /// A view from its parts.
    public init(original: Image, reconstruction: Image, place: PixelPosition?) {
      self.original = original
      self.reconstruction = reconstruction
      self.place = place
    }
  }

  /// Most windows that go through the network at once.
  public static let windowBatch = 16
  /// Multiplications and additions that a batch of windows takes at most, but for one window: about a tenth of a second, after
  /// which a lane can give a sign of life.
  private static let batchOperations = 8_000_000_000

  /// Windows that go through a network at once: fewer of a large one. Their number changes no bit.
  private static func windowBatch(of scorer: Scorer) -> Int {
    max(1, min(windowBatch, batchOperations / max(1, scorer.operationCount)))
  }

  /// How pictures become what is scored here.
  public let preparation: Preparation
  private let lane: ScoringLane
  private let windowWork: WindowWork
  private let pooling: WindowPooling
  /// Pixels at each edge of a window that some terms of the score leave out: windows reach so far over the plane.
  private let margin: Int
  /// Pixels at each edge of a window or whole picture that all terms of the score leave out.
  private let unseenMargin: Int
  /// The windows of planes of one size; those of the picture before are mostly those of the next.
  private var field: Field?

  /// Windows and mask of planes of one size.
  private struct Field {
    let width: Int
    let height: Int
    let margin: Int
    let grid: WindowGrid
    let mask: PlaneMask?
  }

  init(scorer: Scorer, preparation: Preparation, maximumBatch: Int, team: ScoringTeam?) {
    precondition(
      preparation.size == scorer.hyperparameters.size
        && preparation.channelCount == scorer.hyperparameters.channelCount, "a network's own preparation")
    self.preparation = preparation
    lane = scorer.makeLane(
      maximumBatch: preparation.windows == nil ? maximumBatch : Self.windowBatch(of: scorer), team: team)
    windowWork = WindowWork(scorer: scorer, lane: lane, team: preparation.windows == nil ? nil : team)
    pooling = scorer.options.windowPooling
    // Without a rule there are terms, but no scores.
    let measures = scorer.rule?.measures ?? []
    margin =
      preparation.windows == nil ? 0 : TermMeasure.windowMargin(of: measures, for: scorer.hyperparameters)
    unseenMargin = TermMeasure.unseenMargin(of: measures, for: scorer.hyperparameters)
  }

  /// Anomaly scores, one a picture.
  ///
  /// - Parameters:
  ///   - pictures: prepared pictures: squares, or planes of any sizes where the preparation has windows.
  ///   - progress: called after every picture or batch of windows.
  /// - Returns: the scores in the pictures' order; NaN where the arithmetic gave it for the picture or a window of it.
  public func scores(of pictures: [Image], progress: () -> Void = {}) -> [Float] {
    var scores: [Float] = []
    scores.reserveCapacity(pictures.count)
    guard preparation.windows != nil else {
      lane.forEachScore(of: pictures) { score in
        scores.append(score)
        progress()
      }
      return scores
    }
    let rule = lane.scoreRule
    var windowScores: [Float] = []
    forEachWindow(of: pictures, ScoringPasses(rule.measures), margin, progress: progress) { lane, image, _ in
      lane.score(image, rule)
    } take: { score, window in
      windowScores.append(score)
      guard window.isLast else { return }
      scores.append(pooling.score(windowScores))
      windowScores.removeAll(keepingCapacity: true)
    }
    return scores
  }

  /// The same scores, and what shows why for the pictures whose scores ask for it: it costs no further pass.
  ///
  /// - Parameter goesOn: asked between batches of windows; pictures that are not done when it says no are left out.
  public func scores(
    of pictures: [Image], explaining isWanted: (Float) -> Bool, progress: () -> Void = {},
    goesOn: () -> Bool = { true }
  ) -> [Explained] {
    var explained: [Explained] = []
    explained.reserveCapacity(pictures.count)
    let rule = lane.scoreRule
    let passes = ScoringPasses(rule.measures)
    guard preparation.windows != nil else {
      lane.forEachBatch(of: pictures, passes) { images in
        for image in images {
          explained.append(self.explained(image, lane.score(image, rule), isWanted))
          progress()
        }
      }
      return explained
    }
    var work: WindowMap?
    forEachWindow(of: pictures, passes, margin, progress: progress, goesOn: goesOn) { lane, image, _ in
      (score: lane.score(image, rule), residual: lane.residual(ofImage: image))
    } take: { found, window in
      var map =
        work
        ?? WindowMap(
          planeWidth: window.picture.width, planeHeight: window.picture.height, mask: window.mask, margin: unseenMargin)
      // One owner, so that the map is filled in place.
      work = nil
      map.add(found.score, found.residual, side: preparation.size, at: window.place)
      guard window.isLast else {
        work = map
        return
      }
      let score = pooling.score(map.windowScores)
      let isShown = isWanted(score)
      explained.append(
        Explained(
          score: score, map: isShown ? map.finished : nil, strongestWindow: isShown ? map.strongestWindow : nil))
    }
    return explained
  }

  private func explained(_ image: Int, _ score: Float, _ isWanted: (Float) -> Bool) -> Explained {
    guard isWanted(score) else { return Explained(score: score) }
    var map = WindowMap(planeWidth: preparation.size, planeHeight: preparation.size, mask: nil, margin: unseenMargin)
    map.add(score, lane.residual(ofImage: image), side: preparation.size, at: PixelPosition(column: 0, row: 0))
    return Explained(score: score, reconstruction: lane.reconstruction(image), map: map.finished)
  }

  /// The values of the scorer's measures, for each picture one list of its windows, in the order of the score's grid; whole
  /// pictures are one window.
  public func windowTerms(of pictures: [Image], progress: () -> Void = {}) -> [[TermValues]] {
    windowTerms(of: pictures, lane.measures, margin: margin, progress: progress)
  }

  /// The values of some of the scorer's measures, in the windows of a score that leaves out another margin.
  ///
  /// - Parameters:
  ///   - measures: among those of the scorer.
  ///   - margin: pixels at each edge of a window by which windows reach over the plane; the stride allows it.
  public func windowTerms(
    of pictures: [Image], _ measures: [TermMeasure], margin: Int, progress: () -> Void = {}
  ) -> [[TermValues]] {
    guard preparation.windows != nil else { return lane.terms(of: pictures).map { [$0] } }
    var terms: [[TermValues]] = []
    terms.reserveCapacity(pictures.count)
    var values: [TermValues] = []
    forEachWindow(of: pictures, ScoringPasses(measures), margin, progress: progress) { lane, image, _ in
      lane.termValues(ofImage: image, measures)
    } take: { found, window in
      values.append(found)
      guard window.isLast else { return }
      terms.append(values)
      values = []
    }
    return terms
  }

  /// The picture, or its window with the highest score, and what the network makes of it; takes one pass more.
  public func view(of picture: Image) -> View {
    guard preparation.windows != nil else {
      return View(original: picture, reconstruction: lane.reconstruction(of: picture), place: nil)
    }
    return view(of: picture, at: scores(of: [picture], explaining: { _ in true })[0].strongestWindow)
  }

  /// A window of a plane, and what the network makes of it.
  ///
  /// - Parameter place: of the window in the plane, which is mirrored past its edges; nil: the picture whole.
  public func view(of picture: Image, at place: PixelPosition?) -> View {
    let original = place.map { picture.window(at: $0, side: preparation.size) } ?? picture
    return View(original: original, reconstruction: lane.reconstruction(of: original), place: place)
  }

  /// A window on its way through the network.
  struct Window {
    /// The plane.
    let picture: Image
    let place: PixelPosition
    let mask: PlaneMask?
    /// Whether it is the last of its picture.
    let isLast: Bool
  }

  /// Sends the windows of pictures through the network: the pictures in order, batches across them.
  ///
  /// - Parameters:
  ///   - margin: of the grid.
  ///   - goesOn: asked between pieces of the work; it ends where the answer is no.
  ///   - measure: asks a lane for the figures of a window that went through it; called on any thread, in any order.
  ///   - take: takes the figures of each window, in order, on this thread.
  private func forEachWindow<Figures>(
    of pictures: [Image], _ passes: ScoringPasses, _ margin: Int, progress: () -> Void,
    goesOn: () -> Bool = { true }, measure: (ScoringLane, _ image: Int, Window) -> Figures,
    take: (Figures, Window) -> Void
  ) {
    var waiting: [Window] = []
    func run() -> Bool {
      defer { waiting.removeAll(keepingCapacity: true) }
      return windowWork.run(waiting, passes, progress: progress, goesOn: goesOn, measure: measure, take: take)
    }
    for picture in pictures {
      let field = field(of: picture, margin)
      precondition(field.grid.count > 0, "a mask has pixels inside")
      for index in 0..<field.grid.count {
        waiting.append(
          Window(
            picture: picture, place: field.grid[index], mask: field.mask, isLast: index == field.grid.count - 1))
        if waiting.count == windowWork.roundCount, !run() { return }
      }
    }
    if !waiting.isEmpty { _ = run() }
  }

  private func field(of picture: Image, _ margin: Int) -> Field {
    precondition(picture.channelCount == preparation.channelCount, "pictures are prepared for this model")
    if let field, field.width == picture.width, field.height == picture.height, field.margin == margin { return field }
    let mask = preparation.planeMask(width: picture.width, height: picture.height)
    let made = Field(
      width: picture.width, height: picture.height, margin: margin,
      grid: WindowGrid(
        planeWidth: picture.width, planeHeight: picture.height, side: preparation.size,
        stride: preparation.windows?.stride ?? preparation.size, margin: margin, mask: mask), mask: mask)
    field = made
    return made
  }
}

extension Scorer {
  /// What one thread needs to score prepared pictures, by windows where the preparation has them. Not Sendable: one a
  /// thread.
  ///
  /// - Parameters:
  ///   - preparation: the model's.
  ///   - maximumBatch: most pictures that go through the network at once; of windows at most `PictureLane.windowBatch` do.
  ///   - team: threads that help with a picture or window alone; nil for none.
  public func makePictureLane(
    preparation: Preparation, maximumBatch: Int, team: ScoringTeam? = nil
  ) -> PictureLane {
    PictureLane(scorer: self, preparation: preparation, maximumBatch: maximumBatch, team: team)
  }
}
