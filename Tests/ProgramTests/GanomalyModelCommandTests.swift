import Foundation
import GANomalyModel
import Glibc
import Imaging
import Linux
import SystemPackage
import TestSupport
import Testing

struct GanomalyEvaluateCommandTests {
  @Test func `the JSON has exactly the keys, in order, with the rates of the threshold`() throws {
    let folder = try TemporaryFolder()
    let model = try SampleFiles.writeModel(to: folder)
    let normal = try SampleFiles.writePictures(0..<30, to: "good", in: folder)
    let anomalous = try SampleFiles.writePictures(100..<120, to: "bad/kind", in: folder)
    let scores = try SampleFiles.scores(0..<30, model: model)
    let others = try SampleFiles.scores(100..<120, model: model)
    let threshold = scores.sorted()[20]
    let plain = try BuiltProgram.ganomaly(
      "evaluate", model, "--normal", normal, "--anomalous", folder.path("bad"), "--format", "json")
    #expect(plain.status == 0)
    let nulls = "\"threshold\": null, \"false_positive_rate\": null, \"detection_rate\": null, \"auroc_interval\": ["
    #expect(plain.output.contains(nulls), "\(plain.output)")
    #expect(plain.errors.contains("is not calibrated"))
    _ = try BuiltProgram.ganomaly("calibrate", model, "--method", "manual", "--threshold", threshold.description)
    let run = try BuiltProgram.ganomaly(
      "evaluate", model, "--normal", normal, "--anomalous", anomalous, "--format", "json")
    let object = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any] ?? [:]
    let keys = [
      "auroc", "average_precision", "normal", "anomalous", "threshold", "false_positive_rate", "detection_rate",
      "auroc_interval", "false_positive_interval", "detection_interval", "precision", "f1", "best_f1",
      "best_f1_threshold", "true_positives", "false_positives", "true_negatives", "false_negatives", "kinds", "masks",
    ]
    #expect(Set(object.keys) == Set(keys))
    let places = keys.map { run.output.range(of: "\"\($0)\"")!.lowerBound }
    #expect(places == places.sorted())
    #expect(object["normal"] as? Int == 30)
    #expect(object["anomalous"] as? Int == 20)
    #expect((object["threshold"] as? NSNumber)?.floatValue == threshold)
    #expect(object["false_positive_rate"] as? Double == Double(scores.count { $0 > threshold }) / 30)
    #expect(object["detection_rate"] as? Double == Double(others.count { $0 > threshold }) / 20)
    var pairs = 0.0
    for other in others { for score in scores { pairs += other > score ? 1 : other == score ? 0.5 : 0 } }
    #expect(object["auroc"] as? Double == pairs / 600)
  }

  @Test func `pictures that calibrated the model are noted, others are not`() throws {
    let folder = try TemporaryFolder()
    let model = try SampleFiles.writeModel(to: folder)
    let normal = try SampleFiles.writePictures(0..<20, to: "good", in: folder)
    let other = try SampleFiles.writePictures(50..<60, to: "other", in: folder)
    let bad = try SampleFiles.writePictures(100..<105, to: "bad", in: folder)
    let calibration = try BuiltProgram.ganomaly("calibrate", model, "--normal", normal, "--false-positive-rate", "0.1")
    #expect(calibration.status == 0)
    for (pictures, isNoted) in [(normal, true), (other, false)] {
      let run = try BuiltProgram.ganomaly("evaluate", model, "--normal", pictures, "--anomalous", bad)
      #expect(run.status == 0)
      #expect(run.errors.contains("'\(pictures)' are those that calibrated the model") == isNoted, "\(run.errors)")
    }
  }

  @Test func `a folder without pictures ends with status 2`() throws {
    let folder = try TemporaryFolder()
    let model = try SampleFiles.writeModel(to: folder)
    let normal = try SampleFiles.writePictures(0..<3, to: "good", in: folder)
    let run = try BuiltProgram.ganomaly(
      "evaluate", model, "--normal", normal, "--anomalous", try folder.makeFolder("bad"))
    #expect(run.status == 2)
    #expect(run.errors.contains("no pictures (*.png) found below '\(folder.path("bad"))'"))
  }
}

