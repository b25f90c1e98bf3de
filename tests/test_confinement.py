"""No command starts a process, calls anybody or opens a file outside the package, the given files and the output."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from copies import LAMPS_SOURCE, ROOT, copy_lamps
from hostile.threats import THREATS, outside

from policycase.cli.main import parser

pytestmark = pytest.mark.slow

GOOD = str(ROOT / "examples/vnm-pmlsa")
FORMS = ("csv", "parquet", "sqlite", "excel", "stata", "spss", "graphml", "duckdb", "workbook")
READING = [
    ["validate", "IN"],
    ["validate", "IN", "--exact"],
    ["validate", "IN", GOOD],
    ["validate", "IN", "--source", "SOURCE"],
    ["verify", "--package", "IN", "--source", "SOURCE"],
    ["rules"],
    ["info", "IN"],
    ["show", "programs", "--package", "IN"],
    ["show", "bvt-lamps:lamp-office", "--package", "IN"],
    ["codebook", "--package", "IN"],
    ["coverage", "--package", "IN"],
    ["conflicts", "--package", "IN"],
    ["diff", "IN", GOOD],
    ["agreement", "IN", "other=IN"],
    ["stack", "IN", GOOD, "-o", "OUT/stack"],
    ["pack", "-o", "OUT/case.zip", "--package", "IN"],
    ["render", "--check", "--package", "IN"],
    ["export", "--to", "csv", "-o", "OUT/csv", "--package", "IN"],
]
LED = [
    ["validate", "IN", "--source", "SOURCE"],
    ["render", "--check", "--package", "IN"],
]
MAKING = [
    *(["export", "--to", form, "-o", f"OUT/{form}.xlsx", "--package", "IN"] for form in FORMS),
    ["report", "-o", "OUT/case.html", "--package", "IN"],
    ["render", "--package", "IN"],
    ["new", "abw-new", "-o", "OUT/abw-new", "--workbook"],
    ["import", "OUT/workbook.xlsx", "-o", "OUT/imported"],
    ["passages", "SOURCE", "--case", "bvt-lamps"],
]


def confined(commands: list[tuple[str, Path, list[str], list[Path]]]) -> dict[str, list[str]]:
    """What commands did beyond what they may, by name: all in one process of its own."""
    told = json.dumps(
        [[name, str(folder), words, [str(place) for place in places]] for name, folder, words, places in commands]
    )
    code = [sys.executable, "-W", "ignore", str(ROOT / "tests/hostile/confined.py")]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(code, input=told, capture_output=True, text=True, check=False, env=environment, timeout=600)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def run_over(target: Path, room: Path, commands: list[list[str]]) -> list[tuple[str, Path, list[str], list[Path]]]:
    """Commands over one package, as `confined` takes them."""
    output = room / "output"
    output.mkdir(exist_ok=True)
    said = {"IN": str(target), "other=IN": f"other={target}", "SOURCE": str(LAMPS_SOURCE)}
    places = [target, output, LAMPS_SOURCE, Path(GOOD)]
    return [
        (
            f"{room.name}: {' '.join(words)}",
            room,
            [said.get(word, word.replace("OUT", str(output))) for word in words],
            places,
        )
        for words in commands
    ]


def with_git(package: Path, beside: Path) -> None:
    """A checkout whose settings name a program, and whose index names files outside."""
    git = package / ".git"
    git.mkdir()
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "objects").mkdir()
    (git / "refs").mkdir()
    (git / "config").write_text(f'[core]\n\trepositoryformatversion = 0\n\tfsmonitor = "touch {beside}/owned; false"\n')


def test_every_command_is_tried_here():
    known = next(action.choices for action in parser()._actions if action.choices)

    assert {words[0] for words in [*READING, *MAKING]} == set(known)


def test_no_command_does_more_than_read_the_package_and_write_its_output(tmp_path: Path):
    package = copy_lamps(tmp_path / "package")
    with_git(package, tmp_path)
    os.mkfifo(package / "CHANGELOG.md")
    (package / "README.md").write_text("A case.\n")
    (package / "notes.txt").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "secret.txt").write_text("not for your eyes")

    done = confined(run_over(package, tmp_path, [*READING, *MAKING]))

    assert {name: did for name, did in done.items() if did} == {}
    assert not (tmp_path / "owned").exists()
    assert (tmp_path / "output/imported/datapackage.json").is_file()  # so the commands did run


def test_no_command_is_led_out_by_a_hostile_package(tmp_path: Path):
    commands = []
    for at, threat in enumerate(one for one in THREATS if not one.environment):
        room = tmp_path / str(at)
        room.mkdir()
        package = copy_lamps(room / "package")
        outside(package).mkdir()
        (outside(package) / "secret.csv").write_text("not for your eyes")
        with_git(package, room)
        commands += run_over(threat.make(package) or package, room, LED)

    done = confined(commands)

    assert len(done) == len(commands)
    assert {name: did for name, did in done.items() if did} == {}


def test_the_watch_hears_a_process_and_a_file_outside(tmp_path: Path):
    """Otherwise the tests above could not fail."""
    package = copy_lamps(tmp_path / "package")
    elsewhere = [("info", tmp_path, ["info", str(package)], [tmp_path / "output"])]

    assert f"open {package}/datapackage.json" in confined(elsewhere)["info"]
