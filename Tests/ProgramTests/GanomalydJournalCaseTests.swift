import Foundation
import Inspection
import Linux
import Testing

/// What a script does to be a service of its own in the journal's eyes, and to have our catalog.
private let unitAndCatalog = """
  leave_unit() { echo $$ > "$top$place/cgroup.procs"; rmdir "$unit" "${unit%/*}"; }
  enter_unit() {
    place=$(sed -n 's/^0:://p' /proc/self/cgroup)
    for top in /sys/fs/cgroup/unified /sys/fs/cgroup; do
      unit=$top/ganomalytest$RANDOM$RANDOM.slice/ganomalyd.service
      [ -e $top/cgroup.procs ] && mkdir -p $unit 2>/dev/null || continue
      if echo $$ > $unit/cgroup.procs 2>/dev/null; then
        trap leave_unit EXIT
        return
      fi
      rmdir $unit ${unit%/*}
    done
    echo 'no control group can be made here'
    exit 1
  }
  install_catalog() {
    for folder in /usr/lib/systemd/catalog /var/lib/systemd/catalog; do
      mkdir -p $folder
      mount -t tmpfs tmpfs $folder
    done
    cp '\(SystemTool.root.path())systemd/ganomalyd.catalog' /usr/lib/systemd/catalog/
    journalctl --update-catalog
  }

  """

extension PrivateJournald {
  /// Whether a script may be a service of its own here: it takes a control group.
  fileprivate static let canBeUnit = isPossible && run(unitAndCatalog + "enter_unit", seconds: 20).0 == 0
}

extension GanomalydJournalTests {
  private func text(_ spool: TestSpool, _ file: String) throws -> String {
    try String(contentsOfFile: "\(spool.folder.path)/\(file)", encoding: .utf8)
  }

  /// Runs a script, which must come to its end.
  private func run(_ script: String) throws {
    let (code, output) = PrivateJournald.run(script)
    try #require(code == 0, "\(output)")
  }

  @Test(.enabled(if: PrivateJournald.canBeUnit, "entries of a service need a control group of its own"))
  func `the documented commands answer, and an anomaly that cannot be moved is explained`() throws {
    let (spool, head) = try prepare(40)
    let anomalies = (0..<40).filter(SamplePictures.shared.isAnomalous)
    let script =
      head + unitAndCatalog + """
        enter_unit
        install_catalog
        start
        cp p/*.png spool/incoming/
        until_true '[ "$(events)" -ge 40 ]'
        stop
        # A quarantine on another file system that takes no file.
        mount -t tmpfs -o nr_inodes=1 tmpfs spool/quarantine
        start
        cp p/\(anomalies[0]).png spool/incoming/stuck.png
        until_true 'entries | grep -q quarantine-failed'
        stop
        umount spool/quarantine
        journalctl --sync
        journalctl -u ganomalyd -p warning --since today > warnings
        journalctl -u ganomalyd -p warning --since today -o json > warnings.json
        journalctl GANOMALY_VERDICT=anomaly -o json \
          --output-fields=GANOMALY_FILE,GANOMALY_SCORE,GANOMALY_DESTINATION > anomalies
        journalctl -x MESSAGE_ID=81c1f49cbadb4a81a7a78381c282ca43 > explained
        journalctl MESSAGE_ID=81c1f49cbadb4a81a7a78381c282ca43 -o json > stuck
        journalctl -F GANOMALY_MODEL_SHA256 > models
        journalctl -o json GANOMALY_VERDICT=normal | jq -c 'select((.GANOMALY_SCORE|tonumber) > 0)' > scores
        """
    try run(script)
    let stuck = try #require(try entries(spool, "stuck").first)
    func field(_ name: String) -> String? { stuck["GANOMALY_\(name)"] as? String }
    #expect(field("ACTION") == "quarantine-failed")
    #expect(field("REASON") == "no-space")
    #expect(field("DESTINATION") == nil)
    #expect(stuck["ERRNO"] as? String == "\(ENOSPC)")
    #expect(stuck["PRIORITY"] as? String == "3")
    let explained = try text(spool, "explained")
    #expect(explained.contains("Subject: Anomaly could not be quarantined: \(spool.incoming)/stuck.png"))
    #expect(explained.contains("it could not be moved (no-space)"))
    #expect(try text(spool, "warnings").contains("anomaly 'stuck.png'"))
    let warnings = try entries(spool, "warnings.json").filter { $0["GANOMALY_VERDICT"] != nil }
    #expect(warnings.allSatisfy { $0["GANOMALY_VERDICT"] as? String == "anomaly" })
    #expect(Set(warnings.compactMap { $0["GANOMALY_FILE"] as? String }).count == anomalies.count + 1)
    let listed = try entries(spool, "anomalies")
    #expect(listed.count >= anomalies.count + 1)
    #expect(listed.count { $0["GANOMALY_DESTINATION"] != nil } == anomalies.count)
    #expect(listed.allSatisfy { $0["GANOMALY_SCORE"] != nil && $0["GANOMALY_WIDTH"] == nil })
    #expect(try text(spool, "models").split(separator: "\n").count == 1)
    #expect(try text(spool, "models").hasPrefix(try #require(spool.records().first?.modelDigest)))
    #expect(try entries(spool, "scores").count == 40 - anomalies.count)
  }

