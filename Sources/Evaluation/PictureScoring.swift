public import GANomalyModel
public import Imaging
private import Linux

/// Scores files on several threads and hands the results over in the files' order.
///
/// A score depends on its picture and the model alone: neither threads nor batches nor neighbours change a bit of it.
public struct PictureScoring: Sendable {
  /// A file with what became of it.
  public struct Result: Sendable, Equatable {
    /// The file.
    public let item: PictureItem
    /// Its score, or why there is none.
    public let outcome: PictureOutcome
    /// What each of the candidates makes of it, where it has a score and candidates were given.
    public var candidateScores: [Float]?
    /// What shows why, a PNG file, where it has a score and that was asked for.
    public var sidePicture: [UInt8]?
    /// Where it is anomalous, and how its plane lies in the file, where it has a score and that was asked for.
    public var location: Location?
    /// What shows where, a PNG file, where it has a score and that was asked for; nil also where its file has changed.
    public var mapPicture: [UInt8]?

    /// A result from its parts.
    public init(item: PictureItem, outcome: PictureOutcome) {
      self.item = item
      self.outcome = outcome
    }
  }

  /// Where a picture is anomalous.
  public struct Location: Sendable, Equatable {
    /// The scores of its cells.
    public let map: ScoreMap
    /// How the map's plane lies in the file.
    public let geometry: PictureGeometry

    /// A place from its parts.
    public init(map: ScoreMap, geometry: PictureGeometry) {
      self.map = map
      self.geometry = geometry
    }

    /// The regions above a level as boxes of the file, the most suspicious first.
    public func boxes(above level: Float) -> [PixelBox] { geometry.boxes(of: map, above: level) }
  }

  /// What is known of a picture while it is at hand.
  public struct Shown: Sendable {
    /// The prepared picture: a square, or a plane.
    public let picture: Image
    /// How it lies in the file.
    public let geometry: PictureGeometry
    /// Its score and where it comes from.
    public let explained: PictureLane.Explained
    /// The picture, or its window with the highest score, and what the network makes of it.
    public let view: PictureLane.View
  }

  /// Most threads.
  public static let maximumThreadCount = 256
  /// Batches that one thread may be ahead of the reader of results.
  private static let batchesAhead = 2

  private let scorer: Scorer
  private let preparation: Preparation
  private let threadCount: Int
  private let batchSize: Int
  private let candidates: [ScoreCandidate]
  private let comparison: CandidateScoring
  private let drawSidePicture: DrawSidePicture?
  private let drawMap: DrawMap?
  private let locates: Bool

  /// Makes a PNG file of a picture that has a score; called on any thread.
  public typealias DrawSidePicture = @Sendable (Shown) -> [UInt8]

  /// Makes a PNG file of where a picture is anomalous; called on any thread. Nil where its file cannot be read any more.
  public typealias DrawMap = @Sendable (PictureItem, Location, _ score: Float) -> [UInt8]?

  /// Scoring with a model.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - threadCount: threads that read, decode, prepare and score, 1 to `maximumThreadCount`.
  ///   - batchSize: pictures that go through the network at once; more are faster and take more memory. Of a model that
  ///     looks at windows a thread takes one picture at a time.
  ///   - candidates: other scores to take of each picture; not together with what shows why.
  ///   - locates: whether results tell where a picture is anomalous.
  ///   - sidePicture: makes what shows why.
  ///   - mapPicture: makes what shows where.
  public init(
    model: Model, threadCount: Int, batchSize: Int = 16, candidates: [ScoreCandidate] = [], locates: Bool = false,
    sidePicture: DrawSidePicture? = nil, mapPicture: DrawMap? = nil
  ) {
    precondition(
      candidates.isEmpty || (sidePicture == nil && mapPicture == nil && !locates),
      "other scores are taken, or what shows why is made")
    precondition((1...Self.maximumThreadCount).contains(threadCount), "threads are counted from 1")
    precondition(batchSize > 0, "a batch has at least one picture")
    drawSidePicture = sidePicture
    drawMap = mapPicture
    self.locates = locates
    self.candidates = candidates
    var measures: [TermMeasure] = []
    if !candidates.isEmpty {
      for measure in candidates.flatMap(\.rule.measures) + model.scoreOptions.measures
      where !measures.contains(measure) { measures.append(measure) }
    }
    let scorer = Scorer(model: model, measures: measures)
    self.scorer = scorer
    // The own score is one more of them: the same arithmetic on the same terms gives the same bits.
    let own = scorer.rule.map { ScoreCandidate(rule: $0, pooling: scorer.options.windowPooling) }
    comparison = CandidateScoring(
      candidates + [own].compactMap(\.self), for: model.hyperparameters, hasWindows: model.preparation.windows != nil)
    preparation = model.preparation
    self.threadCount = threadCount
    self.batchSize = preparation.windows == nil ? batchSize : 1
  }

