"""A case written from what a coder filled in: a workbook, or a coding file."""

import re
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from policycase.analysis.changes import row_changes
from policycase.coding import new_case
from policycase.coding.coding_file import ENDINGS, read_coding
from policycase.coding.render import derived
from policycase.coding.workbook_import import DATE, PASSAGES, read_workbook
from policycase.errors import UnreadableError
from policycase.findings import Finding
from policycase.model.casebook import Casebook, load
from policycase.model.package import Package, write_json
from policycase.model.profile import DATA, Profile, Table, refuse_other_profile, shipped_profile
from policycase.model.provenance import in_source_order
from policycase.model.tables import read_table
from policycase.storage.csv_files import TEXT, csv_bytes
from policycase.storage.json_files import sound_json
from policycase.storage.locations import DESCRIPTOR, inside
from policycase.storage.writing import is_full, put_back, staged, unwritable, write_files, write_folder
from policycase.validation.report import Report, validate

LINK = "a link is named by its parts, such as night-watch--watch-force--implement"
HINTS = {  # where the hint of a rule speaks of tables: by the rule, or by the hint where a rule has several
    "empty-table-is-accounted-for": "code it, or write the table below scope with extent: none or not-coded",
    "record-has-evidence": "write it, or name it below supports, under the passage that says it",
    "value-has-evidence": "write the field under the passage that says it, or name it below its supports",
    "say why in the note": "write below it what it says; if there is nothing to code, say why in its note",
    "add the evidence, or code it context or uncoded": "write below it what it says, or take its coding out",
    "add the row, or correct the id": f"write it, or correct the id; {LINK}",
    "add a row to passages.csv for each of its sentences": "put its sentences below fingerprints: "
    "policycase passages SOURCE lists them",
}
IN_CELLS = {
    "empty-table-is-accounted-for": "code it, or add a row to the sheet scope: the table, and none or not-coded",
    "record-has-evidence": "write the passage that says it into the column passage of its row",
    "value-has-evidence": "write the passage that says it into the column passage of its row, such as p2s2:start",
    "say why in the note": "write it into the column passage of a row that rests on it; if there is nothing to code, "
    "say why in its note",
    "add the evidence, or code it context or uncoded": "write it into the column passage of a row that rests on it, "
    "or code it context or uncoded",
    "add the row, or correct the id": f"add the row, or correct the id; {LINK}",
    "add a row to passages.csv for each of its sentences": "add a row to the sheet passages for each of its sentences; "
    "policycase new --workbook --from SOURCE fills it in",
}
TAKEN = "cell-is-taken-for"  # the rule of a warning on a cell of a workbook that is read by its evident meaning
KEPT = PASSAGES  # the table that a sheet left empty does not empty: a command makes it, nobody types it


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import has written.

    `changes` has a row per table: table, rows, added, changed, removed. `notes` name the cells that were taken for
    something else than what was in them. `places` say where in the file each cell was, by table, row and column, the
    row with "": a line of a coding file, a cell of a workbook.
    """

    folder: Path
    changes: pd.DataFrame
    notes: list[str]
    places: "Places"


def import_case(file: str | Path, folder: str | Path | None = None, *, force: bool = False) -> Path:
    """The folder of the case that a coding file or a workbook holds; see `import_tables`."""
    return import_tables(file, folder, force=force).folder


def import_tables(file: str | Path, folder: str | Path | None = None, *, force: bool = False) -> Imported:
    """Write the tables that a coding file or a workbook holds, and say what that has changed.

    Parameters
    ----------
    file
        A coding file (.yaml, .yml or .json), or a workbook (.xlsx or .ods), made by `policycase new` or
        `policycase export` and filled in.
    folder
        Where to write; default: the file's name without its ending. A folder that does not exist is made.
    force
        Replace the tables of the case in that folder: a row that is not in the file goes. Only `passages` stays as it
        is if the file has no rows of it. The descriptor, schemas and other files stay, but for what a coding file says
        of the descriptor.

    Raises
    ------
    UnreadableError
        A part of the file cannot be taken; the message names each cell or line, and nothing is written. Or the folder
        exists, or holds another case than the file.
    MissingExtraError
        The package python-calamine is not installed.

    Notes
    -----
    Cells are taken as they are, bounds of dates are worked out, and rows are in the order of the source, so a case
    that was written as a coding file or a workbook comes back byte for byte.
    """
    file = Path(file)
    target = Path(folder or file.stem)
    if target.exists() and not force:
        msg = f"{target} exists · choose another folder, or use --force to replace its tables"
        raise UnreadableError(msg)
    package = Package.read(target) if (target / DESCRIPTOR).is_file() else None
    profile = package.profile if package else shipped_profile()
    refuse_other_profile(profile)
    before = _before(package, profile)
    case_id = str(package.descriptor.get("name", "")) if package else target.name
    frames, notes, places, about = _read(file, profile, case_id, before[KEPT])
    _refuse_other_case(file, target, before, frames)
    if KEPT in frames and frames[KEPT].empty and len(before[KEPT]):
        frames[KEPT] = before[KEPT]
        notes = [*notes, f"{KEPT}: the sheet has no rows, so the {len(before[KEPT])} rows of the case stay"]
    frames, places = _ordered(frames, places, profile)
    frames = derived(frames, profile)
    tables = {name: csv_bytes(frame) for name, frame in frames.items()}
    if package:
        _replace(package, tables)
        if about:
            write_files(package.root, {DESCRIPTOR: _described(package.descriptor, about)})
    else:
        ids = frames["cases"]["case_id"].dropna().tolist()
        files = new_case.files(ids[0] if ids else target.name)
        files[DESCRIPTOR] = _described(sound_json(files[DESCRIPTOR]), about)
        write_folder(target, files | {f"{DATA}/{name}.csv": content for name, content in tables.items()}, force=force)
    rows = [_counts(profile.tables[name], before[name], frame) for name, frame in frames.items()]
    return Imported(target, pd.DataFrame(rows), notes, places)


Places = dict[tuple[str, int, str], int | str]


def _read(
    file: Path, profile: Profile, case_id: str, passages: pd.DataFrame
) -> tuple[dict[str, pd.DataFrame], list[str], Places, dict[str, Any]]:
    """The tables of a file, notes on its cells, where its cells are, and what it says of the descriptor."""
    if is_coding(file):
        coding = read_coding(file, profile, case_id, passages if len(passages) else None)
        return dict(coding.tables), [], {**coding.lines}, coding.package
    reading = read_workbook(file, profile, case_id, passages["passage_id"].dropna())
    return dict(reading.tables), reading.notes, {**reading.places}, {}


def _ordered(
    frames: dict[str, pd.DataFrame], places: Places, profile: Profile
) -> tuple[dict[str, pd.DataFrame], Places]:
    """The tables in the order of the source, and where their cells are, by the numbers that the rows then have."""
    number = "number"
    ordered = in_source_order(
        {name: frame.assign(**{number: range(len(frame))}) for name, frame in frames.items()}, profile
    )
    new = {(name, old): row for name, frame in ordered.items() for row, old in enumerate(frame[number])}
    moved = {
        (name, new[name, old], column): place for (name, old, column), place in places.items() if (name, old) in new
    }
    return {name: frame.drop(columns=number) for name, frame in ordered.items()}, moved


def _described(descriptor: dict[str, Any], about: dict[str, Any]) -> bytes:
    """A descriptor with what a coding file says of it, in the order in which it says it."""
    before = {key: descriptor[key] for key in ("$schema", "profile", "name") if key in descriptor}
    after = {key: value for key, value in descriptor.items() if key in {"policycase", "resources"}}
    return write_json(before | (about or {key: descriptor[key] for key in descriptor if key not in before}) | after)


def is_coding(file: str | Path) -> bool:
    """Whether a path is that of a coding file, by its ending; a datapackage.json is none."""
    path = Path(file)
    return path.suffix.lower() in ENDINGS and path.name != DESCRIPTOR


def casebook(file: str | Path) -> Casebook:
    """The case that a coding file holds, as a casebook; nothing stays on the disk.

    Raises
    ------
    UnreadableError
        A part of the file cannot be taken; the message names each line.
    """
    with TemporaryDirectory() as place:
        return load(import_tables(file, Path(place) / "case").folder)


def check_coding(
    file: str | Path,
    sources: Mapping[str, str | Path] | None = None,
    *,
    exact: bool = False,
    also: Iterable[str | Path] = (),
) -> Report:
    """The report on the case that a coding file or a workbook holds; each finding names the line or cell of the file.

    The other parameters are those of `validate`. A comment of the file is not searched for words of the source: the
    sentences are there for the coder, and an import drops them.

    Raises
    ------
    UnreadableError
        A part of the file cannot be taken; the message names each line or cell. Or a source cannot be read.
    UnknownNameError
        No coded source has the id.
    """
    with TemporaryDirectory() as place:
        done = import_tables(file, Path(place) / "case")
        report = validate(done.folder, sources, exact=exact, also=also)
    found = [of_file(finding, Path(file), done.places) for finding in report.found]
    found += [taken(note, file) for note in done.notes if not note.endswith((" true", " false"))]
    return replace(report, found=tuple(sorted(found, key=lambda finding: (by_number(finding.path), finding.line or 0))))


def taken(note: str, file: str | Path) -> Finding:
    """A warning that a date or a number of a workbook was taken for what it shows."""
    cell, _, what = note.partition(": ")
    hint = f"if the source {'gives no day' if DATE in what else 'means another number'}, type it as text"
    return Finding(TAKEN, what, f"{hint}, such as 2020-08" if DATE in what else hint, "warning", f"{file} {cell}")


def by_number(text: str) -> list[str | int]:
    """A key to sort by: the numbers in a text by their value, so that I2 comes before I10."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"([0-9]+)", text)]