  @Test(.enabled(if: PrivateJournald.canBeUnit, "entries of a service need a control group of its own"))
  func `a journal that limits rates keeps the anomalies: they differ in priority from what is usual`() throws {
    // journald makes the burst larger with the room that it has: 35 entries a priority with 1 GiB, 50 with 64.
    let (spool, head) = try prepare(100)
    let script =
      head + unitAndCatalog + """
        enter_unit
        printf '%s\\n' '[Journal]' Storage=volatile ReadKMsg=no Audit= RateLimitIntervalSec=10min RateLimitBurst=10 \
          > /run/systemd/journald.conf.d/test.conf
        kill -TERM $PRIVATE_JOURNALD
        until_true '! kill -0 $PRIVATE_JOURNALD 2>/dev/null || grep -q Z /proc/$PRIVATE_JOURNALD/stat'
        rm -f /run/systemd/journal/socket
        /lib/systemd/systemd-journald &
        journald=$!
        until_true '[ -S /run/systemd/journal/socket ]'
        start
        cp p/*.png spool/incoming/
        until_true 'grep -q "\(100 - anomalies(100)) normal, \(anomalies(100)) anomaly" spool/state/status.json'
        stop
        entries > entries
        kill -TERM $journald
        wait $journald || true
        """
    try run(script)
    let all = try entries(spool)
    func count(_ verdict: String) -> Int { all.count { $0["GANOMALY_VERDICT"] as? String == verdict } }
    // journald took every call; it alone knows what it dropped, so that nothing is written again.
    #expect(spool.records().count == 100)
    #expect(spool.records().allSatisfy { $0.isJournalled })
    #expect(count("normal") < 100 - anomalies(100), "this journal limits nothing: the test shows nothing")
    #expect(count("anomaly") == anomalies(100))
    // Why the unit asks for a burst that no line of cameras reaches.
    for name in ["ganomalyd.service", "ganomalyd@.service"] {
      let unit = try String(contentsOf: SystemTool.root.appending(path: "systemd/\(name)"), encoding: .utf8)
      #expect(unit.contains("\nLogRateLimitBurst=1000000\n"))
    }
  }

  private func anomalies(_ count: Int) -> Int { (0..<count).count(where: SamplePictures.shared.isAnomalous) }

  @Test(arguments: ["none", "sample:4"])
  func `normal pictures have entries as it is set, and the ledger has them all`(setting: String) throws {
    let (spool, head) = try prepare(60)
    let script =
      head + """
        export GANOMALY_JOURNAL_NORMAL='\(setting)'
        start
        cp p/*.png spool/incoming/
        until_true '[ "$(ls spool/quarantine/*.json | wc -l)" -ge \(anomalies(60)) ]'
        until_true 'grep -q "\(60 - anomalies(60)) normal, \(anomalies(60)) anomaly" spool/state/status.json'
        stop
        start
        stop
        entries > entries
        """
    try run(script)
    let wanted = spool.records().filter { record in
      guard record.verdict == .normal else { return true }
      guard setting != "none" else { return false }
      return UInt64(record.id.filter { $0 != "-" }.prefix(12), radix: 16).map { $0 % 4 == 0 } ?? false
    }
    let ids = try entries(spool).filter { $0["GANOMALY_VERDICT"] != nil }.compactMap {
      $0["GANOMALY_EVENT_ID"] as? String
    }
    #expect(ids.sorted() == wanted.map(\.id).sorted())
    #expect(spool.records().count == 60)
    #expect(spool.records().allSatisfy { $0.isJournalled }, "a restart writes none of those that are not wanted")
  }

