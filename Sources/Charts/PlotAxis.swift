/// One axis of a plot: what it measures, and where values lie along it.
public struct PlotAxis: Sendable {
  /// What it measures, with its unit.
  public var label: String
  /// Where values lie.
  public var scale: PlotScale

  /// An axis from its parts.
  public init(label: String, scale: PlotScale) {
    self.label = label
    self.scale = scale
  }
}

/// A level that is drawn across a plot, with its name.
public struct PlotLevel: Sendable {
  /// Its name: `threshold 0.0148`.
  public var name: String
  /// The value on the axis that it belongs to.
  public var value: Double

  /// A level from its parts.
  public init(name: String, value: Double) {
    self.name = name
    self.value = value
  }
}
