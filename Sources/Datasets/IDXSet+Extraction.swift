private import Imaging
public import Linux

extension IDXSet {
  /// The places of the pictures to extract, in the files' order.
  ///
  /// - Parameters:
  ///   - wanted: labels; all where empty.
  ///   - limit: most pictures of each label.
  /// - Throws: `DatasetError` where there is no picture of a wanted label.
  public func places(labels wanted: Set<Int>, limit: Int = .max) throws(DatasetError) -> [Int] {
    let there = Set(labels)
    let missing = wanted.subtracting(there)
    guard missing.isEmpty else { throw .noPicture(labels: missing.sorted(), there: there.sorted()) }
    var counts: [Int: Int] = [:]
    return labels.indices.filter { place in
      let label = labels[place]
      guard wanted.isEmpty || wanted.contains(label), counts[label, default: 0] < limit else { return false }
      counts[label, default: 0] += 1
      return true
    }
  }

  /// Writes pictures as PNG files, `FOLDER/LABEL/PLACE.png`; places are counted from 0 in the whole set.
  ///
  /// - Parameters:
  ///   - places: which pictures.
  ///   - folder: a new or an empty folder.
  ///   - progress: called after every picture with how many are done.
  /// - Throws: `DatasetError` where the folder holds something or cannot be written to; what was written stays.
  public func extract(
    _ places: [Int], to folder: BytePath, progress: (_ done: Int) -> Void = { _ in }
  ) throws(DatasetError) {
    do {
      try write(places, to: try Self.emptyFolder(folder), progress: progress)
    } catch {
      throw error.datasetError
    }
  }

  /// What writing can end with, before it is told.
  private enum Failure: Error {
    case system(LinuxError)
    case notEmpty(BytePath)

    var datasetError: DatasetError {
      switch self {
      case .system(let error): .folder(error)
      case .notEmpty(let folder): .notEmpty(escaped(folder.bytes))
      }
    }
  }

  private static func emptyFolder(_ folder: BytePath) throws(Failure) -> Directory {
    let isEmpty: Bool
    let target: Directory
    do throws(LinuxError) {
      target = try Directory.creating(path: folder.filePath, mode: 0o777)
      isEmpty = try target.names().isEmpty
    } catch {
      throw .system(error)
    }
    guard isEmpty else { throw .notEmpty(folder) }
    return target
  }

  private func write(
    _ places: [Int], to target: Directory, progress: (_ done: Int) -> Void
  ) throws(Failure) {
    let width = String(max(0, labels.count - 1)).count
    var folders: [Int: Directory] = [:]
    do throws(LinuxError) {
      for (done, place) in places.enumerated() {
        let label = labels[place]
        if folders[label] == nil { folders[label] = try target.subdirectory(Self.name("\(label)"), mode: 0o777) }
        let digits = String(place)
        let name = String(repeating: "0", count: width - digits.count) + digits + ".png"
        // They can be extracted again: waiting for the disk after each would take minutes.
        try folders[label]?.write(
          PNG.encode(picture(place)), to: Self.name(name), mode: 0o644, durability: .none)
        progress(done + 1)
      }
    } catch {
      throw .system(error)
    }
  }

  private static func name(_ text: String) -> FileName {
    guard let name = FileName(text) else { preconditionFailure("digits make a file's name: \(text)") }
    return name
  }
}
