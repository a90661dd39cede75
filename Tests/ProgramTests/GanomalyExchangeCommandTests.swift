import Foundation
import GANomalyModel
import Imaging
import TestSupport
import Testing

/// `import`, `export` and `extract-idx`, as a user types them.
struct GanomalyExchangeCommandTests {
  /// The authors' file of a network: our tensors without their first word.
  func weights(_ network: String) throws -> SafeTensors {
    var container = SafeTensors()
    for (name, tensor) in SampleModel.make(seed: 5).state where name.hasPrefix("\(network).") {
      container.tensors[String(name.dropFirst(5))] = .init(shape: tensor.shape, values: .floats(tensor.values))
    }
    return container
  }

  @Test func `weights become a model that is calibrated, scored, described and exported`() throws {
    let folder = try TemporaryFolder()
    let generator = try folder.write(weights("netg").encoded(), to: "netG.safetensors")
    let discriminator = try folder.write(weights("netd").encoded(), to: "netD.safetensors")
    let model = folder.path("m.safetensors")
    let run = try BuiltProgram.ganomaly(
      "import", generator, "--discriminator", discriminator, "--output", model)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.isEmpty)
    #expect(run.lines.contains("network          variant paper, latent 4, features 2, extra layers 0"))
    #expect(run.lines.contains("input            16x16, grey, sample / 127.5 - 1, transparent on black"))
    #expect(try Model.read(contentsOf: model).state == SampleModel.make(seed: 5).state)
    let pictures = try SampleFiles.writePictures(0..<30, to: "good", in: folder)
    let calibrated = try BuiltProgram.ganomaly(
      "calibrate", model, "--normal", pictures, "--false-positive-rate", "0.1")
    #expect(calibrated.status == 0, "\(calibrated.errors)")
    let described = try BuiltProgram.ganomaly("describe", model)
    #expect(described.output.contains("training         not recorded"))
    let exported = try BuiltProgram.ganomaly("export", model, "--output", folder.path("m.onnx"))
    #expect(exported.status == 0 && exported.errors.isEmpty, "\(exported.errors)")
    #expect(exported.lines.contains("image            float32 [batch, 1, 16, 16]: prepared sample / 127.5 - 1"))
    #expect(exported.output.contains("score            float32 [batch], anomalous above "))
    #expect(try folder.bytes(of: "m.onnx").starts(with: [8, 8, 18, 8] + Array("ganomaly".utf8)))
  }

  @Test func `a generator alone is noted, and its model has no features`() throws {
    let folder = try TemporaryFolder()
    let generator = try folder.write(weights("netg").encoded(), to: "netG.safetensors")
    let model = folder.path("m.safetensors")
    let run = try BuiltProgram.ganomaly("import", generator, "--output", model)
    #expect(run.status == 0)
    #expect(run.errors.contains("note: there is no discriminator"))
    #expect(try BuiltProgram.ganomaly("describe", model).output.contains("discriminator    none"))
    #expect(
      try BuiltProgram.ganomaly("describe", model, "--format", "json").output.contains("\"discriminator\": false"))
    let refused = try BuiltProgram.ganomaly("set-score", model, "--score", "features")
    #expect(refused.status == 2)
    #expect(refused.errors.contains("need a discriminator, and the model has none"))
    let good = try SampleFiles.writePictures(0..<5, to: "good", in: folder)
    let bad = try SampleFiles.writePictures(50..<55, to: "bad", in: folder)
    let compared = try BuiltProgram.ganomaly(
      "evaluate", model, "--normal", good, "--anomalous", bad, "--compare-scores")
    #expect(compared.status == 0, "\(compared.errors)")
    #expect(!compared.output.contains("features"))
    let exported = try BuiltProgram.ganomaly("export", model, "--format", "onnx", "--output", folder.path("m.onnx"))
    #expect(exported.status == 0)
    #expect(exported.errors.contains("is not calibrated, so that the file has no threshold"))
  }

  @Test func `what cannot be taken in or out ends with 2 and leaves nothing`() throws {
    let folder = try TemporaryFolder()
    let model = try SampleFiles.writeModel(to: folder)
    let generator = try folder.write(weights("netg").encoded(), to: "netG.safetensors")
    let bytes = try folder.bytes(of: "netG.safetensors")
    let pickle = try folder.write([0x50, 0x4B, 3, 4], to: "netG.pth")
    let target = folder.path("out")
    for (arguments, words) in [
      (["import", pickle, "--output", target], "torch.save"),
      (["import", model, "--output", target], "a model of this program already"),
      (["import", generator, "--output", generator], "would be lost"),
      (["import", generator, "--output", pickle], "a file that is no model is there"),
      (["import", generator, "--discriminator", generator, "--output", target], "does not belong to a discriminator"),
      (["import", generator, "--output", folder.path("no/folder")], "no such file or directory"),
      (["import", generator], "Missing expected argument '--output <file>'"),
      (["export", model, "--output", model], "would be lost"),
      (["export", model, "--format", "pmml", "--output", target], "onnx"),
      (["export", generator, "--output", target], "cannot load"),
      (["export", model, "--output", folder.path("no/folder")], "no such file or directory"),
    ] {
      let run = try BuiltProgram.ganomaly(bytes: arguments.map { Array($0.utf8) })
      #expect(run.status == 2 && run.output.isEmpty, "\(arguments)")
      #expect(run.errors.contains(words), "\(run.errors)")
    }
    #expect(try folder.names() == ["model.safetensors", "netG.pth", "netG.safetensors"])
    #expect(try folder.bytes(of: "netG.safetensors") == bytes)
  }

  @Test func `a set in MNIST's format becomes folders of pictures`() throws {
    let folder = try TemporaryFolder()
    let pictures = StoredGzip.file([0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2] + [10, 20, 30, 40, 50, 60])
    let images = try folder.write(pictures, to: "images.gz")
    let labels = try folder.write([0, 0, 8, 1, 0, 0, 0, 3, 7, 1, 7], to: "labels")
    let all = try BuiltProgram.ganomaly("extract-idx", images, labels, folder.path("all"))
    #expect(all.status == 0, "\(all.errors)")
    #expect(all.output == "3 pictures of 2x1 in '\(folder.path("all"))': 1 of label 1, 2 of label 7\n")
    #expect(
      try PNG.decode(folder.bytes(of: "all/7/2.png")).image
        == Image(width: 2, height: 1, channelCount: 1, samples: [50, 60]))
    let some = try BuiltProgram.ganomaly(
      "extract-idx", images, labels, folder.path("some"), "--labels", "7", "--limit", "1")
    #expect(some.output == "1 pictures of 2x1 in '\(folder.path("some"))': 1 of label 7\n")
    for (arguments, words) in [
      ([images, labels, folder.path("all")], "the folder is not empty"),
      ([labels, images, folder.path("new")], "it begins with 0x801, expected 0x803"),
      ([images, labels, folder.path("new"), "--labels", "3"], "no picture has the label 3"),
      ([images, labels, folder.path("new"), "--labels", "1,x"], "expected numbers from 0 to 255"),
      ([images, labels, folder.path("new"), "--limit", "0"], "at least 1"),
      ([images, folder.path("missing"), folder.path("new")], "no such file or directory"),
    ] {
      let run = try BuiltProgram.ganomaly(bytes: (["extract-idx"] + arguments).map { Array($0.utf8) })
      #expect(run.status == 2 && run.output.isEmpty, "\(arguments)")
      #expect(run.errors.contains(words), "\(run.errors)")
    }
    #expect(!(try folder.names().contains("new")))
  }
}
