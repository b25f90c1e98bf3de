"""Tables as statistics programs hold them: codes as numbers with labels, short names, labelled variables."""

from collections.abc import Iterator, Set
from dataclasses import dataclass

import pandas as pd

from policycase.errors import UnreadableError
from policycase.model.casebook import Casebook
from policycase.model.profile import Table
from policycase.storage.csv_files import TEXT

TRUTH = {0: "false", 1: "true"}
EXACT = 2**53  # the largest whole number up to which a double holds each
TITLE = 80  # characters of a label that both programs take


@dataclass(frozen=True, slots=True)
class Labelled:
    """One table: its columns under the names of the program, with their labels.

    Categories are whole numbers, the position of the code in its vocabulary from 1, so that a number means the same
    in every case and table; truth is 0 and 1; days, numbers and texts are as pandas has them.
    """

    name: str
    label: str
    frame: pd.DataFrame
    labels: dict[str, str]
    codes: dict[str, dict[int, str]]


def labelled(case: Casebook, reserved: Set[str], longest: int) -> Iterator[Labelled]:
    """Every table, and the codebook with the names that columns have here."""
    spoken = {table.name: _names(list(table.fields), reserved, longest) for table in case.profile.tables.values()}
    positions = _positions(case)
    for table in case.profile.tables.values():
        yield _labelled(table, case, spoken[table.name], positions)
    codebook = case.codebook()
    here = [spoken[row.table][row.field] for row in codebook.itertuples()]
    codebook.insert(2, "variable", pd.Series(here, dtype=TEXT))
    names = _names(list(codebook), reserved, longest)
    yield Labelled("codebook", "Codebook", codebook.rename(columns=names), {}, {})


def _labelled(
    table: Table, case: Casebook, names: dict[str, str], positions: dict[str, dict[str, tuple[int, str]]]
) -> Labelled:
    frame = case[table.name]
    values: dict[str, dict[int, str]] = {}
    for field in table.fields.values():
        column = frame[field.name]
        if field.vocabulary:
            codes = positions[field.vocabulary]
            numbers = {code: number for code, (number, _) in codes.items()}
            frame[field.name] = column.astype(TEXT).map(numbers).astype("Int16")
            values[names[field.name]] = dict(codes.values())
        elif field.type == "boolean":
            frame[field.name] = column.astype("Int8")
            values[names[field.name]] = TRUTH
        elif field.type == "integer" and column.abs().gt(EXACT).any():
            msg = f"{table.name}.{field.name} holds a whole number that no statistics program keeps exactly"
            raise UnreadableError(msg)
    labels = {names[field.name]: field.title[:TITLE] for field in table.fields.values()}
    return Labelled(table.name, table.title[:TITLE], frame.rename(columns=names), labels, values)


def _positions(case: Casebook) -> dict[str, dict[str, tuple[int, str]]]:
    """The number and label of each code, by vocabulary; a label that two codes share names its code as well."""
    codes = case["codes"]
    shared = codes.duplicated(["vocabulary", "label"], keep=False)
    labels = codes["label"].where(~shared, codes["label"] + " (" + codes["code"] + ")")
    found: dict[str, dict[str, tuple[int, str]]] = {}
    rows = zip(codes["vocabulary"], codes["code"], codes["position"], labels, strict=True)
    for vocabulary, code, position, label in rows:
        found.setdefault(vocabulary, {})[code] = (int(position), label)
    return found


def _names(fields: list[str], reserved: Set[str], longest: int) -> dict[str, str]:
    """A name for each field that the program allows: no reserved word, not too long, none twice."""
    names: dict[str, str] = {}
    for field in fields:
        base = f"{field}_field" if field.lower() in reserved else field
        name, number = base[:longest], 1
        while name.lower() in {taken.lower() for taken in names.values()}:
            number += 1
            name = f"{base[: longest - len(str(number)) - 1]}_{number}"
        names[field] = name
    return names
