"""The vocabularies as a codebook of REFI-QDA (.qdc), which NVivo, ATLAS.ti, MAXQDA and QualCoder read."""

from pathlib import Path
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree

from policycase.errors import UnknownNameError
from policycase.model.profile import Profile
from policycase.storage.json_files import NOT_XML
from policycase.storage.writing import refuse_taken, write_file

NAMESPACE = "urn:QDA-XML:codebook:1.0"
ORIGIN = "policycase"
BASE = uuid5(NAMESPACE_URL, f"urn:{ORIGIN}:codes")
BEGINNING = b"<?xml version='1.0' encoding='utf-8'?>\n<CodeBook xmlns=\"urn:QDA-XML:codebook:1.0\" origin=\"policycase"


def write(profile: Profile, target: Path, vocabulary: str = "", *, force: bool = False) -> int:
    """Write the codebook of all vocabularies, or of one; the number of codes.

    Raises
    ------
    UnknownNameError
        There is no such vocabulary.
    UnreadableError
        The file exists and `force` is not set, or it was not written by this command.
    """
    if vocabulary and vocabulary not in profile.vocabularies:
        kind = "vocabulary"
        raise UnknownNameError(kind, vocabulary, profile.vocabularies)
    refuse_taken(target, BEGINNING, force=force)
    names = [vocabulary] if vocabulary else list(profile.vocabularies)
    write_file(target, codebook(profile, names), force=force)
    return sum(len(profile.vocabularies[name]) for name in names)


def codebook(profile: Profile, vocabularies: list[str]) -> bytes:
    """A code for each vocabulary, not to be used itself, and below it its codes with their definitions.

    The GUIDs follow from the names, so that a later version of the codebook updates the codes of an earlier one.
    """
    ElementTree.register_namespace("", NAMESPACE)
    root = ElementTree.Element(_tag("CodeBook"), {"origin": f"{ORIGIN}, profile {profile.version}"})
    codes = ElementTree.SubElement(root, _tag("Codes"))
    for name in vocabularies:
        used = [f"{table}.{field.name}" for table, field in profile.fields(vocabulary=name)]
        about = f"Codes of {', '.join(used)}." if used else ""
        parent = _code(codes, name, name, about, is_codable=False)
        for row in profile.codes:
            if row["vocabulary"] == name:
                _code(parent, f"{name}:{row['code']}", row["code"], _description(row), is_codable=True)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _code(parent: ElementTree.Element, path: str, name: str, about: str, *, is_codable: bool) -> ElementTree.Element:
    guid = str(uuid5(BASE, path))
    code = ElementTree.SubElement(
        parent, _tag("Code"), {"guid": guid, "name": NOT_XML.sub("\ufffd", name), "isCodable": str(is_codable).lower()}
    )
    if about:
        ElementTree.SubElement(code, _tag("Description")).text = NOT_XML.sub("\ufffd", about)
    return code


def _description(row: dict[str, str]) -> str:
    """Label, definition, and when to use it and when not, a line for each."""
    lines = {row["label"]: row["definition"], "Use when": row["use_when"], "Not when": row["not_when"]}
    return "\n".join(f"{key}: {text}" for key, text in lines.items() if text)
