import Foundation
import TestSupport

extension TestSpool {
  /// The beginning of a shell script about the daemon on this spool, in whose folder it goes on.
  ///
  /// - `start OPTION…` starts the daemon, whose number is then `$daemon` and whose lines are in the file `lines`, and
  ///   waits until it watches.
  /// - `stop` ends it as the service manager does; its status is the daemon's.
  /// - `until_true CONDITION` waits for a condition, a minute at most in a build without a sanitizer.
  var scriptHead: String {
    """
    cd '\(folder.path)'
    until_true() {
      for _ in $(seq \(Int(600 * Sanitizer.patience))); do if eval "$1"; then return 0; fi; sleep 0.1; done
      echo "never: $1"
      [ ! -e lines ] || cat lines
      return 1
    }
    start() {
      : > lines
      '\(BuiltProgram.path(of: "ganomalyd"))' --spool spool --model model.safetensors --records stderr \
        --minimum-free-bytes 0 "$@" 2>>lines &
      daemon=$!
      until_true 'grep -q "is ready" lines'
    }
    stop() { kill -TERM $daemon; wait $daemon; }

    """
  }

  /// Writes pictures to the folder `p` beside the spool, named by their numbers.
  func writePictures(_ numbers: some Sequence<Int>) throws {
    try FileManager.default.createDirectory(atPath: folder.path + "/p", withIntermediateDirectories: true)
    for number in numbers {
      try Data(SamplePictures.file(number)).write(to: URL(filePath: folder.path + "/p/\(number).png"))
    }
  }
}
