"""How many single faults validation catches: python tests/benchmarks/mutations.py [--count 1000] [--seed 1].

Each fault is one change, drawn by seed, to a private copy of a package of this repository (and of the made-up case of
the tests, which has the tables that the real case leaves empty). Prints a line a kind: injected, caught, by which
rules, and the survivors. A fault is caught when validation reports an error, or a warning that the package had not.
"""

import argparse
import csv
import io
import json
import random
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "scripts")]

from copies import ROOT, copy_lamps, copy_package

from policycase.model.profile import Field, Profile
from policycase.validation.report import validate

PROFILE = Profile.read(ROOT)
LOOK_ALIKE = str.maketrans("aeopcx", "аеорсх")
NOT_KNOWABLE = {
    "code exchanged for another": "both are codes; only the source tells which is right",
    "date exchanged for another": "both are dates; only the source tells which is right",
    "id exchanged for another": "both are records; only the source tells which is meant",
    "evidence moved to another passage": "both passages exist; only the source tells which says it",
    "role exchanged, id with it": "both are roles; only the source tells which is right",
    "dates of two rows swapped": "both are dates; caught where a program and its events no longer agree",
    "evidence moved to the next passage": "both passages exist; only a second coder sees which says it",
    "roles of two agencies swapped": "both are roles; only the source tells whose is whose",
    "goal given to another program": "both are programs; only the source tells whose goal it is",
    "hedge or stance exchanged": "both are codes; only the source tells how sure it is",
    "number ten times as large": "caught where parts, a whole or a share no longer add up",
    "fingerprint changed": "caught with --source, when a reader has the text",
    "words changed": "free text has no rule but its form",
}


SURVIVE = {
    "optional reference emptied": "an empty optional cell says that the source is silent; only the source tells",
    "dropped row": "nothing rests on the row: a further passage, a crosscheck, a source of identifiers",
}


COPIES = [
    copy_package,
    copy_package,
    copy_lamps,
    *(partial(shutil.copytree, path.parent) for path in sorted(ROOT.glob("examples/*/datapackage.json"))),
]


