suppressPackageStartupMessages(library(igraph))

network <- read_graph(commandArgs(TRUE)[1], format = "graphml")
stopifnot(!anyDuplicated(V(network)$name))
generic <- V(network)$is_generic
cat(vcount(network), ecount(network), sum(generic == "true"), sum(generic == "false"), sum(generic == ""), "\n")
cat(V(network)["kgz-leph:nsp"]$label, "\n")
