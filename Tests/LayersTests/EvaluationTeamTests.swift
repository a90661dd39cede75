import Layers
import Testing

@Suite struct EvaluationTeamTests {
  /// What a helping thread works with.
  private final class Tool {}

  @Test func `what helping threads work with is made once, whoever borrows them, and given back`() {
    let team = EvaluationTeam(threadCount: 3)
    let (owner, other) = (Tool(), Tool())
    func tools(for owner: Tool) -> [ObjectIdentifier] {
      var found: [ObjectIdentifier] = []
      // Kept alive, so that no two have one place in memory.
      #expect(
        team.lend { members in
          let tools = members.kept(for: owner) { Tool() }
          made += tools
          found = tools.map(ObjectIdentifier.init)
        })
      return found
    }
    var made: [Tool] = []
    let first = tools(for: owner)
    #expect(first.count == 2 && Set(first).count == 2)
    #expect(tools(for: owner) == first)
    let second = tools(for: other)
    #expect(Set(second).isDisjoint(with: first))
    team.returnMemory()
    #expect(Set(tools(for: other)).isDisjoint(with: second))
    #expect(made.count == 8)
  }
}
