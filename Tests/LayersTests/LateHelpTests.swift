import Testing

@testable import Layers

/// Help that comes too late is done without for a while.
@Suite struct LateHelpTests {
  @Test func `help that is in time is always taken`() {
    var help = LateHelp()
    for _ in 0..<1000 {
      let isTaken = help.isNextTry()
      #expect(isTaken)
      help.note(waits: LateHelp.toleratedWaits)
    }
  }

  @Test func `pauses double up to a limit, and help in time ends them`() {
    var help = LateHelp()
    func pause() -> Int {
      var count = 0
      while !help.isNextTry() { count += 1 }
      return count
    }
    var pauses: [Int] = []
    for _ in 0..<9 {
      let passed = pause()
      #expect(passed == pauses.last ?? 0)
      help.note(waits: LateHelp.toleratedWaits + 1)
      var copy = help
      var count = 0
      while !copy.isNextTry() { count += 1 }
      pauses.append(count)
    }
    #expect(pauses == [4, 8, 16, 32, 64, 128, 256, 256, 256])
    let last = pause()
    #expect(last == 256)
    help.note(waits: 0)
    let isTaken = help.isNextTry()
    #expect(isTaken)
    help.note(waits: 30)
    let first = pause()
    #expect(first == 4)
  }
}
