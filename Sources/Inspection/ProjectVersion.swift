/// The project's version: of both programs, the package and the newest entry of CHANGELOG.md.
public enum ProjectVersion {
  /// `MAJOR.MINOR.PATCH`, by the rules of Semantic Versioning; scripts read this line.
  public static let text = "0.3.0"
}
