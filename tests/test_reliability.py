"""Agreement between coders: the same rows under other ids agree, and each change shows where it is."""

from pathlib import Path

import pandas as pd
import pytest
from copies import edit

import policycase
from policycase.errors import StackError


@pytest.fixture
def other(package: Path) -> Path:
    """The same coding by somebody who gave other ids."""
    for file in (package / "data").glob("*.csv"):
        text = file.read_text(encoding="utf-8")
        for old, new in {"kgz-leph:nsp": "kgz-leph:exchange", "kgz-leph:moi": "kgz-leph:interior"}.items():
            text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")
    return package


@pytest.mark.slow
def test_same_coding_under_other_ids_agrees_wholly(other: Path):
    result = policycase.agreement({"a": policycase.load(), "b": policycase.load(other)})

    assert result.differences.empty
    assert (result.alpha["agreed"] == result.alpha["pairs"]).all()
    assert "attested_by" not in set(result.alpha["field"])  # which no coder decides
    assert result.alpha["alpha"].dropna().eq(1).all()
    assert result.found["found_by_both"].dropna().eq(1).all()


def test_one_other_code_is_one_difference_and_lowers_its_alpha_alone(other: Path):
    edit(other / "data/goals.csv", ",3,reduce-crime,", ",3,public-order,")

    result = policycase.agreement({"a": policycase.load(), "b": policycase.load(other)})

    assert result.differences[["field", "a", "b"]].to_numpy().tolist() == [
        ["goal_type", "reduce-crime", "public-order"]
    ]
    lowered = result.alpha[result.alpha["alpha"] < 1]
    assert lowered[["table", "field"]].to_numpy().tolist() == [["goals", "goal_type"]]
    # 16 goals, one pair differs: observed disagreement 2/32; expected from the 32 values' counts
    values = pd.concat([policycase.load().goals["goal_type"], policycase.load(other).goals["goal_type"]])
    counts = values.value_counts()
    expected = 1 - (counts * (counts - 1)).sum() / (32 * 31)
    assert lowered["alpha"].item() == pytest.approx(1 - (2 / 32) / expected)


@pytest.mark.slow
def test_record_of_one_coder_alone_is_told(other: Path):
    for name in ("goals", "evidence"):
        file = other / "data" / f"{name}.csv"
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        file.write_text("".join(line for line in lines if "patrols-goal-spread" not in line), encoding="utf-8")

    result = policycase.agreement({"a": policycase.load(), "b": policycase.load(other)})

    assert result.differences.loc[0, ["record_id", "field", "a"]].tolist() == [
        "kgz-leph:patrols-goal-spread",
        "record",
        "found",
    ]
    assert result.found.set_index("table").loc["goals", "found_by_both"] == pytest.approx(30 / 31)


@pytest.mark.slow
def test_three_coders_are_united_over_the_second(other: Path):
    case, again = policycase.load(), policycase.load(other)

    result = policycase.agreement({"a": again, "b": case, "c": again})

    assert result.differences.empty
    assert result.alpha.set_index(["table", "field"]).loc[("goals", "goal_type"), "pairs"] == 3 * 16


def test_agreement_needs_two_coders_of_one_case(lamps: Path):
    with pytest.raises(StackError, match="two coders"):
        policycase.agreement({"a": policycase.load()})
    with pytest.raises(StackError, match="b codes another case"):
        policycase.agreement({"a": policycase.load(), "b": policycase.load(lamps)})
