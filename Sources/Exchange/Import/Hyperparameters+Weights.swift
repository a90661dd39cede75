internal import GANomalyModel

extension Hyperparameters {
  /// The hyperparameters that the names and shapes of a generator's tensors tell.
  ///
  /// The authors' names hold channels and features of the first layer and the width of the last; the last one's shape
  /// has the latent length, and the side follows from the widths, which double with every halving of the map.
  ///
  /// - Parameter tensors: by the names of our model file.
  /// - Throws: `WeightsError` where the first or the last layer is not there, or no network has these shapes.
  init(tensors: [String: StateTensor]) throws(WeightsError) {
    let prefix = "netg.encoder1.main."
    let found = tensors.keys.min()
    guard let first = Self.numbers(in: tensors, prefix + "initial-conv-", "-", ".weight"), first[1] > 0 else {
      throw .noGenerator(found: found.map { "'\($0)' first" } ?? "no tensor at all")
    }
    guard let last = Self.numbers(in: tensors, prefix + "final-", "-", "-conv.weight"),
      let latent = tensors[prefix + "final-\(last[0])-\(last[1])-conv.weight"]?.shape.first
    else { throw .missingTensor(prefix + "final-WIDTH-1-conv.weight", shape: []) }
    let (width, overflow) = last[0].multipliedReportingOverflow(by: 8)
    let extraLayers = tensors.keys.filter {
      $0.hasPrefix(prefix + "extra-layers-") && $0.hasSuffix("-conv.weight")
    }
    self.init(
      size: overflow ? last[0] : width / first[1], channelCount: first[0], latentCount: latent,
      featureCount: first[1], extraLayerCount: extraLayers.count)
    do { try validate() } catch { throw .hyperparameters(error) }
  }

  /// The two numbers in the name of the only tensor whose name is made like this.
  private static func numbers(
    in tensors: [String: StateTensor], _ prefix: String, _ separator: Character, _ suffix: String
  ) -> [Int]? {
    let names = tensors.keys.filter { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }.sorted()
    guard let name = names.first, names.count == 1 else { return nil }
    let numbers = name.dropFirst(prefix.count).dropLast(suffix.count).split(
      separator: separator, omittingEmptySubsequences: false
    ).map { text in Int(text).flatMap { "\($0)" == text ? $0 : nil } }
    guard numbers.count == 2, let first = numbers[0], let second = numbers[1] else { return nil }
    return [first, second]
  }
}
