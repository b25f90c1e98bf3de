"""The beginning of a case: an empty package, and the passages of a source as fingerprints."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pycountry

from policycase.errors import UnreadableError
from policycase.model.package import UNSAID, read_descriptor, write_json
from policycase.model.passages import fingerprint, skeleton
from policycase.model.profile import Profile, shipped_profile
from policycase.storage.locations import DESCRIPTOR, shipped_root
from policycase.storage.writing import write_folder

CASE_ID = re.compile(r"(?P<country>[a-z]{3})(?:-[a-z0-9]+)+")
SENTENCE_END = re.compile(r"(?<!\s[A-Z]\.)(?:(?<=[.!?])|(?<=[.!?][\"”’»)]))\s+(?=[\"“‘«(]?[^\W\d_a-zß-öø-ÿ])")
GUIDE = "CODING.md"  # one text: a new case gets the same file that coders of this repository read


@dataclass(frozen=True, slots=True)
class Passage:
    """One sentence of a source, for the coder's eyes."""

    locator: str
    text: str


def new(case_id: str, folder: str | Path | None = None) -> Path:
    """The folder of a new, empty case that validates: descriptor, one CSV a table, schemas, CODING.md.

    Raises
    ------
    UnreadableError
        The id is not a country's alpha-3 code in lower case and short names, or the folder exists.
    """
    target = Path(folder or case_id)
    write_folder(target, files(case_id))
    return target


def files(case_id: str) -> dict[str, bytes]:
    """The files of a new, empty case, by their paths.

    Raises
    ------
    UnreadableError
        The id is not a country's alpha-3 code in lower case and short names.
    """
    match = CASE_ID.fullmatch(case_id)
    if match is None or pycountry.countries.get(alpha_3=match["country"].upper()) is None:
        msg = (
            f'"{case_id}" is no case id · expected an ISO alpha-3 code in lower case and a short name, such as kgz-leph'
        )
        raise UnreadableError(msg)
    root = shipped_root()
    profile, ours = Profile.read(root), read_descriptor(root)
    descriptor = {key: ours[key] for key in ("$schema", "profile")} | {
        "name": case_id,
        "title": f"{case_id}: a policy case",
        "description": UNSAID,
        "version": "0.1.0",
        "created": f"{pd.Timestamp.now(tz='UTC'):%Y-%m-%dT00:00:00Z}",
        "licenses": ours["licenses"],
        "contributors": [{"title": "contributors of this case", "roles": ["author"]}],
        "policycase": ours["policycase"],
        "resources": ours["resources"],
    }
    headers = {
        f"data/{table.name}.csv": (",".join(table.fields) + "\n").encode() for table in profile.case_tables.values()
    }
    return {DESCRIPTOR: write_json(descriptor), GUIDE: (root / GUIDE).read_bytes(), **headers, **profile.files}


def sentences(text: str) -> Iterator[Passage]:
    """The sentences of a text by paragraph (parted by empty lines), each with its locator, such as p3s2.

    Notes
    -----
    A sentence ends at `.`, `!` or `?` before white space and a capital. Abbreviations and page furniture
    mislead it: read the result, and join or cut rows where the source says otherwise.
    """
    paragraphs = [block for block in re.split(r"\n\s*\n", text) if skeleton(block)]
    for number, paragraph in enumerate(paragraphs, start=1):
        parts = [part for part in SENTENCE_END.split(" ".join(paragraph.split())) if skeleton(part)]
        for count, part in enumerate(parts, start=1):
            yield Passage(f"p{number}s{count}", part)


def passage_rows(text: str, case_id: str, source_id: str) -> pd.DataFrame:
    """The rows of the table passages for a text: every sentence, coded, as length and fingerprint."""
    table = shipped_profile().tables["passages"]
    lines = []
    for passage in sentences(text):
        paragraph, _, sentence = passage.locator.rpartition("s")
        bones = skeleton(passage.text)
        lines.append(
            {
                "passage_id": f"{case_id}:{passage.locator}",
                "case_id": case_id,
                "source_id": source_id,
                "paragraph": paragraph,
                "sentence": sentence,
                "length": str(len(bones)),
                "fingerprint": fingerprint(bones),
                "coding": "coded",
            }
        )
    return pd.DataFrame(lines, columns=list(table.fields), dtype="str")
