import Foundation

/// A file in Prometheus' text format, read as strictly as `promtool check metrics` and a little more: every family has
/// its HELP and TYPE once and before its samples, samples of a family lie together, names and labels follow the rules,
/// no sample stands twice, histograms are whole.
///
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats, version 0.0.4;
/// https://prometheus.io/docs/practices/naming.
struct PrometheusFile {
  /// One line with a value.
  struct Sample: Equatable {
    let name: String
    let labels: [String: String]
    let value: Double
  }

  /// What belongs to one name.
  struct Family {
    let name: String
    let help: String
    let type: String
    var samples: [Sample] = []
  }

  /// A line that is not as it must be.
  struct Fault: Error, CustomStringConvertible {
    let description: String
  }

  /// The families in the file's order.
  let families: [Family]

  /// The value of a sample; nil where there is none.
  func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
    families.flatMap(\.samples).first { $0.name == name && $0.labels == labels }?.value
  }

  /// Reads a file.
  init(_ text: String) throws {
    guard text.hasSuffix("\n") else { throw Fault(description: "the last line has no end") }
    var families: [Family] = []
    var names: Set<String> = []
    var help: (name: String, text: String)?
    for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      func fault(_ reason: String) -> Fault { Fault(description: "\(reason): \(line)") }
      if line.hasPrefix("# HELP ") {
        let words = line.dropFirst(7).split(separator: " ", maxSplits: 1).map(String.init)
        guard words.count == 2, help == nil, names.insert(words[0]).inserted, Self.isMetricName(words[0]) else {
          throw fault("a HELP that is empty, without TYPE or given twice")
        }
        help = (words[0], try Self.unescaped(words[1], quotes: false))
      } else if line.hasPrefix("# TYPE ") {
        let words = line.dropFirst(7).split(separator: " ").map(String.init)
        guard words.count == 2, let given = help, given.name == words[0] else { throw fault("a TYPE without its HELP") }
        guard ["counter", "gauge", "histogram"].contains(words[1]) else { throw fault("an unknown type") }
        families.append(Family(name: words[0], help: given.text, type: words[1]))
        help = nil
      } else {
        guard let last = families.indices.last, help == nil else { throw fault("a sample before its TYPE") }
        let sample = try Self.sample(line)
        guard Self.names(of: families[last]).contains(sample.name) else { throw fault("a sample of another family") }
        guard !families[last].samples.contains(where: { $0.name == sample.name && $0.labels == sample.labels }) else {
          throw fault("a sample that stands twice")
        }
        families[last].samples.append(sample)
      }
    }
    guard help == nil else { throw Fault(description: "a HELP without TYPE at the end") }
    self.families = families
    for family in families { try Self.check(family) }
  }

  private static func names(of family: Family) -> [String] {
    family.type == "histogram" ? ["_bucket", "_sum", "_count"].map { family.name + $0 } : [family.name]
  }

  private static func check(_ family: Family) throws {
    let isTotal = family.name.hasSuffix("_total")
    guard isTotal == (family.type == "counter") else {
      throw Fault(description: "counters and nothing else end in _total: \(family.name)")
    }
    for unit in ["_milliseconds", "_minutes", "_kilobytes", "_ms", "_count", "_sum", "_bucket"]
    where family.name.hasSuffix(unit) {
      throw Fault(description: "a name that ends in \(unit): \(family.name)")
    }
    if family.type == "counter", family.samples.contains(where: { !($0.value >= 0) }) {
      throw Fault(description: "a negative counter: \(family.name)")
    }
    guard family.type == "histogram" else { return }
    let buckets = family.samples.filter { $0.name.hasSuffix("_bucket") }
    let bounds = try buckets.map { sample in
      guard sample.labels.count == 1, let bound = sample.labels["le"].flatMap(number) else {
        throw Fault(description: "a bucket without its bound: \(family.name)")
      }
      return bound
    }
    let values = buckets.map(\.value)
    guard bounds.last == .infinity, zip(bounds, bounds.dropFirst()).allSatisfy(<),
      zip(values, values.dropFirst()).allSatisfy(<=),
      family.samples.filter({ $0.name.hasSuffix("_count") }).map(\.value) == [values.last],
      family.samples.count(where: { $0.name.hasSuffix("_sum") }) == 1
    else { throw Fault(description: "a histogram that is not whole: \(family.name)") }
  }

  private static func sample(_ line: String) throws -> Sample {
    func fault(_ reason: String) -> Fault { Fault(description: "\(reason): \(line)") }
    let name = String(line.prefix { $0 != "{" && $0 != " " })
    guard isMetricName(name) else { throw fault("a name that is none") }
    var rest = line.dropFirst(name.count)
    var labels: [String: String] = [:]
    if rest.first == "{" {
      rest = rest.dropFirst()
      while rest.first != "}" {
        let label = String(rest.prefix { $0 != "=" })
        guard isLabelName(label), rest.dropFirst(label.count).hasPrefix("=\"") else { throw fault("a bad label") }
        rest = rest.dropFirst(label.count + 2)
        var raw = ""
        while let character = rest.first, character != "\"" {
          raw.append(character)
          rest = rest.dropFirst()
          if character == "\\", let next = rest.first {
            raw.append(next)
            rest = rest.dropFirst()
          }
        }
        guard rest.first == "\"", labels.updateValue(try unescaped(raw, quotes: true), forKey: label) == nil else {
          throw fault("a label without end, or given twice")
        }
        rest = rest.dropFirst()
        if rest.first == "," {
          rest = rest.dropFirst()
        } else if rest.first != "}" {
          throw fault("labels run together")
        }
      }
      rest = rest.dropFirst()
    }
    guard rest.first == " ", let value = number(String(rest.dropFirst())) else {
      throw fault("no value, or none alone")
    }
    return Sample(name: name, labels: labels, value: value)
  }

  private static func number(_ text: String) -> Double? {
    switch text {
    case "+Inf": .infinity
    case "-Inf": -.infinity
    case "NaN": .nan
    default: text.allSatisfy { "0123456789+-.e".contains($0) } ? Double(text) : nil
    }
  }

  private static func unescaped(_ text: String, quotes: Bool) throws -> String {
    var result = ""
    var rest = text[...]
    while let character = rest.popFirst() {
      guard character == "\\" else {
        result.append(character)
        continue
      }
      switch rest.popFirst() {
      case "\\": result.append("\\")
      case "n": result.append("\n")
      case "\"" where quotes: result.append("\"")
      default: throw Fault(description: "an escape that there is not: \(text)")
      }
    }
    return result
  }

  private static func isMetricName(_ name: String) -> Bool { name.wholeMatch(of: /[a-zA-Z_:][a-zA-Z0-9_:]*/) != nil }

  private static func isLabelName(_ name: String) -> Bool {
    name.wholeMatch(of: /[a-zA-Z_][a-zA-Z0-9_]*/) != nil && !name.hasPrefix("__")
  }
}
