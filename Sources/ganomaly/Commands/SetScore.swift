import ArgumentParser
import GANomalyModel
import Imaging
import Linux

/// `ganomaly set-score`.
struct SetScore: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set-score",
    abstract: "Changes what a model's score is made of, without training anew.",
    discussion: """
      The weights stay. A calibration is removed, because its threshold belongs to the old score: calibrate again.

        ganomaly set-score line3.safetensors --score local --local-side 5
        ganomaly set-score line3.safetensors --score latent,local --combination sum --weights 1,2 --output new.safetensors
        ganomaly set-score surface.safetensors --window-score top-3
        ganomaly calibrate line3.safetensors --normal held-out/

      Terms:
        latent          the distance of the latent vectors of picture and
                        reconstruction: GANomaly's own score
        reconstruction  the mean absolute difference of picture and
                        reconstruction
        local           the largest such difference, smoothed by a box: for
                        defects that are small
        features        the mean squared difference of the discriminator's
                        features of picture and reconstruction
        local-features  the largest such difference on the map of one of the
                        discriminator's blocks, smoothed by a box

      What is not given stays as it is, as far as the terms make use of it; --score without --combination makes several \
      terms a maximum.

      Several terms are standardised by their means and deviations on the validation pictures, which training has stored \
      in the file, and then combined. 'ganomaly evaluate --compare-scores' measures all of them at once; 'ganomaly \
      describe' tells what a model has.

      A model that looks at windows takes this score of each window; --window-score says how they become the picture's. \
      Choose it, as the terms, by other pictures than those that calibrate.
      """)

  @OptionGroup var model: ModelArgument
  @OptionGroup var score: ScoreOptionGroup
  @Option(
    help: ArgumentHelp("Where the changed model goes; in place where not given.", valueName: "file"),
    completion: .file(extensions: ["safetensors"]))
  var output: String?

  func validate() throws {
    guard !score.isEmpty else {
      throw ValidationError("nothing to change: name the terms with --score, or change one of its options")
    }
  }

  func run() throws {
    let target = try output.map(PathArguments.bytePath) ?? self.model.path
    var model = try Model.read(contentsOf: self.model.path)
    if output != nil { try OutputGuard.refuseUnlessModel(target) }
    try AtomicFile.checkWritable(target)
    let old = (options: model.scoreOptions, isCalibrated: model.calibration != nil)
    let options = try score.options(
      changing: model.scoreOptions, for: model.hyperparameters, hasWindows: model.preparation.windows != nil)
    do {
      try model.setScore(options)
    } catch {
      throw CommandError("cannot change the score of '\(self.model.model)': \(error)")
    }
    let digest = try model.write(to: target)
    let name = output ?? self.model.model
    try StandardStream.output.write(
      (ScoreText.lines(model) + ["model file       \(name)", "sha256           \(digest)"]).joined(separator: "\n")
        + "\n")
    if options == old.options {
      Message.write("note: this is the score that the model had; nothing else has changed")
    } else if old.isCalibrated {
      Message.write(
        "note: the calibration is removed, because its threshold belongs to the old score; "
          + "run 'ganomaly calibrate \(name) --normal DIR' with normal pictures that training never saw")
    }
  }
}
