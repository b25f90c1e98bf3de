library(readr)

read <- function(file) read_csv(file, na = "", col_types = cols(.default = col_character()))
programs <- read("data/programs.csv")
goals <- read("data/goals.csv")
both <- merge(goals, programs, by = "program_id", suffixes = c("", "_program"), sort = FALSE)
print(both[both$program_id == "kgz-leph:nsp", c("name", "start_earliest", "goal_type")], row.names = FALSE)
