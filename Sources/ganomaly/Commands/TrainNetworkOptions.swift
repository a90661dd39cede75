import ArgumentParser
import GANomalyModel

/// What is trained: the network's form and shapes.
struct TrainNetworkOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "paper: the paper's network, as its authors published it; keras: the network of leafinity/keras_ganomaly "
        + "(default: paper).", valueName: "name"))
  var variant: Variant?
  @Option(
    help: ArgumentHelp(
      "Side of the network's input in pixels: a power of two from 16 (default: 32); with keras a multiple of 8 "
        + "(default: 64).", valueName: "pixels"))
  var size: Int?
  @Option(help: ArgumentHelp("1 for grey, 3 for colour (default: 1).", valueName: "number"))
  var channels: Int?
  @Option(
    help: ArgumentHelp(
      "Length of the latent vector (default: 100); with keras it is four times --features.", valueName: "number"))
  var latent: Int?
  @Option(
    help: ArgumentHelp(
      "Feature maps after the first layer; more see more and take longer (default: 64; keras: 32).",
      valueName: "number"))
  var features: Int?
  @Option(
    help: ArgumentHelp("3x3 layers added to encoder and decoder (default: 0); not with keras.", valueName: "number"))
  var extraLayers: Int?

  /// What was given, as texts by name.
  var given: [String: String] {
    GivenOptions.texts([
      ("variant", variant?.rawValue), ("size", size), ("channels", channels), ("latent", latent),
      ("features", features), ("extra-layers", extraLayers),
    ])
  }
}

/// Options that were given, as texts by their names.
enum GivenOptions {
  /// The texts of those that are not nil.
  static func texts(_ options: [(name: String, value: (any CustomStringConvertible)?)]) -> [String: String] {
    var texts: [String: String] = [:]
    for (name, value) in options { texts[name] = value?.description }
    return texts
  }
}
