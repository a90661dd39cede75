import GANomalyModel
import Imaging
import Testing

struct PictureDigestTests {
  private let samples = (0..<16 as Range<UInt8>).map(\.self)
  private let whole = Preparation(size: 16, channelCount: 1)
  private var windowed: Preparation {
    var preparation = whole
    preparation.windows = WindowPlan(stride: 8)
    return preparation
  }

  private func text(_ width: Int, _ height: Int, _ preparation: Preparation) -> String {
    let picture = Image(width: width, height: height, channelCount: 1, samples: samples)
    return Hexadecimal.text(PictureDigest(of: picture, preparation: preparation).bytes)
  }

  // Python: hashlib.sha256(bytes(range(16))), of windows after bytes([2, 0, 0, 0, 8, 0, 0, 0]).
  @Test func `the digest of a whole picture is of its samples, that of a plane of its sides, too`() {
    #expect(text(4, 4, whole) == "be45cb2605bf36bebde684841a28f0fd")
    #expect(text(2, 8, windowed) == "027ab04105bdcc34fccddb8b3a1c7dc8")
    #expect(Set([text(2, 8, windowed), text(8, 2, windowed), text(4, 4, windowed), text(4, 4, whole)]).count == 4)
  }
}
