internal import Linux

/// Which of the oldest rows say nothing any more: decided by what lies in the folders and which folders these are.
///
/// A folder that is in place may stand in for one that is away, whose files and pictures come back with it. Their rows
/// stay, of each kind as many as the bound; where there are more, the oldest go.
struct PruningRule {
  /// What becomes of a row.
  enum End: Equatable {
    /// It still says something.
    case stays
    /// It goes with all that hangs on it.
    case goes
    /// It goes, and what a person said of it stays: its picture may come back.
    case goesWithoutReview
  }

  /// Number of the watched folder that is there now.
  let folder: UInt64
  /// The names in it: one reading instead of a question for every row.
  let names: Set<FileName>
  /// Number of the quarantine that is there now; nil where it is not in its place.
  let quarantine: UInt64?
  /// The names in it.
  let pictures: Set<FileName>
  /// How many more rows there are of files that stayed in other folders than may be kept.
  var outsideSurplus: Int
  /// How many more rows there are of pictures in other quarantines than may be kept.
  var pictureSurplus: Int

  /// Decides on a row; they are asked for oldest first.
  ///
  /// - Parameter status: the file of a name in the watched folder, asked for only where the name was seen.
  /// - Throws: what `status` throws.
  mutating func end<Failure>(
    of entry: LedgerEntry, _ status: (FileName) throws(Failure) -> FileStatus?
  ) throws(Failure) -> End {
    let record = entry.record
    let isOutside = record.stayedOutside(folder)
    var isFileThere = isOutside && outsideSurplus == 0
    if !isOutside, names.contains(record.arrival.name), let found = try status(record.arrival.name) {
      isFileThere = record.arrival.isSameFile(found)
    }
    let isSeen = record.action == .quarantined && record.destination.map(pictures.contains) ?? false
    let isPictureOutside = !isSeen && entry.isPicture(outside: quarantine)
    let isPictureThere = isSeen || isPictureOutside && pictureSurplus == 0
    guard entry.departure?.state != .intended,
      record.isPrunable(isFileThere: isFileThere, isPictureThere: isPictureThere)
    else { return .stays }
    if isOutside { outsideSurplus -= 1 }
    if isPictureOutside { pictureSurplus -= 1 }
    return isPictureOutside ? .goesWithoutReview : .goes
  }
}
