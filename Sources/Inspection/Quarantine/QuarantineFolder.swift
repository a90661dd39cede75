public import Linux
public import SystemPackage

/// A quarantine as it lies on the disk, readable without the daemon.
public struct QuarantineFolder: Sendable {
  /// The folder.
  public let directory: Directory
  /// Most bytes of a sidecar that are read.
  static let maximumSidecarBytes = 1 << 20

  /// Opens `quarantine` below a spool.
  ///
  /// - Throws: `InspectionError.system` when it is missing or not permitted.
  public init(spool: FilePath) throws(InspectionError) {
    directory = try onSystem { () throws(LinuxError) in try Directory(path: spool.appending("quarantine")) }
  }

  /// An open folder.
  init(directory: Directory) { self.directory = directory }

  /// What is in quarantine, newest first: pictures that have a readable sidecar.
  public func entries() throws(InspectionError) -> [Sidecar] {
    let names = try onSystem { () throws(LinuxError) in try directory.names() }
    let present = Set(names)
    var entries: [Sidecar] = []
    for name in names where name.bytes.suffix(5).elementsEqual(".json".utf8) {
      guard let picture = FileName(bytes: Array(name.bytes.dropLast(5))), present.contains(picture),
        let bytes = read(name), let sidecar = Sidecar(name: picture, bytes: bytes)
      else { continue }
      entries.append(sidecar)
    }
    return entries.sorted { ($0.recorded, $0.name) > ($1.recorded, $1.name) }
  }

  /// A sidecar's bytes; nil where it cannot be read, which must not hide the others.
  private func read(_ name: FileName) -> [UInt8]? {
    do throws(LinuxError) {
      guard case .file(let file) = try PlainFile.open(name, in: directory) else { return nil }
      return try file.read(maximumCount: Self.maximumSidecarBytes)
    } catch {
      return nil
    }
  }
}
