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
GUIDE = "CODING.md"  # one text: a new case gets the same file that coders of this repository read


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
        msg = f'"{case_id}" is not a case id · expected {form}; the code is {COUNTRY}'
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
    return {
        DESCRIPTOR: write_json(descriptor),
        GUIDE: (root / GUIDE).read_bytes(),
        **GIT_ATTRIBUTES,
        **headers,
        **profile.files,
    }
