"""Checks of the metadata by what reads it: the schema of the Citation File Format, mlcroissant and rdflib.

Run in an environment of its own, with jsonschema, mlcroissant, pyyaml, and cffconvert without its dependencies:

    python .ci/forms.py REPOSITORY ZIP DATASET.json
"""

import csv
import json
import re
import sys
import tempfile
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import mlcroissant
import yaml
from jsonschema import Draft7Validator, FormatChecker
from pandas._libs.parsers import STR_NA_VALUES
from rdflib import RDF, SDO, Graph

NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?")


def check_citations(repository: Path) -> int:
    """How many CITATION.cff conform to the official schema, all of them."""
    path = distribution("cffconvert").locate_file("cffconvert/schemas/1.2.0/schema.json")  # importing it needs the rest
    schema = json.loads(Path(path).read_text(encoding="utf-8"))
    paths = [repository / "CITATION.cff", *sorted(repository.glob("examples/*/CITATION.cff"))]
    for path in paths:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        wrong = [
            error.message for error in Draft7Validator(schema, format_checker=FormatChecker()).iter_errors(content)
        ]
        assert not wrong, f"{path}: {wrong}"
    return len(paths)


def check_croissant(archive: Path) -> tuple[int, int, list[str]]:
    """How many tables and cells of an unpacked zip mlcroissant reads back equal, all of them but those of some columns.

    mlcroissant 1.1 reads CSV with the defaults of `pandas.read_csv`, whatever `dataType` declares: where all cells of
    a column of text look like numbers it reads numbers, and it takes the words None and NA for missing. No declaration
    changes that, since transforms apply to what was read. Such columns are named; any other difference is an error.
    """
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(archive) as package:
            package.extractall(folder)
        dataset = mlcroissant.Dataset(jsonld=str(Path(folder, "croissant.json")))
        sources = {record_set.fields[0].source.file_object for record_set in dataset.metadata.record_sets}
        assert sources == {str(path.relative_to(folder)) for path in Path(folder).rglob("*.csv")}
        cells, changed = 0, set()
        for record_set in dataset.metadata.record_sets:
            path = Path(folder, record_set.fields[0].source.file_object)
            with path.open(encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
            loaded = list(dataset.records(record_set.id))
            assert len(loaded) == len(rows), f"{path.name}: {len(rows)} rows, mlcroissant loads {len(loaded)}"
            for row, record in zip(rows, loaded, strict=True):
                for field in record_set.fields:
                    cell, value = row[field.name], record[field.id]
                    cells += 1
                    if as_text(value) != cell:
                        is_default = field.data_type is bytes and is_read_by_default(cell, value)
                        assert is_default, f"{field.id}: {cell!r} is read as {value!r}"
                        changed.add(field.id)
        return len(sources), cells, sorted(changed)


def as_text(value: object) -> str:
    """A value as it stands in CSV."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return "" if value is None else value.strftime("%Y-%m-%d") if hasattr(value, "strftime") else str(value)


def is_read_by_default(cell: str, value: bytes | None) -> bool:
    """Whether a cell of text became another by the defaults of `read_csv`."""
    if value is None:
        return cell in STR_NA_VALUES
    return NUMBER.fullmatch(cell) is not None and float(cell) == float(value)


def check_dataset(path: Path) -> int:
    """How many statements a JSON-LD file makes, among them one Dataset."""
    graph = Graph().parse(path, format="json-ld")
    assert len(list(graph.subjects(RDF.type, SDO.Dataset))) == 1
    return len(graph)


if __name__ == "__main__":
    repository, archive, dataset = map(Path, sys.argv[1:])
    tables, cells, changed = check_croissant(archive)
    sys.stdout.write(
        f"CITATION.cff: {check_citations(repository)} conform to CFF 1.2.0\n"
        f"croissant.json: mlcroissant reads {tables} tables, {cells} cells, equal but for {', '.join(changed)}\n"
        f"JSON-LD: one Dataset, {check_dataset(dataset)} statements\n"
    )
