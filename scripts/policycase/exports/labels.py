"""Tables as statistics programs hold them: codes as numbers with labels, short names, labelled variables."""

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

import numpy as np
import pandas as pd

from policycase.errors import UnreadableError
from policycase.exports.export import MARK
from policycase.model.casebook import Casebook
from policycase.model.profile import Field
from policycase.storage.csv_files import TEXT

TRUTH: dict[int | float, str] = {0: "false", 1: "true"}
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
    codes: dict[str, dict[int | float, str]]


def labelled(case: Casebook, reserved: Set[str], longest: int) -> Iterator[Labelled]:
    """Every table, and the codebook with the names that columns have here."""
    positions = _positions(case)
    spoken: dict[str, dict[str, str]] = {}
    for table in case.profile.tables.values():
        spoken[table.name] = _names(list(table.fields), reserved, longest)
        yield _labelled((table.name, table.title), case[table.name], spoken[table.name], table.fields, positions)
    codebook = case.codebook()
    here = [spoken[table][field] for table, field in zip(codebook["table"], codebook["field"], strict=True)]
    codebook.insert(2, "variable", pd.Series(here, dtype=TEXT))
    names = _names(list(codebook.columns), reserved, longest)
    yield Labelled("codebook", "Codebook", codebook.rename(columns=names), {}, {})


def labelled_view(case: Casebook, name: str, frame: pd.DataFrame, reserved: Set[str], longest: int) -> Labelled:
    """A view; a column that a table of the profile has too has its title, and any other its own name, as label."""
    fields: dict[str, Field] = {}
    for table in case.profile.tables.values():
        for field in table.fields.values():
            codes = case.profile.vocabularies.get(field.vocabulary, [])
            if field.name in frame and list(codes) == _categories(frame[field.name]):
                fields.setdefault(field.name, field)
    names = _names(list(frame.columns), reserved, longest)
    return _labelled((name, f"{MARK}: {name}"), frame, names, fields, _positions(case))


def _categories(column: pd.Series) -> list[str]:
    return list(column.cat.categories) if isinstance(column.dtype, pd.CategoricalDtype) else []


def _labelled(
    title: tuple[str, str],
    frame: pd.DataFrame,
    names: dict[str, str],
    fields: Mapping[str, Field],
    positions: dict[str, dict[str, tuple[int, str]]],
) -> Labelled:
    values: dict[str, dict[int | float, str]] = {}
    columns: dict[str, pd.Series] = {}
    for name in frame.columns:
        column = frame[name]
        field = fields.get(name)
        if isinstance(column.dtype, pd.CategoricalDtype):
            known = positions[field.vocabulary] if field else {}
            codes = [known.get(code, (number, code)) for number, code in enumerate(column.cat.categories, start=1)]
            numbers = np.array([*(number for number, _ in codes), 0])  # the last is for missing cells
            columns[name] = pd.Series(numbers[column.cat.codes], column.index, "Int16").mask(column.isna())
            values[names[name]] = dict(codes)
        elif pd.api.types.is_bool_dtype(column.dtype):
            columns[name] = column.astype("Int8")
            values[names[name]] = TRUTH
        elif pd.api.types.is_integer_dtype(column.dtype) and column.abs().gt(EXACT).any():
            msg = f"{title[0]}.{name} holds a whole number that no statistics program keeps exactly"
            raise UnreadableError(msg)
    labels = {names[name]: (fields[name].title if name in fields else name)[:TITLE] for name in frame.columns}
    return Labelled(title[0], title[1][:TITLE], frame.assign(**columns).rename(columns=names), labels, values)


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
    """A name for each field that the program allows: letters and digits, no reserved word, not too long, none twice."""
    names: dict[str, str] = {}
    for field in fields:
        plain = re.sub(r"[^A-Za-z0-9_]|^(?=[0-9])", "_", field)
        base = f"{plain}_field" if plain.lower() in reserved else plain
        name, number = base[:longest], 1
        while name.lower() in {taken.lower() for taken in names.values()}:
            number += 1
            name = f"{base[: longest - len(str(number)) - 1]}_{number}"
        names[field] = name
    return names
