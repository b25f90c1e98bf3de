"""Hostile packages: each meets what the table says, and nothing outside is read, called or written."""

import re
from pathlib import Path

import pytest
from copies import ROOT, copy_lamps
from hostile.table import table
from hostile.threats import SECRET, THREATS, Threat, outside
from hostile.watching import watched

import policycase
from policycase.cli import main
from policycase.errors import PolicyCaseError


@pytest.mark.parametrize("threat", THREATS, ids=lambda threat: threat.name)
def test_hostile_package_meets_what_the_table_says(threat: Threat, tmp_path: Path, monkeypatch, capsys):
    package = copy_lamps(tmp_path / "package")
    outside(package).mkdir()
    (outside(package) / "secret.csv").write_text(SECRET)
    target = threat.make(package) or package
    before = {path: path.read_bytes() for path in outside(package).rglob("*") if path.is_file()}
    for name, value in threat.environment.items():
        monkeypatch.setenv(name, value)

    with watched() as heard:
        outcome = tried(threat, target)
        main(["validate", str(target)])

    assert outcome == (threat.found, threat.error, threat.loads)
    assert [what for event, what in heard if event.startswith("socket") or what.startswith(str(outside(package)))] == []
    assert {path: path.read_bytes() for path in outside(package).rglob("*") if path.is_file()} == before
    assert not Path("/tmp/policycase-slip.txt").exists()
    shown = "".join(capsys.readouterr())
    assert SECRET not in shown
    assert "Traceback" not in shown
    assert "\x1b" not in shown


def tried(threat: Threat, target: Path) -> tuple[frozenset[str], str, bool]:
    """The rules that report it, the error that refuses it, and whether it loads."""
    try:
        found, error = frozenset(policycase.validate(target).findings["rule"]), ""
    except PolicyCaseError as refused:
        fits = threat.error and threat.error.split(": ")[1] in str(refused)
        found, error = frozenset(), threat.error if fits else f"{type(refused).__name__}: {refused}"
        assert type(refused).__name__ == error.split(":")[0]
    try:
        policycase.load(target)
    except PolicyCaseError:
        return found, error, False
    return found, error, True


def test_security_page_holds_the_table():
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")

    held = re.search(r"<!-- threats -->\n(.*?)<!-- /threats -->", page, re.DOTALL)

    assert held[1] == table()
