import Foundation
import GANomalyModel
import Glibc
import Imaging
import Linux
import SystemPackage
import TestSupport
import Testing

@testable import ganomaly

@Suite("ganomaly score --save-difference") struct GanomalyDifferenceTests {
  @Test func `each file that has a score gets a side picture, told in JSON and CSV`() throws {
    let folder = try TemporaryFolder()
    let model = try GanomalyScoreCommandTests().writeModels(folder).calibrated
    try folder.makeFolder("in/sub")
    for name in ["in/a.png", "in/b.png", "in/sub/a.png", "in/ü -1.png"] {
      try folder.write(SamplePicture.noise(seed: UInt64(name.utf8.count)), to: name)
    }
    try folder.write(Array("no picture".utf8), to: "in/c.png")
    let plain = try BuiltProgram.ganomaly("score", model, folder.path("in"), "--format", "json")
    for format in ["json", "csv", "table"] {
      let out = folder.path("why-\(format)/deep")
      let run = try BuiltProgram.ganomaly(
        "score", model, folder.path("in"), "--format", format, "--save-difference", out, "--threads", "2")
      #expect(run.status == 2, "one file is no picture")
      let names = try FileManager.default.contentsOfDirectory(atPath: out).sorted()
      #expect(names.count == 4 && names.contains("b.png.view.png") && names.contains("ü -1.png.view.png"), "\(names)")
      #expect(names.count { $0.hasPrefix("a.png-") && $0.hasSuffix(".view.png") } == 2, "\(names)")
      for name in names {
        let side = try PNG.decode(Array(Data(contentsOf: URL(filePath: out + "/" + name)))).image
        #expect(side.channelCount == 3 && side.width >= 3 * 168)
      }
      guard format == "json" else { continue }
      // Nothing else about the lines is different.
      for (line, without) in zip(run.lines, plain.lines) {
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        let place = object["difference"] as? String
        let file = try #require(object["file"] as? String)
        #expect((place == nil) == file.hasSuffix("c.png"))
        if let place { #expect(FileStatus(path: FilePath(place))?.kind == .regular && place.hasPrefix(out + "/")) }
        var rest = object
        rest["difference"] = nil
        let before = try #require(try JSONSerialization.jsonObject(with: Data(without.utf8)) as? [String: Any])
        #expect(NSDictionary(dictionary: rest) == NSDictionary(dictionary: before))
      }
    }
  }

  @Test func `no file that is read is written over, and a link is replaced, not followed`() throws {
    let folder = try TemporaryFolder()
    let model = try GanomalyScoreCommandTests().writeModels(folder).plain
    try folder.makeFolder("why")
    try folder.write(SamplePicture.noise(seed: 1), to: "a.png")
    let input = try folder.write(SamplePicture.noise(seed: 2), to: "why/a.png.view.png")
    let before = try Data(contentsOf: URL(filePath: input))
    let refused = try BuiltProgram.ganomaly(
      "score", model, folder.path("a.png"), input, "--save-difference", folder.path("why"))
    #expect(refused.status == 2 && refused.errors.contains("it is one of the files that are read"), "\(refused)")
    #expect(try Data(contentsOf: URL(filePath: input)) == before)

    unlink(input)
    let victim = try folder.write(Array("victim".utf8), to: "victim")
    #expect(symlink(folder.path("victim"), input) == 0)
    let run = try BuiltProgram.ganomaly(
      "score", model, folder.path("a.png"), "--save-difference", folder.path("why"))
    #expect(run.status == 0, "\(run)")
    #expect(try Data(contentsOf: URL(filePath: victim)) == Data("victim".utf8))
    // Beside its picture it is no picture of the folder.
    try folder.write(SamplePicture.noise(seed: 1), to: "why/a.png")
    #expect(try BuiltProgram.ganomaly("score", model, folder.path("why"), "--format", "json").lines.count == 1)
    let failed = try BuiltProgram.ganomaly(
      "score", model, folder.path("a.png"), "--save-difference", folder.path("victim"))
    #expect(failed.status == 2 && failed.errors.contains("cannot write to '"), "\(failed)")
  }

  @Test func `names are safe, and each file's own`() {
    let long = [UInt8](repeating: UInt8(ascii: "x"), count: 255)
    let texts = ["in/a.png", "out/a.png", "b.png", ".png", "in/..", "in/a.png", "c.png/", "/"]
    let paths = texts.map { BytePath(bytes: Array($0.utf8)) } + [BytePath(bytes: long), BytePath(bytes: [0xff, 0x0a])]
    let names = SidePictureFolder.names(paths, .difference)
    #expect(Set(names).count == paths.count)
    for name in names {
      #expect(name.bytes.count <= 230 && name.bytes.first != UInt8(ascii: "."))
      #expect(name.bytes.suffix(9).elementsEqual(".view.png".utf8))
    }
    #expect(names[2].description == "b.png.view.png" && names[3].description == "_.png.view.png")
    #expect(
      SidePictureFolder.names([paths[0], paths[1]], .difference) == [names[0], names[1]],
      "by the path, not by the neighbours")
  }
}
