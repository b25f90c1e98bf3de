"""A case as one file in YAML, sentence by sentence: read into tables, and written from them."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from policycase.coding.shorthand import (
    CASE_ID,
    INFERRED,
    SOURCES,
    STATED,
    authored,
    coded_sources,
    is_id,
    link_name,
    local,
    positions,
    problem_of,
    whole,
)
from policycase.errors import UnreadableError, did_you_mean
from policycase.model.casebook import Casebook
from policycase.model.profile import Field, Profile, Table
from policycase.model.provenance import RECORD, in_source_order
from policycase.storage.csv_files import CONFLICT, TEXT
from policycase.storage.locations import read_given

ENDINGS = (".yaml", ".yml", ".json")
CASE, PACKAGE, PASSAGES, FINGERPRINTS = "case", "package", "passages", "fingerprints"
OTHERS, LOOSE, SUPPORTS = "other_sources", "without_passage", "supports"
SECTIONS = (CASE, SOURCES, PASSAGES, OTHERS, LOOSE, "scope", "coders", "reliability", FINGERPRINTS, PACKAGE)
SCOPE, EXTENT = "scope", "extent"  # of which the one may be written for the other
ELSEWHERE, NOTE = "elsewhere", "note"
MARKS = (STATED, INFERRED, ELSEWHERE)
TOKEN = re.compile(r"(?P<record>[^\s:?]+)(?::(?P<fields>[a-z0-9_]+(?:, ?[a-z0-9_]+)*))?(?P<inferred>\?)?")
LOCATOR = re.compile(r"(?:.*-)?(?P<paragraph>[a-z]+[0-9]*)s(?P<sentence>[0-9]+)(?P<fragment>[a-z]?)")
LOCATED = ("paragraph", "sentence", "fragment")  # columns of passages that the id says
CARRIED = ("page", "source_id")  # columns of passages that hold until another is given
MADE = ("$schema", "profile", "policycase", "resources")  # what of a descriptor is the same for every case
DEEPEST = 20
SHOWN = 40  # problems that a message names
WIDTH = 110
HEADING = """\
# Exported by policycase as a coding file. Each record is under the first passage that says it; see CODING.md.
"""


class _Loader(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc] # whichever is installed
    """Reads every scalar as text."""


@dataclass(frozen=True, slots=True)
class Coding:
    """What a coding file holds.

    Attributes
    ----------
    tables
        A text frame for each table of a case, with the authored columns of its schema.
    lines
        The line of the file for each cell, by table, row and column; the column "" has the line of the row.
    package
        What it says of the descriptor.
    """

    tables: dict[str, pd.DataFrame]
    lines: dict[tuple[str, int, str], int]
    package: dict[str, Any]


def read_coding(file: Path, profile: Profile, case_id: str = "", passages: pd.DataFrame | None = None) -> Coding:
    """The tables that a coding file gives.

    Parameters
    ----------
    file
        The file: YAML, of which JSON is a part. Every scalar is read as text.
    profile
        What tables and columns there are.
    case_id
        The case, if the file does not name it.
    passages
        Rows of passages, if the file has no fingerprints.

    Raises
    ------
    UnreadableError
        It is not YAML, or parts of it cannot be taken; the message names each with its line.
    """
    reader = _Reader(file, profile)
    root = composed(file)
    reader.read(root, case_id, passages)
    if reader.problems:
        found = sorted(reader.problems)
        count = f"{len(found)} thing{'s' * (len(found) != 1)} to correct first; other checks follow"
        more = [f"… and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
        lines = [f"{file.name}:{line}: {text}" for line, text in found[:SHOWN]]
        raise UnreadableError("\n".join([f"{file}: {count}", *lines, *more]))
    return reader.coding()


def _refuse_deep(file: Path, text: str) -> None:
    """Raise where nodes lie too deep, since the reader calls itself for each level, or where one repeats another."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST or isinstance(event, yaml.AliasEvent):
            why = "an alias (*) · write it out" if depth <= DEEPEST else "nested too deeply to be a coding file"
            msg = f"{file}:{_line(event)}: {why}"
            raise UnreadableError(msg)


def composed(file: Path) -> yaml.Node:
    """The nodes of a coding file, whatever they say.

    Raises
    ------
    UnreadableError
        It is not YAML, is empty, or has aliases or too deep a nesting; the message names the line.
    """
    content = read_given(file, "LARGEST_FILE")
    try:
        text = content.decode("utf-8-sig")
        _refuse_deep(file, text)
        node = yaml.compose(text, Loader=_Loader)
    except UnicodeDecodeError as error:
        msg = f"{file}: not UTF-8 · save it as UTF-8"
        raise UnreadableError(msg) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file}:{mark.line + 1}" if mark else str(file)
        why = getattr(error, "problem", None) or str(error).splitlines()[0]
        msg = f"{where}: not YAML: {why} · {_cause(error, text)}"
        if marked := [number for number, line in enumerate(text.splitlines(), start=1) if line.startswith(CONFLICT)]:
            msg = f"{file}:{marked[0]}: a mark of a merge conflict in Git · resolve the conflict and delete its marks"
        raise UnreadableError(msg) from error
    if node is None:
        msg = f"{file}: empty · policycase new CASE-ID --from SOURCE writes one to begin with"
        raise UnreadableError(msg)
    return node


