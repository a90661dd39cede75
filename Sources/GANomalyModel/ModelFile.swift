private import Crypto
public import Linux

/// The model file: what it is called in the header, and the ways in and out.
///
/// A `.safetensors` file with the weights under the authors' names, `training.digests` (U8, [pictures, 16]),
/// `calibration.scores` and `calibration.anomalous_scores` (F32, [pictures]), `probe.picture` (U8, [row, column,
/// channel]), `preparation.mask` (U8, [row, column], 1 inside and 0 outside) and everything else as texts in `__metadata__`. Tensors whose names begin with `checkpoint.` are a trainer's
/// own and are not read here: a checkpoint can be a model file at the same time.
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
  /// The name of the mask's tensor; only where the preparation has a mask.
  static let maskName = "preparation.mask"
  /// The name of the probe's picture.
  static let probeName = "probe.picture"
  /// The name of the calibration scores' tensor.
  static let scoresName = "calibration.scores"
  /// The name of the tensor of anomalous scores that chose the threshold; only where the method needs them.
  static let anomalousScoresName = "calibration.anomalous_scores"
  /// Bytes of a file that are read at once.
  fileprivate static let pieceByteCount = 1 << 20

  /// What `Model.sha256` is of a model read from a file, found without the memory that a model takes; whether it is one is
  /// not looked at.
  ///
  /// - Returns: the SHA-256 of the file, 64 hexadecimal digits.
  /// - Throws: `FileError` where it cannot be read, or is larger than `maximumBytes`.
  public static func digest(of path: BytePath) throws(FileError) -> String {
    var hash = SHA256()
    var reader = try FileReader(path, limit: maximumBytes)
    while true {
      let piece = try reader.next(atMost: pieceByteCount)
      if piece.isEmpty { break }
      hash.update(data: piece)
    }
    return Hexadecimal.text(hash.finalize())
  }
}

extension Model {
  /// Reads a model file.
  ///
  /// - Parameter path: the file, at most `ModelFile.maximumBytes` long.
  /// - Returns: the model, `sha256` set.
  /// - Throws: `ModelFileError` naming the file, what was expected and what was found.
  public static func read(contentsOf path: BytePath) throws(ModelFileError) -> Model {
    try read(path) { _ in [] }
  }

  /// Reads a model file and packs its weights for scoring, with no more memory than the larger of the two needs and a
  /// part of the other: the discriminator's tensors are left out where no term looks at them, and every tensor is let go
  /// when it is packed.
  ///
  /// - Returns: the network, and the model without its weights.
  /// - Throws: `ModelFileError` as `read(contentsOf:)`.
  public static func readForScoring(contentsOf path: BytePath) throws(ModelFileError) -> (scorer: Scorer, model: Model)
  {
    var model = try read(path, leavingOut: tensorsWithoutScore)
    return (Scorer(consuming: &model), model)
  }

  /// Reads a file in pieces.
  ///
  /// - Parameter leavingOut: by the file's texts, the network's tensors that are not kept.
  private static func read(
    _ path: BytePath, leavingOut: ([String: String]) -> Set<String>
  ) throws(ModelFileError) -> Model {
    let name = escaped(path.bytes)
    var absent: Set<String> = []
    var hash = SHA256()
    let container: SafeTensors
    do {
      var reader = try FileReader(path, limit: ModelFile.maximumBytes)
      var parser = SafeTensorsParser(byteCount: reader.size)
      while true {
        let piece = try reader.next(atMost: ModelFile.pieceByteCount)
        if piece.isEmpty { break }
        hash.update(data: piece)
        try parser.take(piece[...]) { texts in
          absent = leavingOut(texts)
          return { [absent] in !$0.hasPrefix(ModelFile.checkpointPrefix) && !absent.contains($0) }
        }
      }
      container = try parser.finish()
    } catch let error as FileError {
      throw ModelFileError(name: name, cause: .file(error))
    } catch let error as SafeTensorsError {
      throw ModelFileError(name: name, cause: .container(error))
    } catch {
      preconditionFailure("nothing else is thrown: \(error)")
    }
    do {
      var model = try Model(container, leavingOut: absent)
      model.sha256 = Hexadecimal.text(hash.finalize())
      return model
    } catch {
      throw ModelFileError(name: name, cause: error)
    }
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
