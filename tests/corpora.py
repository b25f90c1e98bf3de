"""Made-up cases by seed, each as sound as the real case that it is drawn from: for benchmarks and large tests.

A case of the corpus is one of the six of this repository with another id, other codes, names in two scripts, years
moved, dates made uncertain and words added; some are several times as long. What rules hold together stays together.
"""

import csv
import io
import json
import os
import random
import re
import shutil
from functools import cache
from pathlib import Path

from copies import ROOT

from policycase.model.package import read_descriptor
from policycase.model.profile import Profile, Table

PROFILE = Profile.read(ROOT)
SIX = (ROOT, *sorted(path.parent for path in ROOT.glob("examples/*/datapackage.json")))
TIED = {
    "attested_by", "coding", "event_type", "extent", "measure", "occurrence", "period", "place_type", "qualifier",
    "relation", "source_use", "stance", "status",
}  # fmt: skip  # vocabularies whose codes rules tie to other cells
DAY = re.compile(r"[0-9]{4}(?:-[0-9]{2}){0,2}")
YEAR = re.compile(r"[0-9]{4}(?![0-9])|[0-9]{3}(?=X)")
SPELL = re.compile(r"--[0-9]+$")
LOCATOR = re.compile(r"(.*?)(p|fn)([0-9]+)(s[0-9]+[a-z]?)")
LATIN = [
    "health",
    "officers",
    "met",
    "the",
    "council,",
    "and",
    '"friends"',
    "of",
    "the",
    "service;",
    "nobody",
    "kept",
    "count",
    "over",
    "winter",
]
CYRILLIC = ["служба,", "центр", "здоровья", "область", "милиция", "общество", "«Доверие»", "район", "город", "помощь"]

Row = dict[str, str]


@cache
def template(root: Path) -> tuple[str, dict[str, list[Row]]]:
    """The id and the rows of a case."""
    case_id = str(read_descriptor(root)["name"])
    return case_id, {
        name: list(csv.DictReader(io.StringIO((root / f"data/{name}.csv").read_text(encoding="utf-8"), newline="")))
        for name in PROFILE.case_tables
    }


def write_corpus(folder: Path, count: int, seed: int = 1) -> list[Path]:
    """Folders of `count` cases, below one folder; the first are the same however many follow."""
    return [write_case(folder / f"{number:05d}", number, seed) for number in range(count)]


