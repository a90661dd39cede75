public import GANomalyModel
public import Imaging
public import Linux
private import Synchronization
private import Tensors

/// The pictures below a folder, decoded once and prepared for the network.
public struct PictureSet: Sendable {
  /// A picture as the network sees it.
  public struct Entry: Sendable {
    /// Where it came from.
    public let path: BytePath
    /// Prepared picture.
    public let picture: Image
    /// Name of the prepared picture.
    public let digest: PictureDigest
  }

  /// A file that gives no picture.
  public struct Unusable: Sendable {
    /// The file.
    public let path: BytePath
    /// One sentence.
    public let reason: String
  }

  /// Usable pictures in byte order of their paths.
  public private(set) var entries: [Entry] = []
  /// Files that give no picture, in the same order.
  public private(set) var unusable: [Unusable] = []
  /// What preparing had to do to some of the pictures, and to how many.
  public private(set) var notes: [(note: PreparationNotes, count: Int)] = []

  /// Reads, decodes and prepares all PNG files below a folder, in parallel.
  ///
  /// - Parameters:
  ///   - folder: searched recursively; links are not followed.
  ///   - progress: called now and then with the files read and their number, from any of the threads.
  /// - Throws: `FileError` when the folder cannot be listed.
  public init(
    below folder: BytePath, preparation: Preparation, threadCount: Int,
    progress: @Sendable (_ done: Int, _ count: Int) -> Void = { _, _ in }
  ) throws(FileError) {
    let files = try DirectoryTree.pictures(below: folder)
    let results = Mutex<[Outcome?]>(Array(repeating: nil, count: files.count))
    let done = Atomic<Int>(0)
    ThreadPool(threadCount: threadCount).run(files.count) { index, _ in
      let outcome = Self.read(files[index], preparation: preparation)
      results.withLock { $0[index] = outcome }
      progress(done.wrappingAdd(1, ordering: .relaxed).newValue, files.count)
    }
    var counts: [PreparationNotes: Int] = [:]
    for (file, outcome) in zip(files, results.withLock { $0 }) {
      switch outcome {
      case .usable(let picture, let digest, let notes):
        entries.append(Entry(path: file.path, picture: picture, digest: digest))
        for note in notes.elements { counts[note, default: 0] += 1 }
      case .unusable(let reason): unusable.append(Unusable(path: file.path, reason: reason))
      case nil: preconditionFailure("every file has an outcome")
      }
    }
    notes = counts.sorted { $0.key.rawValue < $1.key.rawValue }.map { ($0.key, $0.value) }
  }

  private enum Outcome: Sendable {
    case usable(Image, PictureDigest, PreparationNotes)
    case unusable(String)
  }

  private static func read(_ file: DirectoryTree.Entry, preparation: Preparation) -> Outcome {
    do {
      let prepared = try PictureFile.read(
        file.path, problem: file.problem, followsLink: false, preparation: preparation)
      return .usable(prepared.picture, PictureDigest(of: prepared.picture), prepared.notes)
    } catch {
      return .unusable(error.reason)
    }
  }
}

extension PreparationNotes {
  /// The single notes of a set.
  fileprivate var elements: [PreparationNotes] {
    (0..<Int.bitWidth).map { PreparationNotes(rawValue: 1 << $0) }.filter { contains($0) }
  }
}
