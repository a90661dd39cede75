import Charts
import Testing

@Suite struct MarkupTextTests {
  @Test(arguments: [
    ("a < b & c > d", "a &lt; b &amp; c &gt; d"), ("\"quoted\" 'too'", "&quot;quoted&quot; &#39;too&#39;"),
    // One character to Swift, a quote and something more to a browser.
    ("\"\u{301} onerror=x", "&quot;\u{301} onerror=x"), ("<\u{338}script>", "&lt;\u{338}script&gt;"),
    ("a\u{202E}gnp.exe", "a\\u{202E}gnp.exe"), ("\u{0}\u{7}\u{1B}[0m", "\\u{0}\\u{7}\\u{1B}[0m"),
    ("\u{FFFE}\u{FEFF}\u{85}\u{2028}", "\\u{FFFE}\\u{FEFF}\\u{85}\\u{2028}"), ("Größe 5 µm, 部品", "Größe 5 µm, 部品"),
  ])
  func `nothing means anything to a parser, and nothing is hidden`(text: String, expected: String) {
    #expect(MarkupText.escaped(text).unicodeScalars.elementsEqual(expected.unicodeScalars))
  }
}

@Suite struct NumberTextTests {
  @Test(arguments: [(0, "0.00 %"), (0.0235, "2.35 %"), (1, "100.00 %"), (0.000_001, "0.0001000 %")])
  func `a percentage shows something of what is not zero`(rate: Double, expected: String) {
    #expect(NumberText.percentage(rate) == expected)
  }
}
