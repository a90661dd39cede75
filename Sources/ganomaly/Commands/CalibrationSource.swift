import ArgumentParser
import Evaluation
import GANomalyModel
import Inspection
import Linux

/// Where the scores of a calibration come from.
struct CalibrationSource: ParsableArguments {
  @Option(
    help: ArgumentHelp("Folder of normal pictures; all *.png below it.", valueName: "folder"), completion: .directory)
  var normal: String?
  @Option(
    help: ArgumentHelp(
      "Folder of anomalous pictures, for f1, youden and --compare; all *.png below it.", valueName: "folder"),
    completion: .directory)
  var anomalous: String?
  @Flag(help: "Take what the daemon has inspected with this model since --since, instead of folders.")
  var fromLedger = false
  @Option(help: ArgumentHelp("With --from-ledger: from then on: \(TimeText.expected).", valueName: "time"))
  var since: String?
  @OptionGroup var service: ServiceOptions

  /// Refuses options that do not go together.
  func check(_ rules: CalibrationRuleOptions, isComparison: Bool) throws {
    let method = rules.chosenMethod
    let needsLabels = !isComparison && (method == .f1 || method == .youden)
    if fromLedger {
      if normal != nil || anomalous != nil {
        throw ValidationError("--from-ledger takes the scores that are recorded: leave out --normal and --anomalous")
      }
      guard since != nil else {
        throw ValidationError(
          "--from-ledger needs --since: the time from which on the line ran as it shall; expected \(TimeText.expected)")
      }
      _ = try TimeOptions.time(since, "--since")
      return
    }
    if since != nil || service.config != nil || service.spool != nil || service.state != nil {
      throw ValidationError("--since, --config, --spool and --state belong to --from-ledger")
    }
    if normal == nil, isComparison || method != .manual {
      throw ValidationError(
        isComparison
          ? "--normal is missing: a comparison needs a folder of normal pictures"
          : "--normal is missing: method '\(method.rawValue)' needs a folder of normal pictures")
    }
    if needsLabels, anomalous == nil {
      throw ValidationError("--anomalous is missing: method '\(method.rawValue)' needs a folder of anomalous pictures")
    }
    if anomalous != nil, !needsLabels, !isComparison {
      throw ValidationError(
        "--anomalous belongs to --method f1, --method youden and --compare; '\(method.rawValue)' needs no anomalies")
    }
  }

  /// The scores, the normal pictures where they were scored here, and all files that were read for it.
  ///
  /// - Throws: where a picture cannot be scored, was used in training, or is in both folders.
  func set(
    for model: Model, _ argument: ModelArgument, threads: ThreadOption
  ) throws -> (set: CalibrationSet, pictures: ScoredFolder?, files: [BytePath]) {
    if fromLedger {
      return (try LedgerCalibration(service, since: since).set(for: model, named: argument.model), nil, [])
    }
    let scoring = PictureScoring(model: model, threadCount: threads.count)
    let pictures = try [normal, anomalous].map { folder -> ScoredFolder? in
      guard let folder else { return nil }
      let scored = try ScoredFolder(scoring: folder, with: scoring, purpose: "calibrate")
      try scored.refuseOverlap(with: model, purpose: "calibrate '\(argument.model)'")
      scored.reportTwins()
      return scored
    }
    let (normal, anomalous) = (pictures[0], pictures[1])
    if let normal, let anomalous { try refuseShared(normal, anomalous) }
    var set = CalibrationSet(
      normal: normal?.scores ?? [], normalNames: normal?.names ?? [], anomalous: anomalous?.scores ?? [],
      anomalousNames: anomalous?.names ?? [])
    set.digest = normal.map { PictureSetDigest.text(of: $0.digests) }
    set.anomalousDigest = anomalous.map { PictureSetDigest.text(of: $0.digests) }
    set.date = WallTime.now.iso
    return (set, normal, (normal?.files ?? []) + (anomalous?.files ?? []))
  }

  /// Refuses pictures that are said to be both: no threshold can be right about them.
  private func refuseShared(_ normal: ScoredFolder, _ anomalous: ScoredFolder) throws(CommandError) {
    let known = Set(normal.digests)
    let shared = anomalous.digests.indices.filter { known.contains(anomalous.digests[$0]) }
    guard let first = shared.first else { return }
    throw CommandError(
      "\(shared.count) of \(anomalous.paths.count) anomalous pictures are among the normal ones too, as the network sees "
        + "them; the first is '\(anomalous.names[first])': a picture is one or the other")
  }
}
