"""Whether a corpus needs more memory as it grows: python tests/benchmarks/out_of_memory.py [--sizes 1000 10000].

Prints the peak memory of writing a corpus at each size and their ratio, then that of questions to each: by DuckDB, by
Dask, by Spark, and by a casebook of ten cases. The engines count the events of each type, join events with a table of
countries and years, and read one case; their answers have to be equal. Each is a process of its own; its peak is what
Linux reports (VmHWM), for Spark that of Java. Spark is asked where --spark names a Python that has pyspark:

    python3 -m venv spark && spark/bin/pip install pyspark
    python tests/benchmarks/out_of_memory.py --spark spark/bin/python
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "scripts")]

from corpora import write_case
from measuring import load, peak, say

START = "import policycase as pc, policycase.exports.corpus, policycase.validation, pyarrow.parquet, duckdb"
WRITE = "pc.write_corpus(sorted(pathlib.Path({packages!r}).iterdir())[:{size}], {corpus!r}).case_ids[:0]"
PANEL = "(c := pc.open_corpus({corpus!r})) and len(pc.panel(c.select(c.case_ids[:10])))"
IN_ONE_YEAR = "year(start_earliest) = year(start_latest)"
ENGINES = {
    "DuckDB": """
corpus = pc.open_corpus({corpus!r})
events, cases = corpus.events, corpus.cases
types = dict(events.aggregate("event_type::varchar, count(*)", "event_type").fetchall())
dated = events.filter("{in_one_year}").project("case_id, year(start_earliest) AS year").set_alias("e")
joined = dated.join(cases.project("case_id, country::varchar AS country").set_alias("c"), "case_id")
counted = joined.query("joined", "select count(*) from joined join read_csv({years!r}) using (country, year)")
one = events.filter("case_id = '{case_id}'")
answer = [types, counted.fetchall()[0][0], len(one), int("Scanning Files: 1/" in one.explain())]
""",
    "Dask": """
import dask.dataframe as dd, pandas as pd
events = dd.read_parquet({corpus!r} + "/events", columns=["event_type", "start_earliest", "start_latest", "case_id"])
types = events["event_type"].value_counts().compute()
dated = events[events["start_earliest"].dt.year == events["start_latest"].dt.year]
dated = dated.assign(year=dated["start_earliest"].dt.year, case_id=dated["case_id"].astype(str))
cases = dd.read_parquet({corpus!r} + "/cases", columns=["country", "case_id"]).compute().astype(str)
joined = dated[["case_id", "year"]].merge(cases, on="case_id").merge(pd.read_csv({years!r}), on=["country", "year"])
one = dd.read_parquet({corpus!r} + "/events", columns=["event_id"], filters=[("case_id", "==", "{case_id}")])
answer = [{{key: int(n) for key, n in types.items() if n}}, len(joined), len(one), int(one.npartitions == 1)]
""",
    "Spark": """
from pyspark.sql import SparkSession
from pyspark.sql.functions import year
settings = {{"spark.ui.enabled": False, "spark.ui.showConsoleProgress": False, "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": 8, "spark.log.level": "ERROR"}}
spark = SparkSession.builder.config(map=settings).getOrCreate()
events, cases = spark.read.parquet({corpus!r} + "/events"), spark.read.parquet({corpus!r} + "/cases")
types = {{row[0]: row[1] for row in events.groupBy("event_type").count().collect()}}
dated = events.where("{in_one_year}").select("case_id", year("start_earliest").alias("year"))
years = spark.read.csv({years!r}, header=True, inferSchema=True)
joined = dated.join(cases.select("case_id", "country"), "case_id").join(years, ["country", "year"])
one = events.where("case_id = '{case_id}'")
found = len(one.collect())
scan = one._jdf.queryExecution().executedPlan().collectLeaves().apply(0)
answer = [types, joined.count(), found, int(scan.metrics().apply("numFiles").value() == 1)]
""",
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sizes", type=int, nargs="+", default=[1000, 10000])
    options.add_argument("--packages", type=Path, help="a folder that keeps the synthetic packages for a further run")
    options.add_argument("--corpora", type=Path, help="a folder that keeps the corpora")
    options.add_argument("--at-once", type=int, default=100, help="cases of a part")
    options.add_argument("--spark", help="a Python that has pyspark; none leaves Spark out")
    given = options.parse_args()
    sizes = sorted(given.sizes)
    with tempfile.TemporaryDirectory() as folder:
        packages = given.packages or Path(folder) / "packages"
        for number in range(sizes[-1]):
            if not (packages / f"{number:05d}").exists():
                write_case(packages / f"{number:05d}", number)
        corpora = {size: str((given.corpora or Path(folder)) / f"corpus-{size}") for size in sizes}
        write_all(packages, corpora, given.at_once)
        for size, corpus in corpora.items():
            ask_all(size, corpus, Path(folder), given.spark)


def write_all(packages: Path, corpora: dict[int, str], at_once: int) -> None:
    """Write a corpus of each size, and print the peaks."""
    say(f"{load()}; imports alone: {peak(START)[0]:.0f} MB")
    peaks = {}
    for size, corpus in corpora.items():
        code = f"{START}\npc.exports.corpus.AT_ONCE = {at_once}"
        peaks[size], took, _ = peak(code, WRITE.format(packages=str(packages), size=size, corpus=corpus))
        say(f"write {size:,} cases: peak {peaks[size]:.0f} MB, {1000 * took / size:.0f} ms per case")
    least, most = min(corpora), max(corpora)
    say(f"ratio of the peaks, {most:,} to {least:,}: {peaks[most] / peaks[least]:.2f} ×")


def ask_all(size: int, corpus: str, folder: Path, spark: str | None) -> None:
    """Ask every engine of a corpus; stop where two do not agree."""
    case_ids = json.loads((Path(corpus) / "corpus.json").read_text(encoding="utf-8"))["cases"]
    years = folder / "years.csv"
    countries = sorted({case_id[:3].upper() for case_id in case_ids})
    rows = [f"{country},{year},{year % 7}" for country in countries for year in range(1990, 2020)]
    years.write_text("\n".join(["country,year,value", *rows]) + "\n", encoding="utf-8")
    words = {"corpus": corpus, "years": str(years), "case_id": case_ids[0], "in_one_year": IN_ONE_YEAR}
    answers = {}
    for engine, code in ENGINES.items():
        if engine == "Spark" and not spark:
            say("Spark: not asked; --spark names a Python that has pyspark")
            continue
        of_spark = {"python": spark, "of": "spark.sparkContext._gateway.proc.pid"} if engine == "Spark" else {}
        start = "" if of_spark else START
        used, took, answers[engine] = peak(start + code.format(**words), "answer", **of_spark)
        types, joined, one, pruned = answers[engine]
        read = "which reads one file" if pruned else "which reads more than its file"
        say(f"{engine}, {size:,} cases: peak {used:.0f} MB, {took:.1f} s of the processor")
        say(f"  {sum(types.values()):,} events; {joined:,} joined by country and year; {one} of one case, {read}")
        if answers[engine] != answers["DuckDB"]:
            sys.exit(f"{engine} and DuckDB give different answers: {answers[engine]}, {answers['DuckDB']}")
    used, took, _ = peak(START, PANEL.format(corpus=corpus))
    say(f"casebook of 10 of {size:,} cases, and its panel: peak {used:.0f} MB, {took:.1f} s of the processor")


if __name__ == "__main__":
    main()
