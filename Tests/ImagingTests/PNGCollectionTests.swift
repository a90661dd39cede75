import Foundation
import Imaging
import Testing

/// A collection of PNG files such as PngSuite, or contrib/ of libpng's source, outside of the repository.
struct PNGCollectionTests {
  private static let folder = ProcessInfo.processInfo.environment["GANOMALY_PNGSUITE"]

  @Test(.enabled(if: folder != nil, "NOT TESTED: set GANOMALY_PNGSUITE to a folder with PngSuite's files"))
  func `sound files decode, interlaced twins alike, and corrupt ones are refused`() throws {
    let folder = try #require(Self.folder)
    var sound: [String: Image] = [:]
    var refused = 0
    for file in FileManager.default.enumerator(atPath: folder)!.compactMap({ $0 as? String }).sorted()
    where file.hasSuffix(".png") {
      let name = file.split(separator: "/").last!
      let bytes = [UInt8](try Data(contentsOf: URL(filePath: folder + "/" + file)))
      // PngSuite names its corrupt files x…. Those that once crashed some decoder may be sound or not.
      if file.contains("crashers/") {
        _ = try? PNG.decode(bytes)
      } else if name.hasPrefix("x") {
        #expect(throws: PNGError.self, "\(file)") { try PNG.decode(bytes) }
        refused += 1
      } else {
        do {
          sound[file] = try PNG.decode(bytes).image
        } catch {
          Issue.record("\(file): \(error.description)")
        }
      }
    }
    #expect(!sound.isEmpty)
    var twins = 0
    for (file, image) in sound {
      // basi… is basn… interlaced; libpng's own copies are named ibas….
      let twin = file.contains("basi") ? file.replacing("basi", with: "basn") : file.replacing("ibasn", with: "basn")
      if twin != file, let plain = sound.first(where: { $0.key.hasSuffix(twin.split(separator: "/").last!) })?.value {
        #expect(image == plain, "\(file)")
        twins += 1
      }
    }
    print("PNG collection: \(sound.count) sound files decoded, \(twins) interlaced twins alike, \(refused) refused")
  }
}
