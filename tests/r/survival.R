library(survival)

spells <- read.csv(commandArgs(TRUE)[1])
stopifnot(is.logical(spells$left_censored), is.integer(spells$ended))
middle <- summary(survfit(Surv(duration_years, ended) ~ 1, data = spells))$table
between <- with(spells, Surv(duration_shortest, duration_longest, type = "interval2"))
kinds <- factor(between[!is.na(between), "status"], 0:3, c("running", "exact", "left", "interval"))
fitted <- survfit(between ~ 1)
cat(middle[["records"]], middle[["events"]], table(kinds), fitted$n, "\n")
