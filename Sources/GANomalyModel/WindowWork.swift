internal import Imaging
private import Layers

/// Sends rounds of windows through the network, in batches: one after the other, or on idle threads, too.
///
/// Who does a batch changes no bit: every window is computed by one thread, as a lane alone computes it.
final class WindowWork {
  /// Batches of a round that idle threads help with. Few: until its end nobody gives a sign of life, or sees that other lanes
  /// have got work.
  private static let batchesOfRound = ScoringTeam.maximumThreadCount

  private let scorer: Scorer
  private let team: ScoringTeam?
  private let lane: ScoringLane

  /// What a thread has found out, by the batch.
  private final class Found<Figures> {
    var batches: [(index: Int, figures: [Figures])] = []
  }

  /// The work of a lane.
  ///
  /// - Parameter team: threads that help; nil for none.
  init(scorer: Scorer, lane: ScoringLane, team: ScoringTeam?) {
    self.scorer = scorer
    self.team = team
    self.lane = lane
  }

  /// Windows of a batch.
  private var batchCount: Int { lane.maximumBatch }

  /// Windows that are best given at once.
  var roundCount: Int { team == nil ? batchCount : Self.batchesOfRound * batchCount }

  /// Sends windows through the network.
  ///
  /// - Parameters:
  ///   - progress: called after every batch; after all of them where threads helped.
  ///   - goesOn: asked when it was called; the work ends where the answer is no.
  ///   - measure: asks a lane for the figures of a window that went through it; called on any thread, in any order.
  ///   - take: takes the figures of each window, in order, on this thread.
  /// - Returns: whether the work goes on.
  func run<Figures>(
    _ windows: [PictureLane.Window], _ passes: ScoringPasses, progress: () -> Void, goesOn: () -> Bool,
    measure: (ScoringLane, Int, PictureLane.Window) -> Figures, take: (Figures, PictureLane.Window) -> Void
  ) -> Bool {
    let batches = (windows.count + batchCount - 1) / batchCount
    if batches > 1, let team {
      var found: [Found<Figures>] = []
      let isHelped = team.threads.lend { members in
        found = run(windows, batches, passes, members, measure)
      }
      if isHelped {
        let ordered = found.flatMap(\.batches).sorted { $0.index < $1.index }.flatMap(\.figures)
        for (figures, window) in zip(ordered, windows) { take(figures, window) }
        progress()
        return goesOn()
      }
    }
    for batch in 0..<batches {
      let range = range(batch, of: windows.count)
      for (figures, window) in zip(run(windows[range], passes, lane, measure), windows[range]) {
        take(figures, window)
      }
      progress()
      guard goesOn() else { return false }
    }
    return true
  }

  private func run<Figures>(
    _ windows: [PictureLane.Window], _ batches: Int, _ passes: ScoringPasses, _ members: EvaluationTeam.Members,
    _ measure: (ScoringLane, Int, PictureLane.Window) -> Figures
  ) -> [Found<Figures>] {
    let helpers = members.kept(for: scorer) { scorer.makeLane(maximumBatch: batchCount) }
    let (lanes, found) = ([lane] + helpers, (0..<members.threadCount).map { _ in Found<Figures>() })
    members.run(batches) { batch, worker in
      let range = range(batch, of: windows.count)
      found[worker].batches.append((batch, run(windows[range], passes, lanes[worker], measure)))
    }
    return found
  }

  /// One batch in one lane.
  private func run<Figures>(
    _ windows: ArraySlice<PictureLane.Window>, _ passes: ScoringPasses, _ lane: ScoringLane,
    _ measure: (ScoringLane, Int, PictureLane.Window) -> Figures
  ) -> [Figures] {
    for (image, window) in windows.enumerated() { lane.setWindow(of: window.picture, at: window.place, image: image) }
    lane.forward(0..<windows.count, passes)
    return windows.enumerated().map { measure(lane, $0, $1) }
  }

  private func range(_ batch: Int, of count: Int) -> Range<Int> {
    batch * batchCount..<min(count, (batch + 1) * batchCount)
  }
}
