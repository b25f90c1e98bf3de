"""A casebook: one or many cases as typed tables, each value with the way back to its passage."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from policycase.errors import InvalidPackageError, UnknownNameError
from policycase.model import bibtex, conflicts, provenance
from policycase.model.columns import TypedFrames, refuse_wrong_cells
from policycase.model.dates import counted_in_words
from policycase.model.package import GIT_ATTRIBUTES, Package, write_json
from policycase.model.profile import DATA, ENTRY_TABLES, FOLDER, Profile, refuse_other_profile
from policycase.model.tables import Tables, places, read_tables
from policycase.storage.csv_files import TEXT, csv_bytes
from policycase.storage.downloads import pinned
from policycase.storage.locations import DESCRIPTOR, opened, origin
from policycase.storage.writing import write_folder


def load(path: str | Path | None = None, *, sha256: str | None = None) -> "Casebook":
    """The cases of a package.

    Parameters
    ----------
    path
        A folder, its datapackage.json, a .zip, or the https address of a .zip, which is kept in a cache. None is the
        package in this folder, else the case that comes with the library; `repr` says which.
    sha256
        SHA-256 of the .zip at the address. Without one nothing is checked, and a warning says so.

    Raises
    ------
    UnreadableError
        The package cannot be read, or a cell is not of its column's type; nothing is dropped or guessed.
    UnsafePathError
        A path or an archive entry leaves the package, or the download is not the file of the SHA-256.
    """
    with opened(pinned(path, sha256)) as root:
        package = Package.read(root)
        refuse_other_profile(package.profile)
        tables = read_tables(package)
        refuse_wrong_cells(tables)
    return Casebook(tables, package.descriptor, origin(path))


class Casebook:
    """Tables of one or many cases, as attributes and as items.

    A table comes as a fresh DataFrame with every column of its schema and a RangeIndex, so changing it
    does not change the casebook. Column meanings: `codebook`.

    Attributes
    ----------
    text
        The tables as the text of their cells, each row with the file and line where `write` puts it.
    profile
        What every case shares: tables and vocabularies.
    descriptor
        The content of datapackage.json.
    origin
        Where it was read from; empty for a stack.
    """

    text: Tables
    profile: Profile
    descriptor: dict[str, Any]
    origin: str

    def __init__(self, tables: Tables, descriptor: dict[str, Any], origin: str = "") -> None:
        paths = {
            name: [f"{FOLDER if table.kind == 'vocabulary' else DATA}/{name}.csv"]
            for name, table in tables.profile.tables.items()
        }
        frames = {
            name: frame.astype(TEXT).set_axis(places([len(frame)]), axis=0) for name, frame in tables.frames.items()
        }
        self.text = Tables(frames, tables.profile, paths)
        self.profile = tables.profile
        self.descriptor = descriptor
        self.origin = origin
        self._frames = TypedFrames(self.text)

    def __getitem__(self, name: str) -> pd.DataFrame:
        """One table, as a fresh frame."""
        if not isinstance(name, str) or name not in self._frames:
            raise UnknownNameError("table", name, self._frames)
        return self._frames[name].copy()

    if TYPE_CHECKING:  # the tables of the profile, for editors; a test holds them equal
        programs: pd.DataFrame
        agencies: pd.DataFrame
        events: pd.DataFrame
        goals: pd.DataFrame
        claims: pd.DataFrame
        figures: pd.DataFrame
        program_agencies: pd.DataFrame
        program_places: pd.DataFrame
        program_populations: pd.DataFrame
        program_links: pd.DataFrame
        event_agencies: pd.DataFrame
        event_places: pd.DataFrame
        event_links: pd.DataFrame
        places: pd.DataFrame
        cases: pd.DataFrame
        sources: pd.DataFrame
        passages: pd.DataFrame
        evidence: pd.DataFrame
        scope: pd.DataFrame
        coders: pd.DataFrame
        reliability: pd.DataFrame
        codes: pd.DataFrame
        crosswalks: pd.DataFrame
    else:  # a checker would take any name for a table

        def __getattr__(self, name: str) -> pd.DataFrame:
            """One table, as a fresh frame."""
            if name.startswith("_"):  # before __init__ has run: copy and pickle ask for dunder names
                raise AttributeError(name)
            return self[name]

    def __iter__(self) -> Iterator[str]:
        """The names of the tables."""
        return iter(self._frames)

    def __contains__(self, name: object) -> bool:
        """Whether there is a table of that name."""
        return name in self._frames

    def __len__(self) -> int:
        """How many tables there are."""
        return len(self._frames)

    def __dir__(self) -> list[str]:
        """The methods and the tables."""
        return [*super().__dir__(), *self._frames]

    def __eq__(self, other: object) -> bool:
        """Whether both hold the same tables, cell for cell as text, under the same profile."""
        if not isinstance(other, Casebook):
            return NotImplemented
        return (
            self.profile.files == other.profile.files
            and self.text.frames.keys() == other.text.frames.keys()
            and all(frame.equals(other.text[name]) for name, frame in self.text.frames.items())
        )

    __hash__ = None  # type: ignore[assignment] # how Python spells "not hashable"

    @property
    def tables(self) -> list[str]:
        """Names of the tables: programs, agencies, events and goals first."""
        return list(self._frames)

    @property
    def case_ids(self) -> list[str]:
        """Ids of the cases."""
        return self.text["cases"]["case_id"].tolist()

    @cached_property
    def coded(self) -> "Casebook":
        """The casebook of what the coded sources themselves say; see `policycase.model.provenance.coded_rows`."""
        frames = provenance.coded_rows(self.text.frames, self.profile)
        return Casebook(replace(self.text, frames=frames), self.descriptor, self.origin)

    @property
    def counts(self) -> pd.DataFrame:
        """Rows of each table: what the coded sources themselves say, and what only others do.

        Returns
        -------
        DataFrame
            Index: tables, in their order. rows (those of `coded`), others (Int64: how many more there are).
        """
        return provenance.counts(self.text)

    def __repr__(self) -> str:
        """What the casebook holds, and where to go from here."""
        titles = [f"  {row.case_id}  {row.title} ({row.country})" for row in self._frames["cases"].itertuples()]
        counts = self.counts
        entry = [counted_in_words(counts["rows"][name], counts["others"][name], name) for name in ENTRY_TABLES]
        rest = [f"{name} {len(frame)}" for name, frame in self.text.frames.items() if name not in ENTRY_TABLES]
        return "\n".join(
            [
                f"Casebook of {len(titles)} case{'s' * (len(titles) != 1)}",
                *titles,
                *(f"  {line}" for line in entry),
                f"  also: {', '.join(rest)}",
                *([f"  read from: {self.origin}"] if self.origin else []),
                '  try: .programs  .codebook("programs")  .evidence_for(an_id)  .join("program_agencies")',
            ]
        )

    def _repr_html_(self) -> str:
        """The same for notebooks."""
        about = [self.profile.tables[name].description for name in self.tables]
        rows = self.counts.rename_axis("table").reset_index().assign(**{"what it holds": about})
        cases = self._frames["cases"][["case_id", "title", "country", "review_status"]]
        return cases.to_html(index=False, escape=True) + rows.to_html(index=False, escape=True)

    def codebook(self, name: str | None = None) -> pd.DataFrame:
        """What columns or codes mean.

        Parameters
        ----------
        name
            A table: its fields. A vocabulary: its codes. None: the fields of every table.

        Returns
        -------
        DataFrame
            For tables: table, field, title, description, type, codes (a list as text, or missing).
            For a vocabulary: code, label, definition, use_when, not_when.
        """
        if name in self.profile.vocabularies and name not in self.profile.tables:
            codes = self._frames["codes"]
            return codes[codes["vocabulary"] == name].drop(columns=["vocabulary", "position"]).reset_index(drop=True)
        known = [*self.profile.tables, *self.profile.vocabularies]
        if name is not None and name not in known:
            raise UnknownNameError("table or vocabulary", name, known)
        wanted = [self.profile.table(name)] if name else self.profile.tables.values()
        rows = [
            (
                table.name,
                field.name,
                field.title,
                field.description,
                field.type,
                ", ".join(self.profile.vocabularies[field.vocabulary]) if field.vocabulary else None,
            )
            for table in wanted
            for field in table.fields.values()
        ]
        return pd.DataFrame(rows, columns=["table", "field", "title", "description", "type", "codes"], dtype=TEXT)

    def join(self, name: str) -> pd.DataFrame:
        """A table with the columns of what its foreign keys point to; one row in, one row out.

        Returns
        -------
        DataFrame
            The table's own columns, then for each foreign key the columns of its parent, prefixed with
            the key's name less `id`: `agency_id` brings `agency_name`. Missing where the key is empty. An id that
            appears more than once is an InvalidPackageError, since a row could be joined to two.
        """
        table = self.profile.table(name)
        joined = self[name]
        for link in table.parents:
            (column,), (key,) = link.fields, link.to
            prefix = column.removesuffix("id")
            parent = self[link.table].drop(columns="case_id").dropna(subset=key).set_index(key)
            for twice in parent.index[parent.index.duplicated()]:
                msg = f"{link.table}: {twice} appears more than once · run: policycase validate"
                raise InvalidPackageError(msg)
            parent.columns = [c if c.startswith(prefix) and c not in joined else prefix + c for c in parent.columns]
            joined = joined.merge(parent, how="left", left_on=column, right_index=True, validate="many_to_one")
        return joined.reset_index(drop=True)

    def record(self, record_id: str) -> pd.Series:
        """One row by its id, from any table; the name of the Series is that table.

        Raises
        ------
        UnknownNameError
            No record has the id; the message names the nearest one.
        """
        return provenance.record(self.text, self._frames, record_id)

    def evidence_for(self, record_id: str, field: str | None = None) -> pd.DataFrame:
        """The passages that a record, or one field of it, rests on; see `policycase.model.provenance.evidence_for`."""
        return provenance.evidence_for(self.text, self._frames, record_id, field)

    def coverage(self) -> pd.DataFrame:
        """How much of each table has evidence; see `policycase.model.provenance.row_coverage`."""
        return provenance.row_coverage(self.text)

    def passage_coverage(self) -> pd.DataFrame:
        """How many passages of each coded source were coded; see `policycase.model.provenance.passage_coverage`."""
        return provenance.passage_coverage(self.text)

    def conflicts(self) -> pd.DataFrame:
        """Coded values compared with what other sources say; see `policycase.model.conflicts.of_values`."""
        return conflicts.of_values(self.text)

    def crosschecks(self) -> pd.DataFrame:
        """How many statements are contested, refined or uncontested; see `policycase.model.conflicts.shares`."""
        return conflicts.shares(self.text)

    def cite(self, rows: pd.DataFrame | None = None) -> str:
        """BibTeX of the package and of the sources behind the given rows; None is every coded source."""
        return bibtex.bibtex(self, rows)

    def files(self) -> dict[str, bytes]:
        """Every file of the package that `write` makes, by its path."""
        text = self.text
        paths = {resource["name"]: resource["path"] for resource in self.descriptor["resources"]}
        tables = {paths[name]: csv_bytes(text[name]) for name in self.profile.case_tables}
        resources = [
            {key: value for key, value in resource.items() if key not in {"bytes", "hash"}}  # of other bytes
            for resource in self.descriptor["resources"]
        ]
        descriptor = self.descriptor | {"resources": resources}
        return {DESCRIPTOR: write_json(descriptor), **GIT_ATTRIBUTES, **tables, **self.profile.files}

    def write(self, folder: str | Path, *, force: bool = False) -> Self:
        """Write the casebook as a data package: whole, or not at all.

        Raises
        ------
        UnreadableError
            The folder exists, unless `force` is set; then it is replaced.
        """
        write_folder(Path(folder), self.files(), force=force)
        return self
