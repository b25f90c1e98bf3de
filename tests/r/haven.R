library(haven)

view <- as.data.frame(as_factor(read_dta(commandArgs(TRUE)[1])))
text <- sapply(view, is.character)
view[text] <- lapply(view[text], function(column) replace(column, column == "", NA))
write.csv(view, row.names = FALSE, na = "", quote = FALSE)
