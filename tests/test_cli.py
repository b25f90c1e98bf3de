"""The command, as a person or a script uses it."""

import json
from pathlib import Path

import pytest
from copies import LAMPS_SOURCE, edit

from policycase.cli.main import main


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    code = main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_validate_prints_tables_and_coverage(capsys, package: Path):
    code, out, _ = run(capsys, "validate", str(package))

    assert code == 0
    assert "passages 46/46" in out
    assert out.count("(100 %)") == 2
    assert out.splitlines()[-1].startswith("valid:")


def test_validate_of_a_bad_package_says_where_and_exits_with_one(capsys, package: Path):
    edit(package / "data/goals.csv", ",3,reduce-crime,", ",3,reduce-crimes,")

    code, out, _ = run(capsys, "validate", str(package))

    assert code == 1
    assert (
        'data/goals.csv:6: goal_type "reduce-crimes" is not a code of goal_type · did you mean "reduce-crime"?' in out
    )
    assert out.splitlines()[-1] == "not valid: 1 errors, 0 warnings"


def test_validate_says_which_stage_stopped_it(capsys, package: Path):
    (package / "data/goals.csv").unlink()

    code, out, _ = run(capsys, "validate", str(package))

    assert code == 1
    assert "stopped after files" in out


def test_validate_as_json(capsys, package: Path):
    edit(package / "data/goals.csv", ",3,reduce-crime,", ",4,reduce-crime,")

    code, out, _ = run(capsys, "validate", "--json", str(package))

    result = json.loads(out)
    assert (code, result["valid"]) == (1, False)
    assert [(found["rule"], found["line"]) for found in result["findings"]] == [("goal-positions-have-no-gap", 6)]


def test_validate_with_a_warning_alone_is_valid(capsys, lamps: Path):
    edit(lamps / "data/figures.csv", "sites,18,,1", "sites,17,,1")

    code, out, _ = run(capsys, "validate", str(lamps))

    assert code == 0
    assert "warning: data/figures.csv:2: value is 48; its parts add up to 47, which leaves 1" in out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["validate", "no/such/folder"], 3),
        (["show", "programme"], 2),
        (["show", "kgz-leph:nps"], 2),
        (["codebook", "goal_typ"], 2),
    ],
)
def test_mistakes_of_a_caller_have_their_exit_code_and_say_so_on_stderr(capsys, arguments: list[str], code: int):
    found, out, err = run(capsys, *arguments)

    assert (found, out) == (code, "")
    assert err.startswith("policycase: ")
    assert json.loads(run(capsys, *arguments, "--json")[1])["error"] == err.removeprefix("policycase: ").strip()


def test_wrong_usage_exits_with_two(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["shw"])

    assert "invalid choice" in capsys.readouterr().err


def test_show_record_answers_where_a_value_comes_from(capsys):
    code, out, _ = run(capsys, "show", "kgz-leph:nsp")

    assert code == 0
    start = next(line for line in out.splitlines() if line.startswith("start"))
    assert "1999" in start
    assert "p3s3 (p. S34)" in start
    assert "Snapshots from Kyrgyzstan" in out


def test_show_table_leaves_out_empty_columns_and_says_so(capsys):
    _, out, err = run(capsys, "show", "places")

    assert "kgz-leph:emergency-territories" in out
    assert "latitude" not in out
    assert err.startswith("columns not shown (derived, or empty in every row, or the one case): name_local, latitude")


def test_show_csv_is_the_file(capsys, package: Path):
    _, out, _ = run(capsys, "show", "goals", "--csv", "--package", str(package))

    assert out == (package / "data/goals.csv").read_text(encoding="utf-8")


def test_verify_finds_passages_and_names_what_is_missing(capsys, lamps: Path, tmp_path: Path):
    assert run(capsys, "verify", "--package", str(lamps), "--source", str(LAMPS_SOURCE))[:2] == (
        0,
        "16 of 16 passages found\n",
    )

    changed = tmp_path / "changed.txt"
    changed.write_text(LAMPS_SOURCE.read_text(encoding="utf-8").replace("1 March", "2 March"), encoding="utf-8")
    code, out, _ = run(capsys, "verify", "--package", str(lamps), "--source", f"bvt-lamps:study={changed}")

    assert code == 1
    assert "15 of 16 passages found" in out
    assert "bvt-lamps:p2s1" in out
    assert "bvt-lamps:night-watch" in out


def test_stack_writes_a_package(capsys, package: Path, lamps: Path, tmp_path: Path):
    code, _, _ = run(capsys, "stack", str(package), str(lamps), "-o", str(tmp_path / "both"))

    assert code == 0
    assert run(capsys, "validate", str(tmp_path / "both"))[0] == 0


def test_render_check_exits_with_one_when_something_is_out_of_date(capsys, package: Path):
    edit(package / "data/events.csv", "kgz-leph:nsp,1999,1999-01-01,1999-12-31", "kgz-leph:nsp,1999,,")

    assert run(capsys, "render", "--check", "--package", str(package))[0] == 1
    assert run(capsys, "render", "--package", str(package))[0] == 0
    assert run(capsys, "render", "--check", "--package", str(package))[0] == 0


def test_pack_prints_what_sha256sum_checks(capsys, package: Path, tmp_path: Path):
    _, out, _ = run(capsys, "pack", "--package", str(package), "-o", str(tmp_path / "case.zip"))

    digest, name = out.split()
    assert len(digest) == 64
    assert name == str(tmp_path / "case.zip")


def test_conflicts_reads_as_a_footnote(capsys):
    code, out, _ = run(capsys, "conflicts")

    assert code == 0
    assert "kgz-leph:mmt, start: 2002  [contested; 3 for it]\n    contradicts 2001 [1]:" in out
    assert "confirms" not in out
    assert "confirms 2002" in run(capsys, "conflicts", "--all")[1]


@pytest.mark.parametrize("command", ["info", "coverage", "codebook", "conflicts"])
def test_every_reading_command_speaks_json(capsys, command: str):
    code, out, _ = run(capsys, command, "--json")

    assert code == 0
    assert json.loads(out)


def test_control_characters_of_the_data_are_shown_not_obeyed(capsys, package: Path):
    edit(package / "data/goals.csv", "A better crime situation", "A \x1b[31mbetter crime situation")

    _, out, _ = run(capsys, "validate", str(package))

    assert "\x1b" not in out


def test_command_without_a_package_says_which_one_it_reads(capsys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    _, _, err = run(capsys, "coverage")

    assert err == "no datapackage.json is in this folder, so this is kgz-leph, which came with policycase\n"


def test_show_names_the_figures_about_a_record(capsys):
    _, out, _ = run(capsys, "show", "vnm-pmlsa:pmlsa", "--package", "vnm-pmlsa")

    assert "Figures about it" in out
    assert "vnm-pmlsa:fig-referred" in out
