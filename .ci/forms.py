"""Checks of the metadata by what reads it: the schema of the Citation File Format, mlcroissant and rdflib.

Run in an environment of its own, with jsonschema, mlcroissant, pyyaml, and cffconvert without its dependencies:

    python .ci/forms.py REPOSITORY ZIP DATASET.json
"""

import csv
import json
import sys
import tempfile
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import mlcroissant
import yaml
from jsonschema import Draft7Validator, FormatChecker
from rdflib import RDF, SDO, Graph


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


def check_croissant(archive: Path) -> int:
    """How many tables of an unpacked zip mlcroissant loads with all their rows, all of them."""
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(archive) as package:
            package.extractall(folder)
        dataset = mlcroissant.Dataset(jsonld=str(Path(folder, "croissant.json")))
        sources = {record_set.fields[0].source.file_object for record_set in dataset.metadata.record_sets}
        assert sources == {str(path.relative_to(folder)) for path in Path(folder).rglob("*.csv")}
        for record_set in dataset.metadata.record_sets:
            path = Path(folder, record_set.fields[0].source.file_object)
            with path.open(encoding="utf-8", newline="") as file:
                rows = sum(1 for _ in csv.DictReader(file))
            loaded = sum(1 for _ in dataset.records(record_set.id))
            assert loaded == rows, f"{path.name}: {rows} rows, mlcroissant loads {loaded}"
        return len(sources)


def check_dataset(path: Path) -> int:
    """How many statements a JSON-LD file makes, among them one Dataset."""
    graph = Graph().parse(path, format="json-ld")
    assert len(list(graph.subjects(RDF.type, SDO.Dataset))) == 1
    return len(graph)


if __name__ == "__main__":
    repository, archive, dataset = map(Path, sys.argv[1:])
    sys.stdout.write(
        f"CITATION.cff: {check_citations(repository)} conform to CFF 1.2.0\n"
        f"croissant.json: mlcroissant loads {check_croissant(archive)} tables with all their rows\n"
        f"JSON-LD: one Dataset, {check_dataset(dataset)} statements\n"
    )