def of_file(finding: Finding, file: Path, places: Places) -> Finding:
    """A finding on a table as one on the line or cell that it came from."""
    if not finding.path.startswith(f"{DATA}/") or finding.line is None:
        return finding
    name, row = Path(finding.path).stem, finding.line - 2
    place = places.get((name, row, finding.field)) or places.get((name, row, ""))
    if place is None:
        return finding
    hints, table = (HINTS, r"\1") if isinstance(place, int) else (IN_CELLS, r"the sheet \1")
    hint = hints.get(finding.rule) or hints.get(finding.hint) or re.sub(r"\b(\w+)\.csv\b", table, finding.hint)
    if isinstance(place, int):
        return replace(finding, path=str(file), line=place, hint=hint)
    return replace(finding, path=f"{file} {place}", line=None, hint=hint)


def _before(package: Package | None, profile: Profile) -> dict[str, pd.DataFrame]:
    """The tables that are there; one that cannot be read counts as empty, since it is replaced."""
    frames = {}
    for name, table in profile.case_tables.items():
        frames[name] = pd.DataFrame(columns=list(table.fields), dtype=TEXT)
        if package:
            try:
                frames[name] = read_table(package, table)
            except (UnreadableError, OSError):
                if name == KEPT:
                    raise
    return frames