struct GanomalyDescribeCommandTests {
  @Test func `everything in the file is told, in words and as JSON`() throws {
    let folder = try TemporaryFolder()
    let model = try SampleFiles.writeModel(to: folder) { model in
      model.trainingRecord = TrainingRecord(
        trainingCount: 12, validationCount: 3, calibrationCount: 0, setDigest: String(repeating: "ab", count: 32),
        seed: 18_446_744_073_709_551_615, batchSize: 4, chosenRound: 1,
        rounds: [.init(adversarial: 0.5, contextual: 0.25, encoder: 1, discriminator: 2, validation: 0.125)])
      model.calibration = try? .fit(scores: [1, 2, 3], falsePositiveRate: 0.3)
    }
    let table = try BuiltProgram.ganomaly("describe", model)
    #expect(table.status == 0)
    for words in ["16x16, grey", "latent 4, features 2", "12 pictures, 3 for validation", "0.125000", "conformal"] {
      #expect(table.output.contains(words), "\(words)")
    }
    let json = try BuiltProgram.ganomaly("describe", model, "--format", "json")
    let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any] ?? [:]
    #expect(object["sha256"] as? String == (try Model.read(contentsOf: model).sha256))
    #expect(json.output.contains("\"seed\": 18446744073709551615"))
    #expect((object["calibration"] as? [String: Any])?["threshold"] as? Double == 3)
    #expect((object["hyperparameters"] as? [String: Any])?["size"] as? Int == 16)
  }
}

struct GanomalyPrepareCommandTests {
  @Test func `the written picture is the one the network sees`() throws {
    let folder = try TemporaryFolder()
    let model = try SampleFiles.writeModel(to: folder)
    let picture = SamplePicture.noise(width: 40, height: 24, channelCount: 3, seed: 1)
    let path = try folder.write(picture, to: "a.png")
    let run = try BuiltProgram.ganomaly("prepare", model, path, "--output", folder.path("seen.png"))
    #expect(run.status == 0)
    let seen = try PNG.decode(folder.bytes(of: "seen.png")).image
    #expect(seen == (try Model.read(contentsOf: model)).preparation.prepare(picture))
    // Its own preparation changes nothing more: it scores the same.
    let scores = try BuiltProgram.ganomaly("score", model, path, folder.path("seen.png"), "--format", "csv")
    let values = scores.lines.dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false)[1] }
    #expect(values.count == 2 && values[0] == values[1])
  }

  @Test func `what is no picture and where nothing can be written is told`() throws {
    let folder = try TemporaryFolder()
    let model = try SampleFiles.writeModel(to: folder)
    let text = try folder.write(Array("text".utf8), to: "text.png")
    let picture = try folder.write(SamplePicture.noise(seed: 1), to: "a.png")
    let unreadable = try BuiltProgram.ganomaly("prepare", model, text, "--output", folder.path("seen.png"))
    #expect(unreadable.status == 2)
    #expect(unreadable.errors.contains("cannot prepare '\(text)': not a PNG"))
    let unwritable = try BuiltProgram.ganomaly("prepare", model, picture, "--output", folder.path("no/seen.png"))
    #expect(unwritable.status == 2)
    #expect(unwritable.errors.contains("cannot write"))
    #expect(try folder.names() == ["a.png", "model.safetensors", "text.png"])
    #expect(mkfifo(folder.path("pipe"), 0o600) == 0)
    #expect(symlink("pipe", folder.path("link")) == 0)
    for output in ["pipe", "link"] {
      for arguments in [["prepare", model, picture], ["calibrate", model, "--method", "manual", "--threshold", "1"]] {
        let run = try BuiltProgram.ganomaly(
          bytes: (arguments + ["--output", folder.path(output)]).map { Array($0.utf8) })
        #expect(run.status == 2)
        #expect(run.errors.contains("'\(folder.path(output))': it is a FIFO, expected a regular file"), "\(run.errors)")
        #expect(run.output.isEmpty)
      }
    }
    #expect(try folder.names() == ["a.png", "link", "model.safetensors", "pipe", "text.png"])
    #expect(FileStatus(path: FilePath(folder.path("pipe")))?.kind == .fifo)
  }
}

