"""Highlights made in Taguette or Hypothesis as the beginning of a coding file."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from policycase.coding.coding_file import SUPPORTS, coded_tables, dumped, names_in_order
from policycase.errors import UnreadableError, did_you_mean
from policycase.model.passages import skeleton
from policycase.model.profile import Profile, Table, shipped_profile
from policycase.storage.csv_files import CsvFile
from policycase.storage.json_files import sound_json
from policycase.storage.locations import read_given

KINDS = ("taguette", "hypothesis")
COLUMNS = ("id", "document", "tag", "content")  # of Taguette's highlights.csv
OF_TEXT = {"row-is-one-line", "row-has-every-cell"}  # findings on a table; a highlight may have several lines
SHOWN = 3  # passages that a message names
TAG = re.compile(r"(?:(?P<group>[a-z_]+)\s*[:./]\s*)?(?P<word>[a-z0-9_-]+)")


@dataclass(frozen=True, slots=True)
class Highlight:
    """A run of a source that somebody marked: its line in the file, its tags, and what was written about it."""

    line: int
    text: str
    tags: tuple[str, ...]
    note: str = ""
    before: str = ""
    after: str = ""


@dataclass(slots=True)
class Draft:
    """A coding file to begin with.

    Attributes
    ----------
    text
        The file.
    records
        How many records it has.
    problems
        What became no record, with the line of the highlight.
    """

    text: str = ""
    records: int = 0
    problems: list[str] = field(default_factory=list)


def draft(file: Path, kind: str, passages: Mapping[str, str], empty: str) -> Draft:
    """A coding file in which each highlight is the beginning of a record under its passage.

    Parameters
    ----------
    file
        The highlights: Taguette's highlights.csv, or what the API of Hypothesis returns, as JSON.
    kind
        One of `KINDS`.
    passages
        The text of each passage of the source by its locator, such as p2s1.
    empty
        A coding file of these passages to begin with, as `new_case.skeleton` makes it.

    Raises
    ------
    UnreadableError
        The file cannot be read, or is of another kind.

    Notes
    -----
    A highlight is found in the source by its letters and digits. A tag is a table (`events`), a code of it
    (`events:launch`, or `event_type:launch`), or a code that one table alone has (`launch`). The record gets the code
    and, as its note, what was written about the highlight; the words of the highlight are in comments alone.
    """
    made = Draft(empty)
    begun = _Begun(_Source.of(passages), shipped_profile())
    for highlight in (_of_taguette if kind == KINDS[0] else _of_hypothesis)(file):
        problems = begun.take(highlight, file.name)
        made.problems += [f"{file}:{highlight.line}: {problem}" for problem in problems]
    for name, lines in begun.below().items():
        made.text = made.text.replace(f"\n  {name}:\n", f"\n  {name}:\n{lines}", 1)
    made.records = begun.count.total()
    return made


def _of_taguette(file: Path) -> Iterator[Highlight]:
    """A highlight for each row; one with several tags has several rows."""
    table = CsvFile.of(_read(file), str(file))
    for finding in table.findings:
        if finding.severity == "error" and finding.rule not in OF_TEXT:
            raise UnreadableError(str(finding).replace(f"  [{finding.rule}]", ""))
    missing = [name for name in COLUMNS if name not in table.header]
    if missing:
        msg = f"{file}:1: no column {missing[0]} · expected highlights as Taguette exports them: {', '.join(COLUMNS)}"
        raise UnreadableError(msg)
    line = 2
    for row in table.rows:
        cells = dict(zip(table.header, row, strict=False))
        tag = cells.get("tag", "").strip()
        yield Highlight(line, cells.get("content", ""), (tag,) if tag else ())
        line += 1 + sum(cell.count("\n") for cell in row)


def _of_hypothesis(file: Path) -> Iterator[Highlight]:
    """A highlight for each annotation: the quote of its first target that has one, its tags, and its text."""
    content = _read(file)
    try:
        sound_json(content)
    except ValueError as error:
        msg = f"{file}: not readable as JSON: {error} · save what the API of Hypothesis returns"
        raise UnreadableError(msg) from error
    for line, found in _items(content.decode("utf-8"), file):
        item = found if isinstance(found, dict) else {}
        quote = next((one for one in _selectors(item) if one.get("type") == "TextQuoteSelector"), {})
        exact, before, after = (_text(quote.get(name)) for name in ("exact", "prefix", "suffix"))
        tags = item.get("tags")
        tagged = tuple(filter(None, map(_text, tags))) if isinstance(tags, list) else ()
        yield Highlight(line, exact, tagged, _text(item.get("text")), before, after)


def _items(text: str, file: Path) -> Iterator[tuple[int, Any]]:
    """The annotations of an answer of the API, or of a list, each with its line."""
    start = re.match(r"\s*(?=\[)", text) or re.search(r'"rows"\s*:\s*(?=\[)', text)
    if not start:
        msg = f'{file}: no list of annotations · expected what the API of Hypothesis returns, with "rows"'
        raise UnreadableError(msg)
    decoder, place = json.JSONDecoder(), start.end() + 1
    while True:
        place = re.compile(r"[\s,]*").match(text, place).end()  # type: ignore[union-attr] # it matches nothing too
        if text[place] == "]":
            return
        item, end = decoder.raw_decode(text, place)
        yield text.count("\n", 0, place) + 1, item
        place = end


def _selectors(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for target in item.get("target") or [] if isinstance(item.get("target"), list) else []:
        selectors = target.get("selector") if isinstance(target, dict) else None
        yield from (one for one in selectors if isinstance(one, dict)) if isinstance(selectors, list) else ()


def _shown(text: str) -> str:
    """A text as a comment of YAML can hold it."""
    return "".join(character if character.isprintable() else " " for character in text)


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _read(file: Path) -> bytes:
    try:
        return read_given(file, "LARGEST_FILE")
    except OSError as error:
        msg = f"{file}: cannot be read: {error.strerror} · give the file that was exported"
        raise UnreadableError(msg) from error


@dataclass(frozen=True, slots=True)
class _Source:
    """The passages of a source as one skeleton, and where in it each begins and ends."""

    bones: str
    spans: list[tuple[str, int, int]]

    @classmethod
    def of(cls, passages: Mapping[str, str]) -> "_Source":
        spans, parts, at = [], [], 0
        for name, text in passages.items():
            parts.append(skeleton(text))
            spans.append((name, at, at + len(parts[-1])))
            at += len(parts[-1])
        return cls("".join(parts), spans)

    def passages(self, highlight: Highlight) -> tuple[list[str], str]:
        """The passages that a highlight lies in, or what is wrong with it."""
        wanted = skeleton(highlight.text)
        if not wanted:
            return [], "has no text"
        found = self._places(wanted)
        if len(found) > 1:
            before = skeleton(highlight.before)
            closer = self._places(before + wanted + skeleton(highlight.after))
            found = [place + len(before) for place in closer] if len(closer) == 1 else found
        within = [self._within(place, place + len(wanted)) for place in found]
        firsts = list(dict.fromkeys(one[0] for one in within))
        if not firsts:
            problem = "is in no passage · headings and captions are none; or the source is another than was highlighted"
        elif len(firsts) > 1:
            more = " …" if len(firsts) > SHOWN else ""
            problem = f"may be in {' or '.join(firsts[:SHOWN])}{more} · write the record by hand"
        else:
            return within[0], ""
        return [], problem

    def _places(self, wanted: str) -> list[int]:
        return [match.start() for match in re.finditer(f"(?={re.escape(wanted)})", self.bones)]

    def _within(self, start: int, end: int) -> list[str]:
        return [name for name, begin, stop in self.spans if begin < end and start < stop]


@dataclass(slots=True)
class _Begun:
    """The beginnings of records, by passage and table."""

    source: _Source
    profile: Profile
    under: dict[str, dict[str, dict[str, dict[str, str]]]] = field(default_factory=dict)
    supports: dict[str, list[str]] = field(default_factory=dict)
    remarks: dict[str, list[str]] = field(default_factory=dict)
    count: Counter[str] = field(default_factory=Counter)

    def take(self, highlight: Highlight, file: str) -> list[str]:
        """Begin a record for each tag; what cannot be one is a remark under its passage, and is returned."""
        passages, problem = self.source.passages(highlight)
        if problem:
            return [f"the highlight {problem}"]
        note = " ".join(highlight.note.split())
        problems = []
        for tag in highlight.tags or ("",):
            table, fields, problem = self._meant(tag)
            if table is None:
                remark = f"{file}:{highlight.line}: " + (f'tag "{" ".join(tag.split())}"' if tag else "no tag")
                self.remarks.setdefault(passages[0], []).append(f"{remark}: {note}" if note else remark)
                problems.append(problem)
                continue
            base = (next(iter(fields.values()), "") or table.name).replace("_", "-")
            self.count[base] += 1
            name = f"{base}-{self.count[base]}"
            records = self.under.setdefault(passages[0], {}).setdefault(table.name, {})
            records[name] = fields | ({"note": note} if note else {})
            for further in passages[1:]:
                self.supports.setdefault(further, []).append(name)
        return problems

    def _meant(self, tag: str) -> tuple[Table | None, dict[str, str], str]:
        """The table of a tag and the code it gives, or what is wrong with it."""
        if not tag:
            return None, {}, "the highlight has no tag · the draft has it as a comment"
        match = TAG.fullmatch("-".join(tag.strip().lower().split()).replace(":-", ":"))
        group, word = (match["group"] or "", match["word"]) if match else ("", "")
        tables = {table.name: table for table in coded_tables(self.profile)}
        places = [
            (table, name)
            for table in tables.values()
            for name in names_in_order(table)
            if word in self.profile.vocabularies.get(table.fields[name].vocabulary, ())
            and group in {"", table.name, table.fields[name].vocabulary}
        ]
        if not group and word in tables:
            places = [(tables[word], "")]
        firsts = {table.name: (table, name) for table, name in reversed(places) if not table.id_parts}
        if len(firsts) == 1:
            table, name = next(iter(firsts.values()))
            return table, {name: word} if name else {}, ""
        if firsts:
            names = sorted(firsts)
            return None, {}, f'the tag "{tag}" is a code of {" and ".join(names)} · write {names[0]}:{word}'
        if places:
            return None, {}, f'the tag "{tag}" is of {places[0][0].name}, which links records · write it by hand'
        known = [*tables, *(code for codes in self.profile.vocabularies.values() for code in codes)]
        hint = did_you_mean(word, known) or "write a table such as events, or a code such as events:launch"
        return None, {}, f'the tag "{tag}" is neither a table nor a code · {hint}'

    def below(self) -> dict[str, str]:
        """What the coding file has under each passage."""
        made = {}
        for name, *_ in self.source.spans:
            content: dict[str, Any] = dict(self.under.get(name, {}))
            content |= {SUPPORTS: self.supports[name]} if name in self.supports else {}
            lines = [f"# {_shown(remark)}" for remark in self.remarks.get(name, [])]
            lines += dumped(content).splitlines() if content else []
            made[name] = "".join(f"    {line}\n" for line in lines)
        return made
