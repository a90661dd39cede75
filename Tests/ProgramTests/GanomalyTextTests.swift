import Foundation
import Imaging
import Linux
import Testing

@testable import ganomaly

struct GanomalyTextTests {
  @Test func `base64 is Foundation's for every length and byte`() {
    for count in 0...70 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
      #expect(Base64.text(bytes) == Data(bytes).base64EncodedString())
    }
  }

  @Test(arguments: [
    (0.0, 4, "0.0000"), (0.00004, 4, "0.0000"), (0.00005, 4, "0.0001"), (1, 0, "1"), (-0.5, 1, "-0.5"),
    (-0.00001, 2, "0.00"), (12.999, 2, "13.00"), (1.05, 3, "1.050"), (.infinity, 2, "inf"), (1e300, 2, "1e+300"),
  ])
  func `numbers are rounded to digits`(value: Double, digits: Int, text: String) {
    #expect(value.rounded(toDigits: digits) == text)
  }

  @Test(arguments: [(0.0235, "2.35 %"), (0, "0.00 %"), (0.00097, "0.10 %"), (1e-7, "0.0000100 %"), (1, "100.00 %")])
  func `percentages show more digits where two would show nothing`(value: Double, text: String) {
    #expect(value.percentage == text)
  }

  @Test(arguments: ["plain", "quote\" back\\slash", "line\nfeed\r\ttab", "\u{1}\u{1F}\u{7F}", "ünï 🚀", "\u{2028}"])
  func `JSON texts read back`(text: String) throws {
    let parsed = try JSONSerialization.jsonObject(with: Data("[\(JSONText.string(text))]".utf8)) as? [String]
    #expect(parsed == [text])
    #expect(!JSONText.string(text).contains("\n"))
  }

  @Test func `JSON numbers are the shortest that read back, and null where there is none`() {
    #expect(JSONText.number(Float(0.1)) == "0.1")
    #expect(JSONText.number(Float(1.5900778e-05)) == "1.5900778e-05")
    #expect(JSONText.number(Float?.none) == "null")
    #expect(JSONText.number(Double.nan) == "null")
    #expect(JSONText.number(Float.infinity) == "null")
  }

  @Test func `fields of comma-separated values are quoted where they must be`() {
    // A combining mark makes another character of a comma or a quote, and no other byte.
    #expect(CSVText.line(["a,\u{301}b", "c\"\u{301}d"]) == "\"a,\u{301}b\",\"c\"\"\u{301}d\"")
    #expect(JSONText.string("\u{9B}2J\u{85}") == "\"\\u009b2J\\u0085\"")
    #expect(CSVText.line(["a", "b,c", "d\"e", "f\ng", "h\r\ni", ""]) == "a,\"b,c\",\"d\"\"e\",\"f\ng\",\"h\r\ni\",")
  }

  @Test(arguments: [
    ("=1+1", "'=1+1"), ("+a", "'+a"), ("-a.png", "'-a.png"), ("@SUM(A1)", "'@SUM(A1)"), ("\tx", "'\tx"),
    ("\rx", "\"'\rx\""), ("-0.5", "-0.5"), ("-1e-05", "-1e-05"), ("a=b", "a=b"), ("\u{1B}[2J", "\\x1B[2J"),
    ("a\u{202E}b", "a\\xE2\\x80\\xAEb"), ("=1,\"x\"", "\"'=1,\"\"x\"\"\""), ("ünï 🚀", "ünï 🚀"), ("", ""),
  ])
  func `a field is no formula to a spreadsheet and no command to a terminal`(text: String, field: String) {
    #expect(CSVText.line([text]) == field)
  }

  @Test func `names that a field does not show as they are stand there as base64 too`() {
    #expect(CSVText.base64(of: BytePath("a/b\\c.png")).isEmpty)
    for name in ["=a.png", "a\u{1B}.png", "a\u{202E}.png"] {
      #expect(CSVText.base64(of: BytePath(name)) == Data(name.utf8).base64EncodedString())
    }
    #expect(CSVText.base64(of: BytePath(bytes: [0xFF])) == "/w==")
  }

  @Test(arguments: [
    (
      200,
      "12:07 left  1843 images/s  epoch 12/15 step 140/160  [#######...]  con 0.1234  enc 0.0567  adv 0.0012  dis 1.3"
    ),
    (80, "12:07 left  1843 images/s  epoch 12/15 step 140/160  [#######...]  con 0.1234"),
    (60, "12:07 left  1843 images/s  epoch 12/15 step 140/160"), (30, "12:07 left  1843 images/s"), (5, ""),
  ])
  func `a training's line keeps what matters most at any width`(columns: Int, text: String) {
    let line = StepLine(
      place: "epoch 12/15 step 140/160", part: 0.79, imagesPerSecond: "1843", timeLeft: "12:07",
      losses: [("con", "0.1234"), ("enc", "0.0567"), ("adv", "0.0012"), ("dis", "1.3")])
    #expect(line.text(columns: columns) == text)
  }

  @Test(arguments: [("128x96", 128, 96), ("1x1", 1, 1)])
  func `sizes are read`(text: String, width: Int, height: Int) {
    let size = PictureSize(argument: text)
    #expect(size?.width == width && size?.height == height)
  }

  @Test(arguments: ["", "128", "128x", "x96", "128x96x3", "a x b", "128X96"])
  func `what is no size is refused`(text: String) {
    #expect(PictureSize(argument: text) == nil)
  }
}
