import Explanation
import Imaging
import Testing

@Suite struct ReconstructionSheetTests {
  private func column(_ original: UInt8, _ reconstruction: UInt8, channels: Int = 1) -> ReconstructionSheet.Column {
    .init(
      original: Image(width: 4, height: 4, channelCount: channels, level: original),
      reconstruction: Image(width: 4, height: 4, channelCount: channels, level: reconstruction))
  }

  @Test func `a difference is the absolute one, in either direction`() {
    #expect(column(10, 250).difference == Image(width: 4, height: 4, channelCount: 1, level: 240))
    #expect(column(250, 10).difference == Image(width: 4, height: 4, channelCount: 1, level: 240))
  }

  @Test(arguments: [1, 3]) func `every picture stands in its column, scaled, original on top`(channels: Int) {
    let columns = [
      column(10, 20, channels: channels), column(100, 60, channels: channels), column(7, 9, channels: channels),
    ]
    let sheet = ReconstructionSheet.image(columns, columnCount: 2, scale: 3)
    let cell = 4 * 3 + 2
    #expect(sheet.width == 2 * cell + 2 && sheet.channelCount == channels)
    let rows = [10, 20, 10, 100, 60, 40].map { UInt8($0) }
    for (index, level) in rows.enumerated() {
      let (left, top) = (2 + index / 3 * cell, 2 + index % 3 * cell)
      for (x, y) in [(0, 0), (11, 11)] { #expect(sheet[left + x, top + y, channels - 1] == level) }
      #expect(sheet[left + 12, top, 0] == 255, "white between the columns")
    }
    #expect(sheet[2, 2 + 3 * cell + 4, 0] == 7, "the third picture begins a second group")
    #expect(sheet[2 + cell, 2 + 3 * cell + 4, 0] == 255, "nothing beside it")
  }
}
