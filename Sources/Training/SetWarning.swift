internal import GANomalyModel
public import Imaging
internal import Linux

/// Something about a set of pictures that a person should know before it trains.
public enum SetWarning: Sendable, Equatable {
  /// So few that a network hardly sees how good parts vary.
  case few(count: Int)
  /// Pictures of one level all over.
  case constant(count: Int, of: Int, example: String)
  /// Pictures that equal an earlier one after preparation.
  case copies(count: Int, of: Int, example: String, original: String)
  /// Pictures that are nearly the same as another.
  case nearCopies(count: Int, of: Int, example: String, twin: String)
  /// Colour pictures for a grey network.
  case colourLost(count: Int, of: Int)
  /// Grey pictures for a colour network.
  case greyRepeated(count: Int, of: Int)
  /// Pictures smaller than the network's input.
  case enlarged(count: Int, of: Int)
  /// Pictures so much larger than the network's input that what is small in them is gone.
  case detailsLost(count: Int, of: Int, width: Int, height: Int, size: Int)

  /// Fewer pictures are few.
  public static let fewCount = 100
  /// A constant picture's samples differ by less.
  public static let leastRange = 3
  /// A side of so many times the network's is much larger.
  public static let lossyFactor = 4
  /// What a set's notes become that a warning says better.
  public static let notesAsWarnings: PreparationNotes = [.colorConverted, .greyRepeated, .enlarged]

  /// The warnings that a set deserves, in a fixed order.
  public static func all(_ set: PictureSet) -> [SetWarning] {
    let entries = set.entries
    var warnings: [SetWarning] = []
    if entries.count < fewCount { warnings.append(.few(count: entries.count)) }
    for (note, count) in set.notes {
      switch note {
      case .colorConverted: warnings.append(.colourLost(count: count, of: entries.count))
      case .greyRepeated: warnings.append(.greyRepeated(count: count, of: entries.count))
      case .enlarged: warnings.append(.enlarged(count: count, of: entries.count))
      default: break
      }
    }
    if let lost = lostDetails(set) { warnings.append(lost) }
    func name(_ index: Int) -> String { escaped(entries[index].path.bytes) }
    let constant = entries.indices.filter { entries[$0].traits.map { $0.range < leastRange } ?? false }
    if let first = constant.first {
      warnings.append(.constant(count: constant.count, of: entries.count, example: name(first)))
    }
    var firsts: [PictureDigest: Int] = [:]
    var copies: [(copy: Int, original: Int)] = []
    for index in entries.indices {
      if let original = firsts[entries[index].digest] {
        copies.append((index, original))
      } else {
        firsts[entries[index].digest] = index
      }
    }
    if let first = copies.first {
      warnings.append(
        .copies(
          count: copies.count, of: entries.count, example: name(first.copy), original: name(first.original)))
    }
    // Constant pictures and copies have been named; what is left differs.
    let rest = firsts.values.sorted().filter {
      entries[$0].traits.map { $0.range >= leastRange && !$0.thumbnail.isEmpty } ?? false
    }
    let twins = NearCopies.twins(rest.compactMap { entries[$0].traits?.thumbnail })
    if let first = twins.firstIndex(where: { $0 != nil }), let twin = twins[first] {
      warnings.append(
        .nearCopies(
          count: twins.count { $0 != nil }, of: entries.count, example: name(rest[first]), twin: name(rest[twin])))
    }
    return warnings
  }

  /// What is lost where pictures are shrunk to the network's input, told of the commonest size among those that lose much.
  private static func lostDetails(_ set: PictureSet) -> SetWarning? {
    let size = set.preparation.size
    guard set.preparation.windows == nil else { return nil }
    var counts: [[Int]: Int] = [:]
    for geometry in set.entries.map(\.geometry)
    where max(geometry.pictureWidth, geometry.pictureHeight) >= lossyFactor * size {
      counts[[geometry.pictureWidth, geometry.pictureHeight], default: 0] += 1
    }
    // Of equally common ones the largest, and then the widest: not what the dictionary has first.
    func rank(_ entry: (key: [Int], value: Int)) -> [Int] { [entry.value, entry.key[0] * entry.key[1], entry.key[0]] }
    guard let common = counts.max(by: { rank($0).lexicographicallyPrecedes(rank($1)) }) else { return nil }
    return .detailsLost(
      count: common.value, of: set.entries.count, width: common.key[0], height: common.key[1], size: size)
  }

  /// One sentence with what to do.
  public var description: String {
    switch self {
    case .few(let count):
      "there \(count == 1 ? "is only 1 picture" : "are only \(count) pictures"): a network hardly sees from "
        + "\(count == 1 ? "it" : "them") how good parts vary; hundreds are better"
    case .constant(let count, let total, let example):
      "pictures of one level all over (\(count) of \(total)), such as '\(example)': they teach nothing; remove them"
    case .copies(let count, let total, let example, let original):
      "pictures that equal another after preparation (\(count) of \(total)), such as '\(example)' and '\(original)': each "
        + "counts as often as it is there; remove copies"
    case .nearCopies(let count, let total, let example, let twin):
      "pictures that are nearly the same as another (at least \(count) of \(total)), such as '\(example)' and '\(twin)': "
        + "what they show is known from each other, so that validation and calibration promise too much; keep one of each"
    case .colourLost(let count, let total):
      "colour pictures are converted to grey (\(count) of \(total)); --channels 3 keeps their colours"
    case .greyRepeated(let count, let total):
      "grey pictures are repeated in three channels (\(count) of \(total)); --channels 1 is faster where all are grey"
    case .enlarged(let count, let total):
      "pictures smaller than the network's input are enlarged (\(count) of \(total)); a smaller --size is faster"
    case .detailsLost(let count, let total, let width, let height, let size):
      "pictures are \(width)x\(height)\(count == total ? "" : " (\(count) of \(total))"), the network sees "
        + "\(size)x\(size): details under \((max(width, height) + size - 1) / size) pixels vanish; see --window"
    }
  }
}
