import ArgumentParser
import GANomalyModel
import Imaging
import Linux
import Reports
import Training

/// `ganomaly train`.
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Learns from pictures of good parts what good parts look like.",
    discussion: """
      Takes every *.png below a folder; all of them must be normal, no defects are needed.

        ganomaly train --normal good/ --output line3.safetensors

      A part of the pictures (--validation) trains nothing and chooses the weights. Another part (--calibration) is kept \
      out of everything and calibrates the model at the end where it is large enough for the promised rate: 99 pictures \
      for 0.01. Pictures are stretched to the square, except with --window. The same pictures, options and seed give the same file, byte for \
      byte, whatever the number of threads, in one run or in several.

      WINDOWS. A camera's pictures are much larger than a network's input: shrunk to it, a scratch of 20 pixels is gone. \
      With --window the network sees squares of the picture as it is:

        ganomaly train --normal good/ --output line3.safetensors --window 64 --scale 0.5 --region 100,40,1000,800

      It learns from windows at random places of every picture, at other places in every epoch, as many as would cover \
      the picture, at most 64. A picture is scored by windows that overlap (--stride) and together cover all that is \
      looked at; their largest score is the picture's, or what --window-score says. Where the score leaves out a margin of \
      each window (--local-margin, --preset surfaces), windows reach over the picture's edges, which are mirrored there, \
      and --stride is at most a window less both margins. Threshold and promise are those of \
      pictures. Pictures may have different sizes. --scale 0.5 makes pictures half as wide and high first: a window sees \
      twice as far and scoring takes a quarter of the time; the smallest defect should keep some pixels. What lies \
      outside --region, or is black in --mask, is neither learnt nor scored. All of this is stored in the model: \
      commands and daemon follow it without further options.

      LENGTH. Without any of the options below it ends when the validation loss has not fallen by 1 % within 1000 steps, \
      at the latest after 20000 steps. With several, whichever comes first ends it. --epochs looks at the validation \
      pictures after every epoch, the others after 100 steps or more; after 1000 in any case. The authors trained 15 \
      epochs (paper, sets of thousands) and 1000 iterations (keras).

      CHECKPOINTS. While the training runs, everything lies in OUTPUT.checkpoint, which is a usable model file with the \
      best weights so far. It is written at the end of a round of steps and every --checkpoint-minutes; where that fails, \
      a full disk for instance, the training says so and goes on. It goes away when the training has ended, except with \
      --keep-checkpoint. Interrupted by Ctrl-C, the best weights are written to the output and the checkpoint stays; a \
      second Ctrl-C ends at once. After that, after a crash or a loss of power:

        ganomaly train --resume line3.safetensors --normal good/

      goes on to the same file, byte for byte. Options come from the checkpoint; others are refused where they contradict \
      it. An end may be given anew, counted from the beginning: --epochs 1 --keep-checkpoint, and then --resume with \
      --epochs 3, is --epochs 3; --log has to be given again. The pictures must be the same; their names may have changed.

      PRESETS. --preset surfaces is for textured surfaces with small defects under uneven light: the logarithm of each \
      picture less its mean, 64 pixels, 16 features, a latent vector of 256, batches of 64, learning rate 0.001, averaged \
      weights, 2000 steps, and as score the largest of three local terms. Options given beside it go before it.

      AUGMENTATION (--augment) changes training pictures after they were prepared, in this order: flip (or \
      flip-horizontal, flip-vertical): mirrored along each axis with probability 1/2; rotate90: turned by 0, 90, 180 or \
      270 degrees; shift=N: moved by up to N pixels along each axis, the edge repeated (2); brightness=N: up to N levels \
      of 255 brighter or darker (10); noise=N: up to N levels on every sample (4).

      Exit status: 0 done, 2 an error, 130 interrupted.
      """)

  @Option(
    help: ArgumentHelp("Folder of normal pictures; all *.png below it.", valueName: "folder"), completion: .directory)
  var normal: String
  @Option(
    help: ArgumentHelp("Where the model goes; with --resume where it went.", valueName: "file"),
    completion: .file(extensions: ["safetensors"]))
  var output: String?
  @Option(
    help: ArgumentHelp(
      "Settings that go together: authors, or surfaces; see above (default: authors).", valueName: "name"))
  var preset: TrainingPreset?
  @OptionGroup(title: "Network") var network: TrainNetworkOptions
  @OptionGroup(title: "Windows") var windows: TrainWindowOptions
  @OptionGroup(title: "Length") var length: TrainLengthOptions
  @OptionGroup(title: "Learning") var learning: TrainLearningOptions
  @OptionGroup(title: "Run") var runOptions: TrainRunOptions
  @OptionGroup(title: "Score") var score: ScoreOptionGroup
  @OptionGroup(title: "Pictures") var pictures: NormalisationOption
  @OptionGroup var threads: ThreadOption

  func validate() throws {
    if runOptions.resume != nil { return }
    try windows.check(size: network.size)
    guard output != nil else { throw ValidationError("Missing expected argument '--output <file>'") }
    // Shown with the usage lines, before any file is touched.
    do {
      try options().validate()
    } catch TrainingError.hyperparameters(let error) where windows.window != nil {
      throw ValidationError(error.description(ofSizeNamed: "--window"))
    } catch {
      throw ValidationError("\(error)")
    }
  }

  func run() throws {
    // Before any other thread: they inherit that signals are waited for.
    let interruption = try Interruption()
    let start = try start()
    try OutputGuard.refuseUnlessModel(start.output)
    for file in [start.output, start.checkpoint] {
      try AtomicFile.checkWritable(file)
      try AtomicFile.removeLeftovers(of: file)
    }
    let reportPath = try runOptions.report.map(PathArguments.bytePath)
    // Before the checkpoint is begun: a report in its place, or in the model's, is refused with both names below.
    if let reportPath, reportPath != start.output, reportPath != start.checkpoint {
      try OutputGuard.refuseReplacing([reportPath])
    }
    let set = try readPictures(start)
    if let reportPath {
      // A slip of the keyboard must cost neither a picture nor the model.
      let mask = try windows.mask.map { [try PathArguments.bytePath($0)] } ?? []
      try OutputGuard.check([start.output, start.checkpoint, reportPath], over: set.entries.map(\.path) + mask)
    }
    let trainer = try Trainer(
      options: start.options, preparation: start.preparation, set: set, folder: normal, resuming: start.resumed)
    var log = try runOptions.log.map {
      try TrainingLogFiles(
        folder: PathArguments.bytePath($0), resumedStep: start.resumed == nil ? nil : trainer.plan.stepsDone)
    }
    var progress = TrainingProgress(wantedBatchSize: start.options.batchSize)
    interruption.allowFinishing()
    let model: Model
    var drawn: [TrainingEvent.Reconstruction] = []
    do {
      model = try trainer.run(
        report: {
          log?.write($0)
          if case .round(let round) = $0, round.isBest || drawn.isEmpty { drawn = round.reconstructions }
          progress.show($0)
        }, shouldStop: { interruption.isRequested },
        checkpointInterval: .seconds(runOptions.checkpointMinutes * 60), savesLast: runOptions.keepCheckpoint,
        save: { try AtomicFile.write($0.encoded(), to: start.checkpoint) })
      progress.finish()
      try finish(
        model, start: start, drawn: reportPath == nil ? [] : drawn, report: reportPath,
        neededCount: trainer.neededCalibrationCount)
    } catch let error where !(error is ExitCode) {
      progress.finish()
      throw try withWayOn(error, start: start)
    }
  }

  /// Writes the model and says what became of the training.
  private func finish(
    _ model: Model, start: TrainStart, drawn: [TrainingEvent.Reconstruction], report reportPath: BytePath?,
    neededCount: Int?
  ) throws {
    let digest = try model.write(to: start.output)
    let isInterrupted = model.trainingRecord?.ending == .interruption
    if !isInterrupted && !runOptions.keepCheckpoint { try AtomicFile.remove(start.checkpoint) }
    let name = escaped(start.output.bytes)
    try report(model, name: name, digest: digest, options: start.options, neededCount: neededCount)
    if let reportPath {
      let document = TrainingDocument(
        model: model, modelName: name, sha256: digest,
        pictures: drawn.map { PictureViews(original: $0.picture, reconstruction: $0.reconstruction) },
        program: ReportPictures.program)
      do {
        try AtomicFile.write(document.document.html, to: reportPath)
      } catch {
        throw CommandError("\(error); the model '\(name)' is finished, only the report is missing")
      }
    }
    if isInterrupted {
      Message.write(
        "interrupted: '\(name)' holds the best weights so far; go on with 'ganomaly train --resume \(name) --normal "
          + "\(normal)'")
      throw ExitCode(ExitStatus.interrupted)
    }
  }

  /// An error with what is not lost.
  private func withWayOn(_ error: any Error, start: TrainStart) throws -> any Error {
    guard try DirectoryTree.exists(start.checkpoint) else { return error }
    let name = escaped(start.checkpoint.bytes)
    if case .diverged? = error as? TrainingError {
      // The same options would diverge again, in the same step.
      return CommandError("\(error); '\(name)' is a usable model with the best weights before")
    }
    return CommandError("\(error); '\(name)' holds the last checkpoint, a usable model and the place to --resume from")
  }

  /// What was given, as texts by name.
  private var given: [String: String] {
    network.given.merging(length.given) { $1 }.merging(learning.given) { $1 }
  }

  private func start() throws -> TrainStart {
    let target = try output.map(PathArguments.bytePath)
    if let file = runOptions.resume {
      let start = try TrainStart(
        resuming: PathArguments.bytePath(file), output: target, given: given, threadCount: threads.count)
      try refuseContradictions(start)
      if start.checkpoint != start.resumedPath { try refuseToReplace(start.checkpoint) }
      return start
    }
    guard let target else { throw CommandError("--output is missing") }
    let normalisation = pictures.normalisation == nil ? preset?.normalisation : pictures.choice
    let start = TrainStart(
      output: target, options: try options(), normalisation: normalisation ?? .none, windows: try windows.plan())
    try refuseToReplace(start.checkpoint)
    return start
  }

  /// The options of a training that begins.
  private func options() throws -> TrainingOptions {
    var texts = (preset?.texts ?? [:]).merging(given) { $1 }
    if let window = windows.window { texts["size"] = "\(window)" }
    if Set(given.keys).isDisjoint(with: TrainingOptions.lengthNames) {
      texts.merge(preset?.lengthTexts ?? [:]) { $1 }
    }
    var options = try TrainingOptions(given: texts, threadCount: threads.count)
    options.scoreOptions = try score.options(
      changing: preset?.scoreOptions ?? options.scoreOptions, for: options.hyperparameters,
      hasWindows: windows.window != nil)
    do {
      try options.scoreOptions.checkStride(windows.chosenStride, for: options.hyperparameters)
    } catch {
      throw CommandError("cannot take this score: \(error)")
    }
    return options
  }

  /// Refuses to write over the checkpoint of another training: it may be all that is left of it.
  private func refuseToReplace(_ checkpoint: BytePath) throws {
    guard try DirectoryTree.exists(checkpoint) else { return }
    let name = escaped(checkpoint.bytes)
    throw CommandError(
      "'\(name)' is there: a training was cut off, or kept it; go on with --resume \(name), or remove it to begin anew")
  }

  /// Refuses a score, or a normalisation, that is not the checkpoint's; a preset is in the checkpoint already.
  private func refuseContradictions(_ start: TrainStart) throws {
    if preset != nil {
      throw CommandError("option '--preset' cannot be given with --resume: the checkpoint holds all settings")
    }
    let file = start.resumed?.file ?? ""
    let stored = start.options.scoreOptions
    let asked = try score.options(
      changing: stored, for: start.options.hyperparameters, hasWindows: start.preparation.windows != nil)
    guard asked == stored else {
      throw CommandError(
        "the score that is asked for is not that of the training in '\(file)'; leave its options out: "
          + "'ganomaly set-score' changes a model's score afterwards")
    }
    try windows.refuseContradictions(to: start.preparation, file: file)
    if pictures.normalisation != nil, pictures.choice != start.preparation.normalisation {
      throw CommandError(
        "option '--normalisation' is not that of the training in '\(file)'; leave it out, or begin anew without --resume"
      )
    }
  }

  private func readPictures(_ start: TrainStart) throws -> PictureSet {
    let progress = ProgressLine("reading '\(normal)':")
    let set = try PictureSet(
      below: PathArguments.bytePath(normal), preparation: start.preparation, threadCount: threads.count,
      memoryLimit: runOptions.memoryLimit, progress: { progress.show(done: $0, of: $1) })
    progress.clear()
    Message.noteSidePictures(set.sideCount, below: normal)
    // Pictures of a wrong size end the training, with a sentence of their own.
    let passedOver = set.unusable.filter { !$0.hasWrongSize }
    for file in passedOver.prefix(Self.namedCount) {
      Message.write("passed over '\(escaped(file.path.bytes))': \(file.reason)")
    }
    if passedOver.count > Self.namedCount {
      Message.write("passed over \(passedOver.count - Self.namedCount) more files that give no picture")
    }
    if passedOver.count < set.unusable.count { return set }
    for warning in SetWarning.all(set) { Message.write("warning: \(warning.description)") }
    for (note, count) in set.notes where !SetWarning.notesAsWarnings.contains(note) {
      for sentence in note.sentences { Message.write("note: \(sentence) (\(count) of \(set.entries.count))") }
    }
    let kept = "\(set.keptCount) in memory, \((Double(set.keptBytes) / 1_048_576).rounded(toDigits: 1)) MiB"
    let rest = set.entries.count - set.keptCount
    let when = start.preparation.windows == nil ? "whenever they are needed" : "once an epoch, and at every look"
    Message.write("pictures: \(kept)" + (rest > 0 ? "; \(rest) are decoded again \(when)" : ""))
    return set
  }

  private func report(
    _ model: Model, name: String, digest: String, options: TrainingOptions, neededCount: Int?
  ) throws {
    var lines = ["model file       \(name)", "sha256           \(digest)"]
    if let record = model.trainingRecord {
      lines += [TrainingText.chosen(record), TrainingText.ending(record)]
    }
    if let peak = CurrentProcess.peakMemory { lines.append("peak memory      \(peak >> 20) MiB") }
    if let calibration = model.calibration {
      lines += CalibrationText.lines(calibration)
    } else {
      let needed = neededCount.map(String.init) ?? "more than 1000000000"
      Message.write(
        "note: not calibrated: a false-positive rate of \(options.falsePositiveRate) needs \(needed) pictures kept out; "
          + "run 'ganomaly calibrate \(name) --normal DIR' with pictures that training never saw")
    }
    try StandardStream.output.write(lines.joined(separator: "\n") + "\n")
  }

  /// Unusable files named one by one.
  private static let namedCount = 5
}
