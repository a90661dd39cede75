import GANomalyModel
import Glibc
import Imaging
import TestSupport
import Testing

struct GanomalyTrainCommandTests {
  /// Arguments of a small training.
  func arguments(_ pictures: String, _ output: String, _ more: [String] = []) -> [[UInt8]] {
    let options = ["--size", "16", "--features", "2", "--latent", "4", "--epochs", "2", "--batch", "8"]
    return (["train", "--normal", pictures, "--output", output] + options + more).map { Array($0.utf8) }
  }

  @Test func `the same seed gives the same file, byte for byte, whatever the number of threads`() throws {
    let folder = try TemporaryFolder()
    let pictures = try SampleFiles.writePictures(0..<30, to: "good", in: folder)
    for (name, more) in [("a", ["--threads", "1"]), ("b", ["--threads", "3"]), ("c", ["--seed", "2"])] {
      let run = try BuiltProgram.ganomaly(bytes: arguments(pictures, folder.path(name), more))
      #expect(run.status == 0, "\(run.errors)")
    }
    #expect(try folder.bytes(of: "a") == folder.bytes(of: "b"))
    #expect(try folder.bytes(of: "a") != folder.bytes(of: "c"))
    #expect(try folder.names() == ["a", "b", "c", "good"])
    let model = try Model.read(contentsOf: folder.path("a"))
    #expect(model.trainingRecord?.rounds.count == 2)
    #expect(model.trainingPictures.count == 30)
    #expect(model.calibration == nil)
  }

  @Test func `pictures kept out calibrate the model where they are enough`() throws {
    let folder = try TemporaryFolder()
    let pictures = try SampleFiles.writePictures(0..<50, to: "good", in: folder)
    let run = try BuiltProgram.ganomaly(
      bytes: arguments(pictures, folder.path("m"), ["--false-positive-rate", "0.1"]))
    #expect(run.status == 0, "\(run.errors)")
    let model = try Model.read(contentsOf: folder.path("m"))
    let calibration = try #require(model.calibration)
    #expect(calibration.scores.count == 10)
    #expect(calibration.date == nil)
    #expect(model.trainingPictures.count == 40)
    #expect(model.trainingRecord?.calibrationCount == 10)
    // What is left out can be scored with verdicts at once.
    #expect(try BuiltProgram.ganomaly("score", folder.path("m"), pictures).status != 2)
  }

  @Test func `what is done to pictures, and what cannot be used, is said once`() throws {
    let folder = try TemporaryFolder()
    let pictures = try SampleFiles.writePictures(0..<10, to: "good", in: folder)
    try folder.write(SamplePicture.noise(width: 9, height: 12, channelCount: 3, seed: 3), to: "good/small.png")
    try folder.write(SamplePicture.noise(width: 9, height: 9, channelCount: 3, seed: 4), to: "good/other.png")
    try folder.write(Array("text".utf8), to: "good/text.png")
    let run = try BuiltProgram.ganomaly(bytes: arguments(pictures, folder.path("m"), ["--batch", "64"]))
    #expect(run.status == 0, "\(run.errors)")
    for words in [
      "colour pictures are converted to grey (2 of 12)", "enlarged (2 of 12)", "a batch has all 11",
      "passed over '\(pictures)/text.png': not a PNG", "needs 99 pictures kept out",
    ] {
      #expect(run.errors.components(of: words) == 1, "\(words): \(run.errors)")
    }
    #expect(!run.errors.contains("\u{1B}"))
    #expect(!run.errors.contains("\r"))
  }

  @Test func `too few pictures, folders that are missing and outputs that cannot be end with status 2`() throws {
    let folder = try TemporaryFolder()
    let pictures = try SampleFiles.writePictures(0..<4, to: "good", in: folder)
    let one = try SampleFiles.writePictures(0..<1, to: "one", in: folder)
    let empty = try folder.makeFolder("empty")
    for (source, output, words) in [
      (one, "m", "found 1 usable PNG picture, expected at least 2"), (empty, "m", "found 0 usable"),
      (folder.path("missing"), "m", "cannot list '\(folder.path("missing"))': no such file or directory"),
      (pictures, "no/m", "cannot write '\(folder.path("no/m"))': no such file or directory"),
      (pictures, "good", "it is a folder"),
    ] {
      let run = try BuiltProgram.ganomaly(bytes: arguments(source, folder.path(output)))
      #expect(run.status == 2)
      #expect(run.errors.contains(words), "\(run.errors)")
    }
    #expect(try folder.names() == ["empty", "good", "one"])
  }

