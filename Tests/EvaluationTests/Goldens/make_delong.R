# Writes delong.txt: intervals of the area by DeLong's method, as pROC gives them, for the scores in metrics.txt.
# Run beside them with Debian's r-cran-proc installed: Rscript make_delong.R
# A line a case: name; area; low and high at 0.95; low and high at 0.9. NA where a list has one score.
suppressMessages(library(pROC))
numbers <- function(text) as.numeric(strsplit(trimws(text), " ")[[1]])
show <- function(value) if (is.na(value)) "NA" else formatC(value, digits = 17, format = "g")
lines <- c()
for (line in readLines("metrics.txt")) {
  fields <- strsplit(line, ";")[[1]]
  curve <- roc(controls = numbers(fields[2]), cases = numbers(fields[3]), direction = "<", quiet = TRUE)
  values <- c(as.numeric(auc(curve)))
  for (confidence in c(0.95, 0.9)) {
    interval <- suppressWarnings(ci.auc(curve, conf.level = confidence, method = "delong"))
    values <- c(values, interval[1], interval[3])
  }
  lines <- c(lines, paste(c(fields[1], sapply(values, show)), collapse = "; "))
}
writeLines(lines, "delong.txt")
