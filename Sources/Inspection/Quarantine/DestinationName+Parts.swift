private import Foundation
internal import Linux

extension DestinationName {
  /// What the name of a moved file tells without its record.
  struct Parts: Equatable {
    /// When it was recorded, to the second.
    let time: WallTime
    /// The first twelve digits of the event's id.
    let identifier: String
    /// The name it came with, or what was left of a long one.
    let original: FileName

    /// The parts of a name that `make` made; nil for any other, and for what lies, or lay, beside a picture.
    ///
    /// - Parameter names: all names in the folder: a picture's own name may end as a side picture's does.
    init?(_ name: FileName, among names: Set<FileName>) {
      let bytes = name.bytes
      let dash = UInt8(ascii: "-")
      guard bytes.count > 30, bytes[16] == dash, bytes[29] == dash,
        let time = Self.time(bytes[..<16]), let original = FileName(bytes: Array(bytes[30...]))
      else { return nil }
      let digits = bytes[17..<29]
      guard digits.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else { return nil }
      for ending in DestinationName.companionEndings where bytes.suffix(ending.utf8.count).elementsEqual(ending.utf8) {
        // A sidecar that is left alone is no picture either.
        if ending == ".json" { return nil }
        if Self.isCompanion(name, of: bytes.dropLast(ending.utf8.count), among: names) { return nil }
      }
      self.time = time
      identifier = String(decoding: digits, as: UTF8.self)
      self.original = original
    }

    /// Whether a name that ends as a side picture's does is one: its picture may be gone, taken out by hand or by a purge
    /// that was interrupted.
    ///
    /// - Parameter picture: the name without the ending.
    private static func isCompanion(_ name: FileName, of picture: some Sequence<UInt8>, among names: Set<FileName>)
      -> Bool
    {
      let picture = Array(picture)
      let sidecar = Array(".json".utf8)
      // Only a picture has a sidecar.
      if FileName(bytes: name.bytes + sidecar).map(names.contains) ?? false { return false }
      let others = [picture, picture + sidecar].compactMap { FileName(bytes: $0) }
      if others.contains(where: names.contains) { return true }
      // With nothing beside it: `a.png.view.png` shows `a.png`, and `part.view.png` is a picture's own name.
      return String(decoding: picture.suffix(4), as: UTF8.self).lowercased() == ".png"
    }

    /// The time of `20261122T042459Z`.
    private static func time(_ bytes: ArraySlice<UInt8>) -> WallTime? {
      let text = Array(bytes)
      guard text[8] == UInt8(ascii: "T"), text[15] == UInt8(ascii: "Z") else { return nil }
      func number(_ range: Range<Int>) -> Int? {
        text[range].allSatisfy { (48...57).contains($0) } ? Int(String(decoding: text[range], as: UTF8.self)) : nil
      }
      guard let year = number(0..<4), let month = number(4..<6), let day = number(6..<8), let hour = number(9..<11),
        let minute = number(11..<13), let second = number(13..<15), 1970...2200 ~= year
      else { return nil }
      var calendar = Calendar(identifier: .gregorian)
      calendar.timeZone = .gmt
      let parts = DateComponents(
        year: year, month: month, day: day, hour: hour, minute: minute, second: second)
      guard parts.isValidDate(in: calendar), let date = calendar.date(from: parts) else { return nil }
      let time = WallTime(nanoseconds: Int64(date.timeIntervalSince1970) * 1_000_000_000)
      // Written again it must be the same text: nothing is made of days that do not exist.
      return time.compact.utf8.elementsEqual(text) ? time : nil
    }
  }
}
