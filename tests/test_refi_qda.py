"""The codebook of REFI-QDA: in the form of its standard, with every code.

The form is that of Codebook.xsd 1.0 (REFI-QDA 1.5, section 5.2): CodeBook holds Codes and may hold Sets; Codes at least
one Code; a Code first a Description, if any, then Codes; guid, name and isCodable are required. The schema itself is
not copied here, since no copy with its own licence notice was found.
"""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from copies import ROOT

from policycase.cli.main import main
from policycase.exports.refi_qda import NAMESPACE, codebook
from policycase.model.profile import Profile

PROFILE = Profile.read(ROOT)
GUID = re.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")


def tag(name: str) -> str:
    """A name of the standard's namespace."""
    return f"{{{NAMESPACE}}}{name}"


def problems(code: ElementTree.Element) -> list[str]:
    """Where a Code and those below it are not in the form of the standard."""
    found = [name for name in code.attrib if name not in {"guid", "name", "isCodable", "color"}]
    found += [name for name in ("guid", "name", "isCodable") if name not in code.attrib]
    found += [] if GUID.fullmatch(code.get("guid", "")) else ["guid"]
    found += [] if code.get("isCodable") in {"true", "false"} else ["isCodable"]
    parts = [part.tag for part in code]
    allowed = [tag("Description")] * (parts[:1] == [tag("Description")])
    found += [part for part in parts[len(allowed) :] if part != tag("Code")]
    return found + [problem for part in code.findall(tag("Code")) for problem in problems(part)]


@pytest.fixture(scope="module")
def root() -> ElementTree.Element:
    """The codebook of all vocabularies."""
    return ElementTree.fromstring(codebook(PROFILE, list(PROFILE.vocabularies)))


def test_codebook_has_the_form_of_the_standard(root: ElementTree.Element):
    codes = root.find(tag("Codes"))

    assert root.tag == tag("CodeBook")
    assert list(root.attrib) == ["origin"]
    assert [part.tag for part in root] == [tag("Codes")]
    assert [problem for code in codes for problem in problems(code)] == []
    assert {part.tag for part in codes} == {tag("Code")}
    guids = [code.get("guid") for code in root.iter(tag("Code"))]
    assert len(guids) == len(set(guids))


def test_codebook_holds_every_vocabulary_and_code(root: ElementTree.Element):
    found = {
        (vocabulary.get("name"), code.get("name")): code.findtext(tag("Description"))
        for vocabulary in root.find(tag("Codes"))
        for code in vocabulary.findall(tag("Code"))
    }

    assert list(found) == [(row["vocabulary"], row["code"]) for row in PROFILE.codes]
    for row in PROFILE.codes:
        text = found[row["vocabulary"], row["code"]]
        assert [row[name] for name in ("label", "definition", "use_when", "not_when") if row[name] not in text] == []
    assert {code.get("isCodable") for code in root.find(tag("Codes"))} == {"false"}


def test_guids_follow_from_the_names():
    whole = ElementTree.fromstring(codebook(PROFILE, list(PROFILE.vocabularies)))
    part = ElementTree.fromstring(codebook(PROFILE, ["event_type"]))

    of_whole, of_part = ({code.get("guid") for code in one.iter(tag("Code"))} for one in (whole, part))

    assert of_part < of_whole


def test_command_writes_the_codebook_and_replaces_only_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file, other = tmp_path / "codebook.qdc", tmp_path / "other.qdc"
    other.write_text("mine", encoding="utf-8")

    codes = [
        main(["codebook", str(ROOT), "--to", "qdc", "-o", str(file)]),
        main(["codebook", "role", str(ROOT), "--to", "qdc", "-o", str(file), "--force"]),
        main(["codebook", "--to", "qdc", "-o", str(other), "--force"]),
        main(["codebook", "--to", "qdc"]),
    ]

    assert codes == [0, 0, 3, 3]
    assert ElementTree.parse(file).find(tag("Codes"))[0].get("name") == "role"
    assert other.read_text(encoding="utf-8") == "mine"
    assert "use -o codebook.qdc" in capsys.readouterr().err
