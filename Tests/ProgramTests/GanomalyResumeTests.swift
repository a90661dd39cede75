import Foundation
import GANomalyModel
import Glibc
import Linux
import TestSupport
import Testing

struct GanomalyResumeTests {
  /// Arguments of a training of a dozen epochs that takes a second or so.
  func arguments(_ pictures: String, _ output: String, _ more: [String] = ["--epochs", "12"]) -> [[UInt8]] {
    let options = ["--size", "16", "--features", "4", "--latent", "4", "--batch", "4", "--calibration", "0"]
    return (["train", "--normal", pictures, "--output", output] + options + more).map { Array($0.utf8) }
  }

  func resumed(_ pictures: String, _ file: String, _ more: [String] = []) throws -> BuiltProgram.Run {
    try BuiltProgram.ganomaly(
      bytes: (["train", "--normal", pictures, "--resume", file] + more).map { Array($0.utf8) })
  }

  @Test func `one epoch and then two more are three, byte for byte`() throws {
    let folder = try TemporaryFolder()
    let pictures = try SampleFiles.writePictures(0..<30, to: "good", in: folder)
    #expect(try BuiltProgram.ganomaly(bytes: arguments(pictures, folder.path("a"), ["--epochs", "3"])).status == 0)
    let one = try BuiltProgram.ganomaly(
      bytes: arguments(pictures, folder.path("b"), ["--epochs", "1", "--keep-checkpoint"]))
    #expect(one.status == 0, "\(one.errors)")
    #expect(try folder.names() == ["a", "b", "b.checkpoint", "good"])
    #expect(try folder.bytes(of: "a") != folder.bytes(of: "b"))
    let more = try resumed(pictures, folder.path("b"), ["--epochs", "3", "--threads", "1", "--memory", "0"])
    #expect(more.status == 0, "\(more.errors)")
    #expect(more.errors.contains("goes on after step"))
    #expect(try folder.bytes(of: "a") == folder.bytes(of: "b"))
    #expect(try folder.names() == ["a", "b", "good"])
  }

  @Test func `killed at any moment, again and again, a training ends with the same file`() throws {
    let folder = try TemporaryFolder()
    let pictures = try SampleFiles.writePictures(0..<40, to: "good", in: folder)
    let options = ["--epochs", "24", "--augment", "flip,shift", "--checkpoint-minutes", "0"]
    let start = ContinuousClock.now
    #expect(try BuiltProgram.ganomaly(bytes: arguments(pictures, folder.path("a"), options)).status == 0)
    // On a machine of any speed, the random moments of all attempts together are about half a training.
    let longest = (ContinuousClock.now - start) / 12
    var seed = UInt64.random(in: 0 ... .max)
    let name = "seed \(seed)"
    var killedCount = 0
    for attempt in 0..<12 {
      let isThere = access(folder.path("b.checkpoint"), F_OK) == 0
      let more = ["--resume", folder.path("b"), "--checkpoint-minutes", "0"]
      let training = try BuiltProgram.start(
        bytes: isThere
          ? (["train", "--normal", pictures] + more).map { Array($0.utf8) }
          : arguments(pictures, folder.path("b"), options))
      let before = try? folder.bytes(of: "b.checkpoint")
      // The first checkpoint of this run is waited for, so that each run gets further; then a random moment.
      try? training.wait(until: { (try? folder.bytes(of: "b.checkpoint")) != before })
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      // The first is killed at once, with nearly all of the training before it.
      let end = ContinuousClock.now + (attempt == 0 ? .zero : longest * (Double(seed >> 44) / Double(1 << 20)))
      try? training.wait(until: { ContinuousClock.now >= end })
      training.signal(SIGKILL)
      let run = try training.finish()
      if run.status == 0 { break }
      #expect(run.status == 128 + SIGKILL, "\(name), attempt \(attempt): \(run.errors)")
      killedCount += 1
      #expect(throws: Never.self, "\(name)") { try Model.read(contentsOf: folder.path("b.checkpoint")) }
    }
    #expect(killedCount > 0)
    if access(folder.path("b"), F_OK) != 0 {
      let last = try resumed(pictures, folder.path("b"))
      #expect(last.status == 0, "\(name): \(last.errors)")
    }
    #expect(try folder.bytes(of: "a") == folder.bytes(of: "b"), "\(name)")
    // What the killed ones had begun to write is gone.
    #expect(try folder.names() == ["a", "b", "good"], "\(name)")
  }

