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
from policycase.storage.csv_files import csv_bytes
from policycase.storage.locations import DESCRIPTOR, shipped_root
from policycase.storage.writing import write_folder

CASE_ID = re.compile(r"(?P<country>[a-z]{3})(?:-[a-z0-9]+)+")
SENTENCE_END = re.compile(r"(?<!\s[A-Z]\.)(?:(?<=[.!?])|(?<=[.!?][\"”’»)]))\s+(?=[\"“‘«(]?[^\W\d_a-zß-öø-ÿ])")
GUIDE = """# Coding {case_id}

1. Number the source: `policycase passages ../source.txt --case {case_id} --text` shows each sentence with its id, for
   your eyes; `policycase passages ../source.txt --case {case_id} > data/passages.csv` writes the rows. Where it cuts or
   joins sentences wrongly, mend your copy (take a misleading dot out, or put one in) and number it again: only
   letters and digits count. A sentence that page furniture cuts in two is two passages, a and b.
2. Describe the source in `data/sources.csv` (`source_use` is `coded`) and the case in `data/cases.csv`.
3. Code programs, agencies, events and goals, then claims and places, then the links. Code what the sentence says, not
   what you know; what it does not say stays empty. The codebook is `schemas/README.md`, or `policycase codebook
   programs`.
4. Write a row of `data/evidence.csv` for each row you code (field `record`), the row of `cases` too, and for each
   filled `start`, `end`, `status` (but `unknown`), `setting`, `is_pilot`, `legal_reference`, `statement` of a goal,
   `hedge` of a claim (`none` too) and `value` of a figure.
5. Check along the way, from this folder: `policycase render` fills the bounds of dates, `policycase validate` says
   what is missing, with file and line, `policycase coverage` what has no evidence yet, and `policycase validate
   --source source.txt` which passages it does not find, and which lines share words with the source.
6. Put your title, description, contributors and licence into `datapackage.json`; `policycase pack` asks for them.

No sentence of the source enters this folder: keep its text elsewhere. The rules follow; their examples are of
`kgz-leph`.

{rules}"""
RULES = ("## What to code first", "## Second coders")  # of the rules that came with the library, from and up to


@dataclass(frozen=True, slots=True)
class Passage:
    """One sentence of a source, for the coder's eyes."""

    locator: str
    text: str


def new(case_id: str, folder: str | Path | None = None, *, text: str = "") -> Path:
    """The folder of a new, empty case that validates: descriptor, one CSV per table, schemas, CODING.md.

    With the text of a source, `passages` has a row for each of its sentences, of the source `<case_id>:source`.

    Raises
    ------
    UnreadableError
        The id is not a country's alpha-3 code in lower case and short names, or the folder exists.
    """
    target = Path(folder or case_id)
    made = files(case_id)
    if text:
        made["data/passages.csv"] = csv_bytes(passage_rows(text, case_id, f"{case_id}:source"))
    write_folder(target, made)
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
    guide = GUIDE.format(case_id=case_id, rules=_rules()).encode()
    return {DESCRIPTOR: write_json(descriptor), "CODING.md": guide, **headers, **profile.files}


def _rules() -> str:
    """The rules for coders that came with the library."""
    text = (shipped_root() / "CODING.md").read_text(encoding="utf-8")
    begin, end = (text.index(heading) for heading in RULES)
    return text[begin:end].rstrip() + "\n"


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