def _cause(error: yaml.YAMLError, text: str) -> str:
    """What most likely made a text no YAML, and what to do."""
    context, problem = (getattr(error, name, None) or "" for name in ("context", "problem"))
    mark, opened = (getattr(error, name, None) for name in ("problem_mark", "context_mark"))
    lines = re.split("\r\n|[\n\r\x85\u2028\u2029]", text)  # as YAML counts them
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    begun = f"line {opened.line + 1}" if opened else "a line above"
    if re.match(r"\s*\t", line):
        return "the line begins with a tab; indent by spaces"
    if "quoted scalar" in context:
        return f"close the quote that {begun} opens; inside single quotes write two for an apostrophe"
    if "flow" in context:
        return f"close the bracket that {begun} opens, and inside it quote a text that holds a comma or a colon"
    if "cannot start any token" in problem:
        return f'quote a text that begins with "{line[mark.column :][:1] if mark else ""}"'
    if "mapping values are not allowed" in problem and len(re.findall(r":(?:\s|$)", line)) > 1:
        return "quote a text that holds a colon"
    return "indent by spaces, as far as the other names beside it, and quote a text that holds a colon"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where records are: under a passage, or below a name; and what holds there for fields that say nothing."""

    passage: str
    name: str
    given: dict[str, str]


@dataclass(slots=True)
class _Reader:
    """A coding file as it is read: rows, where they are, what supports them, and what is wrong."""

    file: Path
    profile: Profile
    case_id: str = ""
    problems: list[tuple[int, str]] = field(default_factory=list)
    rows: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    lines: dict[tuple[str, int, str], int] = field(default_factory=dict)
    at: dict[str, tuple[Table, int]] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    support: dict[tuple[str, str, str], tuple[str, str, int]] = field(default_factory=dict)
    tokens: list[tuple[yaml.Node, str, str, str]] = field(default_factory=list)
    links: Counter[str] = field(default_factory=Counter)
    package: dict[str, Any] = field(default_factory=dict)

    def read(self, root: yaml.Node, case_id: str, passages: pd.DataFrame | None) -> None:
        """Read every section, those that others point to first."""
        self.rows = {name: [] for name in self.profile.case_tables}
        top = self._mapping(root, "a coding file", SECTIONS)
        if self.problems:
            return
        self._case(top.get(CASE), case_id)
        self._sources(top.get(SOURCES))
        self._sources(top.get(OTHERS), is_other=True)
        sources = self._passages(top, passages)
        self._coded(top.get(PASSAGES), sources)
        self._of_others(top.get(OTHERS))
        self._loose(top.get(LOOSE), coded_sources(self._frame(self.profile.tables[SOURCES])))
        self._resolve()
        for name in ("scope", "coders", "reliability"):
            self._register(name, top.get(name))
        if PACKAGE in top:
            self.package = self._plain(top[PACKAGE])
        self._finish()

    def coding(self) -> Coding:
        """What was read, as it is."""
        frames = {table.name: self._frame(table) for table in self.profile.case_tables.values()}
        return Coding(frames, self.lines, self.package)

    def _frame(self, table: Table) -> pd.DataFrame:
        columns = [field.name for field in authored(table)]
        cells = [{name: text or None for name, text in row.items()} for row in self.rows[table.name]]
        return pd.DataFrame(cells, columns=columns, dtype=TEXT)

    # --- nodes ---

    def _wrong(self, node: yaml.Node, text: str) -> None:
        self.problems.append((_line(node), text))

    def _mapping(self, node: yaml.Node | None, what: str, known: Iterable[str] = ()) -> dict[str, yaml.Node]:
        """The values of a mapping by their names; `what` names it in a message."""
        if node is None or (isinstance(node, yaml.ScalarNode) and not node.value):
            return {}
        if not isinstance(node, yaml.MappingNode):
            self._wrong(node, f"{what} must be names with values, such as start: 1999")
            return {}
        found: dict[str, yaml.Node] = {}
        names = list(known)
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if not name:
                self._wrong(key, f"{what} has a name that is not a text")
            elif name in found:
                self._wrong(key, f'"{_short(name)}" appears more than once in {what}; the first is in line '
                            f"{_line(found[name])} · write it once")  # fmt: skip
            elif names and name not in names:
                hint = did_you_mean(name, [one for one in names if one not in found])
                hint = "it is at the top, beside passages" if name in SECTIONS else hint
                hint = "quote a text that holds a comma inside { }" if " " in name else hint
                self._wrong(key, f'no "{_short(name)}" in {what} · {hint or "expected " + ", ".join(names)}')
            else:
                found[name] = value
        return found

    def _items(self, node: yaml.Node | None, what: str) -> list[yaml.Node]:
        if node is None or (isinstance(node, yaml.ScalarNode) and not node.value):
            return []
        if not isinstance(node, yaml.SequenceNode):
            self._wrong(node, f"{what} must be a list, each item after a dash")
            return []
        return list(node.value)

    def _text(self, node: yaml.Node, what: str) -> str:
        if not isinstance(node, yaml.ScalarNode):
            self._wrong(node, f"{what} must be one text")
            return ""
        return str(node.value).rstrip("\n")

    def _plain(self, node: yaml.Node) -> Any:
        """Any part of the file as texts in dicts and lists."""
        if isinstance(node, yaml.MappingNode):
            return {name: self._plain(value) for name, value in self._mapping(node, PACKAGE).items()}
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(item) for item in self._items(node, PACKAGE)]
        return self._text(node, PACKAGE)

    # --- sections ---

    def _case(self, node: yaml.Node | None, case_id: str) -> None:
        table = self.profile.tables["cases"]
        fields = self._mapping(node, CASE, _names(table) | {"case_id"})
        self.case_id = self._text(fields.pop("case_id"), "case_id") if "case_id" in fields else case_id
        if not CASE_ID.fullmatch(self.case_id):
            where = node or yaml.ScalarNode("", "")
            self._wrong(where, f'case: case_id is "{_short(self.case_id)}"; expected an id such as kgz-leph')
            return
        self._add(table, self.case_id, node, "")
        self._fill(table, self.case_id, fields, "", {"profile_version": self.profile.version})

    def _sources(self, node: yaml.Node | None, *, is_other: bool = False) -> None:
        table = self.profile.tables[SOURCES]
        for name, value in self._mapping(node, OTHERS if is_other else SOURCES).items():
            known = _names(table) | ({"claims", "figures"} if is_other else set())
            fields = self._mapping(value, f"the source {_short(name)}", known)
            source_id = whole(name, self.case_id)
            self._add(table, source_id, value, "")
            given = {"source_use": "crosscheck" if is_other else "coded"}
            self._fill(table, source_id, {key: one for key, one in fields.items() if key in table.fields}, "", given)

    def _passages(self, top: dict[str, yaml.Node], rows: pd.DataFrame | None) -> dict[str, str]:
        """Make the rows of passages; the source of each by its id."""
        table = self.profile.tables[PASSAGES]
        sources = coded_sources(self._frame(self.profile.tables[SOURCES]))
        carried = {"source_id": sources[0] if len(sources) == 1 else ""}
        if FINGERPRINTS not in top and rows is not None:
            for row in rows.dropna(subset=["passage_id"]).to_dict("records"):
                self._add(table, row["passage_id"], top.get(PASSAGES), "")
                kept = {key: text for key, text in row.items() if isinstance(text, str) and key in _authored(table)}
                self.rows[PASSAGES][-1] |= {key: text for key, text in kept.items() if key not in {"coding", NOTE}}
        for name, value in self._mapping(top.get(FINGERPRINTS), FINGERPRINTS).items():
            fields = self._mapping(value, f"the fingerprint of {_short(name)}", _names(table) - {"coding", NOTE})
            passage_id = whole(name, self.case_id)
            self._add(table, passage_id, value, "")
            self._fill(table, passage_id, fields, "", carried | _located(name))
            carried = {key: self.rows[PASSAGES][-1].get(key, "") for key in CARRIED}
        return {row["passage_id"]: row.get("source_id", "") for row in self.rows[PASSAGES]}

    def _coded(self, node: yaml.Node | None, sources: dict[str, str]) -> None:
        tables = {table.name: table for table in coded_tables(self.profile)}
        known = ("coding", NOTE, CASE, *tables, SUPPORTS)
        for name, value in self._mapping(node, PASSAGES).items():
            passage = whole(name, self.case_id)
            if passage not in sources:
                hint = did_you_mean(name, [local(one, self.case_id) for one in sources])
                what = f'no passage "{_short(name)}" has a fingerprint'
                self._wrong(value, f"{what} · {hint or 'policycase passages SOURCE --case ID lists them'}")
                continue
            parts = self._mapping(value, f"passage {name}", known)
            own = {key: parts[key] for key in ("coding", NOTE) if key in parts}
            self._fill(self.profile.tables[PASSAGES], passage, own, "", {})
            self.lines[PASSAGES, self.at[passage][1], ""] = _line(value)
            if CASE in parts:
                fields = self._mapping(parts[CASE], CASE, _names(self.profile.tables["cases"]))
                if self.case_id in self.at:  # else its id was wrong, which is reported
                    self._fill(self.profile.tables["cases"], self.case_id, fields, passage, {})
            self._records(parts, _Place(passage, name, {"source_id": sources[passage]}))
            for item in self._items(parts.get(SUPPORTS), SUPPORTS):
                self._token(item, passage)

    def _records(self, parts: dict[str, yaml.Node], place: _Place) -> None:
        """The records of some tables, which are in one place."""
        for table in coded_tables(self.profile):
            if table.name not in parts:
                continue
            what = f"{table.name} of {place.name}"
            if table.id_parts:
                for item in self._items(parts[table.name], what):
                    self._link(table, item, place)
                continue
            for name, value in self._mapping(parts[table.name], what).items():
                fields = self._mapping(value, f"{table.name} {_short(name)}", _names(table))
                self._record(table, whole(name, self.case_id), value, fields, place)

    def _link(self, table: Table, node: yaml.Node, place: _Place) -> None:
        """A row that links records: its id is made of its parts, unless it is given."""
        fields = self._mapping(node, table.name, _names(table) | {table.key})
        key = fields.pop(table.key, None)
        record_id = whole(self._text(key, table.key), self.case_id) if key is not None else ""
        if record_id and not any(part in fields for part in table.id_parts):
            if record_id in self.at:
                self._record(table, record_id, node, fields, place)
            else:
                self._wrong(node, f'no {table.key} "{_short(local(record_id, self.case_id))}" appears above')
            return
        parts = {part: _peeked(fields[part]) for part in table.id_parts if part in fields}
        missing = [part for part in table.id_parts if not parts.get(part)]
        if missing:
            self._wrong(node, f"{table.name}: {missing[0]} is missing; it is required")
            return
        made = f"{self.case_id}:" + "--".join(parts[part].rpartition(":")[2] for part in table.id_parts)
        self.links[made] += 1
        made = made if self.links[made] == 1 else f"{made}--{self.links[made]}"
        self._record(table, record_id or made, node, fields, place, is_new=True)

    def _record(
        self,
        table: Table,
        record_id: str,
        node: yaml.Node,
        fields: dict[str, yaml.Node],
        place: _Place,
        *,
        is_new: bool = False,
    ) -> None:
        """A record where it is first, or what a further passage says of it."""
        known = self.at.get(record_id)
        if known is None:
            self._add(table, record_id, node, place.passage)
            self._fill(table, record_id, fields, place.passage, place.given)
        elif known[0].name != table.name or is_new:
            line = self.lines[known[0].name, known[1], ""]
            what = f'"{local(record_id, self.case_id)}" is already the id of a row of {known[0].name}, in line {line}'
            self._wrong(node, f"{what} · choose another id")
        else:
            self._fill(table, record_id, fields, place.passage, {})

    def _of_others(self, node: yaml.Node | None) -> None:
        if node is None or not isinstance(node, yaml.MappingNode):
            return
        for key, value in node.value:
            if isinstance(value, yaml.MappingNode):
                parts = {one.value: of for one, of in value.value if one.value in {"claims", "figures"}}
                source_id = whole(key.value, self.case_id)
                self._records(parts, _Place("", key.value, {"source_id": source_id, "stance": ""}))

    def _loose(self, node: yaml.Node | None, sources: list[str]) -> None:
        given = {"source_id": sources[0]} if len(sources) == 1 else {}
        tables = [table.name for table in coded_tables(self.profile)]
        self._records(self._mapping(node, LOOSE, tables), _Place("", LOOSE, given))

    def _register(self, name: str, node: yaml.Node | None) -> None:
        table = self.profile.tables[name]
        key = key_of(table)
        if key:
            for one, value in self._mapping(node, name).items():
                is_short = name == SCOPE and isinstance(value, yaml.ScalarNode) and value.value
                fields = (
                    {EXTENT: value}
                    if is_short
                    else self._mapping(value, f"{name} {_short(one)}", _names(table) - {key})
                )
                record_id = whole(one, self.case_id) if table.key else f"{name}/{one}"
                self._add(table, record_id, value, "")
                self._fill(table, record_id, fields, "", {} if table.key else {key: one})
        for number, item in enumerate(self._items(node, name) if not key else ()):
            fields = self._mapping(item, name, _names(table))
            self._add(table, f"{name}/{number}", item, "")
            self._fill(table, f"{name}/{number}", fields, "", {})

    # --- rows ---

    def _add(self, table: Table, record_id: str, node: yaml.Node | None, passage: str) -> None:
        if record_id in self.at:
            self._wrong(node or yaml.ScalarNode("", ""), f'"{local(record_id, self.case_id)}" is already an id')
            return
        number = len(self.rows[table.name])
        self.at[record_id] = (table, number)
        self.homes[record_id] = passage
        self.rows[table.name].append({"case_id": self.case_id} | ({table.key: record_id} if table.key else {}))
        self.lines[table.name, number, ""] = _line(node) if node is not None else 1

    def _fill(
        self, table: Table, record_id: str, fields: dict[str, yaml.Node], passage: str, given: dict[str, str]
    ) -> None:
        """Take the fields of a record; what is `given` holds where they say nothing."""
        number = self.at[record_id][1]
        row = self.rows[table.name][number]
        for name, node in fields.items():
            column = table.fields[name]
            text, mark, note = self._value(node, f"{table.name} {local(record_id, self.case_id)}: {name}", passage)
            if text and is_id(column):
                text = self.case_id if text == CASE else whole(text, self.case_id)
            before = row.get(name, "")
            if before and before != text:
                line = self.lines[table.name, number, name]
                what = f'{name} is "{_short(text)}" here and "{_short(before)}" in line {line}'
                self._wrong(node, f"{what} · write it in one of the two places")
                continue
            problem = problem_of(text, column, self.profile) if text else ""
            if problem:
                self._wrong(node, f"{table.name} {local(record_id, self.case_id)}: {name}{problem}")
            row[name] = text
            self.lines.setdefault((table.name, number, name), _line(node))
            if column.name in table.id_parts:  # a link rests on a passage as a whole
                if mark == INFERRED:
                    self.support[record_id, RECORD, passage] = (INFERRED, note, _line(node))
                continue
            basis = mark or (STATED if _rests(table, column, text) else ELSEWHERE)
            if passage and text and basis != ELSEWHERE:
                self._rest(node, record_id, name, passage, basis, note)
        for name, text in given.items():
            if name in table.fields:
                row.setdefault(name, text)

    def _value(self, node: yaml.Node, what: str, passage: str) -> tuple[str, str, str]:
        """The text of a field, how it rests on its passage if that is said, and a note on it."""
        if not isinstance(node, yaml.MappingNode):
            return self._text(node, what), "", ""
        parts = self._mapping(node, what, (*MARKS, NOTE))
        marks = [mark for mark in MARKS if mark in parts]
        if len(marks) != 1:
            self._wrong(node, f"{what} must be a text, or one of {', '.join(MARKS)} with a text")
            return "", "", ""
        if not passage and marks[0] != ELSEWHERE:
            self._wrong(node, f"{what} is {marks[0]}, but is under no passage · move it to its passage")
        note = self._text(parts[NOTE], NOTE) if NOTE in parts else ""
        return self._text(parts[marks[0]], what), marks[0], note

    def _rest(self, node: yaml.Node, record_id: str, name: str, passage: str, basis: str, note: str) -> None:
        before = self.support.get((record_id, name, passage))
        if before and before[:2] != (basis, note):
            what = f"{local(record_id, self.case_id)}: {name}"
            self._wrong(node, f"{what} is {basis} here and {before[0]} in line {before[2]} · choose one")
        self.support[record_id, name, passage] = (basis, note, _line(node))

    def _token(self, node: yaml.Node, passage: str) -> None:
        """One item of `supports`: a text, or a text with a note."""
        if isinstance(node, yaml.MappingNode):
            for text, note in self._mapping(node, SUPPORTS).items():
                self.tokens.append((node, passage, text, self._text(note, NOTE)))
        else:
            self.tokens.append((node, passage, self._text(node, SUPPORTS), ""))

    def _resolve(self) -> None:
        """Take what `supports` says, once every record is known; then what a record rests on by standing there."""
        for node, passage, text, note in self.tokens:
            match = TOKEN.fullmatch(text)
            if not match:
                how = "write nsp, nsp? if inferred, or nsp:start for a field"
                self._wrong(node, f'{SUPPORTS}: "{_short(text)}" is not a record with or without fields · {how}')
                continue
            record_id = self.case_id if match["record"] == CASE else whole(match["record"], self.case_id)
            if record_id not in self.at:
                names = [local(one, self.case_id) for one, (table, _) in self.at.items() if table.needs_evidence]
                hint = did_you_mean(match["record"], names)
                if any(match["record"] in table.fields for table in coded_tables(self.profile)):
                    hint = f'join a field to its record by a colon: "night-watch:{match["record"]}"'
                self._wrong(node, f'{SUPPORTS}: no record "{_short(match["record"])}" · {hint or "write it first"}')
                continue
            table = self.at[record_id][0]
            for name in re.split(r", ?", match["fields"]) if match["fields"] else [RECORD]:
                if name != RECORD and name not in _authored(table):
                    hint = did_you_mean(name, _authored(table))
                    self._wrong(node, f'{SUPPORTS}: no field "{name}" in {table.name}' + (f" · {hint}" if hint else ""))
                    continue
                self._rest(node, record_id, name, passage, INFERRED if match["inferred"] else STATED, note)
        for record_id, passage in self.homes.items():
            if passage:
                table, number = self.at[record_id]
                stated = (STATED, "", self.lines[table.name, number, ""])
                self.support.setdefault((record_id, RECORD, passage), stated)

    def _finish(self) -> None:
        """Fill in what follows from the rest: defaults, positions, the coding of passages, evidence."""
        for record_id, (table, number) in self.at.items():
            row, home = self.rows[table.name][number], self.homes[record_id]
            for column in table.fields.values():
                if column.default and column.name not in row:
                    row[column.name] = column.default
                    if home and _rests(table, column, column.default):
                        stated = (STATED, "", self.lines[table.name, number, ""])
                        self.support.setdefault((record_id, column.name, home), stated)
        for table in coded_tables(self.profile):
            if "position" in table.fields and self.rows[table.name]:
                made = positions(self._frame(table))
                for row, position in zip(self.rows[table.name], made, strict=True):
                    row["position"] = position
        used = {passage for _, _, passage in self.support}
        for row in self.rows[PASSAGES]:
            row.setdefault("coding", "coded" if row["passage_id"] in used else "uncoded")
        for (record_id, name, passage), (basis, note, line) in self.support.items():
            self.lines["evidence", len(self.rows["evidence"]), ""] = line
            self.rows["evidence"].append(
                {"record_id": record_id, "field": name, "passage_id": passage}
                | {"case_id": self.case_id, "basis": basis, "note": note}
            )


def _line(node: yaml.Node | yaml.Event) -> int:
    return int(node.start_mark.line) + 1 if node.start_mark else 1


def _peeked(node: yaml.Node) -> str:
    """The text of a field, with or without a mark; what is wrong with it is reported where it is read."""
    if isinstance(node, yaml.MappingNode):
        texts = {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}
        return next((_peeked(texts[mark]) for mark in MARKS if mark in texts), "")
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def _short(text: str) -> str:
    return text[:60]


def _authored(table: Table) -> list[str]:
    return [field.name for field in authored(table)]


def _names(table: Table) -> set[str]:
    """The fields that are written: not the id, which names the record, nor the case."""
    return {name for name in _authored(table) if name not in {table.key, "case_id"}}


def key_of(table: Table) -> str:
    """The one column that names a row within its case; empty if there are several."""
    rest = [name for name in table.primary_key if name != "case_id"]
    return rest[0] if len(rest) == 1 else ""


def coded_tables(profile: Profile) -> list[Table]:
    """The tables whose rows are under passages; the case itself apart."""
    return [table for table in profile.case_tables.values() if table.needs_evidence and table.key != "case_id"]


def _rests(table: Table, column: Field, text: str) -> bool:
    """Whether a value rests on the passage that it is under, unless the file says otherwise."""
    return column.evidence and column.name not in table.id_parts and bool(text) and text != column.silent


def _located(name: str) -> dict[str, str]:
    """What the id of a passage says of where it is."""
    match = LOCATOR.fullmatch(name)
    return {part: match[part] for part in LOCATED} if match else {}


class _Inline(dict[str, Any]):
    """A mapping that is written on one line."""


class _InlineList(list[Any]):
    """A list that is written on one line."""


class _Dumper(yaml.SafeDumper):
    """Writes each text so that every reader of YAML takes it for text."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        """Indent lists below their name, as editors do."""
        super().increase_indent(flow, False)


_Dumper.add_representer(
    _Inline, lambda dumper, data: dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=True)
)
_Dumper.add_representer(
    _InlineList, lambda dumper, data: dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True)
)


def write(case: Casebook, place: Path) -> None:
    """Write the coding file of one case; `read_coding` reads it back cell by cell.

    Raises
    ------
    UnreadableError
        There are several cases, or a row cannot be in a coding file, since an id is missing or wrong.
    """
    place.write_text(coding_text(case), encoding="utf-8", newline="\n")


def coding_text(case: Casebook) -> str:
    """The coding file of one case."""
    if len(case.case_ids) != 1:
        msg = f"a coding file is of one case; here are {len(case.case_ids)} · choose one of them"
        raise UnreadableError(msg)
    sections = _Writer(case).sections()
    return HEADING + "\n".join(dumped({name: value}) for name, value in sections.items() if value)


def dumped(content: Any) -> str:
    """YAML, keys in the order given."""
    return yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=WIDTH)


class _Writer:
    """A case as the sections of a coding file."""

    def __init__(self, case: Casebook) -> None:
        self.case_id = case.case_ids[0]
        self.descriptor = case.descriptor
        self.profile = case.profile
        own = {name: case.text[name][_authored(table)] for name, table in case.profile.case_tables.items()}
        self.frames = in_source_order(own, case.profile)
        self._refuse_unknown()
        self.passages = self.frames[PASSAGES]["passage_id"].tolist()
        self.place = {passage: number for number, passage in enumerate(self.passages)}
        self.under: dict[str, dict[str, Any]] = {passage: {} for passage in self.passages}
        self.others: dict[str, dict[str, Any]] = {}
        self.loose: dict[str, Any] = {}
        self.supports: dict[str, list[Any]] = {passage: [] for passage in self.passages}
        self.links: Counter[str] = Counter()
        sources = self.frames[SOURCES]
        self.coded = coded_sources(sources)
        crosscheck = sources["source_use"].eq("crosscheck")
        self.crosschecks = set(sources.loc[crosscheck, "source_id"])
        self.source_of = {row["passage_id"]: row["source_id"] for row in _rows(self.frames[PASSAGES])}
        self.evidence: dict[str, dict[str, dict[str, tuple[str, str]]]] = {}
        for row in _rows(self.frames["evidence"]):
            by_field = self.evidence.setdefault(row["record_id"], {}).setdefault(row["field"], {})
            by_field[row["passage_id"]] = (row["basis"], row[NOTE])
        self.supported = {passage for of in self.evidence.values() for support in of.values() for passage in support}

    def _refuse_unknown(self) -> None:
        """Raise unless every row has an id of this case, once, and evidence points to what is there."""
        known: set[str] = set()
        for table in self.profile.case_tables.values():
            frame = self.frames[table.name]
            ids = frame[table.key] if table.key else pd.Series([], dtype=TEXT)
            before = ids.eq(self.case_id) if table.key == "case_id" else ids.str.startswith(f"{self.case_id}:").eq(True)
            if ids.isna().any() or not before.all() or ids.duplicated().any() or known & set(ids):
                self._refuse(table.name, "an id is missing, repeated or of another case")
            if frame["case_id"].ne(self.case_id).any():
                self._refuse(table.name, f"a row is of another case than {self.case_id}")
            known |= set(ids)
        passages = self.frames[PASSAGES]["passage_id"]
        evidence = self.frames["evidence"]
        if not (evidence["record_id"].isin(known) & evidence["passage_id"].isin(passages)).all():
            self._refuse("evidence", "it points to a record or passage that is not there")

    def _refuse(self, name: str, why: str) -> None:
        msg = f"{name}: {why}, so no coding file can hold it · run: policycase validate"
        raise UnreadableError(msg)

    def sections(self) -> dict[str, Any]:
        """Every section by its name, in the order in which a coder meets them."""
        cases = self.profile.tables["cases"]
        own = _rows(self.frames["cases"])[0]
        case = {"case_id": self.case_id} | self._fields(cases, own, "", {"profile_version": self.profile.version})
        for table in coded_tables(self.profile):
            made = positions(self.frames[table.name].assign(position=None)) if "position" in table.fields else []
            for number, row in enumerate(_rows(self.frames[table.name])):
                self._record(table, row, {"position": made[number]} if made else {})
        for passage in self.passages:
            if self.supports[passage]:
                self.under[passage][SUPPORTS] = _InlineList(self.supports[passage])
        return {
            CASE: case,
            SOURCES: self._sources(is_other=False),
            PASSAGES: {self._local(row["passage_id"]): self._passage(row) for row in _rows(self.frames[PASSAGES])},
            OTHERS: self._sources(is_other=True),
            LOOSE: {name: self.loose[name] for name in self.profile.case_tables if name in self.loose},
            **{name: self._register(name) for name in ("scope", "coders", "reliability")},
            FINGERPRINTS: fingerprints(self.frames[PASSAGES], self.profile, self.case_id),
            PACKAGE: {key: value for key, value in self.descriptor.items() if key not in {*MADE, "name"}},
        }

    def _local(self, text: str) -> str:
        short = local(text, self.case_id)
        return text if short == CASE else CASE if short == self.case_id else short

    def _cell(self, column: Field, text: str) -> str:
        return self._local(text) if is_id(column) else text

    def _record(self, table: Table, row: dict[str, str], given: dict[str, str]) -> None:
        """Put a record under its first passage, and what rests on others under these."""
        record_id = row[table.key]
        source = row.get("source_id", "")
        home = min(self.evidence.get(record_id, {}).get(RECORD, {}), key=self.place.__getitem__, default="")
        is_other = not home and source in self.crosschecks
        default = (
            self.source_of[home] if home else source if is_other else self.coded[0] if len(self.coded) == 1 else ""
        )
        given = given | {"source_id": default} | ({"stance": ""} if is_other else {})
        fields = self._fields(table, row, home, given)
        if home:
            part = self.under[home]
        elif is_other:
            part = self.others.setdefault(source, {})
        else:
            part = self.loose
        if table.id_parts:
            name = link_name((row[part] for part in table.id_parts), self.case_id)
            self.links[name] += 1
            made = name if self.links[name] == 1 else f"{name}--{self.links[name]}"
            key = {table.key: self._local(record_id)} if made != record_id else {}
            part.setdefault(table.name, []).append(_Inline(key | fields))
        else:
            part.setdefault(table.name, {})[self._local(record_id)] = fields

    def _fields(self, table: Table, row: dict[str, str], home: str, given: dict[str, str]) -> dict[str, Any]:
        """The fields of a record that are at its home; those that rest on later passages are put there."""
        record_id = row[table.key]
        evidence = self.evidence.get(record_id, {})
        fields: dict[str, Any] = {}
        names = _names(table)
        for column in table.fields.values():
            if column.name not in names:
                continue
            text = row[column.name]
            default = given.get(column.name, column.default)
            support = dict(evidence.get(column.name, {})) if text and column.name not in table.id_parts else {}
            rests = bool(home) and _rests(table, column, text)
            plain = {home: (STATED, "")} if rests else {}
            if text == default and support == plain:
                continue
            place = home if home in support else min(
                (one for one in support if not home or self.place[one] >= self.place[home]),
                key=self.place.__getitem__,
                default=home,
            )  # fmt: skip
            if (not home and table.key != "case_id") or text == default:
                place = home
            cell = self._cell(column, text)
            said = support.pop(place, None) if place else None
            if said:
                is_plain = said == (STATED, "") and _rests(table, column, text)
                content = cell if is_plain else _Inline({said[0]: cell} | ({NOTE: said[1]} if said[1] else {}))
            else:
                content = _Inline({ELSEWHERE: cell}) if rests else cell
            self._support(record_id, column.name, support)
            if place == home:
                fields[column.name] = content
            else:
                self._add(table, row, place, {column.name: content})
        for name, support in evidence.items():
            if name == RECORD:
                own = {home: (STATED, "")} if home else {}
                self._support(record_id, name, {one: said for one, said in support.items() if own.get(one) != said})
            elif not row.get(name) or name not in names or name in table.id_parts:
                self._support(record_id, name, support)
        return fields

    def _add(self, table: Table, row: dict[str, str], passage: str, fields: dict[str, Any]) -> None:
        """A field of a record that is above, under a passage further down."""
        record_id = row[table.key]
        if table.key == "case_id":
            self.under[passage].setdefault(CASE, {}).update(fields)
        elif table.id_parts:
            items = self.under[passage].setdefault(table.name, [])
            key = {table.key: self._local(record_id)}
            item = next((one for one in items if one.items() >= key.items()), None)
            if item is None:
                items.append(_Inline(key | fields))
            else:
                item.update(fields)
        else:
            self.under[passage].setdefault(table.name, {}).setdefault(self._local(record_id), {}).update(fields)

    def _support(self, record_id: str, name: str, support: dict[str, tuple[str, str]]) -> None:
        for passage, (basis, note) in support.items():
            of = "" if name == RECORD else f":{name}"
            token = f"{self._local(record_id)}{of}{'?' * (basis == INFERRED)}"
            self.supports[passage].append({token: note} if note else token)

    def _passage(self, row: dict[str, str]) -> dict[str, Any]:
        passage, coding = row["passage_id"], "coded" if row["passage_id"] in self.supported else "uncoded"
        own = {"coding": row["coding"]} if row["coding"] != coding else {}
        own |= {NOTE: row[NOTE]} if row[NOTE] else {}
        return own | self.under[passage]

    def _sources(self, *, is_other: bool) -> dict[str, Any]:
        table = self.profile.tables[SOURCES]
        made = {}
        for row in _rows(self.frames[SOURCES]):
            if (row["source_use"] != "coded") == is_other:
                given = {"source_use": "crosscheck" if is_other else "coded"}
                fields = self._fields(table, row, "", given) | self.others.get(row["source_id"], {})
                made[self._local(row["source_id"])] = fields
        return made

    def _register(self, name: str) -> Any:
        table = self.profile.tables[name]
        key = key_of(table)
        rows = [
            (
                row[key] if key else "",
                _Inline({one: row[one] for one in names_in_order(table) if one != key and row[one]}),
            )
            for row in _rows(self.frames[name])
        ]
        return {self._local(one): fields for one, fields in rows} if key else [fields for _, fields in rows]


def fingerprints(passages: pd.DataFrame, profile: Profile, case_id: str) -> dict[str, Any]:
    """Passages as the section of a coding file that says where and how long they are, by their ids."""
    table = profile.tables[PASSAGES]
    sources = passages["source_id"].unique()
    carried = {"source_id": sources[0] if len(sources) == 1 else ""}
    made = {}
    for row in _rows(passages):
        name = local(row["passage_id"], case_id)
        given = carried | _located(name)
        made[name] = _Inline(
            {
                column: local(row[column], case_id) if is_id(table.fields[column]) else row[column]
                for column in names_in_order(table)
                if row[column] != given.get(column, "") and column not in {"coding", NOTE}
            }
        )
        carried = {column: row[column] for column in CARRIED}
    return made


def _rows(frame: pd.DataFrame) -> list[dict[str, str]]:
    """The rows of a text frame; an empty text where a cell is missing."""
    return [{str(name): cell for name, cell in row.items()} for row in frame.fillna("").to_dict("records")]


def names_in_order(table: Table) -> Iterator[str]:
    """The fields that are written, in the order of the schema."""
    return (name for name in _authored(table) if name in _names(table))
