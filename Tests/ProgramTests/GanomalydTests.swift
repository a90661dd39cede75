import Foundation
import GANomalyModel
import Inspection
import Linux
import SystemPackage
import Testing

@Suite("ganomalyd") struct GanomalydTests {
  @Test(arguments: Variant.allCases)
  func `pictures are scored to the bit, anomalies go to quarantine, the others stay`(variant: Variant) throws {
    let samples = SamplePictures.of(variant)
    let spool = try TestSpool(samples: samples)
    let told = try Self.scores(spool, 0..<40)
    let daemon = try spool.start()
    for number in 0..<40 { try spool.copyIn(number, as: "part-\(number).png") }
    try eventually("40 records") { spool.records().count == 40 }
    #expect(daemon.stop() == 0, "\(daemon.output)")

    let records = spool.records()
    for record in records {
      let number = try #require(Int(record.arrival.name.description.dropFirst(5).dropLast(4)))
      #expect(record.score == samples.score(number))
      #expect(record.score?.description == told[number])
      #expect(record.verdict == (samples.isAnomalous(number) ? .anomaly : .normal))
      #expect(record.action == (record.verdict == .anomaly ? .quarantined : .left))
      #expect(record.state == .done)
    }
    let anomalies = (0..<40).filter(samples.isAnomalous)
    #expect(anomalies.count == 10)
    #expect(spool.names("incoming").count == 30)
    let entries = try QuarantineFolder(spool: FilePath(spool.spool)).entries()
    #expect(Set(entries.map(\.originalName.description)) == Set(anomalies.map { "part-\($0).png" }))
    #expect(spool.names("quarantine").count == 20)
    #expect(daemon.output.contains("anomaly 'part-"))
    #expect(daemon.output.contains("stopped after 40 inspections"))
  }

  /// What `ganomaly score` says of sample pictures, by their numbers.
  private static func scores(_ spool: TestSpool, _ numbers: Range<Int>) throws -> [Int: String] {
    let folder = spool.folder.path + "/told"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for number in numbers {
      try Data(SamplePictures.file(number)).write(to: URL(filePath: "\(folder)/\(number).png"))
    }
    let run = try BuiltProgram.ganomaly("score", spool.modelPath, folder, "--format", "csv")
    #expect(run.status == 1, "\(run.errors)")
    let fields = run.lines.dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    return try Dictionary(
      uniqueKeysWithValues: fields.map { fields in
        (try #require(Int(fields[0].dropFirst(folder.utf8.count + 1).dropLast(4))), String(fields[1]))
      })
  }
}
