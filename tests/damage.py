"""Faults of every kind by seed, worked into the files of a package: what two validators are compared on."""

import csv
import io
import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

from copies import copy_case, copy_lamps
from corpora import SIX, write_case

from policycase.model.package import read_descriptor, write_json
from policycase.model.profile import Profile

ODD = (
    "", " ", "x", "NA", "None", "nan", "NaN", "inf", "1e400", "1_000", "+3", "-0", "0", "0x1", "１", "2.50", "99999999999999999999",
    "2020-1-1", "2020-02-30", "2020-13-01", "0001-01-01", "true", "TRUE", "1", "yes", "Ж", "'", 'a "b" c', "a, b", "a\nb", "\t", "http:/x", "x" * 300,
)  # fmt: skip
SOURCES = [
    copy_lamps,
    *(partial(copy_case, root) for root in SIX),
    *(partial(write_case, number=number) for number in range(12)),
]
Lines = list[str]


def cells_of(line: str) -> list[str]:
    """The cells of one line."""
    return next(csv.reader(io.StringIO(line, newline="")), [])


def line_of(cells: list[str]) -> str:
    """One line of CSV, less its line end."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()


class Damage:
    """A package copy that faults are worked into, drawn by seed."""

    def __init__(self, root: Path, seed: object) -> None:
        self.root, self.draw = root, random.Random(str(seed))  # noqa: S311 - faults, not secrets
        self.profile = Profile.read(root)

    def add(self, kind: str) -> None:
        """One fault of a kind, in a table drawn by itself so that small ones count as much as large ones."""
        if kind in OF_FILE:
            OF_FILE[kind](self)
            return
        path = self.root / f"data/{self.draw.choice(list(self.profile.case_tables))}.csv"
        header, *lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
        if kind in OF_HEADER:
            labels = OF_HEADER[kind](self.draw, cells_of(header))
            header = line_of(labels)
        elif lines:
            OF_LINES[kind](self.draw, lines)
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write("\n".join([header, *lines]) + "\n" * (kind != "quote not closed at the end"))

    def state(self, draw: Callable[[Path], dict[str, object]]) -> None:
        """Properties of a file in the descriptor."""
        about = read_descriptor(self.root)
        resource = self.draw.choice(about["resources"])
        resource |= draw(self.root / resource["path"])
        (self.root / "datapackage.json").write_bytes(write_json(about))

    def describe(self, key: str, value: object) -> None:
        """A property of the descriptor."""
        (self.root / "datapackage.json").write_bytes(write_json(read_descriptor(self.root) | {key: value}))


def _cell(draw: random.Random, lines: Lines, new: Callable[[list[list[str]], int, int], str]) -> None:
    rows = [cells_of(line) for line in lines]
    number = draw.randrange(len(rows))
    if rows[number]:
        column = draw.randrange(len(rows[number]))
        rows[number][column] = new(rows, number, column)
        lines[number] = line_of(rows[number])


def _row(draw: random.Random, lines: Lines, new: Callable[[list[str]], list[str]]) -> None:
    number = draw.randrange(len(lines))
    lines[number] = line_of(new(cells_of(lines[number])))


def _key(draw: random.Random, lines: Lines, *, cut: bool) -> None:
    """An id, in the key or in a reference, that no longer is what it was: cut, or another row's."""
    rows = [cells_of(line) for line in lines]
    spots = [(number, column) for number, row in enumerate(rows) for column, cell in enumerate(row) if ":" in cell]
    if spots:
        number, column = draw.choice(spots)
        other = draw.choice([row[column] for row in rows if len(row) > column])
        rows[number][column] = rows[number][column][:-1] if cut else other
        lines[number] = line_of(rows[number])


def _raw(draw: random.Random, lines: Lines, mark: str) -> None:
    """Characters put anywhere into the bytes of a line, whatever that does to its cells."""
    number = draw.randrange(len(lines))
    place = draw.randint(0, len(lines[number]))
    lines[number] = lines[number][:place] + mark + lines[number][place:]


def _unquoted(draw: random.Random, lines: Lines) -> None:
    quoted = [number for number, line in enumerate(lines) if '"' in line]
    if quoted:
        number = draw.choice(quoted)
        place = draw.choice([place for place, letter in enumerate(lines[number]) if letter == '"'])
        lines[number] = lines[number][:place] + lines[number][place + 1 :]


def _swapped(draw: random.Random, cells: list[str]) -> list[str]:
    one, other = draw.randrange(len(cells)), draw.randrange(len(cells))
    cells[one], cells[other] = cells[other], cells[one]
    return cells


def _at(draw: random.Random, cells: list[str], new: Callable[[str], list[str]]) -> list[str]:
    """The cells with one of them become none, one or several."""
    place = draw.randrange(len(cells)) if cells else 0
    return [*cells[:place], *new(cells[place] if cells else ""), *cells[place + 1 :]]


