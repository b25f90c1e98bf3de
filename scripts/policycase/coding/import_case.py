"""A case written from what a coder filled in: a workbook, or a coding file."""

import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from policycase.analysis.changes import row_changes
from policycase.coding import new_case
from policycase.coding.render import derived
from policycase.coding.workbook_import import PASSAGES, read_workbook
from policycase.errors import UnreadableError
from policycase.model.package import Package
from policycase.model.profile import DATA, Profile, Table, shipped_profile
from policycase.model.tables import read_table
from policycase.storage.csv_files import TEXT, csv_bytes
from policycase.storage.locations import DESCRIPTOR, inside
from policycase.storage.writing import put_back, staged, write_folder

KEPT = PASSAGES  # the table that a sheet left empty does not empty: a command makes it, nobody types it


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import has written.

    `changes` has a row per table: table, rows, added, changed, removed. `notes` name the cells that were taken for
    something else than what was in them.
    """

    folder: Path
    changes: pd.DataFrame
    notes: list[str]


def import_case(workbook: str | Path, folder: str | Path | None = None, *, force: bool = False) -> Path:
    """The folder of the case whose tables a workbook holds; see `import_tables`."""
    return import_tables(workbook, folder, force=force).folder


def import_tables(workbook: str | Path, folder: str | Path | None = None, *, force: bool = False) -> Imported:
    """Write the tables that a workbook holds, and say what that has changed.

    Parameters
    ----------
    workbook
        An .xlsx or .ods that `policycase new --workbook` or `export --to workbook` made, filled in.
    folder
        Where to write; default: the workbook's name without its ending. A folder that does not exist is made.
    force
        Replace the tables of the case in that folder: a row that is not in the workbook goes. Only `passages` stays as
        it is if its sheet has no rows. The descriptor, schemas and other files stay.

    Raises
    ------
    UnreadableError
        A cell, column or sheet cannot be taken; the message names each, and nothing is written. Or the folder exists,
        or holds another case than the workbook.
    MissingExtraError
        The package python-calamine is not installed.

    Notes
    -----
    Cells are taken as they stand, and bounds of dates are worked out, so a case that was written as a workbook comes
    back byte for byte.
    """
    file = Path(workbook)
    target = Path(folder or file.stem)
    if target.exists() and not force:
        msg = f"{target} exists · choose another folder, or use --force to replace its tables"
        raise UnreadableError(msg)
    package = Package.read(target) if (target / DESCRIPTOR).is_file() else None
    profile = package.profile if package else shipped_profile()
    before = _before(package, profile)
    case_id = str(package.descriptor.get("name", "")) if package else target.name
    reading = read_workbook(file, profile, case_id, before[KEPT]["passage_id"].dropna())
    _refuse_other_case(file, target, before, reading.tables)
    frames, notes = dict(reading.tables), reading.notes
    if KEPT in frames and frames[KEPT].empty and len(before[KEPT]):
        frames[KEPT] = before[KEPT]
        notes = [*notes, f"{KEPT}: the sheet has no rows, so the {len(before[KEPT])} rows of the case stay"]
    frames = derived(frames, profile)
    tables = {name: csv_bytes(frame) for name, frame in frames.items()}
    if package:
        _replace(package, tables)
    else:
        ids = frames["cases"]["case_id"].dropna().tolist()
        files = new_case.files(ids[0] if ids else target.name)
        write_folder(target, files | {f"{DATA}/{name}.csv": content for name, content in tables.items()}, force=force)
    rows = [_counts(profile.tables[name], before[name], frame) for name, frame in frames.items()]
    return Imported(target, pd.DataFrame(rows), notes)


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
    paths = {name: Path(package.paths[name]) for name in tables}
    elsewhere = [str(path) for path in paths.values() if path.parent != Path(DATA)]
    if elsewhere:
        msg = f"{package.root / DESCRIPTOR}: {elsewhere[0]} is not in {DATA}/ · run: policycase validate"
        raise UnreadableError(msg)
    put_back(package.root / DATA)
    with staged(inside(package.root, DATA).resolve(), force=True) as place:
        shutil.copytree(package.root / DATA, place, symlinks=True)
        for name, content in tables.items():
            (place / paths[name].name).write_bytes(content)
