import Foundation
import Inspection
import Linux
import SystemPackage
import Testing

@Suite("ganomalyd") struct GanomalydTests {
  @Test func `pictures are scored to the bit, anomalies go to quarantine, the others stay`() throws {
    let spool = try TestSpool()
    let daemon = try spool.start()
    for number in 0..<40 { try spool.copyIn(number, as: "part-\(number).png") }
    try eventually("40 records") { spool.records().count == 40 }
    #expect(daemon.stop() == 0, "\(daemon.output)")

    let records = spool.records()
    for record in records {
      let number = try #require(Int(record.arrival.name.description.dropFirst(5).dropLast(4)))
      #expect(record.score == SamplePictures.shared.score(number))
      #expect(record.verdict == (SamplePictures.shared.isAnomalous(number) ? .anomaly : .normal))
      #expect(record.action == (record.verdict == .anomaly ? .quarantined : .left))
      #expect(record.state == .done)
    }
    let anomalies = (0..<40).filter(SamplePictures.shared.isAnomalous)
    #expect(anomalies.count == 10)
    #expect(spool.names("incoming").count == 30)
    let entries = try QuarantineFolder(spool: FilePath(spool.spool)).entries()
    #expect(Set(entries.map(\.originalName.description)) == Set(anomalies.map { "part-\($0).png" }))
    #expect(spool.names("quarantine").count == 20)
    #expect(daemon.output.contains("anomaly 'part-"))
    #expect(daemon.output.contains("stopped after 40 inspections"))
  }
}
