"""Stage 4: what frictionless finds; the only module that imports it."""

from pathlib import Path

from frictionless import Package as FrictionlessPackage

from policycase.descriptor import Package
from policycase.findings import Finding
from policycase.paths import DESCRIPTOR


def check(root: Path) -> list[Finding]:
    """Problems of the tables against their Table Schemas: types, constraints, keys."""
    package = Package.read(root)
    report = FrictionlessPackage(str(root / DESCRIPTOR)).validate(limit_errors=0)  # 0 is no limit
    of_package = [Finding(error.type, error.note, path=DESCRIPTOR) for error in report.errors]
    of_tables = [_finding(package, task.name, error) for task in report.tasks for error in task.errors]
    return of_package + of_tables


def _finding(package: Package, table: str, error) -> Finding:  # noqa: ANN001 - frictionless' own error class
    fields = getattr(error, "field_names", None) or [getattr(error, "field_name", "")]
    if error.type == "primary-key":
        fields = list(package.profile.tables[table].primary_key)
    cell = getattr(error, "cell", None)
    shown = f'{fields[0]} "{cell}": ' if cell else f"{fields[0]}: " if fields[0] else ""
    return Finding(
        rule=error.type,
        message=shown + error.note,
        path=package.paths[table],
        line=getattr(error, "row_number", None),
        field=fields[0] or "",
    )
