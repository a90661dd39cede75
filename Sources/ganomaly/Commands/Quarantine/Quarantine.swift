import ArgumentParser

/// `ganomaly quarantine`.
struct Quarantine: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "What the daemon put into quarantine: look at it, give it back, confirm it, remove it.",
    discussion: """
      A picture is named by the first digits of its event (at least four), by its name in quarantine, or by the name \
      under which it arrived. All commands work beside a running daemon.

        ganomaly quarantine list
        ganomaly quarantine show 3f9a
        sudo ganomaly quarantine release 3f9a
        sudo ganomaly quarantine confirm 77c0 part-0815.png
        sudo ganomaly quarantine purge --older-than 30d
      """,
    subcommands: [
      QuarantineList.self, QuarantineShow.self, QuarantineRelease.self, QuarantineConfirm.self, QuarantinePurge.self,
    ])
}
