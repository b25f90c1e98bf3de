"""The reader of JSON, and the problems that a JSON Schema finds."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator

from policycase.errors import did_you_mean
from policycase.findings import Finding
from policycase.storage.csv_files import BOM, CONFLICT, wide_encoding

NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # what neither SVG nor GraphML can hold


def sound_json(content: bytes, **hooks: Any) -> Any:
    r"""What JSON says, read with the hooks of `json.loads`, if it can be written again.

    Raises
    ------
    ValueError
        It is not UTF-8 or begins with a BOM, not JSON, nested too deep, or names half a character, as "\\ud800" does.
    """
    kind = wide_encoding(content) or ("UTF-8 with a byte order mark (BOM)" if content.startswith(BOM) else "")
    if kind:
        msg = f"the file is {kind}; save it as UTF-8 without BOM"
        raise ValueError(msg)
    try:
        document = json.loads(content.decode("utf-8"), **hooks)
        if b"\\u" in content:
            json.dumps(document, ensure_ascii=False).encode()
    except RecursionError as error:
        msg = "nested too deep"
        raise ValueError(msg) from error
    except json.JSONDecodeError as error:
        why = _why_not(content.decode("utf-8"))
        raise (ValueError(why) if why else error) from error
    return document


def _why_not(text: str) -> str:
    """What a text that is not JSON is; empty where the reader's own message says enough."""
    beginning = text.lstrip().lower()
    if not beginning:
        return "the file is empty"
    if beginning.startswith(("<!doctype", "<html")):
        return "it is a web page; download the file itself, not the page that shows it"
    if beginning.startswith("version https://git-lfs"):
        return "it is a Git LFS pointer; run: git lfs pull"
    marks = [number for number, line in enumerate(text.splitlines(), start=1) if line.startswith(CONFLICT)]
    return (
        f"line {marks[0]} is a mark of a merge conflict in Git; resolve the conflict and delete its marks"
        if marks
        else ""
    )


FEW = 20  # unknown keys that get a hint each
LONGEST = 160  # characters of a message; a schema error can repeat a whole document


def duplicate_free(content: bytes) -> dict[str, Any]:
    """A JSON object in which no key appears more than once.

    Raises
    ------
    ValueError
        It is not UTF-8, not JSON, nested too deep, no object, or repeats a key.
    """
    document = sound_json(content, object_pairs_hook=_unique, parse_constant=_refuse)
    if not isinstance(document, dict):
        msg = "a JSON object was expected"
        raise ValueError(msg)  # noqa: TRY004 - one error for every document that is not usable
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        (twice, _), *_ = Counter(key for key, _ in pairs).most_common(1)
        msg = f'the key "{twice}" appears more than once'
        raise ValueError(msg)
    return dict(pairs)


def _refuse(word: str) -> None:
    msg = f"{word} is not JSON"
    raise ValueError(msg)


def problems(validator: Draft202012Validator, document: object, path: str, rule: str) -> Iterator[Finding]:
    """A finding for each place where a document breaks its JSON Schema."""
    for error in sorted(validator.iter_errors(document), key=lambda error: error.json_path):
        place = error.json_path.removeprefix("$").removeprefix(".")
        message = f"{place}: {error.message}" if place else error.message
        hint = str(error.schema.get("description", "")) if isinstance(error.schema, dict) and place else ""
        if error.validator == "additionalProperties":
            unknown = re.findall(r"'([^']+)'", error.message)
            hint = "; ".join(did_you_mean(key, error.schema["properties"]) for key in unknown[:FEW])
        short = message if len(message) <= LONGEST else f"{message[:LONGEST]}…"
        yield Finding(rule, short, hint, path=path, field=place)
