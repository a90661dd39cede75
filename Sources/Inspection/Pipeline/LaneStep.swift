private import Crypto
internal import Imaging
internal import Linux
private import SystemPackage

/// A lane's work on one file up to its score: open and ask for writers; then, with what the ledger has of it, read, hash,
/// decode. Between both the ledger is asked for all files of a batch at once.
struct LaneStep {
  /// What opening came to.
  enum Opened {
    /// The file as it was asked for.
    case file(OpenPicture, FileStatus)
    /// There is nothing to read.
    case ended(End)
  }

  /// What reading and decoding came to.
  enum Outcome {
    /// Decoded; a score is wanted.
    case held(Lane.Held)
    /// There is nothing to score.
    case ended(End)
  }

  /// The end of a file's way before its score.
  enum End {
    /// Nothing to record.
    case finding(InspectionFinding)
    /// To be recorded without a score.
    case result(Inspected)
  }

  let job: LaneJob
  private let batch: LaneBatch
  private let started: ContinuousClock.Instant
  private var settings: Settings { batch.settings }
  private var request: InspectionRequest { job.request }
  /// What is looked up.
  var arrival: Arrival { Arrival(name: request.name, status: request.status) }

  /// The work on a job.
  init(_ job: LaneJob, _ batch: LaneBatch, _ started: ContinuousClock.Instant) {
    self.job = job
    self.batch = batch
    self.started = started
  }

  /// Opens the file.
  func open() -> Opened {
    do throws(LinuxError) {
      switch try PlainFile.open(request.name, in: job.incoming) {
      case .missing: return .ended(.finding(.gone))
      case .notPlain(let kind): return .ended(try refuse(kind))
      case .file(let file): return try check(OpenPicture(file))
      }
    } catch {
      return .ended(fail(error))
    }
  }

  private func check(_ picture: OpenPicture) throws(LinuxError) -> Opened {
    switch (picture.file.writers(), request.readiness) {
    case (.some, _): return .ended(.finding(.busy))
    case (.unknown, .closed), (.unknown, .stalled): return .ended(.finding(.unknownWriters))
    case (.unknown, .settled), (.none, _): break
    }
    // From before its writers were asked for: whatever was written since shows in the comparison after the score.
    let status = picture.file.statusAtOpening
    // How long it has rested and who closed it was said of the file as it was observed, not of what it became in line.
    guard status == request.status else { return .ended(.finding(.changed)) }
    return .file(picture, status)
  }

  /// Reads and decodes the open file.
  ///
  /// - Parameters:
  ///   - found: what the ledger has of its arrival.
  ///   - resumed: the time from which its decoding counts.
  func examine(
    _ picture: OpenPicture, _ status: FileStatus, found: InspectionRecord?, since resumed: ContinuousClock.Instant
  ) -> Outcome {
    do throws(LinuxError) {
      return try read(picture, status, earlier: Self.standing(found), since: resumed)
    } catch {
      return .ended(fail(error))
    }
  }

  private func read(
    _ picture: OpenPicture, _ status: FileStatus, earlier: InspectionRecord?, since resumed: ContinuousClock.Instant
  ) throws(LinuxError) -> Outcome {
    if let earlier, earlier.changed == status.changed, earlier.arrival.device == status.device {
      return .ended(conclude(earlier, status, picture))
    }

    var record = draft(status, since: resumed)
    let limit = settings.maximumFileBytes
    guard status.size <= limit,
      let bytes = try picture.file.read(
        maximumCount: limit, expecting: Int(clamping: status.size), progress: batch.sign.give)
    else {
      let detail = "the file has \(status.size) bytes, expected at most \(limit) (maximum_file_bytes)"
      return .ended(unreadable(record, Reason.tooLarge, detail, status, picture, mayBeIncomplete: false))
    }
    record.digest = Array(SHA256.hash(data: bytes))
    if let earlier, earlier.digest == record.digest {
      return .ended(
        .result(
          Inspected(
            name: request.name, status: status, incoming: job.incoming, record: earlier, kind: .touched, file: nil)))
    }
    return decode(bytes, record, status, picture, since: resumed)
  }

  /// An arrival that is recorded already: nothing to do, except with an unreadable one that stayed long enough.
  private func conclude(_ earlier: InspectionRecord, _ status: FileStatus, _ picture: OpenPicture) -> End {
    guard earlier.verdict == .unreadable, earlier.action == .left, earlier.state == .done,
      settings.onUnreadable == .move
    else { return .finding(.recorded(status)) }
    guard request.isAbandoned else { return .finding(.unfinished(status)) }
    var record = earlier
    record.action = .rejected
    return .result(
      Inspected(
        name: request.name, status: status, incoming: job.incoming, record: record, kind: .abandoned, file: picture))
  }

  private func decode(
    _ bytes: [UInt8], _ record: InspectionRecord, _ status: FileStatus, _ picture: OpenPicture,
    since resumed: ContinuousClock.Instant
  ) -> Outcome {
    var record = record
    let limits = PNGLimits(maximumSide: settings.maximumSide, maximumPixels: settings.maximumPixels)
    let decoded = batch.judge.decoding(bytes, limits, batch.sign)
    record.decodeMicroseconds = microseconds(ContinuousClock.now - resumed)
    switch decoded {
    case .picture(let image, let width, let height):
      record.width = width
      record.height = height
      return .held(Lane.Held(job: job, file: picture, status: status, picture: image, record: record))
    case .unreadable(let reason, let sentence, let mayBeIncomplete):
      return .ended(unreadable(record, reason, sentence, status, picture, mayBeIncomplete: mayBeIncomplete))
    case .failed(let reason, let sentence):
      return .ended(failed(record, reason, sentence, nil, status))
    }
  }

