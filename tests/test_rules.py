"""Every rule has a fault that trips it, and the fault trips nothing else but what follows from it."""

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from books import CASE
from copies import LAMPS_SOURCE, ROOT, copy_lamps, copy_package, edit
from faults import AUTHORING, FAULTS

import policycase
from policycase.model.package import Package
from policycase.model.tables import Tables, read_many, read_tables
from policycase.validation.rules import RULES, run

OF_SOURCE = {"passage-is-in-the-source", "no-words-of-the-source"}
BY_FRICTIONLESS = {"type-error", "constraint-error", "primary-key"}


def damaged(rule: str, folder: Path) -> Path:
    fault = FAULTS[rule]
    copy = copy_package if fault.case == "kgz-leph" else copy_lamps
    edit(copy(folder) / fault.file, fault.old, fault.new)
    return folder


@pytest.mark.parametrize("rule", FAULTS)
def test_fault_trips_its_rule_and_only_what_follows(rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name, value in FAULTS[rule].environment.items():
        monkeypatch.setenv(name, value)
    sources = {"": LAMPS_SOURCE} if rule in OF_SOURCE else None

    report = policycase.validate(damaged(rule, tmp_path / "package"), sources)

    assert set(report.findings["rule"]) == {rule, *FAULTS[rule].also}


@pytest.mark.slow
@pytest.mark.parametrize("rule", AUTHORING)
def test_fault_of_the_profile_trips_its_rule_in_a_checkout(rule: str, tmp_path: Path):
    checkout = copy_package(tmp_path / "checkout")
    shutil.copytree(ROOT / "scripts", checkout / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    fault = AUTHORING[rule]
    edit(checkout / fault.file, fault.old, fault.new)

    command = [sys.executable, str(checkout / "scripts/validate_package.py"), "--json", str(checkout)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 1, done.stderr
    assert {finding["rule"] for finding in json.loads(done.stdout)["findings"]} == {rule}


def test_every_rule_has_a_fault():
    stated = {
        node.args[0].value
        for file in [
            *(ROOT / "scripts/policycase/validation").glob("*.py"),
            *(ROOT / "scripts/policycase/storage").glob("*.py"),
        ]
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "Finding"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    passed_on = {
        *("schema-follows-profile", "descriptor-follows-profile", "line-ends-are-whole"),
        *("file-has-no-nul", "file-has-no-bom", "file-has-lf-line-ends", "file-ends-with-newline"),
    }

    assert set(FAULTS) | set(AUTHORING) == set(RULES) | (stated - {"package-can-be-read"}) | passed_on | BY_FRICTIONLESS


def test_every_rule_says_what_it_asks():
    assert [rule.id for rule in RULES.values() if not rule.text.endswith(".")] == []


def test_every_finding_says_where_and_what(tmp_path: Path):
    report = policycase.validate(damaged("bounds-equal-edtf", tmp_path / "package"))

    assert [str(finding) for finding in report.found] == [
        'data/events.csv:4: start_latest is "1999-12-30"; start "1999" gives "1999-12-31"'
        " · check start; if it is right, run: policycase render  [bounds-equal-edtf]"
    ]


def test_package_of_an_older_profile_gets_one_finding_that_says_what_changed(tmp_path: Path):
    package = copy_package(tmp_path)
    edit(package / "schemas/profile.json", '"version": "2.0.0"', '"version": "1.0.0"')

    (finding,) = policycase.validate(package).found

    assert finding.rule == "profile-version-is-known"
    assert finding.message == "profile 1.0.0; this policycase reads 2.0.0"
    assert "sources.year became published" in finding.hint


def test_package_of_an_older_profile_is_not_loaded_and_says_why(tmp_path: Path):
    package = copy_package(tmp_path)
    edit(package / "schemas/profile.json", '"version": "2.0.0"', '"version": "1.0.0"')
    edit(package / "schemas/profile.json", '    "program_links",\n', "")

    with pytest.raises(policycase.UnreadableError, match=r"follows profile 1\.0\.0; this policycase reads 2\.0\.0"):
        policycase.load(package)


@pytest.mark.parametrize("code", ["[no place]", "no place is named", "[no agency]"])
def test_note_silences_a_rule_only_by_the_code_of_what_is_missing(code: str, tmp_path: Path):
    package = copy_package(tmp_path)
    edit(package / "data/programs.csv", "The passage gives no place. [no place]", code)

    rules = set(policycase.validate(package).findings["rule"])

    assert ("program-has-agency-place-and-start-or-note" in rules) == (code != "[no place]")
    assert ("note-code-is-about-its-row" in rules) == (code == "[no agency]")


@pytest.mark.slow
@pytest.mark.parametrize(
    "rule", ["goal-positions-have-no-gap", "id-has-case-prefix", "date-is-edtf", "figure-parts-add-up"]
)
def test_rules_find_in_many_cases_what_they_find_in_each(rule: str, tmp_path: Path):
    folders = [copy_package(tmp_path / "one"), copy_lamps(tmp_path / "other"), damaged(rule, tmp_path / "third")]
    packages = {f"{folder.name}/": Package.read(folder) for folder in folders}
    del packages["one/" if FAULTS[rule].case == "kgz-leph" else "other/"]  # one package a case

    found = run(read_many(packages))

    assert found
    assert set(found) == {
        finding for prefix, package in packages.items() for finding in run(read_many({prefix: package}))
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", CASE.profile.case_tables)
def test_rules_do_not_crash_on_a_damaged_table(name: str, tmp_path: Path):
    tables = read_tables(Package.read(copy_lamps(tmp_path / "lamps")))

    frame = tables[name]
    blank = pd.Series(pd.NA, frame.index, dtype="str")

    for damaged_ in (
        frame.iloc[:0],
        frame.assign(case_id=blank),
        frame.assign(**dict.fromkeys(set(frame) - {"case_id"}, blank)),
    ):
        run(Tables({**tables.frames, name: damaged_}, tables.profile, tables.paths))


@pytest.mark.parametrize("copy", [copy_package, copy_lamps])
def test_sound_package_has_no_finding(copy, tmp_path: Path):
    assert policycase.validate(copy(tmp_path)).findings.empty
