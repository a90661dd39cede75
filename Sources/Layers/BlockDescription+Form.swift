internal import Tensors

extension BlockDescription {
  /// How the block's products are formed in scoring, in words: fixed by its shape.
  public var formText: String {
    if direction == .averaging { return "mean over pixels" }
    if let size = geometry.tileSize {
      let products = size.planes * (direction == .expanding ? 4 : 1)
      return "Winograd, tiles of \(size.outputs)x\(size.outputs), \(products) products"
    }
    if direction == .reducing { return "windows in place, 1 product" }
    switch geometry.expandingForm {
    case .wholeMap: return "whole map, \(geometry.kernel) products"
    case .columns: return "patches added up, 1 product"
    case .phases: return "phases in place, \(geometry.stride * geometry.stride) products"
    }
  }
}
