import Foundation
import GANomalyModel
import Testing

/// One file of golden numbers.
struct GoldenFile {
  let hyperparameters: Hyperparameters
  let batch: Int
  private let tensors: [String: SafeTensors.Tensor]

  init(path: String) throws {
    let container = try SafeTensors(bytes: [UInt8](Data(contentsOf: URL(fileURLWithPath: path))))
    tensors = container.tensors
    func number(_ key: String) throws -> Int { try #require(container.metadata[key].flatMap(Int.init), "\(key)") }
    switch container.metadata["variant"] {
    case nil, "paper":
      hyperparameters = Hyperparameters(
        size: try number("isize"), channelCount: try number("nc"), latentCount: try number("nz"),
        featureCount: try number("nf"), extraLayerCount: try number("extralayers"))
    case "keras":
      hyperparameters = .keras(
        size: try number("size"), channelCount: try number("channels"), featureCount: try number("features"))
    case let other?: preconditionFailure("golden file of unknown variant '\(other)'")
    }
    batch = try number("batch")
  }

  /// Steps whose inputs and losses the file holds.
  var stepCount: Int { (0...).first { tensors["step\($0).losses"] == nil }! }

  func has(prefix: String) -> Bool { tensors.keys.contains { $0.hasPrefix(prefix) } }

  func names(prefix: String) -> [String] {
    tensors.keys.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }.sorted()
  }

  func values(_ name: String) -> [Float] {
    guard case .floats(let values)? = tensors[name]?.values else { preconditionFailure("no golden tensor '\(name)'") }
    return values
  }

  /// A tensor of [row, …], cut into rows.
  func rows(_ name: String) -> [[Float]] {
    let values = values(name)
    let length = values.count / tensors[name]!.shape[0]
    return stride(from: 0, to: values.count, by: length).map { Array(values[$0..<$0 + length]) }
  }

  /// Pictures of [channel, row, column] as [row, column, channel].
  func images(_ name: String) -> [[Float]] {
    let shape = tensors[name]!.shape
    let (channels, pixels) = (shape[1], shape[2] * shape[3])
    return rows(name).map { values in
      (0..<pixels).flatMap { pixel in (0..<channels).map { values[$0 * pixels + pixel] } }
    }
  }

  /// Pictures of [row, column, channel].
  func maps(_ name: String) -> [[Float]] { rows(name) }

  /// Weights and running statistics below a prefix.
  func state(prefix: String) -> StateDictionary {
    var state: StateDictionary = [:]
    for name in names(prefix: prefix) where !name.hasSuffix("num_batches_tracked") {
      state[name] = StateTensor(shape: tensors[prefix + name]!.shape, values: values(prefix + name))
    }
    return state
  }
}

/// Collects the largest difference of each comparison and says which are too large.
struct GoldenReport {
  let file: String
  private(set) var failures: [String] = []
  private var worst: [(kind: String, name: String, difference: Double, limit: Double)] = []

  init(file: String) { self.file = file }

  /// Compares tensors relative to the golden one's largest magnitude.
  mutating func compare(_ name: String, _ golden: [[Float]], _ ours: [[Float]], _ limit: Double) {
    guard golden.map(\.count) == ours.map(\.count) else {
      failures.append("\(name): golden has \(golden.map(\.count)) values, ours \(ours.map(\.count))")
      return
    }
    let magnitude = golden.joined().reduce(0.0) { max($0, abs(Double($1))) }
    let difference = zip(golden.joined(), ours.joined()).reduce(0.0) { largest, pair in
      let difference = abs(Double(pair.0) - Double(pair.1))
      return difference.isNaN ? .infinity : max(largest, difference)
    }
    check(name, magnitude > 0 ? difference / magnitude : difference, limit: limit)
  }

  /// Notes a figure and its limit.
  mutating func check(_ name: String, _ figure: Double, limit: Double) {
    if !(figure <= limit) { failures.append("\(name): \(figure), at most \(limit) expected") }
    worst.append((name.split(separator: " ").first.map(String.init) ?? name, name, figure, limit))
  }

  /// The file's name and the largest difference of each kind.
  func print() {
    Swift.print("golden file \(file):")
    for (kind, entries) in Dictionary(grouping: worst, by: \.kind).sorted(by: { $0.key < $1.key }) {
      let largest = entries.max { $0.difference / $0.limit < $1.difference / $1.limit }!
      Swift.print("  \(kind): largest \(largest.difference) of \(largest.limit) allowed (\(largest.name))")
    }
  }
}
