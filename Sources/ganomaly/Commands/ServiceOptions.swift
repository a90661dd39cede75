import ArgumentParser
import Foundation
import Inspection
import Linux
import SystemPackage

/// Which daemon a command is about: where its spool, state and model lie.
struct ServiceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The daemon's configuration, which names its folders (default: /etc/ganomaly/ganomalyd.yaml where it exists). \
      /etc/ganomaly/NAME.yaml stands for ganomalyd@NAME.service.
      """, valueName: "file"), completion: .file(extensions: ["yaml"]))
  var config: String?
  @Option(
    help: ArgumentHelp("The daemon's spool, where it was started with --spool.", valueName: "folder"),
    completion: .directory)
  var spool: String?
  @Option(
    help: ArgumentHelp(
      "The daemon's state folder (default: the service's, else 'state' in the spool).", valueName: "folder"),
    completion: .directory)
  var state: String?

  /// The daemon's settings, as far as they can be known from outside.
  func settings() throws -> Settings {
    try SettingsReader.ofService(
      config: config.map { FilePath(try PathArguments.textPath($0)) }, spool: spool.map(PathArguments.textPath),
      state: state.map(PathArguments.textPath), environment: ProcessInfo.processInfo.environment)
  }

  /// Does what needs the daemon's files, and tells who may not what helps.
  ///
  /// - Throws: what the work throws; where a permission was missing, with the remedy.
  func withRemedy<Result>(_ work: () throws -> Result) throws -> Result {
    do { return try work() } catch let error as InspectionError {
      guard error.isForbidden, !CurrentProcess.isRoot else { throw error }
      throw CommandError("\(error); run with sudo")
    }
  }

  /// Opens the ledger for reading, beside a daemon that runs.
  func reader() throws -> LedgerReader { try LedgerReader(state: settings().resolvedStatePath) }
}