  @Test func `interrupted, the checkpoint stays, and going on gives the file of a training in one go`() throws {
    let folder = try TemporaryFolder()
    let pictures = try SampleFiles.writePictures(0..<40, to: "good", in: folder)
    #expect(try BuiltProgram.ganomaly(bytes: arguments(pictures, folder.path("a"))).status == 0)
    let training = try BuiltProgram.start(bytes: arguments(pictures, folder.path("b")))
    try training.wait(until: { access(folder.path("b.checkpoint"), F_OK) == 0 })
    training.signal(SIGINT)
    let run = try training.finish()
    #expect(run.status == 130, "\(run.errors)")
    #expect(run.errors.contains("go on with 'ganomaly train --resume \(folder.path("b")) --normal \(pictures)'"))
    #expect(try Model.read(contentsOf: folder.path("b")).trainingRecord?.ending == .interruption)
    let rest = try resumed(pictures, folder.path("b"))
    #expect(rest.status == 0, "\(rest.errors)")
    #expect(try folder.bytes(of: "a") == folder.bytes(of: "b"))
  }

  @Test func `what cannot be gone on with ends with status 2 and says why`() throws {
    let folder = try TemporaryFolder()
    let pictures = try SampleFiles.writePictures(0..<30, to: "good", in: folder)
    let other = try SampleFiles.writePictures(5..<30, to: "fewer", in: folder)
    #expect(try BuiltProgram.ganomaly(bytes: arguments(pictures, folder.path("plain"), ["--epochs", "1"])).status == 0)
    let kept = try BuiltProgram.ganomaly(
      bytes: arguments(pictures, folder.path("m"), ["--epochs", "1", "--keep-checkpoint"]))
    #expect(kept.status == 0)
    let checkpoint = folder.path("m.checkpoint")
    try folder.write([], to: "other.checkpoint")
    for (source, file, more, words) in [
      (pictures, folder.path("plain"), [], "it is a model without a checkpoint"),
      (pictures, folder.path("missing"), [], "neither it nor"),
      (other, checkpoint, [], "5 of its 30 pictures are not there"),
      (
        pictures, checkpoint, ["--batch", "5"],
        "option '--batch' is 5, but the training in '\(checkpoint)' began with 4"
      ),
      (pictures, checkpoint, ["--size", "32"], "option '--size' is 32"),
      (pictures, checkpoint, ["--variant", "keras"], "option '--variant' is keras"),
      (pictures, checkpoint, ["--epochs", "0"], "option '--epochs' is 0"),
      (pictures, checkpoint, ["--normalisation", "picture"], "option '--normalisation' is not that of the training"),
      (pictures, checkpoint, ["--score", "reconstruction"], "the score that is asked for is not that of the training"),
      (pictures, checkpoint, ["--output", folder.path("other")], "'\(folder.path("other.checkpoint"))' is there"),
    ] {
      let run = try resumed(source, file, more)
      #expect(run.status == 2, "\(run.errors)")
      #expect(run.errors.contains(words), "\(run.errors)")
    }
    try folder.write(Array(folder.bytes(of: "m.checkpoint").dropLast(9)), to: "cut.checkpoint")
    #expect(try resumed(pictures, folder.path("cut.checkpoint")).status == 2)
    // Beginning anew over a checkpoint would lose what it holds.
    let again = try BuiltProgram.ganomaly(bytes: arguments(pictures, folder.path("m"), ["--epochs", "1"]))
    #expect(again.status == 2)
    #expect(again.errors.contains("'\(checkpoint)' is there"), "\(again.errors)")
  }

