internal import Evaluation

/// How well defects were found within the pictures, as a table.
enum MaskSection {
  /// The section of a measurement with masks.
  static func section(_ masks: MaskEvaluation) -> ReportDocument.Section {
    func share(_ count: HitCount) -> String {
      count.share.map { "\(ReportWords.percentage($0)) (\(count.hitCount) of \(count.defectCount))" } ?? "–"
    }
    var rows = [
      ["area under the ROC of pixels", ReportWords.figure(masks.pixels.areaUnderROC?.value)],
      [
        "area under the per-region overlap, up to a false-positive rate of 0.3",
        ReportWords.figure(masks.pixels.areaUnderPRO()?.value),
      ],
      ["defects whose centre lies in a region above the threshold", share(masks.hits)],
      ["defects whose centre lies in a box", share(masks.boxHits)],
      ["pixels that are defective", "\(masks.pixels.defectivePixelCount)"],
      ["pixels that are not", "\(masks.pixels.normalPixelCount)"],
    ]
    if masks.unseenDefectCount > 0 {
      rows.append(["defects outside what the model looks at, left out", "\(masks.unseenDefectCount)"])
    }
    return ReportDocument.Section(
      heading: "Where the defects are",
      blocks: [
        .text(
          "The maps of the pictures against the masks of their defects, in pixels of the files. A box is what the records "
            + "of a flagged picture tell."),
        .table(
          ReportTable("Results by pixel and by defect", columns: [("figure", .words), ("value", .number)], rows: rows)),
      ])
  }
}
