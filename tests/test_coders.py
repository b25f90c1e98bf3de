"""Coders: what they get, what they hand in, and the figures of their agreement in the package."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from copies import ROOT, copy_lamps, edit

import policycase
from policycase.analysis import agreement
from policycase.analysis.agreement import EXAMPLE_CASE, EXAMPLE_PASSAGES
from policycase.cli.main import main
from policycase.coding.import_case import casebook


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """The made-up case by a second coder, as a coding file; one event is of another kind."""
    folder = copy_lamps(tmp_path / "second")
    edit(folder / "data/events.csv", "First lamp posts,,launch,", "First lamp posts,,pilot,")
    return policycase.export(folder, "coding", tmp_path / "second.yaml")


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """The made-up case by the first coder, as a package."""
    return copy_lamps(tmp_path / "first")


def test_coding_file_is_a_coder(first: Path, second: Path):
    result = policycase.agreement({"a": policycase.load(first), "b": casebook(second)})

    assert result.differences[["record_id", "field", "a", "b"]].to_numpy().tolist() == [
        ["bvt-lamps:posts-raised", "event_type", "launch", "pilot"]
    ]


@pytest.mark.slow
def test_records_that_the_instructions_show_are_left_out(first: Path, second: Path):
    shown = policycase.load(first).evidence
    shown = shown[shown["field"].eq("record") & shown["passage_id"].isin([f"bvt-lamps:{p}" for p in EXAMPLE_PASSAGES])]

    result = policycase.agreement({"a": policycase.load(first), "b": casebook(second)})

    assert EXAMPLE_CASE == "bvt-lamps"
    assert set(result.left_out["record_id"]) == set(shown["record_id"]) - {"bvt-lamps"}
    events = len(policycase.load(first).events) - result.left_out["table"].eq("events").sum()
    assert result.alpha.set_index(["table", "field"]).loc[("events", "event_type"), "pairs"] == events
    assert result.found.set_index("table").loc["events", "rows"] == events


@pytest.mark.slow
def test_stacks_are_matched_case_by_case(first: Path, second: Path):
    other = policycase.load(ROOT / "examples/can-insite")
    books = [policycase.load(first), casebook(second)]
    stacks = [policycase.stack([other, book]) for book in books]

    found = agreement.matches(*stacks)

    parts = [agreement.matches(*books), agreement.matches(other, other)]
    assert found == {name: parts[0][name] | parts[1][name] for name in parts[0]}


@pytest.mark.slow
def test_save_adds_a_round_to_the_package(first: Path, second: Path, capsys: pytest.CaptureFixture[str]):
    code = main(["agreement", str(first), str(second), "--save", str(first)])

    added = policycase.load(first).reliability.set_index(["table_name", "field"])
    assert code == 0
    assert "added round 1 to" in capsys.readouterr().out
    kinds = added.loc[("events", "event_type")]
    assert (kinds["coders"], kinds["pairs"] - kinds["agreed"]) == (2, 1)
    assert kinds["measured_on"] == pd.Timestamp(datetime.now(UTC).date())
    assert kinds["note"].startswith("Without ")
    assert added.loc[("events", "record"), "pairs"] == added.loc[("events", "record"), "agreed"]
    assert pd.isna(added.loc[("events", "record"), "alpha"])
    assert "attested_by" not in added.index.get_level_values("field")
    assert policycase.validate(first).is_valid


@pytest.mark.slow
def test_rounds_are_counted(first: Path, second: Path):
    result = policycase.agreement({"a": policycase.load(first), "b": casebook(second)})

    rounds = [agreement.save(result, first), agreement.save(result, first)]

    assert rounds == [1, 2]
    assert not policycase.load(first).reliability.duplicated(["round", "table_name", "field"]).any()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("save", "message"),
    [
        (["--save"], "no datapackage.json is in this folder · name the package: --save FOLDER"),
        (["--save", "nowhere"], "nowhere: no folder to write into"),
        (["--save", "other"], "other holds vnm-pmlsa, and bvt-lamps was compared"),
    ],
)
def test_save_needs_the_package_of_the_case(
    save: list[str], message: str, first: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(first.parent)
    policycase.stack(["vnm-pmlsa"]).write("other")

    code = main(["agreement", str(first), f"again={first}", *save])

    assert code == 3
    assert message in capsys.readouterr().err
