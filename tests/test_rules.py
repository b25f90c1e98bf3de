"""Every rule has a fault that trips it, and the fault trips nothing else but what follows from it."""

import ast
from pathlib import Path

import pytest
from copies import LAMPS_SOURCE, ROOT, copy_lamps, copy_package, edit
from faults import FAULTS

import policycase
from policycase.checks.rules import RULES

OF_SOURCE = {"passage-is-in-the-source", "no-words-of-the-source"}
BY_FRICTIONLESS = {"type-error", "constraint-error", "primary-key"}


def damaged(rule: str, folder: Path) -> Path:
    fault = FAULTS[rule]
    copy = copy_package if fault.case == "kgz-leph" else copy_lamps
    edit(copy(folder) / fault.file, fault.old, fault.new)
    return folder


@pytest.mark.parametrize("rule", FAULTS)
def test_fault_trips_its_rule_and_only_what_follows(rule: str, tmp_path: Path):
    sources = {"": LAMPS_SOURCE} if rule in OF_SOURCE else None

    report = policycase.validate(damaged(rule, tmp_path / "package"), sources)

    assert set(report.findings["rule"]) == {rule, *FAULTS[rule].also}


def test_every_rule_has_a_fault():
    stated = {
        node.args[0].value
        for file in (ROOT / "scripts/policycase/checks").glob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "Finding"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    passed_on = {"schema-follows-profile", "descriptor-follows-profile", "file-has-lf-line-ends", "file-has-no-nul"}

    assert set(FAULTS) == set(RULES) | stated | passed_on | BY_FRICTIONLESS


def test_every_rule_says_what_it_asks():
    assert [rule.id for rule in RULES.values() if not rule.text.endswith(".")] == []


def test_every_finding_says_where_and_what(tmp_path: Path):
    report = policycase.validate(damaged("bounds-equal-edtf", tmp_path / "package"))

    assert [str(finding) for finding in report.found] == [
        'data/events.csv:4: start_latest is "1999-12-30"; start "1999" gives "1999-12-31"'
        " · check start; if it is right, run: policycase render  [bounds-equal-edtf]"
    ]


@pytest.mark.parametrize("copy", [copy_package, copy_lamps])
def test_sound_package_has_no_finding(copy, tmp_path: Path):
    assert policycase.validate(copy(tmp_path)).findings.empty
