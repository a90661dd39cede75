internal import Linux
internal import SystemPackage

/// What happens around the watched folder: in the folder above it, in the model's, and in the state folder.
///
/// An inotify instance of its own: events of the watched folder may stay unread for long, these never do.
struct SideWatch {
  /// What an event means.
  struct News: OptionSet {
    let rawValue: Int
    /// The watched folder may have come, gone, or become another one.
    static let place = News(rawValue: 1)
    /// The model file was renamed to its name, or closed by whoever wrote it.
    static let model = News(rawValue: 2)
    /// A request was left in the state folder.
    static let request = News(rawValue: 4)
    /// Events were lost: anything may have happened.
    static let all: News = [.place, .model, .request]
  }

  /// The file by which a command asks for every file of the watched folder to be looked at anew.
  static let requestName = Reinspection.requestName

  let inotify: Inotify
  private let subjects: [Subject]
  /// What a watch's events are about.
  private var watches: [Int32: [Subject]] = [:]
  /// Folders that are there and cannot be watched, and why: their news come with the readings of the watched folder.
  private(set) var failures: [LinuxError] = []

  /// One name in one folder.
  private struct Subject {
    let folder: FilePath
    let name: FileName
    let kinds: InotifyEvent.Kinds
    let news: News
  }

  /// Watches nothing yet.
  init(incoming: FilePath, model: FilePath, state: FilePath) throws(LinuxError) {
    inotify = try Inotify()
    var subjects: [Subject] = []
    func add(_ path: FilePath, _ kinds: InotifyEvent.Kinds, _ news: News) {
      guard let name = path.lastComponent.flatMap({ FileName($0.string) }) else { return }
      let parent = path.removingLastComponent()
      subjects.append(Subject(folder: parent.isEmpty ? "." : parent, name: name, kinds: kinds, news: news))
    }
    let written: InotifyEvent.Kinds = [.movedIn, .closedAfterWriting]
    add(incoming, [.created, .movedIn, .movedOut, .deleted, .folderDeleted, .folderMoved], .place)
    add(model, written, .model)
    subjects.append(Subject(folder: state, name: Self.requestName, kinds: written, news: .request))
    self.subjects = subjects
    renew()
  }

  /// Watches the folders as they are now; what is not there, or cannot be watched, is left to the readings of the folder.
  mutating func renew() {
    var renewed: [Int32: [Subject]] = [:]
    failures = []
    for subject in subjects {
      do throws(LinuxError) {
        // With the dot a link to a folder counts as the folder.
        let folder = try Directory(path: subject.folder.appending("."))
        renewed[try inotify.watch(folder, for: subject.kinds), default: []].append(subject)
      } catch  where error.code == .noSuchFileOrDirectory {
        // It may come.
      } catch {
        failures.append(error)
      }
    }
    for old in watches.keys where renewed[old] == nil { inotify.remove(watch: old) }
    watches = renewed
  }

  /// Reads what has happened.
  mutating func read() throws(LinuxError) -> News {
    var news: News = []
    while case let events = try inotify.read(), !events.isEmpty {
      for event in events {
        if event.kinds.contains(.overflow) { news.formUnion(.all) }
        for subject in watches[event.watch] ?? [] where event.name == subject.name || event.name == nil {
          if !event.kinds.isDisjoint(with: subject.kinds) { news.formUnion(subject.news) }
        }
      }
    }
    return news
  }
}
