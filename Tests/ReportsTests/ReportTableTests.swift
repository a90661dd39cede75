import Testing

@testable import Reports

@Suite struct ReportTableTests {
  @Test func `the first cell names its row where it is to`() {
    let named = ReportTable("t", columns: [("a", .words), ("b", .number)], rows: [["x", "1"]])
    #expect(named.rows[0].header == "x" && named.rows[0].cells.map(\.text) == ["1"])
    #expect(named.rows[0].cells[0].alignment == "number")
    let plain = ReportTable("t", columns: [("a", .words), ("b", .number)], rows: [["x", "1"]], namesRows: false)
    #expect(plain.rows[0].header == nil && plain.rows[0].cells.map(\.text) == ["x", "1"])
  }
}
