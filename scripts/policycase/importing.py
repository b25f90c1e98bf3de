"""Importing: a workbook that was coded in becomes the tables of a case."""

import shutil
from pathlib import Path

from policycase import scaffolding
from policycase.descriptor import Package
from policycase.errors import UnreadableError
from policycase.loading import csv_bytes
from policycase.paths import DESCRIPTOR, inside
from policycase.profiles import DATA, shipped_profile
from policycase.rendering import with_bounds
from policycase.workbooks import read_workbook
from policycase.writing import put_back, staged, write_folder


def import_workbook(workbook: str | Path, folder: str | Path | None = None, *, force: bool = False) -> Path:
    """The folder of the case whose tables a workbook holds.

    Parameters
    ----------
    workbook
        An .xlsx that `policycase new --workbook` or `export --to workbook` made, filled in.
    folder
        Where to write; the workbook's name without its ending if not said. If nothing is there, a new case is made.
    force
        Replace the tables of a case that is there. The descriptor, schemas and other files stay.

    Raises
    ------
    UnreadableError
        A cell, column or sheet cannot be taken; the message names each, and nothing is written. Or the folder exists.
    MissingExtraError
        The package openpyxl is not installed.

    Notes
    -----
    Cells are taken as they stand, and bounds of dates are worked out, so a case that was written as a workbook comes
    back byte for byte.
    """
    file = Path(workbook)
    target = Path(folder or file.stem)
    if target.exists() and not force:
        msg = f"{target} exists · choose another folder, or say --force to replace its tables"
        raise UnreadableError(msg)
    package = Package.read(target) if (target / DESCRIPTOR).is_file() else None
    profile = package.profile if package else shipped_profile()
    frames = read_workbook(file, profile)
    tables = {name: csv_bytes(with_bounds(frame, profile.tables[name])) for name, frame in frames.items()}
    if package:
        _replace(package, tables)
    else:
        ids = frames["cases"]["case_id"].dropna().tolist()
        files = scaffolding.files(ids[0] if ids else target.name)
        write_folder(target, files | {f"{DATA}/{name}.csv": content for name, content in tables.items()}, force=force)
    return target


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
            if content.count(b"\n") > 1:  # a sheet left empty never empties a table
                (place / paths[name].name).write_bytes(content)
