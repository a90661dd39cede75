public import Imaging
public import Linux

/// Reading a file and preparing its picture: the same for training and for scoring, so that both see the same pictures.
public enum PictureFile {
  /// Most bytes of a file.
  public static let maximumBytes = 256 << 20

  /// Why a file gives no picture.
  public enum Failure: Error, Sendable, Equatable {
    /// It cannot be read.
    case file(FileError)
    /// It is no PNG, damaged, or over a limit.
    case png(PNGError)

    /// One sentence, without the file's name.
    public var reason: String {
      switch self {
      case .file(let error): error.reason
      case .png(let error): error.description
      }
    }
  }

  /// Reads a file and prepares its picture.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - problem: why it must not be opened, as found when its folder was listed.
  ///   - followsLink: whether a symbolic link is followed.
  ///   - preparation: how pixels become input.
  /// - Returns: the picture as the network sees it, and what preparing had to do to it.
  /// - Throws: `Failure`.
  public static func read(
    _ path: BytePath, problem: FileError.Cause?, followsLink: Bool, preparation: Preparation
  ) throws(Failure) -> (picture: Image, notes: PreparationNotes) {
    let bytes: [UInt8]
    do throws(FileError) {
      if let problem { throw FileError(action: "read", path: path, cause: problem) }
      bytes = try FileContents.read(path, limit: maximumBytes, followsLink: followsLink)
    } catch {
      throw .file(error)
    }
    do {
      let prepared = try preparation.prepare(png: bytes)
      return (prepared.picture, prepared.notes)
    } catch {
      throw .png(error)
    }
  }
}
