public import GANomalyModel
public import Imaging
public import Linux
private import Synchronization
private import Tensors

/// The pictures below a folder, decoded once, and prepared for the network: in memory as far as a limit allows.
public struct PictureSet: Sendable {
  /// A usable picture.
  public struct Entry: Sendable {
    /// Where it came from.
    public let path: BytePath
    /// Name of the prepared picture.
    public let digest: PictureDigest
    /// What is looked at before a training; nil past `traitLimit`.
    public let traits: PictureTraits?
    /// Where the prepared picture's pixels lie in the file.
    public let geometry: PictureGeometry
    /// The prepared picture; nil where it is decoded again whenever it is needed.
    fileprivate let picture: Image?
  }

  /// A file that gives no picture.
  public struct Unusable: Sendable {
    /// The file.
    public let path: BytePath
    /// One sentence.
    public let reason: String
    /// Whether it is a sound picture whose sides the preparation does not take.
    public let hasWrongSize: Bool
  }

  /// Most pictures whose traits are kept: 30 MB, and twice as much where the network sees windows.
  public static let traitLimit = 100_000

  /// How the pictures were prepared.
  public let preparation: Preparation
  /// Usable pictures in byte order of their paths.
  public private(set) var entries: [Entry] = []
  /// Files that give no picture, in the same order.
  public private(set) var unusable: [Unusable] = []
  /// What preparing had to do to some of the pictures, and to how many.
  public private(set) var notes: [(note: PreparationNotes, count: Int)] = []
  /// Side pictures beside their pictures, which are passed over.
  public private(set) var sideCount = 0
  /// Which pixels of the prepared pictures are looked at: the same for all, which have the sides of the preparation's mask.
  let planeMask: PlaneMask?

  /// Reads, decodes and prepares all PNG files below a folder, in parallel.
  ///
  /// - Parameters:
  ///   - folder: searched recursively; links are not followed.
  ///   - memoryLimit: most bytes of prepared pictures that stay in memory; which ones decides nothing about a model.
  ///   - progress: called now and then with the files read and their number, from any of the threads.
  /// - Throws: `FileError` when the folder cannot be listed.
  public init(
    below folder: BytePath, preparation: Preparation, threadCount: Int, memoryLimit: Int = .max,
    progress: @Sendable (_ done: Int, _ count: Int) -> Void = { _, _ in }
  ) throws(FileError) {
    self.preparation = preparation
    let planeMask = preparation.windows?.mask.flatMap { mask in
      // Where no picture has these sides, none gets this far.
      (try? preparation.geometry(width: mask.width, height: mask.height)).flatMap {
        preparation.planeMask(width: $0.planeWidth, height: $0.planeHeight)
      }
    }
    self.planeMask = planeMask
    let cells = planeMask.map(MaskedCells.init)
    let files = try DirectoryTree.pictures(below: folder, passedOver: &sideCount)
    let room = Mutex<Int>(memoryLimit)
    let results = Mutex<[Outcome?]>(Array(repeating: nil, count: files.count))
    let done = Atomic<Int>(0)
    ThreadPool(threadCount: threadCount).run(files.count) { index, _ in
      let outcome = Self.read(
        files[index], preparation: preparation, cells: cells, keepsTraits: index < Self.traitLimit
      ) { picture in
        room.withLock { room in
          let fits = picture.samples.count <= room
          if fits { room -= picture.samples.count }
          return fits
        }
      }
      results.withLock { $0[index] = outcome }
      progress(done.wrappingAdd(1, ordering: .relaxed).newValue, files.count)
    }
    var counts: [PreparationNotes: Int] = [:]
    for (file, outcome) in zip(files, results.withLock { $0 }) {
      switch outcome {
      case .usable(let entry, let notes):
        entries.append(entry)
        for note in notes.elements { counts[note, default: 0] += 1 }
      case .unusable(let reason, let hasWrongSize):
        unusable.append(Unusable(path: file.path, reason: reason, hasWrongSize: hasWrongSize))
      case nil: preconditionFailure("every file has an outcome")
      }
    }
    notes = counts.sorted { $0.key.rawValue < $1.key.rawValue }.map { ($0.key, $0.value) }
  }

  /// Pictures that stay in memory; the others are decoded again whenever they are needed.
  public var keptCount: Int { entries.count { $0.picture != nil } }
  /// Bytes of the pictures that stay in memory.
  public var keptBytes: Int { entries.reduce(0) { $0 + ($1.picture?.samples.count ?? 0) } }

  /// Whether a picture stays in memory.
  func isKept(_ index: Int) -> Bool { entries[index].picture != nil }

  /// A prepared picture, from memory or from its file.
  ///
  /// - Throws: `TrainingError.pictureChanged` where the file does not give the same picture any more.
  public func picture(_ index: Int) throws(TrainingError) -> Image {
    let entry = entries[index]
    if let picture = entry.picture { return picture }
    let picture: Image
    do {
      picture = try PictureFile.read(entry.path, problem: nil, followsLink: false, preparation: preparation).picture
    } catch {
      throw .pictureChanged(path: entry.path, reason: error.reason)
    }
    guard PictureDigest(of: picture, preparation: preparation) == entry.digest, entry.hasSides(of: picture) else {
      throw .pictureChanged(path: entry.path, reason: "it has other pixels than when the training began")
    }
    return picture
  }

  /// The same pictures in another order.
  ///
  /// - Parameter order: each index once.
  mutating func reorder(_ order: [Int]) { entries = order.map { entries[$0] } }

  private enum Outcome: Sendable {
    case usable(Entry, PreparationNotes)
    case unusable(String, hasWrongSize: Bool)
  }

  private static func read(
    _ file: DirectoryTree.Entry, preparation: Preparation, cells: MaskedCells?, keepsTraits: Bool,
    keeps: (Image) -> Bool
  ) -> Outcome {
    do {
      let content = try PictureFile.read(
        file.path, problem: file.problem, followsLink: false, preparation: preparation)
      let (picture, geometry) = (content.picture, content.geometry)
      let traits =
        preparation.windows == nil
        ? PictureTraits(of: picture) : PictureTraits(ofPlane: picture, cells: cells)
      let entry = Entry(
        path: file.path, digest: PictureDigest(of: picture, preparation: preparation),
        traits: keepsTraits ? traits : nil, geometry: geometry, picture: keeps(picture) ? picture : nil)
      return .usable(entry, content.notes)
    } catch {
      return .unusable(error.reason, hasWrongSize: error.isWrongSize)
    }
  }
}

extension PictureFile.Failure {
  /// Whether it is a sound picture whose sides the preparation does not take.
  fileprivate var isWrongSize: Bool {
    if case .picture(.wrongSize) = self { true } else { false }
  }
}

extension PictureSet.Entry {
  /// Whether a prepared picture has the sides that this one had.
  fileprivate func hasSides(of picture: Image) -> Bool {
    picture.width == geometry.planeWidth && picture.height == geometry.planeHeight
  }
}

extension PreparationNotes {
  /// The single notes of a set.
  fileprivate var elements: [PreparationNotes] {
    (0..<Int.bitWidth).map { PreparationNotes(rawValue: 1 << $0) }.filter { contains($0) }
  }
}
