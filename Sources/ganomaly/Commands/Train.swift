import ArgumentParser
import GANomalyModel
import Imaging
import Linux
import Training

/// `ganomaly train`.
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Learns from pictures of good parts what good parts look like.",
    discussion: """
      Takes every *.png below a folder; all of them must be normal, no defects are needed.

        ganomaly train --normal good/ --output line3.safetensors

      A part of the pictures (--validation) trains nothing and chooses the epoch. Another part (--calibration) is kept \
      out of everything and calibrates the model at the end where it is large enough for the promised rate: 99 pictures \
      for 0.01. Sizes are powers of two from 16 on; pictures are stretched to the square. The same pictures, options \
      and seed give the same file, byte for byte, whatever the number of threads.

      Interrupted by Ctrl-C, the best weights so far are written to the output; a second Ctrl-C ends at once. While the \
      training runs they are in OUTPUT.checkpoint, a usable model file.
      Exit status: 0 done, 2 an error, 130 interrupted.
      """)

  @Option(
    help: ArgumentHelp("Folder of normal pictures; all *.png below it.", valueName: "folder"), completion: .directory)
  var normal: String
  @Option(
    help: ArgumentHelp("Where the model goes.", valueName: "file"), completion: .file(extensions: ["safetensors"]))
  var output: String
  @Option(help: ArgumentHelp("Side of the network's input in pixels: a power of two.", valueName: "pixels"))
  var size = 32
  @Option(help: ArgumentHelp("1 for grey, 3 for colour.", valueName: "number"))
  var channels = 1
  @Option(help: ArgumentHelp("Length of the latent vector.", valueName: "number"))
  var latent = 100
  @Option(help: ArgumentHelp("Feature maps after the first layer; more see more and take longer.", valueName: "number"))
  var features = 64
  @Option(help: ArgumentHelp("3x3 layers added to encoder and decoder.", valueName: "number"))
  var extraLayers = 0
  @Option(help: ArgumentHelp("Passes over the training pictures.", valueName: "number"))
  var epochs = 15
  @Option(help: ArgumentHelp("Pictures a step.", valueName: "number"))
  var batch = 64
  @Option(help: ArgumentHelp("The seed of every random number.", valueName: "number"))
  var seed: UInt64 = 1
  @Option(help: ArgumentHelp("Share of the pictures that chooses the epoch.", valueName: "share"))
  var validation = 0.1
  @Option(help: ArgumentHelp("Share of the pictures kept for the calibration at the end.", valueName: "share"))
  var calibration = 0.2
  @Option(help: ArgumentHelp("Rate of false alarms that the calibration at the end promises.", valueName: "rate"))
  var falsePositiveRate = 0.01
  @OptionGroup var score: ScoreOptionGroup
  @OptionGroup var pictures: NormalisationOption
  @OptionGroup var threads: ThreadOption

  func validate() throws {
    // Shown with the usage lines, before any file is touched.
    do { try options().validate() } catch { throw ValidationError("\(error)") }
  }

  func run() throws {
    // Before any other thread: they inherit that signals are waited for.
    let interruption = try Interruption()
    let target = try PathArguments.bytePath(output)
    let checkpoint = BytePath(bytes: target.bytes + Array(".checkpoint".utf8))
    for file in [target, checkpoint] { try AtomicFile.checkWritable(file) }
    let preparation = Preparation(size: size, channelCount: channels, normalisation: pictures.choice)
    let set = try readPictures(preparation)
    let trainer = try Trainer(options: options(), preparation: preparation, set: set, folder: normal)
    var progress = TrainingProgress(wantedBatchSize: batch)
    interruption.allowFinishing()
    let model = try trainer.run(
      report: { progress.show($0) }, shouldStop: { interruption.isRequested },
      save: { try $0.write(to: checkpoint) })
    progress.finish()
    let digest = try model.write(to: target)
    try AtomicFile.remove(checkpoint)
    try report(model, digest: digest, neededCount: trainer.neededCalibrationCount)
    if interruption.isRequested {
      Message.write("interrupted: '\(output)' holds the best weights so far")
      throw ExitCode(ExitStatus.interrupted)
    }
  }

  private func options() throws -> TrainingOptions {
    var options = TrainingOptions(
      hyperparameters: Hyperparameters(
        size: size, channelCount: channels, latentCount: latent, featureCount: features, extraLayerCount: extraLayers),
      threadCount: threads.count)
    options.epochCount = epochs
    options.batchSize = batch
    options.seed = seed
    options.validationShare = validation
    options.calibrationShare = calibration
    options.falsePositiveRate = falsePositiveRate
    options.scoreOptions = try score.options(changing: options.scoreOptions, for: options.hyperparameters)
    return options
  }

  private func readPictures(_ preparation: Preparation) throws -> PictureSet {
    let progress = ProgressLine("reading '\(normal)':")
    let set = try PictureSet(
      below: PathArguments.bytePath(normal), preparation: preparation, threadCount: threads.count,
      progress: { progress.show(done: $0, of: $1) })
    progress.clear()
    for file in set.unusable.prefix(Self.namedCount) {
      Message.write("passed over '\(escaped(file.path.bytes))': \(file.reason)")
    }
    if set.unusable.count > Self.namedCount {
      Message.write("passed over \(set.unusable.count - Self.namedCount) more files that give no picture")
    }
    for (note, count) in set.notes {
      for sentence in note.sentences { Message.write("note: \(sentence) (\(count) of \(set.entries.count))") }
    }
    return set
  }

  private func report(_ model: Model, digest: String, neededCount: Int?) throws {
    var lines = ["model file       \(output)", "sha256           \(digest)"]
    if let record = model.trainingRecord {
      lines.append("chosen epoch     \(record.chosenEpoch) of \(record.epochs.count)")
    }
    if let calibration = model.calibration {
      lines += CalibrationText.lines(calibration)
    } else {
      let needed = neededCount.map(String.init) ?? "more than 1000000000"
      Message.write(
        "note: not calibrated: a false-positive rate of \(falsePositiveRate) needs \(needed) pictures kept out; "
          + "run 'ganomaly calibrate \(output) --normal DIR' with pictures that training never saw")
    }
    try StandardStream.output.write(lines.joined(separator: "\n") + "\n")
  }

  /// Unusable files named one by one.
  private static let namedCount = 5
}
