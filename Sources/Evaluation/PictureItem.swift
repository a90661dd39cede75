public import Linux

/// A file to be scored, or a place where none could be found.
public struct PictureItem: Sendable, Equatable {
  /// The path as given; below a folder, the folder as given joined with the rest.
  public let path: BytePath
  /// Why it cannot be opened; nil where that is still to be tried.
  public let problem: FileError.Cause?
  /// Whether a symbolic link is followed: one that the user named is, one found in a folder is not.
  public let followsLink: Bool

  /// An item from its parts.
  public init(path: BytePath, problem: FileError.Cause? = nil, followsLink: Bool = true) {
    self.path = path
    self.problem = problem
    self.followsLink = followsLink
  }

  /// The files that paths stand for, in the paths' order; a folder stands for all pictures below it, sorted by bytes.
  ///
  /// A path that leads nowhere, or a folder that cannot be listed, is an item with a problem.
  public static func items(at paths: [BytePath]) -> [PictureItem] {
    paths.flatMap { path in
      do throws(FileError) {
        guard try DirectoryTree.isFolder(path) else { return [PictureItem(path: path)] }
        return try items(below: path)
      } catch {
        return [PictureItem(path: path, problem: error.cause)]
      }
    }
  }

  /// The pictures below a folder, sorted by bytes.
  ///
  /// - Throws: `FileError` where the folder is missing or cannot be listed.
  public static func items(below folder: BytePath) throws(FileError) -> [PictureItem] {
    try DirectoryTree.pictures(below: folder).map {
      PictureItem(path: $0.path, problem: $0.problem, followsLink: false)
    }
  }
}
