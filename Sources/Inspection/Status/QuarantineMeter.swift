internal import Linux

/// Keeps the count of pictures in quarantine right, although commands take some out: the folder is read at the start,
/// every hour, and, when it has changed, after a while that is long beside the time a reading takes.
struct QuarantineMeter {
  private let current: @Sendable () -> Directory
  /// The folder that was read last.
  private var folder: Directory?
  /// Why the folder could not be read the last time; nil where it could.
  private(set) var failure: LinuxError?
  private var last: (time: ContinuousClock.Instant, took: Duration, modified: Int64)?

  /// A meter that has read nothing yet.
  ///
  /// - Parameter current: the folder as it was opened last; where another has its path by now, that one is read.
  init(_ current: @escaping @Sendable () -> Directory) { self.current = current }

  /// Reads the folder where that is due.
  ///
  /// - Returns: what was found; nil where nothing was read, or nothing could be.
  mutating func readIfDue(now: ContinuousClock.Instant = .now) -> MetricsValues.Content? {
    let modified: Int64
    let folder: Directory
    do throws(LinuxError) {
      folder = try present()
      modified = try folder.status().modified
    } catch {
      failure = error
      return nil
    }
    if let last {
      let rest = modified == last.modified ? Duration.seconds(3600) : max(.seconds(60), last.took * 100)
      guard now - last.time >= rest else { return nil }
    }
    defer { last = (now, ContinuousClock.now - now, modified) }
    do throws(LinuxError) {
      let content = try Self.content(of: folder)
      failure = nil
      return content
    } catch {
      failure = error
      return nil
    }
  }

  /// The folder that has the path now.
  private mutating func present() throws(LinuxError) -> Directory {
    let opened = current()
    if let folder, folder === opened || folder.path == opened.path, folder.isInPlace { return folder }
    let present = opened.isInPlace ? opened : try Directory(path: opened.path)
    // What was read of another says nothing of this one.
    last = nil
    folder = present
    return present
  }

  /// The pictures of a quarantine that have a sidecar: other files are not pictures, or not whole yet.
  static func content(of folder: Directory) throws(LinuxError) -> MetricsValues.Content {
    let names = Set(try folder.names())
    var content = MetricsValues.Content()
    for name in names {
      guard let sidecar = Sidecar.name(for: name), names.contains(sidecar) else { continue }
      guard let bytes = try DestinationName.bytes(of: name, in: folder) else { continue }
      content.fileCount += 1
      content.byteCount += bytes
    }
    return content
  }
}
