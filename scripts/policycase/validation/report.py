"""Validation: every stage in turn, for one package or many, and the report."""

import re
from collections import Counter
from collections.abc import Collection, Generator, Iterable, Mapping
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from dataclasses import fields as fields_of
from itertools import islice
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pandas as pd

from policycase.errors import InvalidPackageError, PolicyCaseError
from policycase.findings import Finding
from policycase.model import passages, source_texts
from policycase.model.package import Folder, Package
from policycase.model.profile import Table
from policycase.model.tables import Tables, files_of, read_many
from policycase.storage.csv_files import TEXT
from policycase.storage.locations import opened
from policycase.validation import cell_checks, package_checks, rules, source_checks
from policycase.validation.cell_checks import screened

RELATIONS = {  # rules that ask what other rows say of a row, which they do under its right id
    "agency-is-used",
    "case-has-a-coded-source-with-passages",
    "program-has-agency-place-and-start-or-note",
    "record-has-evidence",
    "sentence-is-accounted-for",
    "source-is-used",
    "value-has-evidence",
}
UNCLEAN = "text-has-no-control-or-edge-space"  # once it is taken out, the cell is judged anew
NAMINGS = {  # what is said of a row's own id
    UNCLEAN,
    "constraint-error",
    "id-has-case-prefix",
    "id-is-unique-over-tables",
    "link-id-is-made-of-its-parts",
    "passage-id-is-its-locator",
    "primary-key",
    "unique-error",
}
POINTERS = {"record_id", "object_id"}  # columns that name records of any table


def run_rules(tables: Tables) -> dict[int, list[Finding]]:
    """What the rules find in each package, by its number among the files of `tables`; paths are those of the package.

    Parameters
    ----------
    tables
        Read with the number of each package, and a slash, before its paths.
    """
    count = len(tables.paths["cases"])
    apart = entangled(tables) if count > 1 else set()
    found: dict[int, list[Finding]] = {number: [] for number in range(count)}
    parts = [tables.of({number}) for number in sorted(apart)]
    if len(apart) < count:
        parts.append(tables.of(found.keys() - apart) if apart else tables)
    for part in parts:
        for finding in rules.run(part):
            number, _, path = finding.path.partition("/")
            found[int(number)].append(replace(finding, path=path))
    return found


def entangled(tables: Tables) -> set[int]:
    """Numbers of packages that rules could mix up with others: an id is missing, or of a case not theirs alone."""
    cases = tables["cases"]
    owners = pd.DataFrame({"case_id": cases["case_id"].to_numpy(), "owner": files_of(cases.index)}).drop_duplicates()
    shared = owners[owners["case_id"].duplicated(keep=False)]
    alone = owners.drop(shared.index).dropna().set_index("case_id")["owner"].to_dict()
    mixed = set(shared["owner"])
    for table in tables.profile.case_tables.values():
        owner = files_of(tables[table.name].index)
        for column in _id_columns(table):
            ids = tables.distinct(table.name, column)
            owned = np.array([*(alone.get(text.split(":", 1)[0], -1) for text in ids.texts), -1])[ids.numbers]
            strange = (ids.numbers >= 0) & (owned != owner)
            if column == "case_id" or column in table.primary_key:
                strange |= ids.numbers < 0
            mixed |= set(owner[strange].tolist())
    return mixed


def _id_columns(table: Table) -> set[str]:
    linked = {column for link in table.foreign_keys for column in link.fields}
    key = {table.key} if table.key else set()
    return {"case_id"} | linked | key | (POINTERS & table.fields.keys())


AT_ONCE = 500  # packages whose rules run together: more is hardly quicker, and takes more memory
STAGES = ("files", "schemas", "profile", "standard", "rules", "source")


@dataclass(frozen=True)
class Report:
    """What validation found, and how far it came.

    Attributes
    ----------
    found
        The findings, in the order of files and lines.
    stages
        The stages that ran; the tables are not judged when files, schemas or profile stop the run.
    tables
        The tables of the package as text, if it was judged by itself and nothing stopped the run.
    """

    found: tuple[Finding, ...]
    stages: tuple[str, ...]
    tables: Tables | None = field(default=None, repr=False, compare=False)

    @property
    def is_valid(self) -> bool:
        """Whether there is no error; warnings do not count."""
        return not any(finding.severity == "error" for finding in self.found)

    @property
    def stopped(self) -> bool:
        """Whether files, schemas or profile stopped the run, so that the tables were not judged."""
        return "rules" not in self.stages

    @property
    def is_empty(self) -> bool:
        """Whether the package was judged by itself and no table of its case has a row."""
        return self.tables is not None and not any(len(self.tables[name]) for name in self.tables.profile.case_tables)

    @property
    def findings(self) -> pd.DataFrame:
        """One row per finding, a column per attribute of `Finding`; line and consequences are Int64."""
        columns = [field.name for field in fields_of(Finding)]
        frame = pd.DataFrame([asdict(finding) for finding in self.found], columns=columns)
        numbers = {"line", "consequences"}
        return frame.astype({name: "Int64" if name in numbers else TEXT for name in columns})

    def raise_for_findings(self) -> None:
        """Raise if there is an error.

        Raises
        ------
        InvalidPackageError
            The message holds the first errors.
        """
        errors = [str(finding) for finding in self.found if finding.severity == "error"]
        if errors:
            few = 20
            more = [f"… and {len(errors) - few} more"] if len(errors) > few else []
            raise InvalidPackageError("\n".join([*errors[:few], *more]))


