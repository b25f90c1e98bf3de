"""The beginning of a case: an empty package, and the passages of a source as fingerprints."""

import re
from pathlib import Path

import pandas as pd

from policycase.coding.sentences import passage_rows
from policycase.errors import UnreadableError
from policycase.model.identifiers import COUNTRY, country
from policycase.model.package import GIT_ATTRIBUTES, UNSAID, read_descriptor, write_json
from policycase.model.profile import Profile
from policycase.storage.csv_files import csv_bytes
from policycase.storage.locations import DESCRIPTOR, shipped_root
from policycase.storage.writing import write_folder

CASE_ID = re.compile(r"(?P<country>[a-z]{3})(?:-[a-z0-9]+)+")
GUIDE = """# Coding {case_id}

1. Number the source: `policycase passages ../source.txt --case {case_id} --text` shows each sentence with its id, for
   your eyes; `--blocks` shows what it takes for body, footnote or furniture (titles, references, captions). Save that
   as a file, change the lines that are wrong, and give it back with `--choices FILE`. Then `policycase passages
   ../source.txt --case {case_id} > data/passages.csv` writes the rows. Where it cuts or joins sentences wrongly,
   change your copy (take a misleading dot out, or put one in) and number it again: only letters and digits count. A
   sentence that page furniture cuts in two is two passages, a and b.
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


def new(case_id: str, folder: str | Path | None = None, *, text: str = "", force: bool = False) -> Path:
    """The folder of a new, empty case that validates: descriptor, one CSV per table, schemas, CODING.md.

    With the text of a source, `passages` has a row for each of its sentences, of the source `<case_id>:source`.

    Raises
    ------
    UnreadableError
        The id is not a country's alpha-3 code in lower case and short names; or the folder exists and `force` is not
        set, or holds more than a package.
    """
    target = Path(folder or case_id)
    made = files(case_id)
    if text:
        made["data/passages.csv"] = csv_bytes(passage_rows(text, case_id, f"{case_id}:source"))
    write_folder(target, made, force=force)
    return target


def files(case_id: str) -> dict[str, bytes]:
    """The files of a new, empty case, by their paths.

    Raises
    ------
    UnreadableError
        The id is not a country's alpha-3 code in lower case and short names.
    """
    match = CASE_ID.fullmatch(case_id)
    if match is None or country(match["country"].upper()) is None:
        form = "a country's code in lower case and a short name, such as kgz-leph"
        msg = f'"{case_id}" is no case id · expected {form}; the code is {COUNTRY}'
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
    return {DESCRIPTOR: write_json(descriptor), "CODING.md": guide, **GIT_ATTRIBUTES, **headers, **profile.files}


def _rules() -> str:
    """The rules for coders that came with the library."""
    text = (shipped_root() / "CODING.md").read_text(encoding="utf-8")
    begin, end = (text.index(heading) for heading in RULES)
    return text[begin:end].rstrip() + "\n"
