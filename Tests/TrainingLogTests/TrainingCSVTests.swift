import Linux
import TestSupport
import Testing

@testable import TrainingLog

struct TrainingCSVTests {
  let columns = ["contextual", "validation"]

  func text(_ folder: TemporaryFolder) throws -> String {
    String(decoding: try folder.bytes(of: "log/training.csv"), as: UTF8.self)
  }

  @Test func `a table has a line of names and a line an epoch`() throws {
    let folder = try TemporaryFolder()
    let table = try TrainingCSV(folder: BytePath(folder.path("log")), columns: columns)
    try table.append(epoch: 1, step: 10, [0.5, nil])
    try table.append(epoch: 2, step: 20, [.infinity, 1e-8])
    try table.flush()
    #expect(try text(folder) == "epoch,step,contextual,validation\n1,10,0.5,\n2,20,inf,1e-08\n")
  }

  @Test func `another training's table is not overwritten`() throws {
    let folder = try TemporaryFolder()
    let path = BytePath(folder.path("log"))
    try TrainingCSV(folder: path, columns: columns).append(epoch: 1, step: 10, [1, 2])
    #expect(throws: TrainingLogError.exists(path.appending(Array("training.csv".utf8)))) {
      try TrainingCSV(folder: path, columns: columns)
    }
    #expect(try text(folder).hasSuffix("1,10,1.0,2.0\n"))
  }

  @Test(arguments: [
    ("epoch,step,contextual,validation\n1,10,1.0,2.0\n2,20,3.0,4.0\n3,30,5.0,6.0\n", "1,10,1.0,2.0\n2,20,3.0,4.0\n"),
    ("epoch,step,contextual,validation\n1,10,1.0,2.0\n2,20,3.", "1,10,1.0,2.0\n"),
    ("epoch,step,contextual,validation\n1,10,1.0,2.0\ngarbage\n2,20,3.0,4.0\n", "1,10,1.0,2.0\n2,20,3.0,4.0\n"),
    ("epoch,step,contextual,validation\n", ""), ("epoch,st", ""), ("", ""),
  ])
  func `a training goes on after its last step, torn and later lines dropped`(before: String, kept: String) throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("log")
    try folder.write(Array(before.utf8), to: "log/training.csv")
    let table = try TrainingCSV(folder: BytePath(folder.path("log")), columns: columns, resumedStep: 20)
    try table.append(epoch: 9, step: 90, [7, 8])
    #expect(try text(folder) == "epoch,step,contextual,validation\n\(kept)9,90,7.0,8.0\n")
  }

  @Test func `a table with other columns is refused and stays`() throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("log")
    try folder.write(Array("epoch,step,other\n1,2,3\n".utf8), to: "log/training.csv")
    let error = #expect(throws: TrainingLogError.self) {
      try TrainingCSV(folder: BytePath(folder.path("log")), columns: columns, resumedStep: 20)
    }
    #expect("\(try #require(error))".contains("'epoch,step,other', expected 'epoch,step,contextual,validation'"))
    #expect(try text(folder) == "epoch,step,other\n1,2,3\n")
  }
}