def validate(
    path: str | Path | None = None,
    sources: Mapping[str, str | Path] | None = None,
    *,
    exact: bool = False,
    also: Iterable[str | Path] = (),
) -> Report:
    """The report on a package.

    Parameters
    ----------
    path
        A folder, its datapackage.json, or a .zip. None is the package in this folder, else the
        case that comes with the library.
    sources
        A reader's own copies of coded sources: file by source_id. With one, the passages are looked for in
        it, and the package's text is searched for its words.
    exact
        Whether frictionless itself checks the tables, instead of our check with its cell readers: slower by
        a hundred times, with the same findings.
    also
        With sources, more files to search for their words, such as the other files of a repository. Without any, the
        descriptor, data/, schemas/ and the files beside them (README.md, CODING.md, licences, citation) are searched.

    Raises
    ------
    UnreadableError
        Nothing is at the path, or a source cannot be read. Problems of the package itself are findings.
    UnknownNameError
        No coded source has the id.

    Notes
    -----
    Files, schemas and profile each stop the run where they find an error, since the tables cannot be
    trusted then. Standard (frictionless) and rules both run; where both speak of one cell, the rule's
    finding stays, which says more.
    """
    with opened(path) as root:
        report = _judged({"": root}, exact=exact)[""]
        tables = report.tables
        if not sources or tables is None:
            return report
        texts = {
            passages.coded_source(tables["sources"], name): source_texts.read_source(Path(file))
            for name, file in sources.items()
        }
        return _report([*report.found, *source_checks.check_source(root, tables, texts, also)], STAGES, tables)


def validate_many(paths: Iterable[str | Path], executor: Executor | None = None) -> dict[str, Report]:
    """The report on each of many packages, as `validate` gives it, by path in the order given.

    Parameters
    ----------
    paths
        Folders, descriptors or .zip files, each looked at once.
    executor
        Any executor of `concurrent.futures`, or one that behaves so, as that of Dask; it gets some hundred
        packages at a time. None works in this process.

    Notes
    -----
    No package stops another: one that cannot be read has a report with the finding `package-can-be-read` and no stage.
    """
    reports: dict[str, Report] = {}
    for some in validate_in_parts(paths, executor):
        reports |= some
    return reports


def validate_in_parts(
    paths: Iterable[str | Path], executor: Executor | None = None, size: int = AT_ONCE
) -> Generator[dict[str, Report], None, None]:
    """The same, part by part as they are done, in the order given: for a progress bar, or to keep nothing."""
    each = iter(dict.fromkeys(str(path) for path in paths))
    parts = list(iter(lambda: list(islice(each, size)), []))
    if executor:
        yield from executor.map(_validate_part, parts)
        return
    for part in parts:  # map would take a StopIteration for the end of the parts
        yield _validate_part(part)


def _validate_part(paths: list[str]) -> dict[str, Report]:
    reports: dict[str, Report] = {}
    roots: dict[str, Path] = {}
    with ExitStack() as stack:
        for path in paths:
            try:
                roots[path] = stack.enter_context(opened(path))
            except (PolicyCaseError, OSError) as error:
                reports[path] = _unread(error)
        reports |= _judged(roots)
    return {path: reports[path] for path in paths}


def _unread(error: Exception) -> Report:
    return _report([Finding("package-can-be-read", str(error))], ())


def _judged(roots: Mapping[str, Path], *, exact: bool = False) -> dict[str, Report]:
    """The reports on packages in folders: those that are plain at once, the others file by file."""
    folders = {key: Folder(root, keeps=True) for key, root in roots.items()}
    screen = screened(folders)
    reports: dict[str, Report] = {}
    others: dict[str, Package] = {}
    found: dict[str, list[Finding]] = {key: [] for key in roots}  # warnings of the stages, then what frictionless finds
    for key, folder in folders.items():
        try:
            if key not in screen.packages:
                stage, found[key] = _by_stages(folder)
                if any(finding.severity == "error" for finding in found[key]):
                    reports[key] = _report(found[key], STAGES[:stage])
                    continue
                others[key] = Package.read(folder)
            package = others.get(key) or screen.packages[key]
            found[key] += _by_standard(package, screen.suspects.get(key, () if key in screen.packages else None), exact)
        except (PolicyCaseError, OSError) as error:
            others.pop(key, None)
            reports[key] = _unread(error)
        if len(roots) > 1:
            folder.forget_tables()
    by_rules = _by_rules(screen.tables, screen.numbers)
    tables = screen.tables
    if others:
        numbers = {key: number for number, key in enumerate(others)}
        tables = read_many({f"{numbers[key]}/": package for key, package in others.items()})
        by_rules |= _by_rules(tables, numbers)
    packages = {**screen.packages, **others}
    for key in by_rules.keys() - reports.keys():
        together = merged(found[key], by_rules[key], _keys(packages[key]))
        reports[key] = _report(together, STAGES[:5], _own(tables) if tables and len(roots) == 1 else None)
    return reports


