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
}
