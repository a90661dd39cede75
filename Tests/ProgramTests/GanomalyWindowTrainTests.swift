import GANomalyModel
import Imaging
import TestSupport
import Testing

struct GanomalyWindowTrainTests {
  /// Arguments of a small training on windows.
  private func arguments(_ pictures: String, _ output: String, _ more: [String] = []) -> [[UInt8]] {
    let options = ["--window", "16", "--features", "2", "--latent", "4", "--steps", "6", "--batch", "8"]
    return (["train", "--normal", pictures, "--output", output] + options + more).map { Array($0.utf8) }
  }

  /// Writes pictures of different sizes, 40 pixels wide or more.
  private func writePictures(_ count: Int, in folder: TemporaryFolder) throws -> String {
    let path = try folder.makeFolder("good")
    for index in 0..<count {
      let picture = SamplePicture.noise(width: 40 + index % 3 * 8, height: 36 + index % 2 * 9, seed: UInt64(index))
      try folder.write(picture, to: "good/\(1000 + index).png")
    }
    return path
  }

  @Test func `windows are trained and stored, and a training that goes on is the same, byte for byte`() throws {
    let folder = try TemporaryFolder()
    let pictures = try writePictures(20, in: folder)
    let more = ["--scale", "0.75", "--region", "2,3,36,32", "--stride", "5", "--window-score", "top-3"]
    let whole = try BuiltProgram.ganomaly(bytes: arguments(pictures, folder.path("a"), more + ["--threads", "1"]))
    #expect(whole.status == 0, "\(whole.errors)")
    // 27 x 24 pixels are looked at: two windows of 16 x 16 would cover them.
    #expect(
      whole.errors.contains("an epoch sees 36 windows of 16x16 pixels at random places; 32 at fixed places choose"),
      "\(whole.errors)")
    #expect(whole.errors.contains("windows/s"))
    #expect(!whole.errors.contains("vanish"))
    let model = try Model.read(contentsOf: folder.path("a"))
    #expect(
      model.preparation.windows
        == WindowPlan(scale: 0.75, stride: 5, field: .region(PixelBox(x: 2, y: 3, width: 36, height: 32))))
    #expect(model.hyperparameters.size == 16 && model.preparation.size == 16)
    #expect(model.scoreOptions.windowPooling == .meanOfTop(3))
    #expect(model.trainingRecord?.options["region"] == "2,3,36,32")
    // Two pictures, 16 windows each.
    let described = try BuiltProgram.ganomaly("describe", folder.path("a"))
    #expect(described.output.contains(" terms on 32 windows of validation pictures"), "\(described.output)")
    let part = try BuiltProgram.ganomaly(
      bytes: arguments(pictures, folder.path("b"), more + ["--steps", "2", "--keep-checkpoint"]))
    #expect(part.status == 0, "\(part.errors)")
    let rest = try BuiltProgram.ganomaly(
      "train", "--resume", folder.path("b"), "--normal", pictures, "--steps", "6", "--memory", "0", "--window", "16",
      "--stride", "5")
    #expect(rest.status == 0, "\(rest.errors)")
    #expect(rest.errors.contains("20 are decoded again once an epoch"), "\(rest.errors)")
    #expect(try folder.bytes(of: "a") == folder.bytes(of: "b"))
    #expect(try BuiltProgram.ganomaly("score", folder.path("a"), pictures).status != 2)
  }

  @Test func `a stride at which a score with a margin leaves out stripes is refused, before any picture is read`()
    throws
  {
    let folder = try TemporaryFolder()
    let score = ["--score", "local", "--local-margin", "2", "--stride", "13"]
    let run = try BuiltProgram.ganomaly(bytes: arguments(folder.path("none"), folder.path("m"), score))
    #expect(run.status == 2 || run.status == 64, "\(run.status)")
    #expect(run.errors.contains("windows 13 pixels apart"), "\(run.errors)")
    #expect(run.errors.contains("expected a stride of at most 12"), "\(run.errors)")
  }

  @Test func `a mask is stored; one that is empty, of other sides, or has nothing black is told`() throws {
    let folder = try TemporaryFolder()
    let pictures = try folder.makeFolder("good")
    for index in 0..<10 {
      try folder.write(
        SamplePicture.noise(width: 48, height: 40, seed: UInt64(index)), to: "good/\(1000 + index).png")
    }
    func mask(_ name: String, width: Int = 48, height: Int = 40, isInside: (Int) -> Bool) throws -> String {
      let samples = (0..<width * height).map { isInside($0) ? UInt8(1) : 0 }
      return try folder.write(Image(width: width, height: height, channelCount: 1, samples: samples), to: name)
    }
    let half = try mask("half.png") { $0 % 48 < 24 }
    let run = try BuiltProgram.ganomaly(bytes: arguments(pictures, folder.path("m"), ["--mask", half]))
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("mask: 48x40 pixels, 50.0 % of them are looked at"), "\(run.errors)")
    let model = try Model.read(contentsOf: folder.path("m"))
    #expect(model.preparation.windows?.mask?.insideCount == 24 * 40)
    // Of 24 columns at half the scale every fourth has a gap.
    let stripes = try mask("stripes.png") { $0 % 8 != 3 }
    let lossy = try BuiltProgram.ganomaly(
      bytes: arguments(pictures, folder.path("s"), ["--mask", stripes, "--scale", "0.5"]))
    #expect(lossy.status == 0 && lossy.errors.contains("75.0 % of them are looked at"), "\(lossy.errors)")
    #expect(lossy.errors.contains("warning: 87.5 % of the mask '\(stripes)' is not black, and 75.0 % are looked at"))
    #expect(!run.errors.contains("is not black"))
    let described = try BuiltProgram.ganomaly("describe", folder.path("s"))
    #expect(described.output.contains("in pictures of 48x40, 75.00 % of each looked at"), "\(described.output)")
    let full = try mask("full.png") { _ in true }
    let all = try BuiltProgram.ganomaly(bytes: arguments(pictures, folder.path("n"), ["--mask", full]))
    #expect(all.status == 0 && all.errors.contains("'\(full)' has no black pixel"), "\(all.errors)")
    try folder.write(Array("text".utf8), to: "text.png")
    for (file, words) in [
      (try mask("empty.png") { _ in false }, "is black all over"),
      (try mask("other.png", width: 40) { _ in true }, "expected 40x40"),
      (folder.path("text.png"), "not a PNG"), (folder.path("none.png"), "no such file"),
      (
        try mask("thin.png") { $0 % 48 == 7 },
        "the mask's inside 7,0,1,40 has 1x40 pixels at scale 1.0, expected at least 16x16, a window; draw a larger inside"
      ),
    ] {
      let run = try BuiltProgram.ganomaly(bytes: arguments(pictures, folder.path("x"), ["--mask", file]))
      #expect(run.status == 2)
      #expect(run.errors.contains(words), "\(run.errors)")
      #expect(run.errors.contains("'\(words == "expected 40x40" ? "\(pictures)/1000.png" : file)'"), "\(run.errors)")
    }
    // A report, or the model, is not written over the mask.
    for (output, more) in [(half, [String]()), (folder.path("y"), ["--report", half])] {
      let run = try BuiltProgram.ganomaly(bytes: arguments(pictures, output, ["--mask", half] + more))
      #expect(run.status == 2 && run.errors.contains("cannot write"), "\(run.errors)")
    }
    #expect(try RegionMask(png: folder.bytes(of: "half.png")).insideCount == 24 * 40)
  }

  @Test(arguments: [
    (["--scale", "0.5"], "--scale belongs to --window"), (["--region", "0,0,9,9"], "--region belongs to --window"),
    (["--mask", "m.png"], "--mask belongs to --window"),
    (["--window-score", "top-2"], "windows"),
    (["--window", "16", "--size", "32"], "--size is 32, expected 16 as --window"),
    (["--window", "24"], "--window 24 is not a power of two from 16 to 1024; nearest valid: 16 and 32"),
    (["--window", "16", "--stride", "17"], "expected 1 to 16"),
    (["--window", "16", "--scale", "2"], "expected 1/64 to 1"),
    (["--window", "16", "--region", "1,2,3"], "expected x,y,width,height"),
    (["--window", "16", "--region", "0,0,9,90"], "a window"),
    (["--window", "16", "--region", "0,0,90,90", "--mask", "m.png"], "cannot be given together"),
    (["--window", "16", "--small-pictures", "enlarge"], "enlarge"),
    (["--window", "16", "--window-score", "best"], "expected 'maximum', 'top-K' with K from"),
  ])
  func `options of windows that cannot be end with status 2 and a remedy, before a file is touched`(
    options: [String], words: String
  ) throws {
    let run = try BuiltProgram.ganomaly(
      bytes: (["train", "--normal", "x", "--output", "y"] + options).map { Array($0.utf8) })
    #expect(run.status == 2)
    #expect(run.errors.contains(words), "\(run.errors)")
  }

  @Test func `a training on windows goes on with its own windows alone`() throws {
    let folder = try TemporaryFolder()
    let pictures = try writePictures(10, in: folder)
    let mask = try folder.write(Image(width: 40, height: 36, channelCount: 1, level: 255), to: "mask.png")
    for (name, options) in [("a", [String]()), ("b", ["--size", "16"])] {
      var bytes = arguments(pictures, folder.path(name), ["--keep-checkpoint"] + options)
      if name == "b" { bytes.removeSubrange(5..<7) }
      let run = try BuiltProgram.ganomaly(bytes: bytes)
      #expect(run.status == 0, "\(run.errors)")
    }
    for (name, options, words) in [
      ("a", ["--scale", "0.5"], "option '--scale' is 0.5, but the training in"),
      ("a", ["--mask", mask], "is not that"),
      ("a", ["--window", "32"], "option '--window' is 32, but"),
      ("a", ["--region", "0,0,20,20"], "began without --region; leave it out to go on without it"),
      ("b", ["--window", "16"], "began without --window; leave it out to go on without it"),
      ("a", ["--small-pictures", "pad"], "began with refuse"),
    ] {
      let run = try BuiltProgram.ganomaly(
        bytes: (["train", "--resume", folder.path(name), "--normal", pictures] + options).map { Array($0.utf8) })
      #expect(run.status == 2)
      #expect(run.errors.contains(words), "\(run.errors)")
    }
  }

  @Test func `without windows, a training tells what is lost in large pictures`() throws {
    let folder = try TemporaryFolder()
    let pictures = try folder.makeFolder("good")
    for index in 0..<5 {
      try folder.write(
        SamplePicture.noise(width: 160, height: 120, seed: UInt64(index)), to: "good/\(1000 + index).png")
    }
    let run = try BuiltProgram.ganomaly(
      "train", "--normal", pictures, "--output", folder.path("m"), "--size", "16", "--features", "2", "--latent", "4",
      "--steps", "1")
    #expect(run.status == 0, "\(run.errors)")
    #expect(
      run.errors.contains(
        "warning: pictures are 160x120, the network sees 16x16: details under 10 pixels vanish; see --window"),
      "\(run.errors)")
  }
}
