internal import CMatrixKernel

/// How the columns of a product are cut into pieces that threads compute apart.
public enum ColumnPieces {
  /// Every piece begins at a multiple of it: what the kernel can compute alone.
  public static let grain = Int(CMK_COLUMN_GRAIN)

  /// Number of pieces of about the same size: `wanted`, or fewer where there are not so many columns.
  public static func count(columns: Int, wanted: Int) -> Int {
    max(1, min(wanted, (columns + grain - 1) / grain))
  }

  /// One of `count` pieces of all columns.
  public static func piece(_ index: Int, of count: Int, columns: Int) -> Range<Int> {
    let grains = (columns + grain - 1) / grain
    return grains * index / count * grain..<min(columns, grains * (index + 1) / count * grain)
  }

  static func isPiece(_ piece: Range<Int>, of columns: Int) -> Bool {
    piece.lowerBound >= 0 && piece.upperBound <= columns && piece.lowerBound.isMultiple(of: grain)
      && (piece.upperBound.isMultiple(of: grain) || piece.upperBound == columns)
  }
}
