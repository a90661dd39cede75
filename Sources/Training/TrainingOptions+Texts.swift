public import GANomalyModel
private import Imaging

/// Options as texts, by their names on the command line: what a model file stores and a command line gives.
extension TrainingOptions {
  /// One option.
  private struct Field {
    let name: String
    let text: (TrainingOptions) -> String?
    let set: (inout TrainingOptions, String) -> Bool

    init<Value: LosslessStringConvertible>(_ name: String, _ path: WritableKeyPath<TrainingOptions, Value>) {
      self.name = name
      text = { $0[keyPath: path].description }
      set = { options, text in
        guard let value = Value(text) else { return false }
        options[keyPath: path] = value
        return true
      }
    }

    init<Value: LosslessStringConvertible>(_ name: String, _ path: WritableKeyPath<TrainingOptions, Value?>) {
      self.name = name
      text = { $0[keyPath: path]?.description }
      set = { options, text in
        guard let value = Value(text) else { return false }
        options[keyPath: path] = value
        return true
      }
    }
  }

  /// Options that say when a training ends.
  public static let lengthNames: Set = ["epochs", "steps", "max-minutes", "patience", "smallest-gain"]
  /// Options that the model file stores as its hyperparameters.
  private static let shapeNames: Set = ["variant", "size", "channels", "latent", "features", "extra-layers"]

  private static var shapeFields: [Field] {
    [
      Field("size", \.hyperparameters.size), Field("channels", \.hyperparameters.channelCount),
      Field("latent", \.hyperparameters.latentCount), Field("features", \.hyperparameters.featureCount),
      Field("extra-layers", \.hyperparameters.extraLayerCount),
    ]
  }

  private static var fields: [Field] {
    shapeFields + [
      Field("batch", \.batchSize), Field("seed", \.seed), Field("learning-rate", \.learningRate),
      Field("adversarial-weight", \.weights.adversarial), Field("contextual-weight", \.weights.contextual),
      Field("encoder-weight", \.weights.encoder), Field("average-weights", \.averagesWeights),
      Field("augment", \.augmentation),
      Field("validation", \.validationShare), Field("calibration", \.calibrationShare),
      Field("false-positive-rate", \.falsePositiveRate), Field("round-steps", \.leastRoundSteps),
    ]
  }

  private static var lengthFields: [Field] {
    [
      Field("epochs", \.length.epochCount), Field("steps", \.length.stepCount), Field("max-minutes", \.length.minutes),
      Field("patience", \.length.patience), Field("smallest-gain", \.length.smallestGain),
    ]
  }

  /// All options that decide the numbers or the length; those that are not set are not there.
  public var texts: [String: String] {
    var texts = ["variant": hyperparameters.variant.rawValue]
    for field in Self.fields + Self.lengthFields { texts[field.name] = field.text(self) }
    if length.patience == nil { texts["smallest-gain"] = nil }
    return texts
  }

  /// The texts that a model file's record holds besides its hyperparameters.
  var recordTexts: [String: String] { texts.filter { !Self.shapeNames.contains($0.key) } }

  /// Options of a training that begins: its variant's defaults, and what was given.
  ///
  /// - Parameter given: texts by name.
  /// - Throws: `TrainingError.option` for a text that is none of the option's values, or an option that the variant has not.
  public init(given: [String: String], threadCount: Int) throws(TrainingError) {
    let variantText = given["variant"] ?? Variant.paper.rawValue
    guard let variant = Variant(rawValue: variantText) else {
      let names = Variant.allCases.map(\.rawValue).joined(separator: " or ")
      throw .option(name: "variant", expected: names, found: "'\(variantText)'")
    }
    self.init(hyperparameters: Self.authorsShapes(of: variant), threadCount: threadCount)
    if variant == .keras {
      for (name, reason) in [
        ("latent", "whose latent vector has four times --features"), ("extra-layers", "whose layers are fixed"),
      ] {
        if let text = given[name] {
          throw .option(name: name, expected: "none with --variant keras, \(reason)", found: text)
        }
      }
    }
    try set(given, Self.fields)
    if variant == .keras {
      hyperparameters.latentCount = Hyperparameters.kerasLatentCount(featureCount: hyperparameters.featureCount)
    }
    length = try Self.length(given)
  }

  /// Options of a training that goes on: the stored ones, and what was given on top.
  ///
  /// - Parameters:
  ///   - shapes: the stored hyperparameters.
  ///   - stored: the texts of the record.
  ///   - given: texts by name; an end replaces the stored one, others must be those that are stored.
  ///   - file: what the file is called in sentences.
  /// - Throws: `TrainingError.checkpoint` where the stored texts are none, `.contradiction` naming both values.
  public init(
    resuming shapes: Hyperparameters, stored: [String: String], given: [String: String], threadCount: Int,
    file: String
  ) throws(TrainingError) {
    self.init(hyperparameters: shapes, threadCount: threadCount)
    let required = Self.fields.map(\.name).filter { !Self.shapeNames.contains($0) }
    for name in required where stored[name] == nil {
      throw .checkpoint(file: file, reason: "it holds no option '\(name)'")
    }
    let known = Set((Self.fields + Self.lengthFields).map(\.name)).subtracting(Self.shapeNames)
      .union(WindowPlan.optionNames)
    if let name = stored.keys.filter({ !known.contains($0) }).min() {
      throw .checkpoint(file: file, reason: "it holds an option '\(name)' that this version does not know")
    }
    do {
      try set(stored, Self.fields)
      length = try Self.length(stored)
      try validate()
    } catch {
      throw .checkpoint(file: file, reason: "it holds options that no training has: \(error)")
    }
    let texts = texts
    for (name, text) in given.sorted(by: { $0.key < $1.key }) where !Self.lengthNames.contains(name) {
      guard texts[name] == text else {
        throw .contradiction(option: name, found: text, stored: texts[name], file: file)
      }
    }
    if given.keys.contains(where: Self.lengthNames.contains) { length = try Self.length(given) }
  }

  private static func length(_ given: [String: String]) throws(TrainingError) -> LengthRule {
    var options = TrainingOptions(hyperparameters: Hyperparameters(), threadCount: 1)
    options.length.stepCount = nil
    options.length.patience = nil
    try options.set(given, lengthFields)
    let rule = options.length
    let result = LengthRule(
      epochCount: rule.epochCount, stepCount: rule.stepCount, minutes: rule.minutes, patience: rule.patience,
      smallestGain: rule.smallestGain)
    if let text = given["smallest-gain"], result.patience == nil {
      throw .option(
        name: "smallest-gain", expected: "--patience beside it: without, no gain is looked for", found: text)
    }
    return result
  }

  private mutating func set(_ texts: [String: String], _ fields: [Field]) throws(TrainingError) {
    for field in fields {
      guard let text = texts[field.name], !field.set(&self, text) else { continue }
      throw .option(name: field.name, expected: "a value of this option", found: "'\(text.prefix(80))'")
    }
  }
}
