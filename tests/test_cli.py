"""The command, as a person or a script uses it."""

import csv
import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
from copies import LAMPS_SOURCE, ROOT, copy_case, edit

import policycase
from policycase.cli import terminal
from policycase.cli.main import main
from policycase.validation.rules import RULES


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
    assert out.splitlines()[-1] == "not valid: 1 error, 0 warnings"


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


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["valdate"], 'did you mean "validate"?'),
        (["zzz"], "one of: validate, rules, info, "),
        (["export", "--to", "exel", "-o", "x"], 'did you mean "excel"?'),
        (["export", "--to", "csv", "-o", "x", "--forse"], 'no option "--forse" · did you mean "--force"?'),
        (["export", "--pakage", ".", "--to", "csv", "-o", "x"], 'no option "--pakage"'),
        (["show", "goals", "--cvs"], 'did you mean "--csv"?'),
        (["stack", "a", "b", "--dryrun=1"], 'did you mean "--dry-run"?'),
    ],
)
def test_wrong_usage_exits_with_two_and_names_the_nearest(capsys, arguments: list[str], hint: str):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)

    assert hint in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("alias", "form"),
    [("xlsx", "excel"), ("dta", "stata"), ("sav", "spss"), ("db", "sqlite"), (".XLSX", "excel"), ("CSV", "csv")],
)
def test_export_understands_the_ending_of_a_form(alias: str, form: str, tmp_path: Path, capsys):
    target = tmp_path / ("case.xlsx" if form == "excel" else "case")

    code, out, _ = run(capsys, "export", "--to", alias, "-o", str(target), "--json")

    assert code == 0
    assert json.loads(out)["to"] == form
    assert policycase.export(None, alias, target, force=True) == target


def test_show_record_answers_where_a_value_comes_from(capsys):
    code, out, _ = run(capsys, "show", "kgz-leph:nsp")

    assert code == 0
    start = next(line for line in out.splitlines() if line.startswith("start"))
    assert "1999" in start
    assert "p3s3 (p. S34)" in start
    assert "Snapshots from Kyrgyzstan" in out
    assert "note on status, p5s4: " in out  # why the passage supports it


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


