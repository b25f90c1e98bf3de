"""The passages against a reader's own copy of the source: which are there, and no words of it in the package."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from policycase.errors import UnreadableError
from policycase.findings import Finding
from policycase.model.casebook import Casebook
from policycase.model.package import read_descriptor
from policycase.model.passages import (
    BESIDE,
    SHARED_RUN,
    _given,
    _lines,
    coded_source,
    found_passages,
    shared_runs,
    shared_starts,
    skeleton,
)
from policycase.model.profile import DATA, FOLDER
from policycase.model.source_texts import read_source
from policycase.model.tables import Tables
from policycase.storage.locations import DESCRIPTOR, read_bytes, regular_files


@dataclass(frozen=True)
class Verification:
    """Result of `verify`.

    Attributes
    ----------
    passages
        One row per passage of the sources that were given: passage_id, source_id, page, paragraph, sentence,
        fragment, found (boolean).
    affected
        One row per value that rests on a passage not found: passage_id, record_id, field, basis.
    """

    passages: pd.DataFrame
    affected: pd.DataFrame

    @property
    def is_complete(self) -> bool:
        """Whether every passage was found."""
        return bool(self.passages["found"].all())


def verify(casebook: Casebook, sources: Mapping[str, str | Path]) -> Verification:
    """The passages of coded sources looked for in a reader's own copies.

    Parameters
    ----------
    casebook
        The cases.
    sources
        File (.txt, .md, .html, .docx or .pdf) by source_id; an empty id is the only coded source.

    Raises
    ------
    UnknownNameError
        No coded source has the id, or the id was left out and there is more than one.
    UnreadableError
        A file cannot be read.

    Notes
    -----
    A passage is found when some run of the copy's skeleton (NFKC, casefolded, letters and digits only) of
    the passage's length has its SHA-256, so white space, hyphens, quotes and ligatures do not matter.
    """
    if not sources:
        msg = "no source to look in · give a file"
        raise UnreadableError(msg)
    parts = []
    for name, file in sources.items():
        wanted = coded_source(casebook["sources"], name)
        passages = casebook["passages"][casebook["passages"]["source_id"] == wanted]
        found = found_passages(passages, read_source(Path(file))).notna()
        parts.append(passages.assign(found=found.astype("boolean")))
    columns = ["passage_id", "source_id", "page", "paragraph", "sentence", "fragment", "found"]
    checked = pd.concat(parts, ignore_index=True)[columns]
    missing = checked.loc[~checked["found"], "passage_id"]
    evidence = casebook["evidence"]
    affected = evidence.loc[evidence["passage_id"].isin(missing), ["passage_id", "record_id", "field", "basis"]]
    return Verification(checked, affected.sort_values("passage_id", kind="stable", ignore_index=True))


LONGEST_NAME = 120  # letters and digits; what is longer is taken for a sentence


def check_source(root: Path, tables: Tables, sources: dict[str, str], also: Iterable[str | Path] = ()) -> list[Finding]:
    """Problems against the given texts of coded sources, by source_id; `also` are more files to search for words."""
    found: list[Finding] = []
    texts = _lines([*_own_files(root), *((str(file), _given(Path(file))) for file in also)])
    for source_id, text in sources.items():
        passages = tables["passages"].query("source_id == @source_id")
        positions = found_passages(passages, text)
        found.extend(_not_found(tables, passages[positions.isna()]))
        spans = [
            (int(start), int(start) + int(length))
            for start, length in zip(positions, passages["length"], strict=True)
            if pd.notna(start)
        ]
        runs = shared_runs(skeleton(text), spans) - _proper(tables)
        found.extend(_shared_words(texts, runs, source_id))
    return found


def _proper(tables: Tables) -> frozenset[str]:
    """The runs within names and titles, a name beside its local form included: facts, which stay as they are."""
    names = []
    for table in tables.profile.case_tables.values():
        proper = [field.name for field in table.fields.values() if field.proper]
        for row in tables[table.name][proper].fillna("").itertuples(index=False):
            bones = [bone for bone in map(skeleton, row) if len(bone) <= LONGEST_NAME]
            names += [*bones, "".join(bones)]
    return frozenset().union(*(shared_runs(name, [(0, len(name))]) for name in names))


def _not_found(tables: Tables, passages: pd.DataFrame) -> Iterator[Finding]:
    for number, row in zip(passages.index, passages.to_dict("records"), strict=True):
        path, line = tables.place("passages", number)
        yield Finding(
            "passage-is-in-the-source",
            f"{row['passage_id']} is not in the given copy of {row['source_id']}",
            "compare that sentence of your copy, or its length and fingerprint here",
            path=path,
            line=line,
            field="fingerprint",
            record_id=row["passage_id"],
        )


def _shared_words(texts: dict[str, list[str]], runs: frozenset[str], source_id: str) -> Iterator[Finding]:
    """No cell and no line of the files shares 45 letters and digits in a row with a passage."""
    for path, bones in texts.items():
        number_of = [number for number, line in enumerate(bones, start=1) for _ in line]
        for start in shared_starts("".join(bones), runs):
            yield Finding(
                "no-words-of-the-source",
                f"shares {SHARED_RUN} letters or more with a passage of {source_id}",
                "paraphrase it, and list names in another order",
                path=path,
                line=number_of[start],
            )


def _own_files(root: Path) -> Iterator[tuple[str, bytes]]:
    """The files that belong to a package, with their bytes: descriptor, tables and schemas, and what lies beside them.

    Nothing else in its folder is asked which these are: a `.git` there could name a program to run.
    """
    named = [resource["path"] for resource in read_descriptor(root)["resources"]]
    for path in dict.fromkeys([DESCRIPTOR, *named, *regular_files(root, DATA), *regular_files(root, FOLDER), *BESIDE]):
        with suppress(OSError):  # not every package has all of them
            yield path, read_bytes(root, path)
