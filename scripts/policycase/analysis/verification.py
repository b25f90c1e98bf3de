"""Verification: which passages are in a reader's own copy, and what rests on those that do not."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from policycase.errors import UnreadableError
from policycase.model.casebook import Casebook
from policycase.model.passages import coded_source, found_passages
from policycase.model.source_texts import read_source


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
