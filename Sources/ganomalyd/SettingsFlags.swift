import ArgumentParser

/// One flag a key of the configuration.
struct SettingsFlags: ParsableArguments {
  @Option(help: "Folder with incoming, quarantine, passed and rejected; created where missing.")
  var spool: String?
  @Option(help: "Model file (default: model.safetensors in the state folder).")
  var model: String?
  @Option(help: "Folder of the ledger (default: the service's, else 'state' in the spool).")
  var state: String?
  @Option(
    help: "File of metrics in Prometheus' text format, or off (default: metrics.prom in the service's run-time folder)."
  )
  var metrics: String?
  @Option(help: "Largest file that is read, such as '256 MiB'.")
  var maximumFileBytes: String?
  @Option(help: "Longest side of a picture in pixels.")
  var maximumSide: String?
  @Option(help: "Most pixels of a picture, such as '100 million'.")
  var maximumPixels: String?
  @Option(help: "How long a file must not change before it counts as written, such as '200 ms'.")
  var settle: String?
  @Option(help: "How long a file that cannot be decoded may still be completed, such as '10 s'.")
  var grace: String?
  @Option(help: "How long such a file stays where no writer was seen to finish it, such as '1 h'.")
  var abandon: String?
  @Option(help: "How often the folder is read in full, such as '60 s'.")
  var rescan: String?
  @Option(help: "Names that are inspected, such as '*.png'.")
  var names: String?
  @Option(help: "How changes become known: auto, inotify, poll.")
  var watch: String?
  @Option(help: "Where records go: auto, journal, stderr, both.")
  var records: String?
  @Option(help: "Which normal pictures get a record: all, none, sample:N.")
  var journalNormal: String?
  @Option(help: "Files handed to the lanes ahead of time.")
  var queue: String?
  @Option(help: "Pictures scored in one pass.")
  var batch: String?
  @Option(help: "Threads that decode and score: auto, or 1 to 16.")
  var lanes: String?
  @Option(help: "Room that must be left on the disk, such as '1 GiB'.")
  var minimumFreeBytes: String?
  @Option(help: "Waiting files from which the backlog is reported.")
  var backlogHigh: String?
  @Option(help: "Waiting files at which it is reported as over.")
  var backlogLow: String?
  @Option(help: "Normal pictures: leave, move, delete.")
  var onNormal: String?
  @Option(help: "Unreadable files: move, leave.")
  var onUnreadable: String?
  @Option(help: "Anomalies: quarantine, or leave (shadow mode for commissioning).")
  var onAnomaly: String?
  @Option(help: "Pictures beside quarantined ones that show why, while there is room for them: on, off.")
  var sidePictures: String?
  @Option(help: "How long pictures stay in quarantine, such as '30 d', or off.")
  var retain: String?
  @Option(
    help: """
      Most bytes of pictures in quarantine, such as '10 GiB', or off; the oldest go first. Side pictures do not count.
      """)
  var retainBytes: String?
  @Option(help: "Most records in the ledger, such as '10 million'; the oldest go first.")
  var retainRecords: String?

  /// The flags that were given, by the key's name.
  var given: [String: String] {
    let all: [String: String?] = [
      "spool": spool, "model": model, "state": state, "metrics": metrics, "maximum_file_bytes": maximumFileBytes,
      "maximum_side": maximumSide, "maximum_pixels": maximumPixels, "settle": settle, "grace": grace,
      "abandon": abandon, "rescan": rescan, "names": names, "watch": watch, "records": records,
      "journal_normal": journalNormal, "queue": queue, "batch": batch, "lanes": lanes,
      "minimum_free_bytes": minimumFreeBytes, "backlog_high": backlogHigh, "backlog_low": backlogLow,
      "on_normal": onNormal, "on_unreadable": onUnreadable, "on_anomaly": onAnomaly,
      "side_pictures": sidePictures,
      "retain": retain, "retain_bytes": retainBytes, "retain_records": retainRecords,
    ]
    return all.compactMapValues(\.self)
  }
}
