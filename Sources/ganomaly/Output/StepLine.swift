/// The line that shows a training's step on a terminal.
struct StepLine {
  /// Where the training is: `epoch 12/15 step 140/160`.
  var place: String
  /// How much of the training is done, 0 to 1.
  var part: Double
  /// Pictures trained a second.
  var imagesPerSecond: String
  /// What these are: pictures, or windows of them.
  var unit = "images"
  /// What remains, in minutes and seconds.
  var timeLeft: String
  /// Losses by their short names, those that matter most first.
  var losses: [(name: String, value: String)]

  /// The line for a terminal of some columns: what matters most first, and what does not fit whole is left out.
  func text(columns: Int) -> String {
    let parts =
      [
        "\(timeLeft) left", "\(imagesPerSecond) \(unit)/s",
        place, bar,
      ] + losses.map { "\($0.name) \($0.value)" }
    var line = ""
    for part in parts {
      let longer = line.isEmpty ? part : "\(line)  \(part)"
      // The last column stays free: some terminals go to the next line after it.
      guard longer.count < columns else { break }
      line = longer
    }
    return line
  }

  private var bar: String {
    let width = 10
    let filled = min(width, Int(part * Double(width)))
    return "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled) + "]"
  }
}