class Mutant:
    """A package copy that one fault is worked into."""

    def __init__(self, root: Path, draw: random.Random) -> None:
        self.root, self.draw = root, draw

    def table(
        self, *, rows: bool = True, wanted: Callable[[str], bool] = lambda _: True
    ) -> tuple[str, list[list[str]]]:
        names = [name for name in PROFILE.case_tables if wanted(name) and (not rows or len(self.read(name)) > 1)]
        name = self.draw.choice(names)
        return name, self.read(name)

    def read(self, name: str) -> list[list[str]]:
        return list(csv.reader(io.StringIO((self.root / f"data/{name}.csv").read_text(encoding="utf-8"), newline="")))

    def write(self, name: str, rows: list[list[str]]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(rows)
        (self.root / f"data/{name}.csv").write_text(text.getvalue(), encoding="utf-8")

    def cell(self, wanted: Callable[[Field, str], bool]) -> tuple[str, list[list[str]], int, int, Field]:
        """A cell that fits, drawn by table and column first, so that small tables count as much as large ones."""
        places = defaultdict(list)
        for name, table in PROFILE.case_tables.items():
            fields = list(table.fields.values())
            for number, row in enumerate(self.read(name)[1:], start=1):
                for column, value in enumerate(row):
                    if wanted(fields[column], value):
                        places[name, column].append(number)
        name, column = self.draw.choice(sorted(places))
        number = self.draw.choice(places[name, column])
        return name, self.read(name), number, column, list(PROFILE.case_tables[name].fields.values())[column]

    def change(self, wanted: Callable[[Field, str], bool], new: Callable[[str, Field], str]) -> str:
        name, rows, number, column, field = self.cell(wanted)
        old = rows[number][column]
        rows[number][column] = new(old, field)
        self.write(name, rows)
        return f"{name}:{number + 1} {field.name} {old!r} → {rows[number][column]!r}"


def is_reference(field: Field, value: str) -> bool:
    return bool(value) and field.name.endswith("_id") and field.name not in {"geonames_id", "wikidata_id"}


def is_prose(field: Field, value: str) -> bool:
    return bool(value) and field.name in {"name", "summary", "statement", "title", "note"}


def is_code(field: Field, value: str) -> bool:
    return bool(value) and bool(field.vocabulary)


def is_date(field: Field, value: str) -> bool:
    return bool(value) and field.edtf


def is_key(name: str, field: Field) -> bool:
    return PROFILE.case_tables[name].key == field.name


def other_code(m: Mutant) -> str:
    return m.change(
        lambda field, value: (
            is_code(field, value) and field.name not in {"role", "relation", "coding", "source_use", "stance"}
        ),
        lambda old, field: m.draw.choice([code for code in PROFILE.vocabularies[field.vocabulary] if code != old]),
    )


def other_id(m: Mutant) -> str:
    """A reference of an entity row now names another row of the table it points to, where there is one."""
    links = [
        (table.name, link)
        for table in PROFILE.case_tables.values()
        for link in table.parents
        if table.kind == "entity" and link.table != table.name
    ]
    m.draw.shuffle(links)
    for name, link in links:
        rows = m.read(name)
        column = rows[0].index(link.fields[0])
        filled = [row for row in rows[1:] if row[column]]
        ids = [row[0] for row in m.read(link.table)[1:]]
        if filled and len(ids) > 1:
            row = m.draw.choice(filled)
            row[column] = m.draw.choice([one for one in ids if one != row[column]])
            m.write(name, rows)
            return f"{name} {row[0]} {link.fields[0]}"
    return "nothing"  # the case has no such row, so another is drawn


def swapped_ids(m: Mutant) -> str:
    name, rows = m.table(wanted=lambda name: bool(PROFILE.case_tables[name].id_parts))
    column = m.draw.choice([rows[0].index(part) for part in PROFILE.case_tables[name].id_parts])
    pairs = [(a, b) for a in range(1, len(rows)) for b in range(a + 1, len(rows)) if rows[a][column] != rows[b][column]]
    if not pairs:
        return swapped_ids(m)
    a, b = m.draw.choice(pairs)
    rows[a][column], rows[b][column] = rows[b][column], rows[a][column]
    m.write(name, rows)
    return f"{name}:{a + 1} and {b + 1} {rows[0][column]}"


def dropped_row(m: Mutant) -> str:
    name, rows = m.table()
    gone = rows.pop(m.draw.randrange(1, len(rows)))
    m.write(name, rows)
    return f"{name} {gone[0]}"


def duplicated_row(m: Mutant) -> str:
    name, rows = m.table()
    rows.append(m.draw.choice(rows[1:]))
    m.write(name, rows)
    return f"{name} {rows[-1][0]}"


def moved_evidence(m: Mutant, *, far: bool = True) -> str:
    rows, passages = m.read("evidence"), [row[0] for row in m.read("passages")[1:]]
    column = rows[0].index("passage_id")
    row = m.draw.choice(rows[1:])
    next_one = passages[(passages.index(row[column]) + 1) % len(passages)]
    row[column] = m.draw.choice([one for one in passages if one != row[column]]) if far else next_one
    m.write("evidence", rows)
    return f"evidence {row[0]} {row[1]} → {row[column]}"


def exchanged_role(m: Mutant, *, with_id: bool) -> str:
    name = m.draw.choice(["program_agencies", "event_agencies"])
    rows = m.read(name)
    row = m.draw.choice(rows[1:])
    column = rows[0].index("role")
    old = row[column]
    row[column] = m.draw.choice([code for code in PROFILE.vocabularies["role"] if code != old])
    before = row[0]
    if with_id:
        row[0] = before.replace(f"--{old}", f"--{row[column]}")
        evidence = m.read("evidence")
        for line in evidence:
            line[0] = row[0] if line[0] == before else line[0]
        m.write("evidence", evidence)
    m.write(name, rows)
    return f"{name} {before} {old} → {row[column]}"


def swapped_dates(m: Mutant) -> str:
    """The starts of two programs or two events, exchanged with their bounds."""
    name = m.draw.choice(["programs", "events"])
    rows = m.read(name)
    columns = [rows[0].index(f"start{side}") for side in ("", "_earliest", "_latest")]
    one, other = m.draw.sample([row for row in rows[1:] if row[columns[0]]], 2)
    for column in columns:
        one[column], other[column] = other[column], one[column]
    m.write(name, rows)
    return f"{name} {one[0]} and {other[0]}"


def swapped_roles(m: Mutant) -> str:
    """Two agencies of one program, each with the role of the other, ids and evidence with it."""
    rows, evidence = m.read("program_agencies"), m.read("evidence")
    program, agency, role = (rows[0].index(name) for name in ("program_id", "agency_id", "role"))
    pairs = [
        (one, other)
        for one in rows[1:]
        for other in rows[1:]
        if one[program] == other[program] and one[agency] < other[agency] and one[role] != other[role]
    ]
    one, other = m.draw.choice(pairs)
    one[role], other[role] = other[role], one[role]
    for row, before in ((one, one[0]), (other, other[0])):
        parts = [row[program], row[agency].split(":")[1], row[role]]
        row[0] = "--".join(parts)
        for line in evidence[1:]:
            line[0] = row[0] if line[0] == before else line[0]
    m.write("program_agencies", rows)
    m.write("evidence", evidence)
    return f"program_agencies {one[0]} and {other[0]}"


def moved_goal(m: Mutant) -> str:
    """A goal under another program, at its next free position."""
    rows = m.read("goals")
    program, position = rows[0].index("program_id"), rows[0].index("position")
    programs = [row[0] for row in m.read("programs")[1:]]
    row = m.draw.choice([row for row in rows[1:] if row[program]])
    row[program] = m.draw.choice([one for one in programs if one != row[program]])
    row[position] = str(sum(one[program] == row[program] for one in rows[1:]))
    m.write("goals", rows)
    return f"goals {row[0]} → {row[program]}"


def repeated_record(m: Mutant) -> str:
    """A record once more under another id, with its evidence and the links of an agency."""
    name = m.draw.choice(["agencies", "places", "programs", "events", "goals", "claims"])
    rows = m.read(name)
    row = list(m.draw.choice(rows[1:]))
    old, row[0] = row[0], f"{row[0]}-again"
    rows.append(row)
    evidence = m.read("evidence")
    evidence += [[row[0], *line[1:]] for line in evidence[1:] if line[0] == old]
    m.write(name, rows)
    m.write("evidence", evidence)
    return f"{name} {row[0]}"


def misspelt_key(m: Mutant, path: str) -> str:
    content = json.loads((m.root / path).read_text(encoding="utf-8"))
    spots = [content]
    for spot in spots:
        values = spot.values() if isinstance(spot, dict) else spot
        spots.extend(value for value in values if isinstance(value, dict | list))
    spot = m.draw.choice([one for one in spots if isinstance(one, dict) and one])
    key = m.draw.choice(sorted(spot))
    at = m.draw.randrange(len(key))
    changed = {(key[:at] + key[at + 1 :] + "x" if name == key else name): value for name, value in spot.items()}
    spot.clear()
    spot.update(changed)
    (m.root / path).write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return f"{path} {key}"


def ragged_row(m: Mutant) -> str:
    name, rows = m.table()
    row = m.draw.choice(rows[1:])
    row.append("x") if m.draw.random() < 0.5 else row.pop()
    m.write(name, rows)
    return f"{name} {row[0]}"


def at_random(m: Mutant, old: str) -> str:
    """The text with one character left out."""
    at = m.draw.randrange(len(old))
    return old[:at] + old[at + 1 :] if len(old) > 1 else old + old


KINDS: dict[str, Callable[[Mutant], str]] = {
    "wrong type": lambda m: m.change(
        lambda field, value: bool(value) and field.type != "string",
        lambda old, _: m.draw.choice([f"{old}x", "yes", "n/a"]),
    ),
    "unknown code": lambda m: m.change(is_code, lambda old, _: at_random(m, old)),
    "id misspelt": lambda m: m.change(is_reference, lambda old, _: at_random(m, old)),
    "id with a look-alike letter": lambda m: m.change(
        lambda field, value: is_reference(field, value) and value != value.translate(LOOK_ALIKE),
        lambda old, _: old.translate(LOOK_ALIKE),
    ),
    "id of another case": lambda m: m.change(is_reference, lambda old, _: "usa-lead:" + old.split(":")[-1]),
    "impossible date": lambda m: m.change(
        is_date,
        lambda old, _: m.draw.choice(
            ["1999-13", "2020-02-30", "0999", "[2001..2000]", "199", "unknown", "1999/2000", "NA"]
        ),
    ),
    "wrong bound": lambda m: m.change(
        lambda field, value: bool(field.bound) and bool(value),
        lambda old, _: m.draw.choice(["1899-01-01", "2021-12-30", ""]),
    ),
    "reversed start and end": lambda m: _reversed(m),
    "required cell emptied": lambda m: m.change(lambda field, value: field.required and bool(value), lambda *_: ""),
    "optional reference emptied": lambda m: m.change(
        lambda field, value: is_reference(field, value) and not field.required, lambda *_: ""
    ),
    "date emptied": lambda m: m.change(is_date, lambda *_: ""),
    "swapped ids in links": swapped_ids,
    "dropped row": dropped_row,
    "duplicated row": duplicated_row,
    "stray space": lambda m: m.change(
        lambda field, value: is_prose(field, value) or is_code(field, value),
        lambda old, _: m.draw.choice([f" {old}", f"{old} ", f"{old}\u00a0", f"{old}\u200b"]),
    ),
    "invisible character": lambda m: m.change(
        is_prose, lambda old, _: old[:3] + m.draw.choice("\u202e\u200d\ufeff\x07") + old[3:]
    ),
    "role exchanged": lambda m: exchanged_role(m, with_id=False),
    "ragged row": ragged_row,
    "misspelt column": lambda m: _header(m),
    "misspelt key of the descriptor": lambda m: misspelt_key(m, "datapackage.json"),
    "misspelt key of a schema": lambda m: misspelt_key(m, f"schemas/{m.draw.choice(list(PROFILE.tables))}.schema.json"),
    "identifier of another form": lambda m: m.change(
        lambda field, value: bool(field.identifier) and bool(value),
        lambda old, _: m.draw.choice([f"x{old}", f"{old} x", "?"]),
    ),
    "ISO code that does not exist": lambda m: m.change(
        lambda field, value: field.name in {"iso_3166_2", "country"} and bool(value),
        lambda old, _: {2: "QQ", 3: "QQQ"}.get(len(old), f"{old[:3]}QQ"),
    ),
    "record repeated under another id": lambda m: repeated_record(m),
    # what no validator can know
    "code exchanged for another": other_code,
    "date exchanged for another": lambda m: _other_date(m),
    "id exchanged for another": other_id,
    "evidence moved to another passage": moved_evidence,
    "role exchanged, id with it": lambda m: exchanged_role(m, with_id=True),
    "dates of two rows swapped": lambda m: swapped_dates(m),
    "evidence moved to the next passage": lambda m: moved_evidence(m, far=False),
    "roles of two agencies swapped": lambda m: swapped_roles(m),
    "goal given to another program": lambda m: moved_goal(m),
    "hedge or stance exchanged": lambda m: m.change(
        lambda field, value: bool(value) and field.name in {"hedge", "stance"},
        lambda old, field: m.draw.choice([code for code in PROFILE.vocabularies[field.vocabulary] if code != old]),
    ),
    "number ten times as large": lambda m: m.change(
        lambda field, value: field.name == "value" and field.type == "number" and bool(value), lambda old, _: f"{old}0"
    ),
    "fingerprint changed": lambda m: m.change(
        lambda field, value: field.name == "fingerprint", lambda old, _: old[1:] + old[0]
    ),
    "words changed": lambda m: m.change(is_prose, lambda old, _: at_random(m, old)),
}


def _reversed(m: Mutant) -> str:
    """An end that lies before its start, with the bounds that it gives."""
    options = [
        (name, number)
        for name, table in PROFILE.case_tables.items()
        if "end" in table.fields
        for number, row in enumerate(m.read(name)[1:], start=1)
        if row[list(table.fields).index("start_earliest")]
    ]
    name, number = m.draw.choice(options)
    rows = m.read(name)
    for column, value in (("end", "1066"), ("end_earliest", "1066-01-01"), ("end_latest", "1066-12-31")):
        rows[number][rows[0].index(column)] = value
    m.write(name, rows)
    return f"{name}:{number + 1}"


def _header(m: Mutant) -> str:
    name, rows = m.table(rows=False)
    column = m.draw.randrange(len(rows[0]))
    rows[0][column] = at_random(m, rows[0][column])
    m.write(name, rows)
    return f"{name} {rows[0][column]}"


def _other_date(m: Mutant) -> str:
    """Another year, with the bounds that it gives: what a coder who misreads a date would write."""
    name, rows, number, column, _ = m.cell(is_date)
    old = rows[number][column]
    year = str(m.draw.randrange(1992, 2022))
    for name_of, value in (
        (rows[0][column], year),
        (rows[0][column] + "_earliest", f"{year}-01-01"),
        (rows[0][column] + "_latest", f"{year}-12-31"),
    ):
        rows[number][rows[0].index(name_of)] = value
    m.write(name, rows)
    return f"{name}:{number + 1} {rows[0][column]} {old} → {year}"


def one(job: tuple[str, int]) -> tuple[str, str, list[str]]:
    """Kind, fault, and the rules that caught it."""
    kind, seed = job
    draw = random.Random(seed)  # noqa: S311 - faults, not secrets
    with tempfile.TemporaryDirectory() as folder:
        number = draw.randrange(len(COPIES))
        root = COPIES[number](Path(folder) / "package")
        case_id = json.loads((root / "datapackage.json").read_text(encoding="utf-8"))["name"]
        before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
        try:
            fault = KINDS[kind](Mutant(root, draw))
        except (IndexError, ValueError):  # a choice from nothing: the case has no such row
            return one((kind, seed + 1_000_000))
        if all(path.read_bytes() == content for path, content in before.items()):
            return one((kind, seed + 1_000_000))  # the draw changed nothing, so it is no fault
        report = validate(root)
    told = {finding.rule for finding in report.found if (finding.rule, finding.record_id) not in told_of(number)}
    return kind, f"{case_id} {fault}", sorted(told)


@cache
def told_of(number: int) -> frozenset[tuple[str, str]]:
    """The rule and record of each warning that a package has before any fault."""
    with tempfile.TemporaryDirectory() as folder:
        found = validate(COPIES[number](Path(folder) / "package")).found
    return frozenset((finding.rule, finding.record_id) for finding in found)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=1000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--jobs", type=int, default=2)
    given = options.parse_args()
    names = list(KINDS)
    jobs = [(names[i % len(names)], given.seed * 10_000 + i) for i in range(given.count)]
    results = defaultdict(list)
    with ProcessPoolExecutor(given.jobs) as executor:
        for kind, fault, rules in executor.map(one, jobs, chunksize=8):
            results[kind].append((fault, rules))
    knowable = [len(rules) > 0 for kind in names if kind not in NOT_KNOWABLE for _, rules in results[kind]]
    for kind in names:
        found = results[kind]
        caught = [rules for _, rules in found if rules]
        by = ", ".join(
            f"{rule} {count}" for rule, count in Counter(rule for rules in caught for rule in rules).most_common(3)
        )
        print(f"{kind}: {len(caught)}/{len(found)} caught; {by}")  # noqa: T201 - a benchmark prints
        if kind in NOT_KNOWABLE:
            print(f"    not for a validator to know: {NOT_KNOWABLE[kind]}")  # noqa: T201
        else:
            if kind in SURVIVE and len(caught) < len(found):
                print(f"    why some survive: {SURVIVE[kind]}")  # noqa: T201
            for fault, rules in found:
                if not rules:
                    print(f"    survived: {fault}")  # noqa: T201
    share = sum(knowable) / len(knowable)
    print(f"faults that a validator can know: {sum(knowable)}/{len(knowable)} caught ({100 * share:.1f} %)")  # noqa: T201


if __name__ == "__main__":
    main()
