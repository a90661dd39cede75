import ArgumentParser
import Exchange
import GANomalyModel
import Imaging
import Inspection
import Linux

/// `ganomaly export`.
struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes a model for other programs: ONNX, with the same scores.",
    discussion: """
      The file holds the whole way from a prepared picture to the score, with every term of it:

        ganomaly export line3.safetensors --format onnx --output line3.onnx

      Input   image                 float32 [batch, channels, size, size]: sample / 127.5 - 1
      Outputs reconstruction        the same shape, from -1 to 1
              latent                [batch, latent]
              latent_reconstructed  [batch, latent]
              score                 [batch], anomalous above the threshold

      A picture must be prepared as the model says: alpha, grey or colour, size, resampling and normalisation stand in \
      the file's metadata, and 'ganomaly prepare' writes a prepared picture. Threshold, calibration and everything else \
      that 'ganomaly describe' tells stand there too, by the keys of the model file. Operators of ONNX 17: onnxruntime \
      and OpenVINO give the score of 'ganomaly score' within 0.01 % (of several terms: of each). The same model gives \
      the same bytes.

      Of a model that looks at windows the file is the network of one window: cutting windows out of a picture, joining \
      their scores and the mask are ganomaly's own, and not in it; the threshold is of the joined score. The metadata says \
      so under input.windows.
      """)

  /// The formats that models go out in.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    /// Open Neural Network Exchange.
    case onnx
  }

  @OptionGroup var model: ModelArgument
  @Option(help: "onnx.")
  var format = Format.onnx
  @Option(
    help: ArgumentHelp(
      "Where the model goes; a file there is replaced, unless it is a picture or a model.", valueName: "file"),
    completion: .file(extensions: ["onnx"]))
  var output: String

  func run() throws {
    let target = try PathArguments.bytePath(output)
    try OutputGuard.refuse(target, over: [model.path])
    try OutputGuard.refuseReplacing([target])
    let model = try model.read()
    let file = try ONNXModel(model, producerVersion: ProjectVersion.text)
    try file.write(to: target)
    if model.calibration == nil {
      Message.write(
        "note: '\(self.model.model)' is not calibrated, so that the file has no threshold; 'ganomaly calibrate' first")
    }
    if model.preparation.windows != nil {
      Message.write(
        "note: the file scores one window; cutting a picture's windows and joining their scores is not in it, and the "
          + "threshold is of the joined score")
    }
    let shapes = model.hyperparameters
    let picture = "\(shapes.channelCount), \(shapes.size), \(shapes.size)"
    try StandardStream.output.write(
      """
      onnx file        \(output)
      image            float32 [batch, \(picture)]: prepared sample / 127.5 - 1
      reconstruction   float32 [batch, \(picture)]
      latent           float32 [batch, \(shapes.latentCount)], latent_reconstructed too
      score            float32 [batch]\(scoreNote(model))

      """)
  }

  private func scoreNote(_ model: Model) -> String {
    if model.preparation.windows != nil { return ", of a window" }
    return model.calibration.map { ", anomalous above \($0.threshold)" } ?? ""
  }
}
