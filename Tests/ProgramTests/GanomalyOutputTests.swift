import Foundation
import GANomalyModel
import TestSupport
import Testing

/// Outputs that would cost something that is read.
struct GanomalyOutputTests {
  @Test func `nothing that is read is written over, whatever name or link leads there`() throws {
    let folder = try TemporaryFolder()
    let pictures = try SampleFiles.writePictures(0..<4, to: "good", in: folder)
    let picture = try #require(FileManager.default.contentsOfDirectory(atPath: pictures).sorted().first)
    let (model, link) = (folder.path("m"), folder.path("link"))
    try SampleModel.make().write(to: model)
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: model)
    let input = "\(pictures)/\(picture)"
    let before = try [model, input].map { try Data(contentsOf: URL(filePath: $0)) }
    for output in [model, link] {
      for arguments in [
        ["evaluate", model, "--normal", pictures, "--anomalous", pictures, "--scatter", output],
        ["reconstruct", model, pictures, "--output", output], ["export", model, "--output", output],
        ["prepare", model, input, "--output", output], ["import", model, "--output", output],
      ] {
        let run = try BuiltProgram.ganomaly(bytes: arguments.map { Array($0.utf8) })
        #expect(run.status == 2 && run.errors.contains("would be lost"), "\(arguments): \(run.errors)")
      }
    }
    for command in ["reconstruct", "prepare"] {
      let run = try BuiltProgram.ganomaly(command, model, input, "--output", input)
      #expect(run.status == 2 && run.errors.contains("would be lost"), "\(command): \(run.errors)")
    }
    let trained = try BuiltProgram.ganomaly("train", "--normal", pictures, "--output", input, "--steps", "1")
    #expect(trained.status == 2 && trained.errors.contains("a file that is no model is there"))
    let nowhere = try BuiltProgram.ganomaly("train", "--normal", pictures, "--output", "", "--steps", "1")
    #expect(nowhere.status == 2 && nowhere.errors.contains("a path is empty"))
    #expect(try [model, input].map { try Data(contentsOf: URL(filePath: $0)) } == before)
  }

  @Test func `a checkpoint is gone on from, whatever lies at the output`() throws {
    let folder = try TemporaryFolder()
    let pictures = try SampleFiles.writePictures(0..<10, to: "good", in: folder)
    let arguments = [
      "train", "--normal", pictures, "--output", folder.path("m"), "--size", "16", "--features", "2", "--latent", "4",
      "--steps", "2", "--keep-checkpoint",
    ]
    #expect(try BuiltProgram.ganomaly(bytes: arguments.map { Array($0.utf8) }).status == 0)
    try Data("garbage".utf8).write(to: URL(filePath: folder.path("m")))
    let resumed = try BuiltProgram.ganomaly(
      "train", "--normal", pictures, "--resume", folder.path("m"), "--output", folder.path("other"), "--steps", "3")
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try Model.read(contentsOf: folder.path("other")).trainingRecord?.rounds.last?.stepCount == 3)
  }

  @Test func `no report, table or plot takes the place of a picture or a model that no one reads`() throws {
    let folder = try TemporaryFolder()
    let pictures = try SampleFiles.writePictures(0..<20, to: "good", in: folder)
    let model = try SampleFiles.writeModel(to: folder)
    try folder.makeFolder("keep")
    try folder.write(SamplePicture.noise(seed: 300), to: "keep/a.png")
    try folder.write(Array(folder.bytes(of: "keep/a.png").prefix(40)), to: "keep/cut.txt")
    try folder.write(folder.bytes(of: "model.safetensors"), to: "keep/m.safetensors")
    let whole = try folder.bytes(of: "model.safetensors")
    try folder.write(Array(whole.prefix(whole.count - 100)), to: "keep/cut.safetensors")
    var weights = SafeTensors()
    weights.tensors["w"] = .init(shape: [2], values: .floats([1, 2]))
    try folder.write(weights.encoded(), to: "keep/netG.safetensors")
    let link = folder.path("link.html")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.path("keep/a.png"))
    let kept = [
      ("keep/a.png", "a picture (PNG)"), ("keep/cut.txt", "a picture (PNG)"), ("link.html", "a picture (PNG)"),
      ("keep/m.safetensors", "a model"), ("keep/cut.safetensors", "a model"),
      ("keep/netG.safetensors", "a file of weights"),
    ]
    let before = try kept.map { try folder.bytes(of: $0.0) }
    for (name, what) in kept {
      let output = folder.path(name)
      let evaluate = ["evaluate", model, "--normal", pictures, "--anomalous", pictures]
      var commands = [
        evaluate + ["--report", output], evaluate + ["--csv", output], evaluate + ["--scatter", output],
        ["export", model, "--output", output],
        ["calibrate", model, "--normal", pictures, "--false-positive-rate", "0.1", "--report", output],
        [
          "train", "--normal", pictures, "--output", folder.path("new"), "--size", "16", "--steps", "1", "--report",
          output,
        ],
      ]
      // Their outputs are pictures themselves.
      if what != "a picture (PNG)" {
        commands.append(["prepare", model, "\(pictures)/1000.png", "--output", output])
        commands.append(["reconstruct", model, pictures, "--output", output])
      }
      for arguments in commands {
        let run = try BuiltProgram.ganomaly(bytes: arguments.map { Array($0.utf8) })
        #expect(run.status == 2 && run.errors.contains("\(what)"), "\(arguments): \(run.errors)")
        #expect(run.errors.contains("is there and would be lost; remove it, or name another file"), "\(run.errors)")
      }
    }
    #expect(try kept.map { try folder.bytes(of: $0.0) } == before)
    #expect(try !folder.names().contains { $0.hasPrefix("new") }, "nothing was begun")
    // What is neither is replaced as ever.
    try folder.write(Array("an older report".utf8), to: "r.html")
    let run = try BuiltProgram.ganomaly(
      "evaluate", model, "--normal", pictures, "--anomalous", pictures, "--report", folder.path("r.html"))
    #expect(run.status == 0, "\(run.errors)")
  }

  @Test func `a side picture takes the place of nothing but a picture`() throws {
    let folder = try TemporaryFolder()
    let pictures = try SampleFiles.writePictures(0..<1, to: "good", in: folder)
    let model = try SampleFiles.writeModel(to: folder)
    try folder.makeFolder("why")
    try folder.write(folder.bytes(of: "model.safetensors"), to: "why/1000.png.view.png")
    let before = try folder.bytes(of: "why/1000.png.view.png")
    let refused = try BuiltProgram.ganomaly("score", model, pictures, "--save-difference", folder.path("why"))
    #expect(refused.status == 2 && refused.errors.contains("a file that is no picture is there"), "\(refused.errors)")
    #expect(try folder.bytes(of: "why/1000.png.view.png") == before)
    try FileManager.default.removeItem(atPath: folder.path("why/1000.png.view.png"))
    for _ in 0..<2 {
      let run = try BuiltProgram.ganomaly("score", model, pictures, "--save-difference", folder.path("why"))
      #expect(run.status == 0, "\(run.errors)")
    }
  }
}