struct GanomalyModelFileTests {
  @Test func `a model file cut at any of twenty places ends with status 2 and its name`() throws {
    let folder = try TemporaryFolder()
    let model = try SampleFiles.writeModel(to: folder)
    let bytes = try folder.bytes(of: "model.safetensors")
    for place in 0..<20 {
      let path = try folder.write(Array(bytes[..<(bytes.count * place / 20)]), to: "cut.safetensors")
      let run = try BuiltProgram.ganomaly("describe", path)
      #expect(run.status == 2)
      #expect(run.errors.hasPrefix("ganomaly: cannot load '\(path)': "), "\(run.errors)")
      #expect(run.output.isEmpty)
    }
    #expect(try BuiltProgram.ganomaly("describe", model).status == 0)
  }

  @Test func `damaged model files are refused by every command with the reason`() throws {
    let folder = try TemporaryFolder()
    let good = SampleModel.make().safeTensors()
    let name = "netd.classifier.0.weight"
    var notANumber = good
    notANumber.tensors[name] = .init(shape: [1, 4, 4, 4], values: .floats([Float](repeating: .nan, count: 64)))
    var shape = good
    shape.tensors[name] = .init(shape: [1, 4, 4, 3], values: .floats([Float](repeating: 0, count: 48)))
    let long: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0x80] + [UInt8](repeating: 0x7B, count: 100)
    let picture = try folder.write(SamplePicture.noise(seed: 1), to: "a.png")
    for (bytes, words) in [
      (notANumber.encoded(), "'\(name)' holds nan at index 0"),
      (shape.encoded(), "'\(name)' has shape [1, 4, 4, 3], expected [1, 4, 4, 4]"),
      (long, "the header's length is 9223372036854775808 bytes"), (Array("text".utf8), "truncated"), ([], "truncated"),
    ] {
      let path = try folder.write(bytes, to: "bad.safetensors")
      for arguments in [
        ["describe", path], ["score", path, picture], ["calibrate", path, "--normal", folder.path],
        ["evaluate", path, "--normal", folder.path, "--anomalous", folder.path],
        ["prepare", path, picture, "--output", folder.path("x.png")],
      ] {
        let run = try BuiltProgram.ganomaly(bytes: arguments.map { Array($0.utf8) })
        #expect(run.status == 2, "\(arguments)")
        #expect(run.errors.contains("cannot load '\(path)': ") && run.errors.contains(words), "\(run.errors)")
      }
    }
  }
}

struct GanomalyUsageTests {
  @Test func `help and version go to standard output with status 0`() throws {
    let version = try BuiltProgram.ganomaly("--version")
    #expect(version.status == 0)
    #expect(version.output.contains("libpng \(PNG.libraryVersion)"))
    for topic in [["help"], ["help", "train"], ["help", "quarantine", "list"], ["help", "help"]] {
      #expect(try BuiltProgram.ganomaly(bytes: topic.map { Array($0.utf8) }).status == 0)
    }
    for command in ["train", "calibrate", "score", "evaluate", "describe", "prepare", "synthesize"] {
      let help = try BuiltProgram.ganomaly(command, "--help")
      #expect(help.status == 0)
      #expect(help.output.contains("ganomaly \(command)"), "every help shows an example")
      #expect(help.errors.isEmpty)
    }
  }

  @Test func `an unknown command or option ends with status 2`() throws {
    for arguments in [
      ["paint"], ["score"], ["describe", "a", "b"], ["score", "m", "p", "--format", "xml"],
      ["help", "nosuch"], ["help", "quarantine", "nosuch"],
    ] {
      let run = try BuiltProgram.ganomaly(bytes: arguments.map { Array($0.utf8) })
      #expect(run.status == 2)
      #expect(run.output.isEmpty)
      #expect(run.errors.hasPrefix("ganomaly: "))
    }
  }

  @Test func `results that cannot be written end with status 2`() throws {
    let folder = try TemporaryFolder()
    let model = try SampleFiles.writeModel(to: folder)
    let run = try BuiltProgram.ganomaly(
      bytes: ["describe", model].map { Array($0.utf8) }, outputPath: "/dev/full")
    #expect(run.status == 2)
    #expect(run.errors.contains("no space left on device"))
  }
}