  @Test func `a log has a line a round and goes on with the training`() throws {
    let folder = try TemporaryFolder()
    let pictures = try SampleFiles.writePictures(0..<30, to: "good", in: folder)
    let log = folder.path("log")
    let one = try BuiltProgram.ganomaly(
      bytes: arguments(pictures, folder.path("m"), ["--epochs", "2", "--keep-checkpoint", "--log", log]))
    #expect(one.status == 0, "\(one.errors)")
    let two = try resumed(pictures, folder.path("m"), ["--epochs", "5", "--log", log])
    #expect(two.status == 0, "\(two.errors)")
    let lines = String(decoding: try folder.bytes(of: "log/training.csv"), as: UTF8.self).split(separator: "\n")
    let record = try #require(try Model.read(contentsOf: folder.path("m")).trainingRecord)
    #expect(lines.count == 6)
    for (index, round) in record.rounds.enumerated() {
      #expect(
        lines[index + 1]
          == "\(index + 1),\(round.stepCount ?? 0),\(round.adversarial),\(round.contextual),\(round.encoder),"
          + "\(round.discriminator),\(round.validation ?? 0)")
    }
    let events = try FileManager.default.contentsOfDirectory(atPath: log).filter {
      $0.hasPrefix("events.out.tfevents.")
    }
    #expect(events.count == 2)
    let other = try BuiltProgram.ganomaly(
      bytes: arguments(pictures, folder.path("n"), ["--epochs", "1", "--log", log]))
    #expect(other.status == 2)
    #expect(other.errors.contains("it holds another training's table"), "\(other.errors)")
  }

  @Test func `without an end, the rule is told, stored and followed`() throws {
    let folder = try TemporaryFolder()
    let pictures = try SampleFiles.writePictures(0..<30, to: "good", in: folder)
    // Noise cannot be learnt: patience ends it.
    let run = try BuiltProgram.ganomaly(
      bytes: arguments(pictures, folder.path("m"), ["--patience", "60", "--round-steps", "20"]))
    #expect(run.status == 0, "\(run.errors)")
    #expect(
      run.errors.contains(
        "ends when the validation loss has not fallen by 1 % within 60 steps, at the latest after 20000 steps"))
    #expect(run.output.contains("ended by         the validation loss, which did not fall enough within 60 steps"))
    let record = try #require(try Model.read(contentsOf: folder.path("m")).trainingRecord)
    #expect(record.ending == .patience)
    #expect(record.options["patience"] == "60" && record.options["smallest-gain"] == "0.01")
    let steps = try #require(record.rounds.last?.stepCount)
    #expect(steps < 20_000 && steps % 24 == 0)
    let iterations = try BuiltProgram.ganomaly(bytes: arguments(pictures, folder.path("n"), ["--iterations", "5"]))
    #expect(iterations.status == 0)
    #expect(try Model.read(contentsOf: folder.path("n")).trainingRecord?.rounds.last?.stepCount == 5)
    let timed = try BuiltProgram.ganomaly(bytes: arguments(pictures, folder.path("t"), ["--max-minutes", "0.001"]))
    #expect(timed.status == 0)
    #expect(try Model.read(contentsOf: folder.path("t")).trainingRecord?.ending == .minutes)
  }
}

@Suite("ganomaly train: a full disk", .enabled(if: MountNamespace.isPossible)) struct GanomalyTrainFullDiskTests {
  @Test func `a full disk keeps the last checkpoint whole, the training goes on, and only the model's file ends it`()
    throws
  {
    let folder = try TemporaryFolder()
    let pictures = try SampleFiles.writePictures(0..<30, to: "good", in: folder)
    let options = "--size 16 --features 4 --latent 4 --batch 4 --calibration 0"
    let script = """
      cd '\(folder.path)'
      train='\(BuiltProgram.folder)/ganomaly train --normal \(pictures)'
      $train --output whole \(options) --epochs 30 2>/dev/null
      mkdir disk
      mount -t tmpfs -o size=10m tmpfs disk
      $train --output disk/m \(options) --epochs 2 --keep-checkpoint 2>/dev/null
      cp disk/m.checkpoint first
      # Room for the model, and for a part of a checkpoint.
      rm disk/m
      size=$(stat --format=%s whole)
      head --bytes=$(( $(df --output=avail --block-size=1 disk | tail -1) - size - 12288 )) /dev/zero > disk/filler || true
      status=0
      $train --resume disk/m --epochs 30 --checkpoint-minutes 0 2>lines || status=$?
      cat lines
      grep -q "warning: no checkpoint: cannot write 'disk/m.checkpoint': no space left on device" lines
      [ $status -eq 0 ]
      cmp whole disk/m
      # Now there is not even room for the model.
      rm disk/m
      cp first disk/m.checkpoint
      cat /dev/zero > disk/more 2>/dev/null || true
      status=0
      $train --resume disk/m.checkpoint --epochs 30 2>lines || status=$?
      cat lines
      [ $status -eq 2 ]
      grep -q "cannot save 'disk/m': no space left on device; 'disk/m.checkpoint' holds the last checkpoint" lines
      cmp first disk/m.checkpoint
      [ ! -e disk/m ]
      rm disk/more disk/filler
      $train --resume disk/m --epochs 30 2>/dev/null
      cmp whole disk/m
      [ ! -e disk/m.checkpoint ]
      """
    let (code, output) = MountNamespace.run(script)
    #expect(code == 0, "\(output)")
  }
}
