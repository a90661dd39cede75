import Linux
import Testing

@testable import Inspection

@Suite("intake: rules, clocks and names over time") struct IntakeLifeTests {
  private func name(_ text: String) -> FileName { FileName(text)! }

  @Test func `a shorter time between readings counts from now on, a longer one after the next reading`() {
    var rules = IntakeRules()
    rules.rescan = .seconds(3600)
    var folder = SimulatedFolder(rules: rules)
    folder.pass(.seconds(10))
    #expect(folder.intake.readingCount == 1)
    rules.rescan = .seconds(1)
    folder.intake.apply(rules, at: folder.now)
    folder.pass(.milliseconds(1500))
    #expect(folder.intake.readingCount == 2)
    rules.rescan = .seconds(3600)
    folder.intake.apply(rules, at: folder.now)
    folder.pass(.seconds(3000))
    #expect(folder.intake.readingCount == 3)
  }

  @Test(arguments: [InspectionFinding.busy, .changed])
  func `a writer that never lets go of a finished file is told of once`(finding: InspectionFinding) {
    var folder = SimulatedFolder()
    folder.put("held.png")
    folder.event("held.png", .movedIn)
    folder.turn()
    for _ in 0..<1300 {
      if !folder.takeRequests().isEmpty { folder.finish("held.png", finding) }
      folder.pass(.milliseconds(100))
      if folder.now - SimulatedFolder.start < .seconds(59) { #expect(folder.reports == []) }
    }
    #expect(folder.reports == [.slowWriter(name("held.png"))])
  }

  @Test func `files that go while nothing is handed out wait no longer than until the next reading`() {
    var folder = SimulatedFolder()
    folder.isPaused = true
    for number in 0..<5 {
      folder.put("\(number).png")
      folder.event("\(number).png", .movedIn)
    }
    folder.turn()
    #expect(folder.intake.readyCount == 5)
    // No event tells: with files in line they are not read.
    for number in 1..<5 { folder.remove("\(number).png") }
    folder.pass(.seconds(61))
    #expect(folder.intake.pendingCount == 1)
    #expect(folder.intake.readyCount == 1)
    folder.isPaused = false
    folder.turn()
    #expect(folder.takeRequests() == ["0.png"])
  }

  @Test func `a file counts as finished only after we have seen it rest, whatever its own times say`() {
    var folder = SimulatedFolder()
    folder.ages[name("half.png")] = .seconds(3600)
    folder.put("half.png")
    folder.event("half.png", .movedIn)
    folder.turn()
    #expect(folder.requests.map(\.isFinal) == [false])
    while folder.requests.last?.isFinal != true, folder.now - SimulatedFolder.start < .seconds(60) {
      folder.finish("half.png", .incomplete)
      folder.pass(.milliseconds(100))
    }
    let grace = folder.intake.rules.grace
    #expect(folder.now - SimulatedFolder.start >= grace && folder.now - SimulatedFolder.start < grace * 2)
  }

  @Test func `a file that lay there at the start has rested as long as its times say`() {
    var folder = SimulatedFolder(isRead: false)
    folder.ages[name("old.png")] = .seconds(3600)
    folder.put("old.png")
    folder.pass(.seconds(1))
    #expect(folder.requests.map(\.isFinal) == [true])
  }

  /// A folder with an unreadable file that nobody was seen to finish.
  private func withUnfinished(_ rules: IntakeRules) -> SimulatedFolder {
    var folder = SimulatedFolder(rules: rules)
    folder.put("torn.png")
    folder.event("torn.png", .created)
    folder.pass(.seconds(1))
    #expect(folder.takeRequests() == ["torn.png"])
    folder.finish("torn.png", .unfinished(folder.files[name("torn.png")]!))
    return folder
  }

  @Test func `an abandoned file is asked for although there was no room for it when its time was over`() {
    var rules = IntakeRules()
    rules.maximumPending = 4
    rules.rescan = .seconds(86_400)
    var folder = withUnfinished(rules)
    folder.isPaused = true
    for number in 0..<4 {
      folder.put("\(number).png")
      folder.event("\(number).png", .movedIn)
    }
    folder.pass(rules.abandon + .seconds(5))
    #expect(folder.intake.pendingCount == 4)
    folder.isPaused = false
    folder.turn()
    for name in folder.takeRequests() { folder.record(name) }
    folder.pass(.seconds(120))
    #expect(folder.requests.map(\.name) == [name("torn.png")])
    #expect(folder.requests.map(\.isAbandoned) == [true])
  }

  @Test func `an abandoned file is asked for although it was being looked at when its time was over`() {
    var rules = IntakeRules()
    rules.rescan = .seconds(86_400)
    var folder = withUnfinished(rules)
    folder.now += rules.abandon + .seconds(5)
    // An event that changes nothing, in the same turn.
    folder.event("torn.png", .closedAfterWriting)
    folder.turn()
    #expect(folder.requests.map(\.isAbandoned) == [true])
  }

  @Test func `a foreign name is counted once, by events and by readings, and our own are not`() {
    var folder = SimulatedFolder()
    folder.put("notes.txt")
    folder.event("notes.txt", .created, .modified, .modified, .closedAfterWriting)
    #expect(folder.intake.ignoredCount == 1)
    folder.put("unseen.txt")
    folder.put(".hidden", kind: .directory)
    for own in [".ganomaly-removing", ".ganomaly-7-trial.tmp", ".\(CurrentProcess.identifier)-99.tmp"] {
      folder.put(own)
      folder.event(own, .created, .modified, .closedAfterWriting, .movedOut)
    }
    folder.pass(.seconds(300))
    #expect(folder.intake.ignoredCount == 3)
    folder.event("notes.txt", .deleted)
    folder.remove("notes.txt")
    folder.pass(.seconds(61))
    #expect(folder.intake.ignoredCount == 3)
    // Another one of that name.
    folder.put("notes.txt")
    folder.event("notes.txt", .created, .closedAfterWriting)
    folder.pass(.seconds(61))
    #expect(folder.intake.ignoredCount == 4)
  }

  @Test func `a reading names what the rules do not ask for, and looks at none of it`() {
    let found = [("a.png", FileStatus.Kind.regular), ("b.txt", .regular), (".d", .directory), ("folder", .directory)]
      .map { DirectoryEntry(name: FileName($0.0)!, kind: $0.1) }
    var asked: [String] = []
    let reading = FolderReading(found, rules: IntakeRules()) { name throws(LinuxError) in
      asked.append(name.description)
      return nil
    }
    #expect(reading.foreign.map(\.description) == ["b.txt", ".d"])
    #expect(asked == ["a.png", "folder"])
  }
}
