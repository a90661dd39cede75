import ArgumentParser
import Exchange
import GANomalyModel
import Imaging
import Linux

/// `ganomaly import`.
struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes a model of weights that the authors' PyTorch code trained.",
    discussion: """
      Takes the weights of samet-akcay/ganomaly (netG.pth, and netD.pth where it is at hand), converted to safetensors:

        python3 -c '
        import torch; from safetensors.torch import save_file
        weights = torch.load("netG.pth", map_location="cpu")["state_dict"]
        save_file({n: w.float() for n, w in weights.items()}, "netG.safetensors")'

        ganomaly import netG.safetensors --discriminator netD.safetensors \\
          --output line3.safetensors
        ganomaly calibrate line3.safetensors --normal held-out/

      Size, channels, latent length, features and extra layers follow from the tensors; names of data-parallel \
      training ('module.') are understood. Without the discriminator the model scores with every term but those of \
      features.

      For the same input the scores are those of PyTorch in evaluation mode, within 0.01 %. The input is sample / 127.5 \
      - 1, from -1 to 1, of the whole picture stretched to the square: what the authors' code does for colour pictures \
      that are square. For MNIST it fed (sample / 255 - 0.1307) / 0.3081 instead: such a network sees other numbers here \
      than it was trained on; train it anew rather than import it.
      """)

  @Argument(help: "The generator's weights (netG).", completion: .file(extensions: ["safetensors"]))
  var weights: String
  @Option(
    help: ArgumentHelp("The discriminator's weights (netD).", valueName: "file"),
    completion: .file(extensions: ["safetensors"]))
  var discriminator: String?
  @Option(
    help: ArgumentHelp("Where the model goes; a model there is replaced.", valueName: "file"),
    completion: .file(extensions: ["safetensors"]))
  var output: String

  func run() throws {
    let paths = try PathArguments.bytePaths([weights, output] + (discriminator.map { [$0] } ?? []))
    let (source, target, second) = (paths[0], paths[1], paths.dropFirst(2).first)
    try OutputGuard.refuse(target, over: [source] + (second.map { [$0] } ?? []))
    try OutputGuard.refuseUnlessModel(target)
    let model = try Model(weights: source, discriminator: second)
    let digest = try model.write(to: target)
    if !model.hasDiscriminator {
      Message.write("note: there is no discriminator, so that the score cannot have terms of features")
    }
    let shapes = model.hyperparameters
    try StandardStream.output.write(
      """
      model file       \(output)
      sha256           \(digest)
      network          variant \(shapes.variant.rawValue), latent \(shapes.latentCount), features \(shapes.featureCount), \
      extra layers \(shapes.extraLayerCount)
      input            \(shapes.size)x\(shapes.size), \(shapes.channelCount == 1 ? "grey" : "colour"), \
      sample / 127.5 - 1, transparent on \(model.preparation.alpha.rawValue)
      calibration      none: 'ganomaly calibrate \(output) --normal DIR' makes one

      """)
  }
}
