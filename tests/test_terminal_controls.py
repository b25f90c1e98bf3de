"""No control code of a stranger reaches the terminal: not from a cell, a descriptor, a schema or the name of a file."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
from copies import ROOT, edit, rewritten

import policycase
from policycase.cli.main import main
from policycase.model.profile import Field

pytestmark = pytest.mark.slow

CONTROLS = "\x1b[2J\x1b]0;owned\x07\x9b2J\x7f\u202e\u2066"
GOOD = str(ROOT / "examples/vnm-pmlsa")
COMMANDS = [
    ["validate", "IN"],
    ["validate", "IN", "--json"],
    ["validate", "IN", GOOD],
    ["validate", "IN", GOOD, "--json"],
    ["validate", "IN", "--source", f"ID{CONTROLS}=source.txt"],
    ["info", "IN"],
    ["info", "IN", "--json"],
    *(["show", table, "--package", "IN"] for table in ("cases", "programs", "claims", "sources", "evidence", "codes")),
    ["show", "programs", "--json", "--package", "IN"],
    ["show", "bvt-lamps:lamp-office", "--package", "IN"],
    ["show", f"bvt-lamps:{CONTROLS}lamp-office", "--package", "IN"],
    ["show", "bvt-lamps:lamp-office", "--json", "--package", "IN"],
    ["show", CONTROLS, "--package", "IN"],
    ["codebook", "--package", "IN"],
    ["codebook", "--package", "IN", "--instructions"],
    ["codebook", "--package", "IN", "--instructions", CONTROLS],
    ["codebook", "--package", "IN", "--to", "qdc", "-o", f"out{CONTROLS}.qdc"],
    ["codebook", "programs", "--json", "--package", "IN"],
    ["coverage", "--package", "IN"],
    ["conflicts", "--all", "--package", "IN"],
    ["conflicts", "--all", "--json", "--package", "IN"],
    ["verify", "--package", "IN", "--source", "source.txt"],
    ["stack", "IN", GOOD, "-o", "out"],
    ["stack", "IN", GOOD, "--dry-run"],
    ["stack", "IN", GOOD, "--dry-run", "--json"],
    ["stack", "IN", "-o", "out"],
    ["diff", "IN", GOOD],
    ["diff", "IN", GOOD, "--markdown"],
    ["diff", "IN", GOOD, "--json"],
    ["agreement", "IN", "other=IN"],
    ["agreement", "IN", "other=IN", "--save", "IN"],
    ["import", f"book{CONTROLS}.csv", "--from", "taguette", "--source", "source.txt", "--case", "bvt-lamps"],
    ["export", "--to", "csv", "-o", "out", "--package", "IN"],
    ["export", "--to", "graphml", "-o", "out", "--package", "IN"],
    ["export", "--to", "duckdb", "-o", "out", "--package", "IN"],
    ["report", "-o", "out.html", "--package", "IN"],
    ["pack", "-o", "out.zip", "--package", "IN"],
    ["render", "--package", "IN"],
    ["passages", "source.txt", "--case", "bvt-lamps", "--text"],
    ["passages", "source.txt", "--case", "bvt-lamps", "--text", "--json"],
    ["import", "book.xlsx", "-o", "new"],
    [f"--{CONTROLS}"],
    ["validate", f"--{CONTROLS}"],
    [CONTROLS],
]  # fmt: skip


def spoilt(folder: Path, *, ids: bool) -> Path:
    """A package with control codes in every text of its cells, its descriptor and its schemas."""

    def new(cell: str, field: Field) -> str:
        if "bvt-lamps" in cell or field.name.endswith("_id"):
            return cell.replace("bvt-lamps:", f"bvt-lamps:{CONTROLS}") if ids else cell
        free = field.type == "string" and not (field.vocabulary or field.name == "field")
        return f"a{CONTROLS}{cell}" if free and cell else cell

    rewritten(folder, new)
    for file in [folder / "datapackage.json", *folder.glob("schemas/*.schema.json")]:
        document = json.loads(file.read_text(encoding="utf-8"))
        document |= {"title": f"a{CONTROLS}", "description": f"a{CONTROLS}"}
        for field in document.get("fields", []):
            field |= {"title": f"a{CONTROLS}", "description": f"a{CONTROLS}"}
        file.write_text(json.dumps(document), encoding="utf-8")
    return folder


@pytest.fixture(params=[False, True], ids=["cells", "cells and ids"])
def room(tmp_path: Path, request, monkeypatch) -> Path:
    """A folder with a spoilt package, a source and a workbook."""
    package = spoilt(tmp_path / f"a{CONTROLS}", ids=request.param)
    if request.param:
        edit(
            package / "datapackage.json",
            '"path": "data/goals.csv"',
            json.dumps(f"{CONTROLS}")[1:-1].join(['"path": "data/goals', '.csv"']),
        )
        (package / "data/goals.csv").rename(package / f"data/goals{CONTROLS}.csv")
    (tmp_path / "source.txt").write_text(f"The lamp{CONTROLS} fell. Nobody saw it.\n", encoding="utf-8")
    book = openpyxl.Workbook()
    book.active.title = f"a{CONTROLS[-2:]}\x7f"
    book.active["A1"] = f"a{CONTROLS[-2:]}\x7f"
    book.save(tmp_path / "book.xlsx")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_no_command_obeys_what_stands_in_a_package(room: Path, capsys):
    package = next(path.name for path in room.iterdir() if path.is_dir())
    obeyed, codes, shown = {}, set(), 0

    for command in COMMANDS:
        try:
            main([word.replace("IN", package) if word in ("IN", "other=IN") else word for word in command])
        except SystemExit as wrong_usage:
            codes.add(wrong_usage.code)
        said = "".join(capsys.readouterr())
        shown += "[2J" in said
        if set(said) & set(CONTROLS) - set("[2J]0;owned"):
            obeyed[" ".join(command)] = said

    assert obeyed == {}
    assert codes == {2}
    assert shown > len(COMMANDS) // 2


def test_table_as_csv_is_exact_in_a_file_and_harmless_on_a_terminal(tmp_path: Path):
    package = spoilt(tmp_path / "package", ids=False)
    command = [sys.executable, "-m", "policycase", "show", "agencies", "--csv", "--package", package]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    terminal, end = pty.openpty()

    piped = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=environment).stdout
    subprocess.run(command, stdout=end, check=True, env=environment)
    os.close(end)
    seen = os.read(terminal, 2**16)

    assert piped == (package / "data/agencies.csv").read_bytes()
    assert b"\\x1b[2J" in seen
    assert b"\x1b" not in seen


def test_folder_whose_name_is_no_text_is_read_as_any_other(tmp_path: Path, capsys):
    package = rewritten(tmp_path / os.fsdecode(b"a\xff"), lambda cell, _field: cell)

    codes = [main(["validate", str(package), GOOD, "--json"]), main(["stack", str(package), GOOD, "--dry-run"])]

    assert codes == [0, 0]
    assert [json.loads(line)["valid"] for line in capsys.readouterr().out.splitlines()[:2]] == [True, True]
    assert policycase.stack([package, GOOD]).case_ids == ["bvt-lamps", "vnm-pmlsa"]


def test_letter_that_the_terminal_lacks_ends_no_command():
    command = [sys.executable, "-m", "policycase", "show", "kgz-leph:nsp", "--package", ROOT]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts"), "PYTHONIOENCODING": "ascii"}

    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)

    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