  @Test(arguments: [
    (["--size", "24"], "nearest valid: 16 and 32"), (["--size", "8"], "nearest valid: 16"),
    (["--channels", "2"], "expected 1 (grey) or 3 (colour)"), (["--epochs", "0"], "--epochs"),
    (["--validation", "1"], "--validation"), (["--calibration", "-0.1"], "calibration"), (["--seed", "-1"], "seed"),
    (["--features", "3"], "even"), (["--false-positive-rate", "2"], "false-positive-rate"),
  ])
  func `options that no training has end with status 2 and what is valid`(options: [String], words: String) throws {
    let run = try BuiltProgram.ganomaly(
      bytes: (["train", "--normal", "x", "--output", "y"] + options).map { Array($0.utf8) })
    #expect(run.status == 2)
    #expect(run.errors.contains(words), "\(run.errors)")
  }

  @Test func `interrupted, the best weights so far are a usable model and the status tells`() throws {
    let folder = try TemporaryFolder()
    let pictures = try SampleFiles.writePictures(0..<30, to: "good", in: folder)
    let training = try BuiltProgram.start(bytes: arguments(pictures, folder.path("m"), ["--epochs", "1000000"]))
    // The checkpoint appears with the first epoch.
    try training.wait(until: { access(folder.path("m.checkpoint"), F_OK) == 0 })
    training.signal(SIGINT)
    let run = try training.finish()
    #expect(run.status == 130, "\(run.errors)")
    #expect(run.errors.contains("holds the best weights so far"))
    let model = try Model.read(contentsOf: folder.path("m"))
    #expect((model.trainingRecord?.rounds.count ?? 0) >= 1)
    #expect(try folder.names() == ["good", "m", "m.checkpoint"])
  }

  @Test func `killed, the checkpoint is a usable model`() throws {
    let folder = try TemporaryFolder()
    let pictures = try SampleFiles.writePictures(0..<30, to: "good", in: folder)
    let training = try BuiltProgram.start(bytes: arguments(pictures, folder.path("m"), ["--epochs", "1000000"]))
    try training.wait(until: { access(folder.path("m.checkpoint"), F_OK) == 0 })
    training.signal(SIGKILL)
    #expect(try training.finish().status == 128 + SIGKILL)
    #expect(throws: Never.self) { try Model.read(contentsOf: folder.path("m.checkpoint")) }
  }
}

extension String {
  /// How often a text stands in this one.
  fileprivate func components(of text: String) -> Int { ranges(of: text).count }
}

struct GanomalySynthesizeCommandTests {
  @Test func `the set has its folders, manifest and sizes`() throws {
    let folder = try TemporaryFolder()
    let run = try BuiltProgram.ganomaly("synthesize", folder.path("set"), "--count", "3", "--size", "40x32")
    #expect(run.status == 0, "\(run.errors)")
    let manifest = String(decoding: try folder.bytes(of: "set/manifest.csv"), as: UTF8.self)
    // 3 to train on, 20 sound and 20 defective ones to test with, and the line of names.
    #expect(manifest.split(separator: "\n").count == 44)
    let first = try #require(manifest.split(separator: "\n").dropFirst().first?.split(separator: ",").first)
    let picture = try PNG.decode(folder.bytes(of: "set/\(first)")).image
    #expect(picture.width == 40 && picture.height == 32)
    let again = try BuiltProgram.ganomaly("synthesize", folder.path("set"))
    #expect(again.status == 2)
    #expect(again.errors.contains("not empty"))
  }

  @Test(arguments: ["surface", "part"])
  func `with a kind, masks lie beside pictures of camera size`(kind: String) throws {
    let folder = try TemporaryFolder()
    let run = try BuiltProgram.ganomaly(
      "synthesize", folder.path("set"), "--kind", kind, "--count", "1", "--size", "176x160")
    #expect(run.status == 0, "\(run.errors)")
    #expect(
      run.output
        == "41 pictures in '\(folder.path("set"))': 4 dent, 20 good to test, 4 missing-coating, 4 pit, 4 scratch, "
        + "4 stain, 1 to train on\n")
    let mask = try PNG.decode(folder.bytes(of: "set/ground_truth/pit/pit-0001_mask.png")).image
    let picture = try PNG.decode(folder.bytes(of: "set/test/pit/pit-0001.png")).image
    #expect(mask.width == 176 && mask.height == 160 && mask.channelCount == 1 && Set(mask.samples) == [0, 255])
    #expect(picture.width == 176 && picture.height == 160)
  }

  @Test(arguments: [
    ["--count", "0"], ["--size", "40"], ["--size", "0x5"], ["--size", "99999x5"], ["--seed", "x"], ["--kind", "x"],
    ["--kind", "part", "--size", "128x128"],
  ])
  func `options that no set has end with status 2`(options: [String]) throws {
    let folder = try TemporaryFolder()
    let run = try BuiltProgram.ganomaly(bytes: (["synthesize", folder.path("set")] + options).map { Array($0.utf8) })
    #expect(run.status == 2)
    #expect(try folder.names() == [])
  }
}