  /// Scores files; returns when all are done.
  ///
  /// - Parameters:
  ///   - items: the files.
  ///   - deliver: called on this thread for each file, in the files' order.
  public func run(_ items: [PictureItem], deliver: (Result) throws -> Void) rethrows {
    let batches = stride(from: 0, to: items.count, by: batchSize).map { items[$0..<min($0 + batchSize, items.count)] }
    let workerCount = min(threadCount, batches.count)
    // Worker w takes batches w, w + workers, ...: its queue holds them in order, and the queues in turn give the files'.
    let queues = (0..<workerCount).map { _ in BoundedQueue<[Result]>(capacity: Self.batchesAhead) }
    for (worker, queue) in queues.enumerated() {
      _ = PlainThread(name: "score-\(worker)") {
        let lane = scorer.makePictureLane(preparation: preparation, maximumBatch: min(batchSize, items.count))
        for index in stride(from: worker, to: batches.count, by: workerCount) {
          guard Self.push(results(of: batches[index], lane: lane), to: queue) else { return }
        }
      }
    }
    defer { for queue in queues { queue.close() } }
    for index in batches.indices {
      for result in Self.pop(from: queues[index % workerCount]) { try deliver(result) }
    }
  }

  /// Reads a file and prepares its picture.
  public static func picture(
    of item: PictureItem, preparation: Preparation
  ) -> Swift.Result<PictureFile.Content, PictureReadingError> {
    do {
      return .success(
        try PictureFile.read(
          item.path, problem: item.problem, followsLink: item.followsLink, preparation: preparation))
    } catch {
      return .failure(PictureReadingError(failure: .init(error)))
    }
  }

  private func results(of items: ArraySlice<PictureItem>, lane: PictureLane) -> [Result] {
    var contents: [PictureFile.Content] = []
    let read = items.map { item in
      let content = Self.picture(of: item, preparation: preparation)
      if case .success(let success) = content { contents.append(success) }
      return (item, content)
    }
    var scored = scored(contents, lane).makeIterator()
    return read.map { item, content in
      switch content {
      case .failure(let error): return Result(item: item, outcome: .failed(error.failure))
      case .success(let content):
        // One score a picture that could be read, in the same order.
        guard let (explained, candidateScores) = scored.next() else {
          preconditionFailure("a lane gives a score a picture")
        }
        guard explained.score.isFinite else {
          return Result(item: item, outcome: .failed(.init(score: explained.score)))
        }
        let digest = PictureDigest(of: content.picture, preparation: preparation)
        var result = Result(item: item, outcome: .scored(explained.score, digest: digest))
        result.candidateScores = candidateScores
        if isExplained { explain(content, explained, lane, in: &result) }
        return result
      }
    }
  }

  private func scored(
    _ contents: [PictureFile.Content], _ lane: PictureLane
  ) -> [(PictureLane.Explained, candidateScores: [Float]?)] {
    let pictures = contents.map(\.picture)
    guard !candidates.isEmpty else {
      guard isExplained else {
        return lane.scores(of: pictures).map { (PictureLane.Explained(score: $0), nil) }
      }
      return lane.scores(of: pictures, explaining: \.isFinite).map { ($0, nil) }
    }
    return comparison.scores(of: pictures, lane).map { scores in
      let own = scorer.rule == nil ? .nan : scores[candidates.count]
      return (PictureLane.Explained(score: own), Array(scores.prefix(candidates.count)))
    }
  }

  private var isExplained: Bool { locates || drawSidePicture != nil || drawMap != nil }

  private func explain(
    _ content: PictureFile.Content, _ explained: PictureLane.Explained, _ lane: PictureLane, in result: inout Result
  ) {
    if let map = explained.map {
      let location = Location(map: map, geometry: content.geometry)
      if locates { result.location = location }
      result.mapPicture = drawMap?(result.item, location, explained.score)
    }
    guard let drawSidePicture else { return }
    let view: PictureLane.View
    if let reconstruction = explained.reconstruction {
      view = PictureLane.View(original: content.picture, reconstruction: reconstruction, place: nil)
    } else {
      view = lane.view(of: content.picture, at: explained.strongestWindow)
    }
    result.sidePicture = drawSidePicture(
      Shown(picture: content.picture, geometry: content.geometry, explained: explained, view: view))
  }

  /// Waits for room; false where nobody takes results any more.
  private static func push(_ results: [Result], to queue: BoundedQueue<[Result]>) -> Bool {
    while true {
      switch queue.push(results, waitingAtMost: .seconds(3600)) {
      case .added: return true
      case .closed: return false
      case .full: continue
      }
    }
  }

  private static func pop(from queue: BoundedQueue<[Result]>) -> [Result] {
    while true {
      if let results = queue.pop(atMost: 1, waitingAtMost: .seconds(3600))?.first { return results }
    }
  }
}

/// A file without a picture.
public struct PictureReadingError: Error, Sendable, Equatable {
  /// Why.
  public let failure: PictureOutcome.Failure
}
