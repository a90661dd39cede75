internal import GRDB
private import Linux

/// The connections to a ledger's file, for any thread, until one closes them.
///
/// GRDB's pool may not be closed while another thread begins to read: closing takes the readers away without a lock. The
/// thread sanitizer found that where the daemon ended beside its upkeep.
///
/// Source: GRDB 7.10, DatabasePool.swift, `close` and `currentReader`.
final class LedgerConnections: Sendable {
  private let pool: DatabasePool
  private let use = SharedUse()

  /// Takes a pool over.
  init(_ pool: DatabasePool) {
    self.pool = pool
  }

  /// Looks something up.
  func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try use.shared { try pool.read(body) }
  }

  /// Looks things up without the transaction around them, which takes as long as ten of them; a body may have one of its
  /// own.
  func readLoosely<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try use.shared { try pool.unsafeRead(body) }
  }

  /// Changes something in one durable commit.
  func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try use.shared { try pool.write(body) }
  }

  /// Works on the connection that writes, without a transaction.
  func writeWithoutTransaction<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try use.shared { try pool.writeWithoutTransaction(body) }
  }

  /// Closes all of them, after what is in hand; whoever comes later gets an error.
  func close() throws { try use.alone { try pool.close() } }
}
