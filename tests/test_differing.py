"""What changed between two versions of a package."""

import json
from pathlib import Path

from copies import ROOT, edit

import policycase
from policycase.analysis.changes import as_markdown
from policycase.cli.main import main

LAUNCH = "kgz-leph:nsp,1999,1999-01-01,1999-12-31"


def test_diff_of_a_package_with_itself_is_empty(package: Path):
    assert policycase.diff(package, policycase.load()).empty


def test_diff_names_each_cell_and_leaves_derived_bounds_out(package: Path):
    edit(package / "data/events.csv", LAUNCH, "kgz-leph:nsp,1998,1998-01-01,1998-12-31")
    edit(
        package / "data/goals.csv",
        "A better crime situation in the country.,coded-source,",
        "A better crime situation in the country.,coded-source,Open.",
    )

    changes = policycase.diff(ROOT, package)

    assert changes.fillna("(empty)").to_numpy().tolist() == [
        ["events", "kgz-leph:nsp-launch", "changed", "start", "1999", "1998"],
        ["goals", "kgz-leph:nsp-goal-crime", "changed", "note", "(empty)", "Open."],
    ]
    assert as_markdown(changes) == (
        "- events `kgz-leph:nsp-launch`: start 1999 → 1998\n- goals `kgz-leph:nsp-goal-crime`: note (empty) → Open.\n"
    )


def test_diff_names_rows_that_came_went_and_moved(package: Path):
    lines = (package / "data/goals.csv").read_text().splitlines(keepends=True)
    (package / "data/goals.csv").write_text("".join([lines[0], lines[2], lines[1], *lines[3:-1]]))

    changes = policycase.diff(ROOT, package)

    assert changes[["table", "record_id", "change"]].to_numpy().tolist() == [
        ["goals", "kgz-leph:patrols-goal-spread", "removed"],
        ["goals", "", "moved"],
    ]
    assert policycase.diff(package, ROOT)["change"].tolist() == ["added", "moved"]
    assert as_markdown(changes).endswith("- goals: rows are in a different order\n")


def test_diff_sees_the_descriptor(package: Path):
    edit(package / "datapackage.json", '"version": "0.1.0"', '"version": "0.2.0"')

    changes = policycase.diff(ROOT, package)

    assert changes.to_numpy().tolist() == [
        ["datapackage.json", "datapackage.json", "changed", "version", "0.1.0", "0.2.0"]
    ]


def test_diff_loses_no_row_whose_id_stands_twice(package: Path):
    with (package / "data/program_populations.csv").open("a") as file:
        file.write((package / "data/program_populations.csv").read_text().splitlines()[1] + "\n")

    changes = policycase.diff(ROOT, package)

    assert changes["change"].tolist() == ["added"]
    assert changes["record_id"].str.endswith("(2)").all()


def test_diff_command_exits_with_one_where_something_changed(capsys, package: Path):
    assert main(["diff", str(ROOT), str(package)]) == 0
    assert capsys.readouterr().out == "no difference\n"

    edit(package / "data/events.csv", LAUNCH, "kgz-leph:nsp,1998,1998-01-01,1998-12-31")

    assert main(["diff", str(ROOT), str(package), "--json"]) == 1
    assert [row["new"] for row in json.loads(capsys.readouterr().out)] == ["1998"]
    assert main(["diff", str(ROOT), str(package), "--markdown"]) == 1
    assert capsys.readouterr().out == "- events `kgz-leph:nsp-launch`: start 1999 → 1998\n"