  @Test func `a backlog is told of above and below its marks, with what waits`() throws {
    let (spool, head) = try prepare(60)
    let script =
      head + """
        export GANOMALY_BACKLOG_HIGH=50 GANOMALY_BACKLOG_LOW=5
        mv model.safetensors model.new
        start
        cp p/*.png spool/incoming/
        until_true 'entries | grep -q 40404415167c432fa0b40394183aa2f6'
        mv model.new model.safetensors
        until_true '[ "$(entries | grep -c 40404415167c432fa0b40394183aa2f6)" -ge 2 ]'
        stop
        entries > entries
        """
    try run(script)
    let marks = try entries(spool).filter { $0["MESSAGE_ID"] as? String == "40404415167c432fa0b40394183aa2f6" }
    try #require(marks.count == 2)
    func number(_ mark: Int, _ name: String) -> Int? { (marks[mark][name] as? String).flatMap { Int($0) } }
    #expect(number(0, "PRIORITY") == 4 && number(1, "PRIORITY") == 5)
    #expect(try #require(number(0, "GANOMALY_QUEUE_DEPTH")) >= 50)
    #expect(try #require(number(1, "GANOMALY_QUEUE_DEPTH")) <= 5)
    #expect(try #require(number(0, "GANOMALY_QUEUE_OLDEST_USEC")) >= 0)
    #expect(number(1, "GANOMALY_QUEUE_OLDEST_USEC") != nil)
  }

  @Test func `a journal that comes long after the daemon gets every entry`() throws {
    let (spool, head) = try prepare(20)
    let script =
      head + """
        kill -TERM $PRIVATE_JOURNALD
        until_true '! kill -0 $PRIVATE_JOURNALD 2>/dev/null || grep -q Z /proc/$PRIVATE_JOURNALD/stat'
        rm -f /run/systemd/journal/*
        export GANOMALY_RECORDS=journal
        start
        cp p/*.png spool/incoming/
        until_true '[ "$(ls spool/quarantine/*.json | wc -l)" -ge \(anomalies(20)) ]'
        until_true 'grep -q "\(20 - anomalies(20)) normal, \(anomalies(20)) anomaly" spool/state/status.json'
        /lib/systemd/systemd-journald &
        journald=$!
        until_true '[ -S /run/systemd/journal/socket ]'
        until_true '[ "$(events)" -ge 20 ]'
        until_true 'entries | grep -q 490852b0e2d34e8aa41fea08c7e6f4ba'
        stop
        entries > entries
        kill -TERM $journald
        wait $journald || true
        grep -q 'there is no journal here' stderr
        """
    try run(script)
    let all = try entries(spool)
    let ids = all.filter { $0["GANOMALY_VERDICT"] != nil }.compactMap { $0["GANOMALY_EVENT_ID"] as? String }
    #expect(ids.sorted() == spool.records().map(\.id).sorted())
    #expect(spool.records().allSatisfy { $0.isJournalled })
    let late = try #require(all.first { $0["MESSAGE_ID"] as? String == "742b10c7dc78415d82cd0855065d1628" })
    #expect((late["MESSAGE"] as? String)?.hasPrefix("20 journal entries were written late") == true)
  }

  @Test func `a stopped journald does not keep the watchdog waiting`() throws {
    let (spool, head) = try prepare(60)
    let listener = """
      import socket, sys, time
      ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
      ear.bind("notify")
      open("listening", "w").close()
      while True:
          for line in ear.recv(65536).decode().split("\\n"):
              print(f"{time.monotonic():.3f} {line}", flush=True)
      """
    try listener.write(toFile: spool.folder.path + "/listener.py", atomically: true, encoding: .utf8)
    let script =
      head + """
        python3 listener.py > heard &
        listener=$!
        until_true '[ -e listening ]'
        export NOTIFY_SOCKET=$PWD/notify WATCHDOG_USEC=2000000
        start
        until_true 'grep -q READY=1 heard'
        kill -STOP $PRIVATE_JOURNALD
        cp p/*.png spool/incoming/
        until_true '[ "$(ls spool/quarantine/*.json | wc -l)" -ge \(anomalies(60)) ]'
        before=$(grep -c WATCHDOG=1 heard) || true
        until_true '[ "$(grep -c WATCHDOG=1 heard)" -ge $((before + 5)) ]'
        kill -CONT $PRIVATE_JOURNALD
        until_true '[ "$(events)" -ge 60 ]'
        stop
        kill $listener
        """
    try run(script)
    let times = try text(spool, "heard").split(separator: "\n").filter { $0.hasSuffix("WATCHDOG=1") }
      .compactMap { Double($0.prefix { $0 != " " }) }
    #expect(times.count >= 5)
    for (time, next) in zip(times, times.dropFirst()) {
      #expect(next - time < 2, "the service manager would have acted")
    }
  }
}
