/// The values of some terms for one picture.
public struct TermValues: Sendable, Equatable {
  /// The terms.
  public let measures: [TermMeasure]
  /// Their values in the same order; NaN where the arithmetic gave it.
  public let values: [Float]

  /// Values of terms.
  public init(measures: [TermMeasure], values: [Float]) {
    precondition(measures.count == values.count, "a value for each term")
    self.measures = measures
    self.values = values
  }

  /// The value of a term; nil where it was not measured.
  public subscript(measure: TermMeasure) -> Float? { measures.firstIndex(of: measure).map { values[$0] } }
}
