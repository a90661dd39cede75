public import Imaging
public import Linux

/// Reading a file and preparing its picture: the same for training and for scoring, so that both see the same pictures.
public enum PictureFile {
  /// Most bytes of a file.
  public static let maximumBytes = 256 << 20

  /// What a file gives.
  public struct Content: Sendable {
    /// The picture as the network sees it: a square, or the plane of its windows.
    public let picture: Image
    /// What preparing had to do to it.
    public let notes: PreparationNotes
    /// How the picture lies in the file.
    public let geometry: PictureGeometry
  }

  /// Why a file gives no picture.
  public enum Failure: Error, Sendable, Equatable {
    /// It cannot be read.
    case file(FileError)
    /// It is no PNG, damaged, over a limit, or its picture has sides that the preparation does not take.
    case picture(PreparationFailure)

    /// One sentence, without the file's name.
    public var reason: String {
      switch self {
      case .file(let error): error.reason
      case .picture(let error): error.description
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
  /// - Throws: `Failure`.
  public static func read(
    _ path: BytePath, problem: FileError.Cause?, followsLink: Bool, preparation: Preparation
  ) throws(Failure) -> Content {
    let bytes: [UInt8]
    do throws(FileError) {
      if let problem { throw FileError(action: "read", path: path, cause: problem) }
      bytes = try FileContents.read(path, limit: maximumBytes, followsLink: followsLink)
    } catch {
      throw .file(error)
    }
    do {
      let prepared = try preparation.prepare(png: bytes)
      return Content(
        picture: prepared.picture, notes: prepared.notes,
        geometry: try preparation.geometry(width: prepared.width, height: prepared.height))
    } catch {
      throw .picture(error)
    }
  }
}
