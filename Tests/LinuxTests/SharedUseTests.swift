import Linux
import Synchronization
import TestSupport
import Testing

/// What threads did, in order; a class, so that they can share it.
private final class Log: Sendable {
  private let lines = Mutex<[String]>([])
  var value: [String] { lines.withLock { $0 } }
  func add(_ line: String) { lines.withLock { $0.append(line) } }
}

@Suite("use beside others, or alone") struct SharedUseTests {
  @Test func `one is alone when the others have ended`() throws {
    let use = SharedUse()
    let log = Log()
    for _ in 0..<2 {
      _ = PlainThread(name: "user") {
        use.shared {
          log.add("begun")
          // Both are in it at once, and the third waits for both.
          try? eventually("the word") { log.value.contains("go") }
          log.add("ended")
        }
      }
    }
    try eventually("both") { log.value == ["begun", "begun"] }
    _ = PlainThread(name: "closer") {
      log.add("closer")
      use.alone { log.add("alone") }
    }
    try eventually("the closer") { log.value.last == "closer" }
    log.add("go")
    try eventually("all") { log.value.count == 7 }
    #expect(log.value == ["begun", "begun", "closer", "go", "ended", "ended", "alone"])
  }
}
