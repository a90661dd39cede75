private import Layers

/// Which measures a network has.
extension TermMeasure {
  /// Sides of boxes that every training measures, as far as the picture has room for them.
  public static let commonLocalSides = [3, 5, 7, 9, 11, 13, 15]
  /// Sides of boxes on the discriminator's maps that every training measures, as far as the map has room for them.
  public static let commonFeatureSides = [1, 3, 5]
  /// Margins that every training measures, in sixteenths of the side.
  public static let commonMargins = [0, 1]
  /// Margins that there may be, in sixteenths of the side.
  public static let margins = 0...7

  /// Every measure of a network, with boxes and margins that are common, in a fixed order.
  public static func all(for hyperparameters: Hyperparameters) -> [TermMeasure] {
    let latents = ScoreOptions.SecondEncoder.allCases.flatMap { encoder in
      ScoreOptions.Distance.allCases.map { TermMeasure.latent($0, encoder) }
    }
    let boxes = boxes(commonLocalSides, onSide: hyperparameters.size)
    let locals = ScoreOptions.LocalRule.allCases.flatMap { rule in
      boxes.map { TermMeasure.local(side: $0.side, rule: rule, margin: $0.margin) }
    }
    let mapSides = mapSides(of: hyperparameters)
    let features = [TermMeasure.features(block: nil)] + mapSides.indices.map { .features(block: $0 + 1) }
    let localFeatures = mapSides.enumerated().flatMap { index, mapSide in
      Self.boxes(commonFeatureSides, onSide: mapSide).map {
        TermMeasure.localFeatures(block: index + 1, side: $0.side, margin: $0.margin)
      }
    }
    return latents + [.reconstruction] + locals + features + localFeatures
  }

  /// Every measure that a model has: the common ones, and each term as the model's options take it.
  ///
  /// Without the discriminator's weights there are none that need them.
  public static func all(of model: Model) -> [TermMeasure] {
    let common = all(for: model.hyperparameters)
    // A box that the score makes no use of is the default one, which a small network may have no room for.
    let own = ScoreOptions.Term.allCases.map(model.scoreOptions.measure).filter { measure in
      !common.contains(measure) && (try? measure.validate(for: model.hyperparameters)) != nil
    }
    return (common + own).filter { !$0.usesDiscriminator || model.hasDiscriminator }
  }

  /// Boxes that there is room for; a margin that is none on this side is not another one.
  private static func boxes(_ sides: [Int], onSide mapSide: Int) -> [(side: Int, margin: Int)] {
    commonMargins.flatMap { margin in
      let width = marginWidth(margin, ofSide: mapSide)
      return sides.filter { (margin == 0 || width > 0) && $0 <= mapSide - 2 * width }.map { ($0, margin) }
    }
  }

  /// Sides of the maps of the discriminator's blocks up to its features.
  static func mapSides(of hyperparameters: Hyperparameters) -> [Int] {
    let architecture = Architecture(hyperparameters)
    return architecture.discriminator[...architecture.featureBlock].map(\.outputSide)
  }

  /// Refuses a box that is no box or that there is no room for, and a block that is not there.
  ///
  /// - Throws: `ScoreOptionsError` with what was found and what is valid.
  public func validate(for hyperparameters: Hyperparameters) throws(ScoreOptionsError) {
    switch self {
    case .latent, .reconstruction, .features(block: nil): return
    case .local(let side, _, let margin):
      let room = try Self.room(margin, side: hyperparameters.size)
      guard side >= 3, side <= room, side % 2 == 1 else { throw .localSide(found: side, room: room) }
    case .features(let block?): _ = try Self.mapSide(block, hyperparameters)
    case .localFeatures(let block, let side, let margin):
      let room = try Self.room(margin, side: Self.mapSide(block, hyperparameters))
      guard side >= 1, side <= room, side % 2 == 1 else { throw .featureSide(found: side, block: block, room: room) }
    }
  }

  private static func room(_ margin: Int, side: Int) throws(ScoreOptionsError) -> Int {
    guard margins.contains(margin) else { throw .margin(found: margin) }
    return side - 2 * marginWidth(margin, ofSide: side)
  }

  private static func mapSide(_ block: Int, _ hyperparameters: Hyperparameters) throws(ScoreOptionsError) -> Int {
    let sides = mapSides(of: hyperparameters)
    guard (1...sides.count).contains(block) else { throw .featureBlock(found: block, count: sides.count) }
    return sides[block - 1]
  }
}
