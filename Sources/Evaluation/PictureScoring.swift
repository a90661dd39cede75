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
    /// Its terms, where it has a score and terms were asked for.
    public let terms: TermValues?
    /// What shows why, a PNG file, where it has a score and that was asked for.
    public let sidePicture: [UInt8]?

    /// A result from its parts.
    public init(
      item: PictureItem, outcome: PictureOutcome, terms: TermValues? = nil, sidePicture: [UInt8]? = nil
    ) {
      self.item = item
      self.outcome = outcome
      self.terms = terms
      self.sidePicture = sidePicture
    }
  }

  /// Most threads.
  public static let maximumThreadCount = 256
  /// Batches that one thread may be ahead of the reader of results.
  private static let batchesAhead = 2

  private let scorer: Scorer
  private let preparation: Preparation
  private let threadCount: Int
  private let batchSize: Int
  private let measuresTerms: Bool
  private let drawSidePicture: DrawSidePicture?

  /// Makes a PNG file of a prepared picture, its reconstruction and its score; called on any thread.
  public typealias DrawSidePicture = @Sendable (Image, _ reconstruction: Image, _ score: Float) -> [UInt8]

  /// Scoring with a model.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - threadCount: threads that read, decode, prepare and score, 1 to `maximumThreadCount`.
  ///   - batchSize: pictures that go through the network at once; more are faster and take more memory.
  ///   - measures: terms to measure besides the score; those of the score are always among them where there is any.
  ///   - sidePicture: makes what shows why; not together with measures.
  public init(
    model: Model, threadCount: Int, batchSize: Int = 16, measures: [TermMeasure] = [],
    sidePicture: DrawSidePicture? = nil
  ) {
    precondition(measures.isEmpty || sidePicture == nil, "terms are measured, or side pictures are made")
    drawSidePicture = sidePicture
    precondition((1...Self.maximumThreadCount).contains(threadCount), "threads are counted from 1")
    precondition(batchSize > 0, "a batch has at least one picture")
    measuresTerms = !measures.isEmpty
    scorer = Scorer(model: model, measures: measures + model.scoreOptions.measures.filter { !measures.contains($0) })
    preparation = model.preparation
    self.threadCount = threadCount
    self.batchSize = batchSize
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
        let lane = scorer.makeLane(maximumBatch: min(batchSize, items.count))
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
  ) -> Swift.Result<(picture: Image, notes: PreparationNotes), PictureReadingError> {
    do {
      return .success(
        try PictureFile.read(
          item.path, problem: item.problem, followsLink: item.followsLink, preparation: preparation))
    } catch {
      return .failure(PictureReadingError(failure: .init(error)))
    }
  }

  private func results(of items: ArraySlice<PictureItem>, lane: ScoringLane) -> [Result] {
    var pictures: [Image] = []
    let read = items.map { item in
      let picture = Self.picture(of: item, preparation: preparation)
      if case .success(let success) = picture { pictures.append(success.picture) }
      return (item, picture)
    }
    let terms = measuresTerms ? lane.terms(of: pictures) : nil
    // The same arithmetic on the same terms: the same bits.
    let found =
      terms.flatMap { terms in
        scorer.rule.map { rule in terms.map { ScoringLane.Scored(score: rule.score($0), reconstruction: nil) } }
      } ?? lane.scores(of: pictures) { drawSidePicture != nil && $0.isFinite }
    var scored = zip(found.indices, pictures).makeIterator()
    return read.map { item, picture in
      switch picture {
      case .failure(let error): return Result(item: item, outcome: .failed(error.failure))
      case .success:
        // One score a picture that could be read, in the same order.
        guard let (index, picture) = scored.next() else { preconditionFailure("a lane gives a score a picture") }
        let score = found[index].score
        guard score.isFinite else { return Result(item: item, outcome: .failed(.init(score: score))) }
        let sidePicture = found[index].reconstruction.flatMap { drawSidePicture?(picture, $0, score) }
        return Result(
          item: item, outcome: .scored(score, digest: PictureDigest(of: picture)), terms: terms.map { $0[index] },
          sidePicture: sidePicture)
      }
    }
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
