import Evaluation
import Foundation
import GANomalyModel

/// Measures the promise of every calibration method on real scores, and prints the page of results.
@main
enum CalibrationPromise {
  /// Splits of each cell.
  private static let splits = 2000

  /// Exit status: 0 measured, 2 wrong usage or a file that cannot be read.
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard !arguments.isEmpty, !arguments.contains("--help"), !arguments.contains("-h") else {
      print(
        "usage: CalibrationPromise SCORES…  (a score a line behind 'normal' or 'anomaly'; prints the page of results)")
      exit(arguments.isEmpty ? 2 : 0)
    }
    do {
      let sets = try arguments.map(ScoreList.init(path:))
      print(Page.head(sets, splits: splits))
      var refusals: [String] = []
      for set in sets {
        let (table, refused) = PromiseTable(set, splits: splits).text
        print(table)
        refusals += refused.filter { !refusals.contains($0) }
      }
      print("## Refused, in the program's words\n\n" + refusals.joined(separator: "\n") + "\n")
      print(DegenerateTable(sets, splits: splits).text)
      print(Page.foot)
    } catch {
      FileHandle.standardError.write(Data("CalibrationPromise: \(error)\n".utf8))
      exit(2)
    }
  }
}