  // MARK: What is not a picture

  private func unreadable(
    _ record: InspectionRecord, _ reason: String, _ detail: String, _ status: FileStatus, _ picture: OpenPicture,
    mayBeIncomplete: Bool
  ) -> End {
    if mayBeIncomplete && !request.isFinal { return .finding(.incomplete) }
    // What was read must be what is there: a writer may just have gone on.
    do throws(LinuxError) {
      guard try picture.file.status() == status, try job.incoming.status(of: request.name) == status else {
        return .finding(.changed)
      }
    } catch {
      return fail(error)
    }
    var record = record
    record.verdict = .unreadable
    record.reason = reason
    record.detail = detail
    record.action = Disposition.action(
      for: .unreadable, isFinished: request.isFinished, settings: settings)
    return .result(
      Inspected(
        name: request.name, status: status, incoming: job.incoming, record: record, kind: .fresh,
        file: record.action.takesFileAway ? picture : nil))
  }

  private func refuse(_ kind: FileStatus.Kind) throws(LinuxError) -> End {
    guard let status = try job.incoming.status(of: request.name) else { return .finding(.gone) }
    // A mount over a plain file looks plain from here; what it is was found out by opening.
    let isPlain = status.kind == .regular
    if isPlain && kind != .unknown { return .finding(.changed) }
    switch lookUp(status) {
    case .success(.some): return .finding(.recorded(status))
    case .success(nil): break
    case .failure: return .finding(.incomplete)
    }
    var record = draft(status)
    record.verdict = .refused
    record.reason = kind == .directory ? Reason.folder : Reason.notRegular
    record.detail =
      kind == .directory
      ? "a folder; only files directly in the watched folder are inspected"
      : "a \(isPlain ? "mount of another file system" : kind.rawValue), expected a plain file; drop the file itself"
    return .result(
      Inspected(
        name: request.name, status: status, incoming: job.incoming, record: record, kind: .fresh, file: nil))
  }

  // MARK: Failures

  private func fail(_ error: LinuxError) -> End {
    let status: FileStatus
    do throws(LinuxError) {
      guard let there = try job.incoming.status(of: request.name) else { return .finding(.gone) }
      status = there
    } catch {
      // Not even its status can be had: what was last seen stands for it, and the reason is told.
      status = request.status
    }
    let isForbidden = error.code == .permissionDenied || error.code == .notPermitted
    // What was inspected, and cannot be read any more, is no other arrival: it is compared when it can be read again. A
    // permission that comes back changes the status; any other fault may pass without a trace, so it is tried again.
    if case .success(.some) = lookUp(status) { return .finding(isForbidden ? .recorded(status) : .failing) }
    let reason = isForbidden ? Reason.permission : Reason.inputOutput
    let remedy = isForbidden ? "; let the daemon's user read it" : ""
    return failed(draft(status), reason, error.description + remedy, error.code.rawValue, status)
  }

  private func failed(
    _ record: InspectionRecord, _ reason: String, _ detail: String, _ number: Int32?, _ status: FileStatus
  ) -> End {
    if !request.isFinal { return .finding(.incomplete) }
    do throws(LinuxError) {
      guard try job.incoming.status(of: request.name) == request.status else { return .finding(.changed) }
    } catch {
      // A file whose status cannot be had has not changed for all we know; the first reason is the one to tell.
    }
    var record = record
    record.verdict = .error
    record.reason = reason
    record.detail = detail
    record.errorNumber = number
    return .result(
      Inspected(
        name: request.name, status: status, incoming: job.incoming, record: record, kind: .fresh, file: nil))
  }

  // MARK: Records

  /// The arrival's record, where it has one that stands, and that is not of an attempt that failed.
  private func lookUp(_ status: FileStatus) -> Result<InspectionRecord?, InspectionError> {
    let arrival = Arrival(name: request.name, status: status)
    return batch.around.look { ledger throws(InspectionError) in try ledger.record(of: arrival) }.map(Self.standing)
  }

  /// A record that stands, and is not of an attempt that failed.
  private static func standing(_ record: InspectionRecord?) -> InspectionRecord? {
    record.flatMap { $0.verdict != .error && $0.stands ? $0 : nil }
  }

  /// - Parameter resumed: when its reading began; nil where it came to none.
  private func draft(_ status: FileStatus, since resumed: ContinuousClock.Instant? = nil) -> InspectionRecord {
    let now = WallTime.now
    let wait = (resumed ?? started) - request.noticed
    return InspectionRecord(
      id: batch.around.makeID(), recorded: now,
      arrived: WallTime(nanoseconds: now.nanoseconds - microseconds(ContinuousClock.now - request.noticed) * 1000),
      folder: job.incoming.path.bytes, folderInode: batch.inode(of: job.incoming),
      arrival: Arrival(name: request.name, status: status), changed: status.changed,
      verdict: .error, action: .left, waitMicroseconds: microseconds(wait), attempt: request.attempt,
      owner: status.owner, group: status.group, mode: status.mode)
  }
}
