import GANomalyModel
import Glibc
import Imaging
import TestSupport
import Testing

/// Paths that are not valid UTF-8: they name the file that was typed, or are refused.
struct GanomalyPathTests {
  /// Names that read as the same text.
  let names: [[UInt8]] = [Array("tm".utf8) + [0xFF], Array("tm".utf8) + [0xFE]]

  /// A path's bytes below a folder.
  func path(_ name: [UInt8], _ folder: TemporaryFolder) -> [UInt8] { Array("\(folder.path)/".utf8) + name }

  /// The names in a folder, as bytes, sorted.
  func names(in folder: TemporaryFolder) throws -> [[UInt8]] {
    let stream = try #require(opendir(folder.path))
    defer { closedir(stream) }
    var names: [[UInt8]] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name.first != UInt8(ascii: ".") { names.append(name) }
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }
  }

  func bytes(_ arguments: String...) -> [[UInt8]] { arguments.map { Array($0.utf8) } }

  @Test(arguments: [false, true])
  func `a model is trained, calibrated and read under its name's bytes`(isJoined: Bool) throws {
    let folder = try TemporaryFolder()
    let pictures = try SampleFiles.writePictures(0..<10, to: "good", in: folder)
    let model = path(names[0], folder)
    let output = isJoined ? [Array("--output=".utf8) + model] : [Array("--output".utf8), model]
    let trained = try BuiltProgram.ganomaly(
      bytes: bytes("train", "--normal", pictures, "--size", "16", "--features", "2", "--latent", "4", "--epochs", "1")
        + output)
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(try names(in: folder) == [Array("good".utf8), names[0]])
    let calibrated = try BuiltProgram.ganomaly(
      bytes: bytes("calibrate") + [model] + bytes("--method", "manual", "--threshold", "9"))
    #expect(calibrated.status == 0, "\(calibrated.errors)")
    let scored = try BuiltProgram.ganomaly(bytes: bytes("score") + [model] + bytes(pictures))
    #expect(scored.status == 0, "\(scored.errors)")
    #expect(try names(in: folder) == [Array("good".utf8), names[0]])
  }

  @Test func `a prepared picture goes where it was told`() throws {
    let folder = try TemporaryFolder()
    let model = try SampleFiles.writeModel(to: folder)
    let picture = try folder.write(SamplePicture.noise(seed: 1), to: "a.png")
    let run = try BuiltProgram.ganomaly(
      bytes: bytes("prepare", model, picture, "--output") + [path(names[0], folder)])
    #expect(run.status == 0, "\(run.errors)")
    #expect(try names(in: folder) == [Array("a.png".utf8), Array("model.safetensors".utf8), names[0]])
  }

  @Test func `several pictures that read the same are told apart, one that could be the model is not guessed`() throws {
    let folder = try TemporaryFolder()
    let model = try SampleFiles.writeModel(to: folder)
    for (seed, name) in names.enumerated() {
      try folder.write(PNG.encode(SamplePicture.noise(seed: UInt64(seed))), to: name)
    }
    let scores = try SampleFiles.scores(0..<2, model: model).map(\.description)
    let run = try BuiltProgram.ganomaly(
      bytes: bytes("score", model, "--format", "csv") + names.map { path($0, folder) })
    let fields = run.lines.dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    #expect(fields.map { String($0[1]) } == scores)
    let unclear = try BuiltProgram.ganomaly(
      bytes: bytes("prepare", model) + [path(names[0], folder)] + bytes("--output") + [path(names[1], folder)])
    #expect(unclear.status == 2)
    #expect(unclear.errors.contains("cannot tell which file"), "\(unclear.errors)")
    #expect(try folder.bytes(of: "model.safetensors").isEmpty == false)
    #expect(try names(in: folder).count == 3)
  }

  @Test func `folders that must be text are refused by name`() throws {
    let folder = try TemporaryFolder()
    let place = path(names[0], folder)
    for arguments in [
      bytes("synthesize") + [place], bytes("history", "--spool") + [place],
      bytes("quarantine", "list", "--state") + [place],
    ] {
      let run = try BuiltProgram.ganomaly(bytes: arguments)
      #expect(run.status == 2)
      #expect(run.errors.contains("cannot use '\(folder.path)/tm\\xFF': its path is not valid UTF-8"), "\(run.errors)")
    }
    #expect(try names(in: folder) == [])
  }
}