def _keys(package: Package) -> dict[str, str]:
    return {package.paths[name]: table.key for name, table in package.profile.tables.items()}


def _by_stages(folder: Folder) -> tuple[int, list[Finding]]:
    """How many stages a package came through before its tables, and what they found; an error stops the run."""
    found: list[Finding] = []
    for number, check in enumerate((package_checks.check_files, package_checks.check_schemas, _check_profile), start=1):
        found += check(folder)
        if any(finding.severity == "error" for finding in found):
            return number, found
    return len(STAGES[:3]), found


def _check_profile(folder: Folder) -> list[Finding]:
    return package_checks.check_profile(Package.read(folder))


def _by_standard(package: Package, names: Collection[str] | None, exact: bool) -> list[Finding]:
    """What frictionless finds in the named tables; None is all, an empty collection is none."""
    if exact:
        return cell_checks.check_cells_exactly(package)
    return cell_checks.check_cells(package, names) if names is None or names else []


def _by_rules(tables: Tables | None, numbers: Mapping[str, int]) -> dict[str, list[Finding]]:
    """What the rules find in packages, by the key of each; `numbers` are those of their files in `tables`."""
    found = run_rules(tables) if tables else {}
    return {key: found[number] for key, number in numbers.items()}


def _own(tables: Tables) -> Tables:
    """The tables of one package, under the paths that they have in it."""
    return tables.under({name: [path.partition("/")[2]] for name, (path,) in tables.paths.items()})


def merged(by_cells: list[Finding], by_rules: list[Finding], keys: Mapping[str, str]) -> list[Finding]:
    """Both lists as one, each fault once: a cell that a rule judges in words of its own is not reported again."""
    judged = {finding.cell for finding in by_rules if finding.severity == "error" and finding.rule not in RELATIONS}
    empty = {finding.cell for finding in by_cells if finding.rule == "constraint-error"}
    kept = [
        finding
        for finding in by_cells
        if finding.cell not in judged and not (finding.rule == "primary-key" and finding.cell in empty)
    ]
    return causes([*kept, *by_rules], keys)


def causes(found: list[Finding], keys: Mapping[str, str]) -> list[Finding]:
    """The findings without those that follow from another one, which counts them.

    A malformed id explains every row that names it as it should be, and everything that is asked of its record through
    such rows. An id that several rows name and no row has is one finding, the first. White space in a cell explains all
    else that is wrong with it. `keys` are the columns that name the rows of a file, by its path.
    """
    followers: dict[int, int] = {}  # the number of each finding that follows from another, with that one's number
    unclean = {finding.cell: number for number, finding in enumerate(found) if finding.rule == UNCLEAN}
    first: dict[str, int] = {}
    for number, finding in enumerate(found):
        if _is_naming(finding, keys):
            first.setdefault(_local(finding.record_id), number)
    by_id = {found[number].record_id: number for number in first.values()}
    for number, finding in enumerate(found):
        if finding.cell in unclean and finding.rule not in RELATIONS:
            cause = unclean[finding.cell]
        elif finding.missing:
            cause = first.setdefault(_local(finding.missing), number)
        elif finding.rule in RELATIONS or _is_naming(finding, keys):
            cause = by_id.get(finding.record_id, number)
        else:
            continue
        if cause != number:
            followers[number] = cause
    counts = Counter(followers.values())
    return [
        replace(finding, consequences=counts[number]) if counts[number] else finding
        for number, finding in enumerate(found)
        if number not in followers
    ]


def _is_naming(finding: Finding, keys: Mapping[str, str]) -> bool:
    """Whether a finding says that a row's own id is wrong, or the case that it is looked for in."""
    of_id = finding.field == keys.get(finding.path) or (finding.rule == UNCLEAN and finding.field == "case_id")
    return finding.rule in NAMINGS and of_id and bool(finding.record_id)


def _local(record_id: str) -> str:
    """An id without its prefix, in the letters that ids are made of."""
    plain = normalize("NFKD", record_id.rpartition(":")[2]).casefold()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _report(found: list[Finding], stages: tuple[str, ...], tables: Tables | None = None) -> Report:
    ordered = sorted(found, key=lambda finding: (finding.path, finding.line or 0, finding.field, finding.rule))
    return Report(tuple(ordered), stages, tables)
