import Testing
import Training

struct CollapseWatchTests {
  private let sound = CollapseWatch.Look(
    pictureVariance: 0.1, reconstructionVariance: 0.05, logitSpread: 1, discriminatorLoss: 0.3)

  @Test func `weights drawn anew again and again are said once in a while`() {
    var watch = CollapseWatch()
    var warnings: [TrainingWarning] = []
    for step in 1...2500 {
      if let warning = watch.step(step, wasRedrawn: step % 40 == 0) { warnings.append(warning) }
    }
    #expect(
      warnings == [
        .discriminatorRedrawn(step: 120, count: 3, within: 100),
        .discriminatorRedrawn(step: 2120, count: 3, within: 100),
      ])
    var calm = CollapseWatch()
    #expect((1...2500).allSatisfy { calm.step($0, wasRedrawn: $0 % 60 == 0) == nil })
  }

  @Test func `a sound training is not warned of`() {
    var watch = CollapseWatch()
    #expect((1...30).allSatisfy { watch.look(sound, at: $0 * 100).isEmpty })
  }

  @Test func `a collapse is said when two looks in a row show it, and not at the very beginning`() {
    let cases: [(CollapseWatch.Look, TrainingWarning)] = [
      (
        .init(pictureVariance: 0.5, reconstructionVariance: 0.002, logitSpread: 1, discriminatorLoss: 0.3),
        .generatorCollapsed(step: 400, spread: 0.004)
      ),
      (
        .init(pictureVariance: 0.1, reconstructionVariance: 0.05, logitSpread: 1e-4, discriminatorLoss: 0.69),
        .discriminatorConstant(step: 400, spread: 1e-4)
      ),
      (
        .init(pictureVariance: 0.1, reconstructionVariance: 0.05, logitSpread: 9, discriminatorLoss: 1e-5),
        .discriminatorVanished(step: 400, loss: 1e-5)
      ),
      (
        .init(pictureVariance: 0.1, reconstructionVariance: 0.05, logitSpread: 9, discriminatorLoss: 50),
        .discriminatorOverwhelmed(step: 400, loss: 50)
      ),
    ]
    for (look, warning) in cases {
      var watch = CollapseWatch()
      #expect(watch.look(look, at: 100).isEmpty && watch.look(look, at: 200).isEmpty)
      #expect(watch.look(look, at: 300).isEmpty)
      #expect(watch.look(look, at: 400) == [warning])
      #expect(watch.look(look, at: 500).isEmpty)
      #expect(watch.look(look, at: 2400).count == 1)
      var passing = CollapseWatch()
      #expect(passing.look(look, at: 300).isEmpty)
      #expect(passing.look(sound, at: 400).isEmpty)
      #expect(passing.look(look, at: 500).isEmpty)
    }
  }

  @Test func `equal pictures are no collapse of the generator`() {
    var watch = CollapseWatch()
    let look = CollapseWatch.Look(
      pictureVariance: 0, reconstructionVariance: 0, logitSpread: 1, discriminatorLoss: 0.3)
    #expect((3...9).allSatisfy { watch.look(look, at: $0 * 100).isEmpty })
  }
}