def test_command_says_that_the_case_in_this_folder_differs_from_the_installed_one(
    capsys, package: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(package)
    _, _, same = run(capsys, "coverage")
    edit(package / "data/goals.csv", "A better crime situation", "A much better crime situation")

    _, out, other = run(capsys, "show", "goals", "--csv")

    assert same == ""
    assert other == "this is the kgz-leph in this folder; it differs from the one that came with policycase\n"
    assert "A much better crime situation" in out


def test_show_names_the_figures_about_a_record(capsys):
    _, out, _ = run(capsys, "show", "vnm-pmlsa:pmlsa", "--package", "vnm-pmlsa")

    assert "Figures about it" in out
    assert "vnm-pmlsa:fig-referred" in out


@pytest.mark.parametrize(
    ("table", "old", "new", "cause"),
    [
        ("programs", "gbr-svru:svru,gbr-svru,", "gbr-svru:SVRU,gbr-svru,", "constraint-error"),
        ("programs", "gbr-svru:svru,gbr-svru,", "svru,gbr-svru,", "id-has-case-prefix"),
    ],
)
def test_validate_counts_what_follows_from_a_wrong_id_under_it(capsys, tmp_path: Path, table, old, new, cause):
    edit(copy_case(ROOT / "examples/gbr-svru", tmp_path / "case") / f"data/{table}.csv", f"\n{old}", f"\n{new}")

    _, out, _ = run(capsys, "validate", str(tmp_path / "case"), "--json")

    (finding,) = json.loads(out)["findings"]
    assert finding["rule"] == cause
    assert finding["consequences"] > 10


def test_validate_reports_a_missing_row_once(capsys, package: Path):
    rows = (package / "data/agencies.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [row for row in rows if not row.startswith("kgz-leph:moi,")]
    (package / "data/agencies.csv").write_text("".join(kept), encoding="utf-8")

    _, out, _ = run(capsys, "validate", str(package), "--json")

    named = [finding for finding in json.loads(out)["findings"] if finding["missing"] == "kgz-leph:moi"]
    assert len(kept) == len(rows) - 1
    assert len(named) == 1


def test_validate_says_that_a_required_cell_is_empty(capsys, lamps: Path):
    edit(lamps / "data/goals.csv", lamps_statement(lamps), "")

    _, out, _ = run(capsys, "validate", str(lamps))

    assert "statement is empty; it is required" in out


def lamps_statement(lamps: Path) -> str:
    """The statement of the first goal."""
    with (lamps / "data/goals.csv").open(encoding="utf-8", newline="") as file:
        return next(csv.DictReader(file))["statement"]


def test_rules_are_listed_with_their_texts(capsys):
    _, out, _ = run(capsys, "rules", "--json")

    listed = {row["rule"]: row["what it asks"] for row in json.loads(out)}
    assert listed == {name: rule.text for name, rule in RULES.items()}
    assert run(capsys, "rules", "start-is-not-after-ends")[2].startswith(
        'policycase: no rule "start-is-not-after-ends" · did'
    )


def test_what_is_not_done_yet_is_listed_apart(capsys, lamps: Path):
    lines = (lamps / "data/evidence.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (lamps / "data/evidence.csv").write_text("".join(lines[:-1]), encoding="utf-8")
    edit(lamps / "data/programs.csv", ",Night rounds,", ",,")

    _, out, _ = run(capsys, "validate", "--todo", str(lamps))

    assert out.startswith("Not done yet:\n")
    assert "name is empty; it is required" in out
    assert "Wrong:" not in out


def test_findings_are_annotations_for_github(capsys, package: Path):
    edit(package / "data/goals.csv", ",3,reduce-crime,", ",3,reduce-crimes,")

    code, out, _ = run(capsys, "validate", "--format", "github", str(package))

    assert code == 1
    assert out.startswith(f"::error file={package}/data/goals.csv,line=6,title=code-is-in-vocabulary::goal_type")


def test_findings_are_junit_xml(capsys, package: Path):
    edit(package / "data/goals.csv", ",3,reduce-crime,", ",3,reduce-crimes,")

    _, out, _ = run(capsys, "validate", "--format", "junit", str(package))

    suite = ElementTree.fromstring(out)[0]
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
    assert "did you mean" in suite.findtext("testcase/failure", "")


def test_version_is_printed(capsys):
    assert run(capsys, "--version")[1] == f"policycase {policycase.__version__}\n"


def test_new_replaces_a_case_if_forced(capsys, tmp_path: Path):
    folder = str(tmp_path / "case")
    run(capsys, "new", "kgz-x", "-o", folder)

    assert run(capsys, "new", "kgz-x", "-o", folder)[0] == 3
    assert run(capsys, "new", "kgz-x", "-o", folder, "--force")[0] == 0


def test_several_packages_are_described_as_their_stack(capsys):
    _, out, _ = run(capsys, "info", "kgz-leph", "can-insite", "--json")

    assert [case["case_id"] for case in json.loads(out)["cases"]] == ["can-insite", "kgz-leph"]


SLOW = [pytest.param(command, marks=pytest.mark.slow) for command in ("info --json", "pack -o case.zip")]


@pytest.mark.slow
@pytest.mark.parametrize("command", ["show programs", "show programs --csv", "--help", *SLOW])
@pytest.mark.parametrize("output", [">&-", "2>&- >&-", "| head -1 >/dev/null", ">/dev/full", "2>/dev/full"])
def test_output_that_is_closed_or_full_ends_in_no_traceback(command: str, output: str, tmp_path: Path):
    said = f"{sys.executable} -m policycase {command}{'' if command == '--help' else f' --package {ROOT}'}"
    said = said.replace("info --json --package", "info --json")
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}

    shell = ["bash", "-o", "pipefail", "-c", f"{said} {output}"]
    done = subprocess.run(shell, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert done.returncode in ({0, 3} if output == ">/dev/full" else {0})
    if done.returncode == 3:
        assert "standard output: No space left on device" in done.stderr


def test_coverage_conflicts_and_diff_fit_into_80_columns(capsys, package: Path, monkeypatch: pytest.MonkeyPatch):
    text = (package / "data/programs.csv").read_text(encoding="utf-8")
    (package / "data/programs.csv").write_text(
        text.replace(",ongoing,", ",ended,").replace("Exchange of", f"{'Long ' * 30}exchange of"), encoding="utf-8"
    )
    monkeypatch.setenv("COLUMNS", "80")

    for command in (["coverage"], ["conflicts", "--all"], ["diff", str(ROOT), str(package)]):
        lines = run(capsys, *command)[1].splitlines()

        assert len(lines) > 5
        assert [line for line in lines if len(line) > 80 and " " in line.strip()] == []
    assert "programs kgz-leph:nsp\n    status ongoing → ended\n" in run(capsys, "diff", str(ROOT), str(package))[1]


def test_conflicts_in_a_pipe_are_one_line_each(capsys, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("COLUMNS", raising=False)

    lines = run(capsys, "conflicts")[1].splitlines()

    assert max(map(len, lines)) > 200
    assert not any(line.startswith("        ") for line in lines)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "work", "signs"), [(Terminal, 0.5, 2), (Terminal, 0.01, 0), (io.StringIO, 0.5, 0)])
def test_long_work_shows_a_sign_of_life_on_a_terminal_alone(
    monkeypatch: pytest.MonkeyPatch, stream, work: float, signs: int
):
    monkeypatch.setattr(terminal, "PATIENCE", 0.1)
    monkeypatch.setattr(terminal, "AGAIN", 0.1)
    monkeypatch.setattr(sys, "stderr", stream())

    with terminal.sign_of_life("diff"):
        time.sleep(work)

    lines = sys.stderr.getvalue().splitlines()
    assert len(lines) >= signs
    assert bool(lines) == bool(signs)
    assert all(line.startswith("policycase: diff is still at work, ") for line in lines)
