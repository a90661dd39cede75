import ArgumentParser
import Inspection
import Linux

/// `ganomaly install`.
struct Install: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Puts a calibrated model where the daemon loads it; a daemon that runs takes it at once.",
    discussion: """
      The model is read and tested as the daemon does it: calibrated, undamaged, and giving the score that is stored with \
      its own probe. Then it replaces the daemon's model in one step. The model before stays beside it as \
      model.safetensors.previous.

        sudo ganomaly install line3.safetensors
        ganomaly install line3.safetensors --spool ./spool

      Exit status: 0 installed, and in use where a daemon runs; 1 installed, but the daemon refused it or did not answer; \
      2 not installed.
      """)

  @Argument(help: "The model file, calibrated.", completion: .file(extensions: ["safetensors"]))
  var model: String
  @OptionGroup var service: ServiceOptions
  @Option(
    help: ArgumentHelp("How long to wait for a daemon that runs, in seconds; 0: not at all.", valueName: "seconds"))
  var wait = 20

  func validate() throws {
    guard 0...3600 ~= wait else { throw ValidationError("--wait \(wait) is not possible, expected 0 to 3600 seconds") }
  }

  func run() throws {
    let source = try PathArguments.bytePath(model).filePath
    let installation = try service.withRemedy {
      try ModelInstallation(source: source, settings: service.settings())
    }
    let refusals = installation.refusalCount()
    if !installation.isPresent { try service.withRemedy { try installation.carryOut() } }
    try report(installation)
    guard wait > 0 else { return }
    let answer = try service.withRemedy {
      try installation.waitForDaemon(refusalsBefore: refusals, atMost: .seconds(wait))
    }
    let (line, isFine) = text(of: answer, installation)
    try StandardStream.output.write("daemon           \(line)\n")
    if !isFine { throw ExitCode(ExitStatus.degraded) }
  }

  private func report(_ installation: ModelInstallation) throws {
    let new = installation.identity
    var lines = [
      "model            \(escaped(installation.target))",
      "sha256           \(new.modelDigest)",
      "                 \(new.summary), calibration \(new.calibration)",
    ]
    switch installation.present {
    case nil: lines.append("before           none")
    case .model where installation.isPresent: lines.append("before           the same file: nothing was changed")
    case .model(let old):
      lines += [
        "before           \(old.modelDigest)",
        "                 \(old.summary), calibration \(old.calibration)",
        "                 kept as '\(escaped(installation.previousTarget))'",
      ]
    case .unusable(let reason): lines.append("before           no model, not kept: \(reason)")
    }
    try StandardStream.output.write(lines.joined(separator: "\n") + "\n")
  }

  private func text(
    of answer: ModelInstallation.Answer, _ installation: ModelInstallation
  ) -> (line: String, isFine: Bool) {
    switch answer {
    case .taken: ("uses it", true)
    case .noDaemon: ("none runs; it is loaded at the start", true)
    case .refused(let reason): ("refused it and keeps the one before: \(reason)", false)
    case .silent:
      ("has not taken it within \(wait) s; 'ganomaly status' and journalctl -u ganomalyd may say why", false)
    }
  }
}
