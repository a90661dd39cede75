/// Writes metrics in Prometheus' text format, each family with its help and type before its samples.
///
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats, version 0.0.4.
struct PrometheusText {
  /// The lines so far, each with its end.
  private(set) var text = ""

  /// A sample's labels in order.
  typealias Labels = [(name: String, value: String)]

  /// Adds a counter: its name ends in `_total`.
  mutating func counter(_ name: String, _ help: String, _ samples: [(labels: Labels, value: Double)]) {
    precondition(name.hasSuffix("_total"), "a counter's name ends in '_total': \(name)")
    family(name, "counter", help)
    for sample in samples { line(name, sample.labels, sample.value) }
  }

  /// Adds a counter without labels.
  mutating func counter(_ name: String, _ help: String, _ value: Int) {
    counter(name, help, [([], Double(value))])
  }

  /// Adds a gauge.
  mutating func gauge(_ name: String, _ help: String, _ samples: [(labels: Labels, value: Double)]) {
    family(name, "gauge", help)
    for sample in samples { line(name, sample.labels, sample.value) }
  }

  /// Adds a gauge without labels; without a value it has no sample.
  mutating func gauge(_ name: String, _ help: String, _ value: Double?) {
    gauge(name, help, value.map { [([], $0)] } ?? [])
  }

  /// Adds a histogram: how many values lay at or below each bound, their sum and their number.
  mutating func histogram(_ name: String, _ help: String, _ histogram: Histogram) {
    family(name, "histogram", help)
    var count = 0
    for (bound, inRange) in zip(histogram.bounds + [.infinity], histogram.counts) {
      count += inRange
      line(name + "_bucket", [("le", Self.number(bound))], Double(count))
    }
    line(name + "_sum", [], histogram.sum)
    line(name + "_count", [], Double(count))
  }

  private mutating func family(_ name: String, _ type: String, _ help: String) {
    precondition(Self.isName(name), "Prometheus refuses the name '\(name)'")
    text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(type)\n"
  }

  private mutating func line(_ name: String, _ labels: Labels, _ value: Double) {
    text += name
    if !labels.isEmpty {
      text += "{" + labels.map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }.joined(separator: ",") + "}"
    }
    text += " \(Self.number(value))\n"
  }

  private static func isName(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
          || $0 == UInt8(ascii: "_")
      } && !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= name.utf8.first!)
  }

  /// Backslash and line feed escaped, in label values quotation marks too.
  private static func escaped(_ text: String, quotes: Bool) -> String {
    let text = text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    return quotes ? text.replacing("\"", with: "\\\"") : text
  }

  /// A number as Go's ParseFloat reads it; whole numbers without a fraction.
  private static func number(_ value: Double) -> String {
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    if value.isNaN { return "NaN" }
    return Int64(exactly: value).map(String.init) ?? "\(value)"
  }
}
