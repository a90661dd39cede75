private import Crypto
public import Linux

/// The model file: what it is called in the header, and the ways in and out.
///
/// A `.safetensors` file with the weights under the authors' names, `training.digests` (U8, [pictures, 16]),
/// `calibration.scores` (F32, [pictures]), `probe.picture` (U8, [row, column, channel]) and everything else as texts in `__metadata__`. Tensors whose names begin with
/// `checkpoint.` are a trainer's own and are not read here: a checkpoint can be a model file at the same time.
///
/// The bytes depend on the model's content alone: no date, path, host or duration, so that the same seed gives the same
/// file. The one exception is the date of a calibration made by `ganomaly calibrate`; `train` stores none.
public enum ModelFile {
  /// Most bytes of a model file.
  public static let maximumBytes = 4 << 30
  /// The versions this program reads; it writes the lowest that holds a model.
  static let formatVersions = ["1", "2"]
  /// What the names of a trainer's own tensors and texts begin with.
  public static let checkpointPrefix = "checkpoint."
  /// The version of a file with a score: 1 where it is the latent term alone, 2 where other terms belong to it.
  public static func formatVersion(of options: ScoreOptions) -> String { options.isLatentAlone ? "1" : "2" }
  /// The name of the digests' tensor.
  static let digestsName = "training.digests"
  /// The text that marks a file without the discriminator's tensors; other files do not have it.
  static let discriminatorKey = "discriminator"
  /// What the mark says.
  static let noDiscriminatorWord = "none"
  /// The name of the probe's picture.
  static let probeName = "probe.picture"
  /// The name of the calibration scores' tensor.
  static let scoresName = "calibration.scores"
}

extension Model {
  /// Reads a model file.
  ///
  /// - Parameter path: the file, at most `ModelFile.maximumBytes` long.
  /// - Returns: the model, `sha256` set.
  /// - Throws: `ModelFileError` naming the file, what was expected and what was found.
  public static func read(contentsOf path: BytePath) throws(ModelFileError) -> Model {
    let name = escaped(path.bytes)
    let bytes: [UInt8]
    do {
      bytes = try FileContents.read(path, limit: ModelFile.maximumBytes)
    } catch {
      throw ModelFileError(name: name, cause: .file(error))
    }
    return try Model(bytes: bytes, name: name)
  }

  /// Reads a model file whose path is text.
  public static func read(contentsOf path: String) throws(ModelFileError) -> Model {
    try read(contentsOf: BytePath(path))
  }

  /// Reads a model from a file's bytes.
  ///
  /// - Parameters:
  ///   - bytes: the file.
  ///   - name: what the file is called in sentences.
  /// - Throws: `ModelFileError`.
  public init(bytes: [UInt8], name: String) throws(ModelFileError) {
    let container: SafeTensors
    do {
      container = try SafeTensors(bytes: bytes) { !$0.hasPrefix(ModelFile.checkpointPrefix) }
    } catch {
      throw ModelFileError(name: name, cause: .container(error))
    }
    do {
      try self.init(container)
    } catch {
      throw ModelFileError(name: name, cause: error)
    }
    sha256 = Hexadecimal.text(SHA256.hash(data: bytes))
  }

  /// Writes the model so that a reader, or a crash, finds the old file or the new one.
  ///
  /// - Parameter path: where it goes; a file there is replaced.
  /// - Returns: the SHA-256 of the file, 64 hexadecimal digits.
  /// - Throws: `ModelFileError`.
  @discardableResult
  public func write(to path: BytePath) throws(ModelFileError) -> String {
    let bytes = encoded()
    do {
      try AtomicFile.write(bytes, to: path)
    } catch {
      throw ModelFileError(action: "save", name: escaped(path.bytes), cause: .file(error))
    }
    return Hexadecimal.text(SHA256.hash(data: bytes))
  }

  /// Writes the model to a path that is text.
  @discardableResult
  public func write(to path: String) throws(ModelFileError) -> String { try write(to: BytePath(path)) }

  /// The file's bytes.
  public func encoded() -> [UInt8] { safeTensors().encoded() }
}
