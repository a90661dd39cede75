/// What a thread that only reads found out about a ledger: the recorder repairs it.
struct LedgerDamage: Sendable {
  /// The ledger as it was open then: another one by the time of the repair has been repaired already.
  let ledger: Ledger
  /// What is wrong with it.
  let reason: String
}
