import GANomalyModel

/// How each layer is computed in scoring, as a table and as JSON.
struct PlanDescription {
  private let plan: ScoringPlan

  /// A description of a plan.
  init(_ plan: ScoringPlan) { self.plan = plan }

  /// One row a layer, the columns as wide as they need.
  var table: String {
    let header = ["CHAIN", "LAYER", "INPUT", "OUTPUT", "FORM", "MFLOP", "PACKED KiB"]
    let rows = plan.layers.map { layer in
      [
        layer.chain, layer.name, Self.shape(layer.input), Self.shape(layer.output), layer.form,
        (Double(layer.operationCount) / 1e6).rounded(toDigits: 2), "\((layer.packedByteCount + 1023) / 1024)",
      ]
    }
    let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
    let lines = ([header] + rows).map { row in
      zip(row, widths).map { $0.padded(to: $1) }.joined(separator: "  ").trimmingTrailingBlanks
    }
    return lines.joined(separator: "\n")
      + "\narithmetic version \(Scorer.arithmeticVersion): the form follows from the shape alone"
  }

  /// One object.
  var json: String {
    JSONText.object([
      ("arithmetic_version", JSONText.string(Scorer.arithmeticVersion)),
      (
        "layers",
        JSONText.list(
          plan.layers.map { layer in
            JSONText.object([
              ("chain", JSONText.string(layer.chain)), ("layer", JSONText.string(layer.name)),
              ("input_side", "\(layer.input.side)"), ("input_channels", "\(layer.input.channels)"),
              ("output_side", "\(layer.output.side)"), ("output_channels", "\(layer.output.channels)"),
              ("form", JSONText.string(layer.form)), ("operations", "\(layer.operationCount)"),
              ("packed_bytes", "\(layer.packedByteCount)"),
            ])
          })
      ),
    ])
  }

  private static func shape(_ map: (side: Int, channels: Int)) -> String { "\(map.side)x\(map.side)x\(map.channels)" }
}

extension String {
  /// The text without blanks at its end.
  fileprivate var trimmingTrailingBlanks: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
