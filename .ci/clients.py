"""Exports as other programs read them: DuckDB 1.0, igraph and lifelines find what is in the tables."""

import csv
import sys
from pathlib import Path

import duckdb
import igraph
import numpy as np
import pandas as pd
from lifelines import KaplanMeierFitter

data, database, network, view = map(Path, sys.argv[1:])


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a table of the package, as text."""
    with (data / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def check(what: str, *, found: object, expected: object) -> None:
    """Print that a program reads what is there, or stop."""
    if found != expected:
        sys.exit(f"{what}: {found}; expected {expected}")
    print(f"{what}: equal")  # noqa: T201 - a command


with duckdb.connect(str(database), read_only=True) as connection:
    for path in sorted(data.glob("*.csv")):
        wanted = rows(path.stem)
        columns = ", ".join(f'"{name}"::varchar' for name in csv.DictReader(path.open(encoding="utf-8")).fieldnames)
        read = connection.execute(f'select {columns} from "{path.stem}"').fetchall()  # noqa: S608 - our own names
        found = [["" if cell is None else cell.removesuffix(".0") for cell in row] for row in read]
        expected = [[cell.removesuffix(".0") for cell in row.values()] for row in wanted]
        check(f"DuckDB {duckdb.__version__}, {path.stem}", found=found, expected=expected)

graph = igraph.Graph.Read_GraphML(str(network))
agencies, programs = rows("agencies"), rows("programs")
names = {row["agency_id"]: row["name"] for row in agencies} | {row["program_id"]: row["name"] for row in programs}
generic = {row["agency_id"]: row["is_generic"] for row in agencies}
check("igraph, names", found=dict(zip(graph.vs["name"], graph.vs["label"], strict=True)), expected=names)
for node in graph.vs.select(kind="agency"):
    if node["is_generic"] != generic[node["name"]]:
        sys.exit(f"igraph: is_generic of {node['name']} is {node['is_generic']!r}")
check("igraph, edges", found=graph.ecount(), expected=len(rows("program_agencies")))

spells = pd.read_csv(view)
middle = spells.dropna(subset=["duration_years", "ended"])
fitted = KaplanMeierFitter().fit(middle["duration_years"], middle["ended"])
check("lifelines, events", found=fitted.event_table["observed"].sum(), expected=middle["ended"].sum())
between = spells.dropna(subset=["duration_shortest"])
KaplanMeierFitter().fit_interval_censoring(between["duration_shortest"], between["duration_longest"].fillna(np.inf))
