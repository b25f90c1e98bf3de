suppressPackageStartupMessages(library(igraph))

ties <- read.csv(commandArgs(TRUE)[1], na.strings = "")
network <- graph_from_data_frame(ties[c("agency_id", "program_id", "role", "is_generic")])
V(network)$type <- V(network)$name %in% ties$program_id
stopifnot(is_bipartite(network), is.logical(E(network)$is_generic))
cat(vcount(network), ecount(network), sum(V(network)$type), sum(E(network)$is_generic, na.rm = TRUE), "\n")
write.csv(data.frame(id = V(network)$name, ties = degree(network)), row.names = FALSE, quote = FALSE)
