internal import Charts
private import Crypto
private import Imaging
private import Mustache

extension ReportDocument {
  /// The report as one HTML file that needs nothing else: no network, no script, no font.
  ///
  /// It is well-formed XML too, and its security policy lets a browser load nothing and run nothing but its own style.
  public var html: [UInt8] {
    Array(
      Self.template.render(
        Page(
          kind: kind, title: title, lead: lead, facts: facts, sections: sections, footer: footer,
          style: Self.style, styleDigest: "sha256-" + Base64.text(Array(SHA256.hash(data: Array(Self.style.utf8)))))
      ).utf8)
  }

  /// What the template sees.
  private struct Page {
    let kind: String
    let title: String
    let lead: String
    let facts: [Fact]
    let sections: [Section]
    let footer: [String]
    let style: String
    let styleDigest: String
  }

  private static let style = String(decoding: PackageResources.report_css, as: UTF8.self)

  private static let template: MustacheTemplate = {
    // The template names it, and all of its text goes through it.
    MustacheContentTypes.register(ReportContent(), named: "REPORT")
    let text = String(decoding: PackageResources.report_mustache, as: UTF8.self)
    guard let template = try? MustacheTemplate(string: text) else { preconditionFailure("the template is sound") }
    return template
  }()
}

/// How text becomes part of a report.
///
/// The template engine's own way goes by characters, and lets a quote pass that has a combining mark behind it.
private struct ReportContent: MustacheContentType {
  func escapeText(_ text: String) -> String { MarkupText.escaped(text) }
}
