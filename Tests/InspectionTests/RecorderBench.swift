import Foundation
import Imaging
import Linux
import SystemPackage
import Testing

@testable import Inspection

/// A spool in a temporary folder with a recorder over it, without lanes: what is recorded is given by hand.
final class RecorderBench {
  let path: String
  let spool: FilePath
  let folders: SpoolFolders
  let incoming: Directory
  let state: Directory
  private let isOwner: Bool

  /// - Parameter quarantine: a folder elsewhere, such as on another file system.
  init(quarantine: FilePath? = nil) throws {
    path = NSTemporaryDirectory() + "ganomaly-bench-\(UUID().uuidString)"
    spool = FilePath(path)
    isOwner = true
    let usual = try SpoolFolders(spool: spool)
    folders =
      try quarantine.map {
        try SpoolFolders(
          incomingPath: usual.incomingPath, quarantine: Directory.creating(path: $0), passed: usual.passed,
          rejected: usual.rejected)
      } ?? usual
    incoming = try folders.openIncoming()
    state = try Directory.creating(path: spool.appending("state"))
  }

  /// The same spool, its folders opened as another start opens them; another bench removes it at its end.
  init(over bench: RecorderBench) throws {
    (path, spool, state, isOwner) = (bench.path, bench.spool, bench.state, false)
    folders = try SpoolFolders(spool: spool)
    incoming = try folders.openIncoming()
  }

  deinit { if isOwner { try? FileManager.default.removeItem(atPath: path) } }

  /// Puts a file into the watched folder.
  func put(_ name: String, _ text: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path + "/incoming/" + name))
  }

  /// Settings that ask for the removal of normal files, as rows of these tests do.
  static var deleting: Settings {
    var settings = Settings()
    settings.onNormal = .delete
    return settings
  }

  /// A recorder as after a start; the ledger is opened anew.
  ///
  /// - Parameters:
  ///   - moving: faults of the moves, where they are not the recorder's.
  ///   - retries: what an earlier recorder left to be tried again.
  ///   - repairs: whether a damaged ledger is replaced as the daemon does it, or stays.
  ///   - freeBytes: room on the disks, as far as the recorder asks for it.
  ///   - publish: called when there is something to show.
  func recorder(
    _ faults: Faults = .none, moving: Faults? = nil, retries: Retries = Retries(),
    settings: Settings = RecorderBench.deleting, repairs: Bool = false, freeBytes: UInt64 = 1 << 50,
    publish: @escaping @Sendable () -> Void = {}
  ) throws -> (Recorder, Ledger, Recorder.Surroundings) {
    let ledger = Shared(try Ledger(in: state))
    let repair: @Sendable (String) -> Bool = if repairs { replacement(of: ledger) } else { { _ in false } }
    let wake = try WakeUp()
    let sink = RecordSink(
      ways: RecordSink.Ways(.stderr, isPresent: false, isTerminal: false), makeID: { UUID().uuidString })
    let around = Recorder.Surroundings(
      results: BoundedQueue(capacity: 8), ledger: ledger, mover: Mover(folders: folders, faults: moving ?? faults),
      sink: sink, mailbox: Mailbox(wake: wake), settings: Shared(settings), metrics: Metrics(),
      isStopping: Shared(false), returned: Shared(nil), isBlocked: Shared(false), faults: faults, spool: spool.bytes,
      damage: Shared(nil), repair: repair, publish: publish,
      freeBytes: { _ throws(LinuxError) in freeBytes })
    return (Recorder(around, heartbeat: Heartbeat(name: "test"), retries: retries), ledger.value, around)
  }

  /// Replaces a damaged ledger as the daemon does.
  private func replacement(of ledger: Shared<Ledger>) -> @Sendable (String) -> Bool {
    { [state, folders] reason in
      guard
        let (new, _) = try? LedgerRepair.beginAnew(
          state, folders, damaged: ledger.value, reason: reason, readerCount: 2)
      else { return false }
      ledger.change { $0 = new }
      return true
    }
  }

  /// What a lane would say of a file: an anomaly.
  func inspected(_ name: String, action: FileAction = .quarantined) throws -> Inspected {
    let name = FileName(name)!
    let status = try incoming.status(of: name)!
    guard case .file(let file) = try PlainFile.open(name, in: incoming) else { throw CancellationError() }
    let bytes = try file.read(maximumCount: 1 << 20)!
    let record = InspectionRecord(
      id: UUID().uuidString.lowercased(), recorded: .now, arrived: .now, folder: incoming.path.bytes,
      folderInode: try incoming.status().inode, arrival: Arrival(name: name, status: status), changed: status.changed,
      digest: SampleDigest.of(bytes), score: 2,
      threshold: 1, verdict: action == .quarantined ? .anomaly : .normal, action: action, owner: status.owner,
      group: status.group, mode: status.mode)
    return Inspected(
      name: name, status: status, incoming: incoming, record: record, kind: .fresh, file: OpenPicture(file))
  }

  func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path + "/" + folder).filter { !$0.hasPrefix(".") }.sorted()
  }

  func content(_ file: String) throws -> String { try String(contentsOfFile: path + "/" + file, encoding: .utf8) }

  /// The quarantined pictures' names, sidecars left out.
  func pictures() throws -> [String] { try names("quarantine").filter { !$0.hasSuffix(".json") } }
}
