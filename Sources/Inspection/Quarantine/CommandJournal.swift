public import Linux

/// The journal as commands write to it: one that hangs does not hang the command.
public enum CommandJournal {
  /// What a command did, for the journal.
  ///
  /// - Parameters:
  ///   - priority: where it differs from the message's own.
  ///   - record: the picture's; nil for what is about many.
  ///   - place: where the picture is now.
  ///   - user: who did it.
  public static func entry(
    _ message: MessageID, priority: Int? = nil, _ text: String, _ record: InspectionRecord?, place: BytePath? = nil,
    user: User? = CurrentProcess.user
  ) -> RecordEntry {
    var fields: [JournalField] = []
    func add(_ name: String, _ value: String?) { if let value { fields.append(JournalField(name, value)) } }
    if let record {
      fields.append(
        JournalField("GANOMALY_FILE", record.folder + [UInt8(ascii: "/")] + record.arrival.name.bytes))
      add("GANOMALY_SHA256", record.digestText)
      add("GANOMALY_SCORE", record.score.map(RecordEntry.nineDigits))
      add("GANOMALY_THRESHOLD", record.threshold.map(RecordEntry.nineDigits))
      add("GANOMALY_MODEL_SHA256", record.modelDigest)
    }
    if let place { fields.append(JournalField("GANOMALY_DESTINATION", place.bytes)) }
    let by = user.map { " by user \($0.name ?? "\($0.number)")" } ?? ""
    return RecordEntry(message, priority: priority, text + by, id: record?.id ?? Daemon.makeID(), fields: fields)
  }

  /// Writes entries to the journal where there is one.
  ///
  /// - Returns: whether it took all of them in time; true where there is no journal.
  public static func post(_ entries: [RecordEntry], waitingAtMost wait: Duration = .seconds(5)) -> Bool {
    guard SystemJournal.isPresent, !entries.isEmpty else { return true }
    let isSent = Shared(false)
    let writer = ThreadGroup(name: "journal", count: 1) { _ in
      do throws(LinuxError) {
        for entry in entries { try SystemJournal.send(entry.fields) }
        isSent.change { $0 = true }
      } catch {
        // Told by what is returned.
      }
    }
    writer.wait(atMost: wait)
    return isSent.value
  }
}
