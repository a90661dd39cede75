import ArgumentParser
import Imaging

/// What is done to a picture's own brightness and contrast before the network sees it.
struct NormalisationOption: ParsableArguments {
  /// The choices.
  enum Kind: String, ExpressibleByArgument, CaseIterable {
    /// Nothing.
    case none
    /// Mean and spread of each picture.
    case picture
    /// The logarithm, less its mean over each picture.
    case logarithm
  }

  @Option(
    help: ArgumentHelp(
      "none; picture: each picture's own mean and spread become the same; logarithm: each picture's gain is taken out "
        + "(default: none).", valueName: "kind"))
  var normalisation: Kind?

  /// The choice as a preparation has it.
  var choice: Preparation.Normalisation {
    switch normalisation {
    case nil, .some(.none): .none
    case .picture: .picture
    case .logarithm: .logarithm
    }
  }
}
