"""The snippets for Spark on a page, its blocks of `py`, run in the folder of a corpus and print what the page says."""

import contextlib
import io
import re
import sys
from pathlib import Path

from pyspark.sql import SparkSession

BLOCK = re.compile(r"^```py\n(.*?)^```\n(?:\n^```text\n(.*?)^```\n)?", re.DOTALL | re.MULTILINE)

settings = {"spark.master": "local[2]", "spark.ui.enabled": False, "spark.driver.bindAddress": "127.0.0.1"}
spark = SparkSession.builder.config(map=settings).getOrCreate()
names: dict[str, object] = {}
for code, output in BLOCK.findall(Path(sys.argv[1]).read_text(encoding="utf-8")):
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, names)  # noqa: S102 - the page's own lines
    if printed.getvalue() != output:
        sys.exit(f"{code}\nprints\n{printed.getvalue()}\nexpected\n{output}")
    print(output, end="")  # noqa: T201 - a command

one = spark.read.parquet("corpus/events").where("case_id = 'kgz-leph'")
one.collect()
files = one._jdf.queryExecution().executedPlan().collectLeaves().apply(0).metrics().apply("numFiles").value()
if files != 1:
    sys.exit(f"Spark read {files} files for one case; expected 1")
print("Spark reads one file for one case")  # noqa: T201 - a command
