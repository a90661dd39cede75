internal import GANomalyModel

/// The values of a pass that terms look at.
struct GraphPass {
  /// The picture, [batch, channels, side, side].
  let picture: GraphValue
  /// What the generator makes of it, of the same shape.
  let reconstruction: GraphValue
  /// The generator's latent vector, [batch, latent].
  let latent: GraphValue
  /// The reconstruction's latent vector by each encoder that is needed.
  let reconstructionLatents: [ScoreOptions.SecondEncoder: GraphValue]
  /// Side of the picture in pixels.
  let side: Int
  /// What the discriminator's blocks make of picture and reconstruction, as far as any term needs them, and the maps' sides.
  let features: [(picture: GraphValue, reconstruction: GraphValue, side: Int)]
  /// The place of the block whose output is called the features.
  let featureBlock: Int
}

/// Terms and score as nodes, in the order of arithmetic of `ScoreRule`.
extension GraphBuilder {
  /// The score, [batch].
  mutating func score(_ rule: ScoreRule, _ pass: GraphPass) -> GraphValue {
    let terms = rule.measures.map { term($0, pass) }
    guard !rule.moments.isEmpty else { return terms[0] }
    let names = rule.measures.map { "score.\($0.name)" }
    var standardised: [GraphValue] = []
    for (index, term) in terms.enumerated() {
      standardised.append(standardise(term, names[index], rule.moments[index], rule.standardisation))
    }
    switch rule.combination {
    case .maximum: return node("Max", "score.maximum", standardised)
    case .sum(let weights):
      var parts: [GraphValue] = []
      for (index, weight) in weights.enumerated() {
        let factor = constant("\(names[index]).weight", [weight])
        parts.append(node("Mul", "\(names[index]).weighted", [standardised[index], factor]))
      }
      return node("Sum", "score.sum", parts)
    }
  }

  /// A term, [batch].
  private mutating func term(_ measure: TermMeasure, _ pass: GraphPass) -> GraphValue {
    let name = "term.\(measure.name)"
    switch measure {
    case .latent(let distance, let encoder):
      guard let second = pass.reconstructionLatents[encoder] else { preconditionFailure("the pass has what is asked") }
      return latentDistance(distance, pass.latent, second, name)
    case .reconstruction:
      let residual = node("Sub", "\(name).residual", [pass.reconstruction, pass.picture])
      return mean(node("Abs", "\(name).absolute", [residual]), axes: [1, 2, 3], name)
    case .local(let box, let rule, let margin):
      let residual = node("Sub", "\(name).residual", [pass.reconstruction, pass.picture])
      let width = TermMeasure.marginWidth(margin, ofSide: pass.side)
      return local(inner(residual, side: pass.side, margin: width, name), box: box, rule, name)
    case .features(let block):
      let features = pass.features[block.map { $0 - 1 } ?? pass.featureBlock]
      return meanSquare(features.picture, features.reconstruction, axes: [1, 2, 3], name)
    case .localFeatures(let block, let box, let margin):
      let features = pass.features[block - 1]
      let difference = node("Sub", "\(name).difference", [features.picture, features.reconstruction])
      let width = TermMeasure.marginWidth(margin, ofSide: features.side)
      return local(inner(difference, side: features.side, margin: width, name), box: box, .smoothedSquare, name)
    }
  }

  private mutating func latentDistance(
    _ distance: ScoreOptions.Distance, _ first: GraphValue, _ second: GraphValue, _ name: String
  ) -> GraphValue {
    if distance == .meanSquare { return meanSquare(first, second, axes: [1], name) }
    let difference = node("Sub", "\(name).difference", [first, second])
    let absolute = node("Abs", "\(name).absolute", [difference])
    if distance == .meanAbsolute { return mean(absolute, axes: [1], name) }
    return node(
      "ReduceSum", name, [absolute, constant("axes.latent", integers: [1])], ["keepdims": .integer(0)])
  }

  /// The largest smoothed difference of all positions of the box, channels averaged.
  private mutating func local(
    _ difference: GraphValue, box: Int, _ rule: ScoreOptions.LocalRule, _ name: String
  ) -> GraphValue {
    var value = difference
    switch rule {
    case .smoothedAbsolute: value = node("Abs", "\(name).absolute", [value])
    case .smoothedSquare: value = node("Mul", "\(name).squared", [value, value])
    case .absoluteSmoothed: break
    }
    value = node(
      "AveragePool", "\(name).smoothed", [value],
      ["kernel_shape": .integers([box, box]), "strides": .integers([1, 1])])
    if rule == .absoluteSmoothed { value = node("Abs", "\(name).absolute", [value]) }
    let average = mean(value, axes: [1], "\(name).channels")
    return node("ReduceMax", name, [average], ["axes": .integers([1, 2]), "keepdims": .integer(0)])
  }

  /// What a margin leaves of a map.
  private mutating func inner(_ map: GraphValue, side: Int, margin: Int, _ name: String) -> GraphValue {
    guard margin > 0 else { return map }
    let bounds = [
      constant("\(name).starts", integers: [margin, margin]),
      constant("\(name).ends", integers: [side - margin, side - margin]), constant("axes.pixels", integers: [2, 3]),
    ]
    return node("Slice", "\(name).inner", [map] + bounds)
  }

  private mutating func meanSquare(
    _ first: GraphValue, _ second: GraphValue, axes: [Int], _ name: String
  ) -> GraphValue {
    let difference = node("Sub", "\(name).difference", [first, second])
    return mean(node("Mul", "\(name).squared", [difference, difference]), axes: axes, name)
  }

  private mutating func mean(_ value: GraphValue, axes: [Int], _ name: String) -> GraphValue {
    node("ReduceMean", name, [value], ["axes": .integers(axes), "keepdims": .integer(0)])
  }

  private mutating func standardise(
    _ term: GraphValue, _ name: String, _ moments: TermStatistics.Moments.Pair,
    _ standardisation: ScoreOptions.Standardisation
  ) -> GraphValue {
    var scaled = term
    if standardisation == .logarithm {
      let least = constant("score.least", [ScoreRule.leastLogarithmArgument])
      scaled = node("Log", "\(name).logarithm", [node("Max", "\(name).positive", [term, least])])
    }
    let centred = node("Sub", "\(name).centred", [scaled, constant("\(name).mean", [moments.mean])])
    return node("Div", "\(name).standardised", [centred, constant("\(name).deviation", [moments.deviation])])
  }
}
