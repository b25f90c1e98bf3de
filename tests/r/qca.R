library(QCA)

cases <- read.csv(commandArgs(TRUE)[1], row.names = "case_id")
chosen <- cases[c("sector_interior", "sector_health", "event_launch")]
known <- chosen[complete.cases(chosen), ]
result <- truthTable(known, outcome = "event_launch", show.cases = TRUE)
cat(setdiff(rownames(chosen), rownames(known)), "\n")
cat(result$tt$cases[result$tt$n > 0], "\n")
