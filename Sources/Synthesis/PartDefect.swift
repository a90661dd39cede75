/// What can be wrong with a drawn part.
public enum PartDefect: String, Sendable, CaseIterable {
  /// A long curved groove across the face.
  case scratch
  /// A round hollow that something hard has left.
  case dent
  /// A dried film of oil or coolant.
  case stain
  /// A piece broken out of the outer edge or a corner.
  case missingEdge = "missing-edge"
  /// One of the four corner holes was not drilled.
  case missingHole = "missing-hole"
  /// A ragged lip of metal that stands into the bore.
  case burr
}
