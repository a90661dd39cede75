import GANomalyModel
import Testing

/// All weights and running statistics after a step, against a golden file.
struct GoldenWeights {
  let golden: GoldenFile
  let learningRate: Double
  /// Tensors whose gradient is exactly zero, so that a framework's steps on them are rounding noise.
  var noise: Set<String> = []

  /// - Parameter parts: prefixes of each network's tensors.
  func check(_ network: TrainableNetwork, after index: Int, parts: [[String]], _ report: inout GoldenReport) {
    let state = network.state
    let expected = golden.state(prefix: "after\(index).")
    #expect(Set(expected.keys) == Set(state.keys), "the same tensors")
    var seen = 0
    for part in parts {
      var sum = 0.0
      var count = 0
      var large = 0
      for (name, tensor) in expected.sorted(by: { $0.key < $1.key }) where part.contains(where: name.hasPrefix) {
        seen += 1
        if name.contains("running_") || name.contains("moving_") {
          report.compare("after\(index) \(name)", [tensor.values], [state[name]!.values], 1e-3)
          continue
        }
        for (golden, ours) in zip(tensor.values, state[name]!.values) {
          let d = abs(Double(ours) - Double(golden)) / (learningRate * Double(index + 1))
          if noise.contains(name) {
            // Adam moves no weight by much more than its rate, whatever the noise.
            report.check("after\(index) noise \(name)", d, limit: 1.1)
            continue
          }
          sum += d * d
          count += 1
          if d > 0.02 { large += 1 }
        }
      }
      let root = (sum / Double(count)).squareRoot()
      report.check("after\(index) \(part[0]) root mean square of d", root, limit: index == 0 ? 0.01 : 0.03)
      if index == 0 {
        report.check("after\(index) \(part[0]) elements past 2 %", Double(large), limit: max(5, 1e-4 * Double(count)))
      }
    }
    #expect(seen == expected.count, "every tensor belongs to a network")
  }
}