OF_LINES: dict[str, Callable[[random.Random, Lines], None]] = {
    "unusual cell": lambda draw, lines: _cell(draw, lines, lambda *_: draw.choice(ODD)),
    "empty cell": lambda draw, lines: _cell(draw, lines, lambda *_: ""),
    "letter lost": lambda draw, lines: _cell(draw, lines, lambda rows, row, column: rows[row][column][1:]),
    "edge space": lambda draw, lines: _cell(draw, lines, lambda rows, row, column: f" {rows[row][column]} "),
    "upper case": lambda draw, lines: _cell(draw, lines, lambda rows, row, column: rows[row][column].upper()),
    "cell of another row": lambda draw, lines: _cell(
        draw, lines, lambda rows, _, column: (draw.choice(rows) + [""] * 99)[column]
    ),
    "cells exchanged": lambda draw, lines: _row(draw, lines, lambda cells: _swapped(draw, cells)),
    "row twice": lambda draw, lines: lines.append(draw.choice(lines)),
    "row gone": lambda draw, lines: lines.pop(draw.randrange(len(lines))),
    "row of empty cells": lambda draw, lines: _row(draw, lines, lambda cells: [""] * len(cells)),
    "empty line": lambda draw, lines: lines.insert(draw.randint(0, len(lines)), ""),
    "cell gone": lambda draw, lines: _row(draw, lines, lambda cells: _at(draw, cells, lambda _: [])),
    "cells cut off": lambda draw, lines: _row(draw, lines, lambda cells: cells[: draw.randint(1, len(cells) or 1)]),
    "cell too many": lambda draw, lines: _row(draw, lines, lambda cells: _at(draw, cells, lambda cell: [cell, cell])),
    "cells added": lambda draw, lines: _row(draw, lines, lambda cells: [*cells, draw.choice(["", "x"]), ""]),
    "stray quote": lambda draw, lines: _raw(draw, lines, '"'),
    "stray pair of quotes": lambda draw, lines: _raw(draw, lines, '""'),
    "stray comma": lambda draw, lines: _raw(draw, lines, ","),
    "comma, space and quote": lambda draw, lines: _raw(draw, lines, ', "x", "y"'),
    "line end in a row": lambda draw, lines: _raw(draw, lines, "\n"),
    "CRLF": lambda draw, lines: _raw(draw, lines, "\r\n"),
    "carriage return": lambda draw, lines: _raw(draw, lines, "\r"),
    "NUL": lambda draw, lines: _raw(draw, lines, "\0"),
    "quote taken out": _unquoted,
    "quote not closed at the end": lambda draw, lines: lines.append('"' + draw.choice(lines)),
    "id cut": lambda draw, lines: _key(draw, lines, cut=True),
    "id of another row": lambda draw, lines: _key(draw, lines, cut=False),
}  # fmt: skip
OF_HEADER: dict[str, Callable[[random.Random, list[str]], list[str]]] = {
    "label misspelt": lambda draw, labels: _at(draw, labels, lambda label: [label[1:] or "x"]),
    "label in upper case": lambda draw, labels: _at(draw, labels, lambda label: [label.upper()]),
    "label with spaces": lambda draw, labels: _at(draw, labels, lambda label: [f" {label} "]),
    "label empty": lambda draw, labels: _at(draw, labels, lambda _: [""]),
    "label twice": lambda draw, labels: _at(draw, labels, lambda _: [draw.choice(labels)]),
    "label gone": lambda draw, labels: _at(draw, labels, lambda _: []),
    "label too many": lambda draw, labels: _at(draw, labels, lambda label: [label, draw.choice(["x", label, ""])]),
    "labels cut off": lambda draw, labels: labels[: draw.randint(1, len(labels))],
    "labels exchanged": _swapped,
    "header empty": lambda *_: [],
}
OF_FILE: dict[str, Callable[[Damage], None]] = {
    "size of another file": lambda damage: damage.state(lambda file: {"bytes": file.stat().st_size + 1}),
    "hash of another file": lambda damage: damage.state(lambda _: {"hash": f"sha256:{0:064}"}),
    "right size": lambda damage: damage.state(lambda file: {"bytes": file.stat().st_size}),
    "date that is none": lambda damage: damage.describe("created", "2026-99-99T99:99:99Z"),
    "address that is none": lambda damage: damage.describe("contributors", [{"title": "A", "email": "a"}]),
}
KINDS = [*OF_LINES, *OF_HEADER, *OF_FILE]
MORE = (0, 0, 3, 12, 40)  # faults beside these: none, so that nothing hides them, and many, to have thousands


def damage(target: Path, seed: int) -> list[str]:
    """A package drawn by seed, copied and damaged; the kinds of fault in it. Two kinds come in their turn."""
    draw = random.Random(seed)  # noqa: S311 - faults, not secrets
    draw.choice(SOURCES)(target)
    of_lines = [kind for kind in OF_LINES if kind != "quote not closed at the end"]  # hides all faults that follow
    kinds = [KINDS[(2 * seed + turn) % len(KINDS)] for turn in (0, 1)] + draw.choices(of_lines, k=draw.choice(MORE))
    damaged = Damage(target, seed)
    for kind in kinds:
        damaged.add(kind)
    return kinds