def write_case(target: Path, number: int, seed: int = 1, copies: int | None = None) -> Path:
    """One case as a package; `copies` is how many times as long it is as the real one."""
    draw = random.Random(f"{seed} {number}")  # noqa: S311 - variety, not secrets
    root = SIX[number % len(SIX)] if copies is None else ROOT
    old, rows = template(root)
    case_id = f"{old[:3]}-c{number:05d}"
    varied = {name: [dict(row) for row in rows[name]] for name in rows}
    _recode(varied, draw)
    _redate(varied, draw)
    _rewrite(varied, draw)
    parts = [_copy(varied, old, case_id, part) for part in range(copies or draw.choice([1, 1, 1, 1, 2, 3]))]
    (target / "data").mkdir(parents=True)
    for name, table in PROFILE.case_tables.items():
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, list(table.fields), lineterminator="\n")
        writer.writeheader()
        writer.writerows(row for part in parts for row in part[name])
        (target / f"data/{name}.csv").write_text(text.getvalue(), encoding="utf-8")
    about = read_descriptor(root) | {"name": case_id, "title": f"Made-up case {number}"}
    about["contributors"] = [{"title": f"Coder {number % 50}", "roles": ["author"]}]
    about["sources"] = [{"title": f"Article {number}", "path": f"https://example.org/{number}"}]
    (target / "datapackage.json").write_text(json.dumps(about, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    (target / "schemas").mkdir()
    for path in PROFILE.files:
        try:
            os.link(ROOT / path, target / path)  # thousands of equal files take no room
        except OSError:
            shutil.copy(ROOT / path, target / path)
    return target


def _recode(rows: dict[str, list[Row]], draw: random.Random) -> None:
    """Other codes wherever no rule or claim ties them; those in a link's id only where no other link gets that id."""
    claimed = {(row["record_id"], row["field"]) for row in rows["claims"]}
    for table in PROFILE.case_tables.values():
        for field in table.fields.values():
            if not field.vocabulary or field.vocabulary in TIED:
                continue
            codes = [code for code in PROFILE.vocabularies[field.vocabulary] if code not in {field.silent, "other"}]
            for row in rows[table.name]:
                tied = (row[table.key or "case_id"], field.name) in claimed or row[field.name] in {"", field.silent}
                if field.name in table.id_parts:
                    others = [part for part in table.id_parts if part != field.name]
                    alike = [one for one in rows[table.name] if all(one[part] == row[part] for part in others)]
                    tied = tied or len(alike) > 1
                if not tied and draw.random() < 0.5:
                    row[field.name] = draw.choice(codes)


def _redate(rows: dict[str, list[Row]], draw: random.Random) -> None:
    """All years of a case moved alike, by full leap cycles; some plain dates made uncertain, which keeps their bounds."""
    claimed = {(row["record_id"], row["field"]) for row in rows["claims"]}
    years = draw.choice([-60, -40, -20, 0])  # never after the day of coding
    dated = {field.name for _, field in PROFILE.fields(edtf=True)}

    def moved(text: str) -> str:
        return YEAR.sub(lambda year: str(int(year[0]) + (years if len(year[0]) == 4 else years // 10)), text)

    for table in PROFILE.case_tables.values():
        for row in rows[table.name]:
            for field in table.fields.values():
                if (
                    field.edtf
                    or field.bound
                    or (table.name == "claims" and field.name == "value" and row["field"] in dated)
                ):
                    row[field.name] = moved(row[field.name])
                plain = field.edtf and (row[table.key or "case_id"], field.name) not in claimed
                if plain and DAY.fullmatch(row[field.name]) and draw.random() < 0.2:
                    row[field.name] += draw.choice("?~")


def _rewrite(rows: dict[str, list[Row]], draw: random.Random) -> None:
    """Words added to names and prose, in two scripts, with commas and quotes."""
    for table in PROFILE.case_tables.values():
        for field in table.fields.values():
            if field.name == "name_local":
                for row in rows[table.name]:
                    if draw.random() < 0.4:
                        row[field.name] = " ".join(draw.choices(CYRILLIC, k=3))
            elif field.name in {"name", "summary", "statement", "title"}:
                for row in rows[table.name]:
                    if row[field.name] and draw.random() < 0.6:
                        words = draw.choices(
                            draw.choice([LATIN, CYRILLIC]), k=draw.randint(1, 3 if field.proper else 12)
                        )
                        row[field.name] += f" {' '.join(words)}"


def _copy(rows: dict[str, list[Row]], old: str, case_id: str, part: int) -> dict[str, list[Row]]:
    """The rows under ids of their own; the case, its sources, scope and coders are there in the first copy only."""
    ids, last = {old: case_id}, _last_paragraphs(rows["passages"])
    tables = sorted(PROFILE.case_tables.values(), key=lambda table: bool(table.id_parts))  # links after their ends
    for table in tables:
        for row in rows[table.name] if table.key and table.key != "case_id" else ():
            ids[row[table.key]] = f"{case_id}:{_local(table, row, ids, part, last)}"
    copied = {
        table.name: [{name: ids.get(cell, cell) for name, cell in row.items()} for row in rows[table.name]]
        if part == 0 or table.name not in {"cases", "sources", "scope", "coders", "reliability"}
        else []
        for table in PROFILE.case_tables.values()
    }
    for row in copied["passages"]:
        row["paragraph"] = re.search(r"(?:p|fn)[0-9]+(?=s[0-9]+[a-z]?$)", row["passage_id"])[0]
    return copied


def _last_paragraphs(passages: list[Row]) -> dict[tuple[str, str], int]:
    """The number of the last paragraph of each source and kind."""
    last: dict[tuple[str, str], int] = {}
    for row in passages:
        short, kind, number, _ = LOCATOR.fullmatch(row["passage_id"].split(":")[1]).groups()
        last[short, kind] = max(last.get((short, kind), 0), int(number))
    return last


def _local(table: Table, row: Row, ids: dict[str, str], part: int, last: dict[tuple[str, str], int]) -> str:
    local = row[table.key].split(":")[1]
    if table.name == "passages":
        short, kind, number, sentence = LOCATOR.fullmatch(local).groups()
        return f"{short}{kind}{int(number) + part * last[short, kind]}{sentence}"
    if table.id_parts:
        spell = SPELL.search(local)
        parts = (ids.get(row[name], row[name]).split(":")[-1] for name in table.id_parts)
        return "--".join(parts) + (spell[0] if spell else "")
    return local if part == 0 or table.name == "sources" else f"{local}-copy{part + 1}"
