import GANomalyModel
import Imaging

/// What a model's score is made of, in words and as JSON.
enum ScoreText {
  /// Labelled lines.
  static func lines(_ model: Model) -> [String] {
    let options = model.scoreOptions
    let terms = options.terms.map { "\($0.rawValue): \(text(of: options.measure(of: $0)))" }
    var lines: [String]
    if let rule = try? model.scoreRule, options.isCombination {
      lines = ["score            \(title(of: options)) of \(terms.count) standardised \(noun(of: options))"]
      for (index, term) in terms.enumerated() {
        let moments = rule.moments[index]
        var line = "                 \(term); mean \(moments.mean), deviation \(moments.deviation)"
        if case .sum(let weights) = options.combination { line += ", weight \(weights[index])" }
        lines.append(line)
      }
    } else {
      lines = ["score            \(terms.joined(separator: "; "))"]
    }
    if model.preparation.windows != nil {
      lines.append("                 of each window; the picture has \(options.windowPooling)")
    }
    if let statistics = model.termStatistics {
      let inputs = model.preparation.windows == nil ? "validation pictures" : "windows of validation pictures"
      lines.append("statistics       \(statistics.moments.count) terms on \(statistics.pictureCount) \(inputs)")
    } else {
      lines.append("statistics       none: terms cannot be combined")
    }
    return lines
  }

  private static func noun(of options: ScoreOptions) -> String {
    switch options.standardisation {
    case .plain: "terms"
    case .logarithm: "logarithms of terms"
    }
  }

  private static func title(of options: ScoreOptions) -> String {
    switch options.combination {
    case .maximum: "maximum"
    case .sum: "weighted sum"
    }
  }

  private static func text(of measure: TermMeasure) -> String {
    switch measure {
    case .latent(let distance, let encoder): "\(distance.rawValue), second encoder \(encoder.rawValue)"
    case .reconstruction: "mean absolute difference"
    case .local(let side, let rule, let margin): "\(rule.rawValue), box \(side)x\(side)\(text(ofMargin: margin))"
    case .features(let block): "mean squared difference" + (block.map { ", block \($0)" } ?? "")
    case .localFeatures(let block, let side, let margin):
      "block \(block), box \(side)x\(side)\(text(ofMargin: margin))"
    }
  }

  private static func text(ofMargin margin: Int) -> String { margin == 0 ? "" : ", margin \(margin)/16" }

  /// One object; what the score makes no use of is null.
  static func json(_ model: Model) -> String {
    let options = model.scoreOptions
    let usesLocal = options.terms.contains(.local)
    let usesMaps = options.terms.contains(.localFeatures)
    var (combination, weights): (String?, [Float]?) = (nil, nil)
    if options.isCombination {
      switch options.combination {
      case .maximum: combination = "maximum"
      case .sum(let found): (combination, weights) = ("sum", found)
      }
    }
    return JSONText.object([
      ("terms", JSONText.list(options.terms.map { JSONText.string($0.rawValue) })),
      ("distance", JSONText.string(options.distance.rawValue)),
      ("second_encoder", JSONText.string(options.secondEncoder.rawValue)),
      ("local_side", JSONText.integer(usesLocal ? options.localSide : nil)),
      ("local_rule", JSONText.string(usesLocal ? options.localRule.rawValue : nil)),
      ("features_block", JSONText.integer(options.terms.contains(.features) ? options.featuresBlock : nil)),
      ("local_features_block", JSONText.integer(usesMaps ? options.localFeaturesBlock : nil)),
      ("local_features_side", JSONText.integer(usesMaps ? options.localFeaturesSide : nil)),
      ("margin", JSONText.integer(options.usesMargin ? options.margin : nil)),
      ("combination", JSONText.string(combination)),
      ("standardisation", JSONText.string(options.isCombination ? options.standardisation.rawValue : nil)),
      ("weights", weights.map { JSONText.list($0.map { JSONText.number($0) }) } ?? "null"),
      (
        "window_score",
        JSONText.string(model.preparation.windows == nil ? nil : options.windowPooling.text)
      ),
      ("arithmetic_version", JSONText.string(Scorer.arithmeticVersion)),
      ("statistics", model.termStatistics.map(json) ?? "null"),
    ])
  }

  private static func json(_ statistics: TermStatistics) -> String {
    let terms = statistics.moments.sorted { $0.key.name < $1.key.name }.map { measure, moments in
      (
        measure.name,
        JSONText.object([
          ("mean", JSONText.number(moments.mean)), ("deviation", JSONText.number(moments.deviation)),
          ("logarithm_mean", JSONText.number(moments.logarithm?.mean)),
          ("logarithm_deviation", JSONText.number(moments.logarithm?.deviation)),
        ])
      )
    }
    return JSONText.object([("images", "\(statistics.pictureCount)"), ("terms", JSONText.object(terms))])
  }
}
