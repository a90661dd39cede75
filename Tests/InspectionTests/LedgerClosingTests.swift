import Linux
import TestSupport
import Testing

@testable import Inspection

@Suite("ledger: its end beside those who use it") struct LedgerClosingTests {
  @Test func `whoever looks something up while it is closed gets an answer or an error`() throws {
    for _ in 0..<20 {
      let bench = try RecorderBench()
      let (_, ledger, _) = try bench.recorder()
      let answers = Shared(0)
      let errors = Shared<[InspectionError]>([])
      _ = ThreadGroup(name: "reader", count: 3) { _ in
        do throws(InspectionError) {
          while true {
            _ = try ledger.isEmpty()
            answers.change { $0 += 1 }
          }
        } catch {
          errors.change { $0.append(error) }
        }
      }
      try eventually("answers") { answers.value > 10 }
      try ledger.close()
      try eventually("the end of all") { errors.value.count == 3 }
      #expect(errors.value.allSatisfy { $0.description.contains("closed") }, "\(errors.value)")
      #expect(throws: InspectionError.self) { try ledger.isEmpty() }
    }
  }
}
