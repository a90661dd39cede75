private import GANomalyModel
private import Imaging
public import Linux

/// A folder of masks, laid out as the folders of the pictures are: MVTec AD's `ground_truth`.
///
/// The mask of `KIND/NAME.png` is `KIND/NAME_mask.png` or `KIND/NAME.png`. Defective is what is not 0; palettes and
/// depths below 8 bits are expanded, transparent pixels are black.
///
/// Source: Bergmann et al., "The MVTec Anomaly Detection Dataset", IJCV 129 (2021), and the folders of that set.
public struct MaskFolder: Sendable, Equatable {
  /// Whether a picture is known to be normal or anomalous.
  public enum Label: Sendable, Equatable {
    /// It may have a mask, which then must be empty.
    case normal
    /// It must have a mask with at least one defective pixel.
    case anomalous
  }

  /// The folder, as the user gave it.
  public let path: BytePath

  /// A folder of masks; it is not looked at before a mask is read.
  public init(path: BytePath) {
    self.path = path
  }

  /// The names under which a picture's mask is looked for, that of MVTec AD first.
  ///
  /// - Parameters:
  ///   - picture: the picture's path, below the folder; ends in `.png` in any case.
  ///   - folder: the folder of pictures that this folder of masks mirrors.
  public func candidates(for picture: BytePath, below folder: BytePath) -> [BytePath] {
    let separator = UInt8(ascii: "/")
    precondition(picture.bytes.starts(with: folder.bytes), "a picture lies below its folder")
    let rest = picture.bytes.dropFirst(folder.bytes.count)
    precondition(
      rest.first == separator || folder.bytes.isEmpty || folder.bytes.last == separator,
      "a picture lies below its folder"
    )
    let relative = Array(rest.drop { $0 == separator })
    precondition(relative.count > Self.extensionLength, "a picture has a name that ends in .png")
    let stem = Array(relative.dropLast(Self.extensionLength))
    return [Array("_mask.png".utf8), Array(".png".utf8)].map { path.appending(stem + $0) }
  }

  /// Reads a picture's mask.
  ///
  /// - Parameters:
  ///   - picture: the picture's path, below the folder; ends in `.png` in any case.
  ///   - folder: the folder of pictures that this folder of masks mirrors.
  ///   - label: whether the picture is known to be normal or anomalous.
  ///   - width: the picture's columns.
  ///   - height: the picture's rows.
  /// - Returns: the mask; nil for a normal picture without one.
  /// - Throws: `MaskError`; a missing mask is one for an anomalous picture alone.
  public func mask(
    for picture: BytePath, below folder: BytePath, label: Label, width: Int, height: Int
  ) throws(MaskError) -> DefectMask? {
    guard let file = try file(for: picture, below: folder, label: label) else { return nil }
    let mask = try Self.read(file, for: picture, size: MaskError.PixelSize(width: width, height: height))
    switch label {
    case .normal:
      guard mask.defects.isEmpty else {
        throw .defectOfNormal(file: file, picture: picture, pixelCount: mask.defectivePixelCount)
      }
    case .anomalous:
      guard !mask.defects.isEmpty else { throw .noDefect(file: file, picture: picture) }
    }
    return mask
  }

  /// Bytes of `.png`.
  private static let extensionLength = 4

  private func file(for picture: BytePath, below folder: BytePath, label: Label) throws(MaskError) -> BytePath? {
    let candidates = candidates(for: picture, below: folder)
    var found: [BytePath] = []
    do throws(FileError) {
      for candidate in candidates where try DirectoryTree.exists(candidate) { found.append(candidate) }
    } catch {
      throw .file(error)
    }
    guard found.count < 2 else { throw .twice(picture: picture, found: found) }
    guard let file = found.first else {
      if label == .anomalous { throw .missing(picture: picture, expected: candidates) }
      return nil
    }
    return file
  }

  private static func read(
    _ file: BytePath, for picture: BytePath, size: MaskError.PixelSize
  ) throws(MaskError) -> DefectMask {
    let bytes: [UInt8]
    do throws(FileError) {
      // As with pictures that are found in a folder, a link is not followed.
      bytes = try FileContents.read(file, limit: PictureFile.maximumBytes, followsLink: false)
    } catch {
      throw .file(error)
    }
    let decoded: DecodedPNG
    do throws(PNGError) {
      decoded = try PNG.decode(bytes)
    } catch {
      throw .png(file: file, error)
    }
    // Scaled to 8 bits, the values up to 128 would be 0: defects would vanish without a word.
    guard decoded.bitDepth <= 8 else { throw .depth(file: file, found: decoded.bitDepth) }
    let found = MaskError.PixelSize(width: decoded.image.width, height: decoded.image.height)
    guard found == size else { throw .size(file: file, found: found, picture: picture, expected: size) }
    return DefectMask(decoded.image)
  }
}