def _refuse_other_case(
    file: Path, target: Path, before: dict[str, pd.DataFrame], after: dict[str, pd.DataFrame]
) -> None:
    """Raise where a workbook of one case would replace the tables of another."""
    here, there = (set(frames["cases"]["case_id"].dropna()) for frames in (before, after))
    if here and there and not here & there:
        msg = f"{file} is of {min(there)}, and {target} holds {min(here)} · choose the folder of {min(there)}"
        raise UnreadableError(msg)


def _counts(table: Table, before: pd.DataFrame, after: pd.DataFrame) -> dict[str, str | int]:
    typed = [field.name for field in table.fields.values() if field.authored]
    changes = row_changes(table, before[typed], after[typed])
    kinds = Counter(kind for _, kind in {(key, kind) for _, key, kind, *_ in changes})
    return {"table": table.name, "rows": len(after), **{kind: kinds[kind] for kind in ("added", "changed", "removed")}}


def _replace(package: Package, tables: dict[str, bytes]) -> None:
    """Put the tables into a package, all of them or none; what else lies beside them stays."""
    paths = {name: Path(package.paths.get(name, "")) for name in tables}
    given = list(paths.values())
    wrong = [
        f"no resource is named {name}" if name not in package.paths else f"the path of {name}, {path}, {why}"
        for name, path in paths.items()
        for why in [f"is not in {DATA}/" if path.parent != Path(DATA) else "is that of another table"]
        if path.parent != Path(DATA) or given.count(path) > 1
    ]
    if wrong:
        msg = f"{package.root / DESCRIPTOR}: {wrong[0]} · run: policycase validate"
        raise UnreadableError(msg)
    put_back(package.root / DATA)
    with staged(inside(package.root, DATA).resolve(), force=True) as place:
        try:
            shutil.copytree(package.root / DATA, place, symlinks=True)
        except shutil.Error as error:  # a pipe, a device, or what may not be read: each with its reason
            source, _, why = error.args[0][0]
            if is_full(why):
                raise unwritable(package.root / DATA, why.partition("] ")[2].partition(": '")[0]) from error
            msg = f"{source}: cannot be copied: {why} · take it out of {DATA}/"
            raise UnreadableError(msg) from error
        for name, content in tables.items():
            (place / paths[name].name).unlink(missing_ok=True)  # a link would lead the writing out of the package
            (place / paths[name].name).write_bytes(content)
