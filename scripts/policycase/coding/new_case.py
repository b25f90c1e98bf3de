"""The beginning of a case: an empty package, and the passages of a source as fingerprints."""

import textwrap
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from policycase.coding.coding_file import CASE, FINGERPRINTS, PASSAGES, SCOPE, coded_tables, dumped, fingerprints
from policycase.coding.sentences import named, passage_rows, sentences
from policycase.coding.shorthand import CASE_ID, SOURCES, local
from policycase.errors import UnreadableError
from policycase.model.identifiers import COUNTRY, country
from policycase.model.package import GIT_ATTRIBUTES, UNSAID, read_descriptor, write_json
from policycase.model.profile import Profile, Table, shipped_profile
from policycase.storage.csv_files import TEXT, csv_bytes
from policycase.storage.locations import DESCRIPTOR, shipped_root
from policycase.storage.writing import write_folder

Choices = Mapping[int, tuple[str, str]]  # what a block is, and its page, by the number of the block
GUIDE = "CODING.md"  # one text: a new case gets the same file that coders of this repository read


def new(
    case_id: str,
    folder: str | Path | None = None,
    *,
    text: str = "",
    language: str = "en",
    choices: Choices | None = None,
    force: bool = False,
) -> Path:
    """The folder of a new, empty case that validates: descriptor, one CSV per table, schemas, CODING.md.

    With the text of a source, `passages` has a row for each of its sentences, of the source `<case_id>:source`;
    `language` says how its sentences end, and `choices` what its blocks are (see `policycase passages --blocks`).

    Raises
    ------
    UnreadableError
        The id is not a country's alpha-3 code in lower case and short names; or the folder exists and `force` is not
        set, or holds more than a package.
    """
    target = Path(folder or case_id)
    made = files(case_id)
    if text:
        source_id = f"{case_id}:source"
        cells = {"source_id": source_id, "case_id": case_id, "source_use": "coded", "language": language}
        columns = list(shipped_profile().tables[SOURCES].fields)
        made["data/sources.csv"] = csv_bytes(pd.DataFrame([cells], columns=columns, dtype=TEXT))
        made["data/passages.csv"] = csv_bytes(passage_rows(text, case_id, source_id, language, choices))
    write_folder(target, made, force=force)
    return target


BEGINNING = b"# yaml-language-server"
EXPLAINED = """\
# yaml-language-server: $schema={folder}/schemas/coding.schema.json
# The case {case_id}, sentence by sentence. Write under each sentence what it says, in your own words:
#
#   p1s1:
#     programs:
#       night-patrol:
#         name: Night patrol
#         program_type: patrol-and-outreach
#         start: 2003                  # rests on p1s1
#         status: {{inferred: ended}}    # a step of reasoning lies between
#         summary: Officers and nurses walked the harbor by night.
#     program_agencies:
#       - {{program_id: night-patrol, agency_id: police, role: lead}}
#   p1s2:
#     supports: [night-patrol, "night-patrol:start"]
#
# The case itself rests on passages too: supports: [case] under those that say what it is about, and
# case: {{start: 1999}} under the one that dates its beginning.
# A sentence that holds nothing to code gets coding: context or coding: uncoded, with a note that says why.
# The comments hold the text of the source, so keep this file to yourself; policycase import leaves them out.
# Then run: policycase import {file} -o {folder} --force && policycase validate {file}
"""
DATED = "  # write start and end under the passage that says them, as case: {start: 1999}\n"


def skeleton(
    case_id: str, text: str, folder: str, file: str, language: str = "en", choices: Choices | None = None
) -> str:
    """A coding file to begin with: the fields of the case and its source, and each sentence as a comment."""
    profile = Profile.read(shipped_root())
    source_id = f"{case_id}:source"
    parts = [EXPLAINED.format(case_id=case_id, folder=folder, file=file)]
    known = {"country": case_id[:3].upper(), "language": language}
    parts += [f"{CASE}:\n  case_id: {case_id}\n{_to_fill(profile.tables['cases'], '  ', known)}{DATED}"]
    parts += [f"{SOURCES}:\n  source:\n{_to_fill(profile.tables[SOURCES], '    ', known)}", f"{PASSAGES}:"]
    for passage, passage_id in named(sentences(text, language, choices), case_id, source_id):
        words = textwrap.wrap(" ".join(passage.text.split()), 100) or [""]
        parts += [*(f"  # {line}" for line in words), f"  {local(passage_id, case_id)}:"]
    codes = profile.vocabularies["extent"]
    parts += ["", f"{SCOPE}: # of each table: {', '.join(codes)}, as far as the sentences were coded"]
    parts += [f"  {table.name}:" for table in coded_tables(profile)]
    parts += ["", "coders:", "  coder-1: {coder_type: , name: , role: first, coded_on: }"]
    rows = passage_rows(text, case_id, source_id, language, choices)
    return "\n".join([*parts, "", dumped({FINGERPRINTS: fingerprints(rows, profile, case_id)})])


def _to_fill(table: Table, indent: str, known: Mapping[str, str]) -> str:
    """The fields that a coder fills in: of a source all, of the case the required ones; with what is known of them."""
    given = {table.key, "case_id", "profile_version", "source_use", "independence_group"}
    wanted = [one for one in table.fields.values() if one.authored and one.name not in given]
    names = [one.name for one in wanted if one.required or table.name == SOURCES]
    return "".join(f"{indent}{name}:{' ' * (name in known)}{known.get(name, '')}\n" for name in names)


def files(case_id: str) -> dict[str, bytes]:
    """The files of a new, empty case, by their paths.

    Raises
    ------
    UnreadableError
        The id is not a country's alpha-3 code in lower case and short names.
    """
    refuse_case_id(case_id)
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


def refuse_case_id(case_id: str) -> None:
    """Raise unless an id is a country's alpha-3 code in lower case and short names."""
    match = CASE_ID.fullmatch(case_id)
    if match is None or country(match["country"].upper()) is None:
        form = "a country's code in lower case and a short name, such as kgz-leph"
        msg = f'"{case_id}" is not a case id · expected {form}; the code is {COUNTRY}'
        raise UnreadableError(msg)
