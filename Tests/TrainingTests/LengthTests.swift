import GANomalyModel
import Testing
import Training

struct LengthTests {
  private func rounds(_ validations: [Float?], every steps: Int = 100) -> [TrainingRecord.Round] {
    validations.enumerated().map { index, validation in
      TrainingRecord.Round(
        adversarial: 1, contextual: 1, encoder: 1, discriminator: 1, validation: validation,
        stepCount: (index + 1) * steps)
    }
  }

  private func ending(
    _ rule: LengthRule, step: Int, validations: [Float?] = [], minutes: Double? = nil
  ) -> TrainingRecord.Ending? {
    rule.ending(stepCount: step, stepsPerEpoch: 7, rounds: rounds(validations), elapsedMinutes: minutes)
  }

  @Test func `without an end, patience ends a training, and a limit of steps`() {
    let rule = LengthRule()
    #expect(rule.patience == 1000 && rule.stepCount == 20_000 && rule.smallestGain == 0.01)
    #expect(LengthRule(patience: 300).stepCount == 20_000)
    #expect(LengthRule(minutes: 5, patience: 300).stepCount == nil)
    for rule in [LengthRule(epochCount: 3), LengthRule(stepCount: 3), LengthRule(minutes: 3)] {
      #expect(rule.patience == nil)
    }
  }

  @Test func `epochs and steps end exactly, whichever comes first`() {
    #expect(ending(LengthRule(epochCount: 3), step: 20) == nil)
    #expect(ending(LengthRule(epochCount: 3), step: 21) == .epochs)
    #expect(ending(LengthRule(epochCount: 3, stepCount: 15), step: 15) == .steps)
    #expect(ending(LengthRule(epochCount: 2, stepCount: 15), step: 14) == .epochs)
    #expect(LengthRule(epochCount: 2, stepCount: 15).mostSteps(stepsPerEpoch: 7) == 14)
  }

  @Test func `time ends a run after its first step at the earliest`() {
    #expect(ending(LengthRule(minutes: 0.5), step: 0, minutes: nil) == nil)
    #expect(ending(LengthRule(minutes: 0.5), step: 1, minutes: 0.4) == nil)
    #expect(ending(LengthRule(minutes: 0.5), step: 1, minutes: 0.5) == .minutes)
  }

  @Test(
    arguments: [
      // A gain in every round: nothing is lost.
      ([1, 0.9, 0.8, 0.7], 0), ([1, 0.9, 0.9, 0.9], 200),
      // Half a percent a round is no gain at first, and one when it has come together.
      ([1, 0.995, 0.9899, 0.985], 100),
      // Worse rounds and noise do not matter.
      ([1, 0.5, 3, 0.4996, 0.497], 300), ([1], 0), ([], 0), ([nil, nil, nil], 0), ([0, 0, 0], 200),
    ] as [([Float?], Int)])
  func `steps without gain are counted from the last fall by the smallest gain`(validations: [Float?], steps: Int) {
    #expect(LengthRule().stepsWithoutGain(rounds(validations)) == steps)
    let rule = LengthRule(patience: 200)
    #expect((ending(rule, step: validations.count * 100, validations: validations) == .patience) == (steps >= 200))
  }

  @Test func `the rule is told in words`() {
    for (rule, words) in [
      (LengthRule(epochCount: 1), "after 1 epoch"), (LengthRule(stepCount: 1), "after 1 step"),
      (LengthRule(epochCount: 2, stepCount: 5), "after 2 epochs or 5 steps, whichever comes first"),
      (
        LengthRule(epochCount: 2, stepCount: 1, minutes: 1),
        "after 2 epochs or 1 step or 1 minute, whichever comes first (the result depends on the machine then)"
      ),
      (
        LengthRule(),
        "when the validation loss has not fallen by 1 % within 1000 steps, at the latest after 20000 steps"
      ),
      (
        LengthRule(minutes: 2.5, patience: 1, smallestGain: 0.005),
        "when the validation loss has not fallen by 0.5 % within 1 step, at the latest after 2.5 minutes (the result "
          + "depends on the machine then)"
      ),
    ] { #expect(rule.description == words) }
  }

  @Test(arguments: [
    (1, 100, 100), (7, 100, 105), (99, 100, 198), (100, 100, 100), (640, 100, 640), (1000, 100, 1000),
    (1001, 100, 501), (2500, 100, 834), (7, 1, 7), (5000, 1, 1000),
  ])
  func `rounds are whole epochs, or parts of long ones`(stepsPerEpoch: Int, least: Int, steps: Int) {
    let plan = RoundPlan(stepsPerEpoch: stepsPerEpoch, leastSteps: least)
    #expect(plan.stepsPerRound == steps)
    var last = 0
    for step in 1...3 * max(stepsPerEpoch, steps) where plan.endsRound(step) {
      #expect(step - last <= max(RoundPlan.mostSteps, steps))
      #expect(stepsPerEpoch > RoundPlan.mostSteps || (step - last) % stepsPerEpoch == 0)
      last = step
    }
    #expect(plan.endsRound(3 * max(stepsPerEpoch, steps)))
    #expect(plan.roundsAreEpochs == (steps == stepsPerEpoch))
  }

  @Test func `a checkpoint is due at a round's end where it costs little, and after the interval in any case`() {
    var schedule = CheckpointSchedule(interval: .seconds(600), now: .zero)
    #expect(schedule.isDue(now: .seconds(1), endsRound: true))
    #expect(!schedule.isDue(now: .seconds(599), endsRound: false))
    #expect(schedule.isDue(now: .seconds(600), endsRound: false))
    schedule.note(begin: .seconds(10), end: .seconds(12))
    #expect(!schedule.isDue(now: .seconds(51), endsRound: true))
    #expect(schedule.isDue(now: .seconds(52), endsRound: true))
    #expect(!schedule.isDue(now: .seconds(611), endsRound: false))
    #expect(schedule.isDue(now: .seconds(612), endsRound: false))
  }
}
