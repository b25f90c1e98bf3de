"""No command starts a process, calls anybody or opens a file outside the package, the given files and the output."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from copies import LAMPS_SOURCE, ROOT, copy_lamps
from hostile.threats import THREATS, Threat, outside

from policycase.cli.main import parser
from policycase.exports.formats import FORMS, VIEWS

pytestmark = pytest.mark.slow

GOOD = str(ROOT / "examples/vnm-pmlsa")
READING = [
    ["validate", "IN"],
    ["validate", "IN", "--exact"],
    ["validate", "IN", GOOD],
    ["validate", "IN", "--source", "SOURCE", "--also", "SOURCE", "CHOICES"],
    ["verify", "IN", "--source", "SOURCE"],
    ["rules"],
    ["info", "IN"],
    ["info", "IN", GOOD],
    ["info", "--package", "IN"],
    ["show", "programs", "IN"],
    ["show", "programs", "IN", "--csv"],
    ["show", "bvt-lamps:lamp-office", "IN"],
    ["codebook", "programs", "IN"],
    ["codebook", "IN", "--case", "bvt-lamps", "--instructions", "goals"],
    ["codebook", "IN", "--to", "qdc", "-o", "OUT/codebook.qdc", "--force"],
    ["coverage", "IN"],
    ["conflicts", "IN", "--all"],
    ["diff", "IN", GOOD],
    ["diff", GOOD, "IN", "--markdown"],
    ["agreement", "IN", "other=IN"],
    ["stack", "IN", GOOD, "--dry-run"],
    ["stack", "IN", GOOD, "-o", "OUT/stack"],
    ["pack", "IN", "-o", "OUT/case.zip"],
    ["passages", "SOURCE", "IN", "--case", "bvt-lamps", "--choices", "CHOICES"],
    ["render", "IN", "--check"],
]
LED = [
    ["validate", "IN", "--source", "SOURCE"],
    ["info", "IN"],
    ["stack", "IN", GOOD, "--dry-run"],
    ["render", "IN", "--check"],
]
MAKING = [
    *(["export", "IN", "--to", form, "-o", f"OUT/{form}{FORMS[form].ending}"] for form in FORMS),
    *(["export", "IN", "--to", view, "-o", f"OUT/{view}.csv"] for view in VIEWS),
    ["report", "IN", "-o", "OUT/case.html"],
    ["report", "IN", "-o", "OUT/site"],
    ["render", "IN"],
    ["new", "abw-new", "-o", "OUT/abw-new", "--workbook", "--from", "SOURCE", "--choices", "CHOICES"],
    ["agreement", "IN", "other=IN", "--save", "IN"],
    ["import", "HIGHLIGHTS", "--from", "taguette", "--source", "SOURCE", "--case", "bvt-lamps", "-o", "OUT/draft.yaml"],
    ["import", "HIGHLIGHTS", "--from", "taguette", "--source", "SOURCE", "--case", "abw-x", "--choices", "CHOICES"],
    ["import", "OUT/workbook.xlsx", "-o", "OUT/imported"],
    ["import", "OUT/workbook.xlsx", "-o", "IN", "--force"],
    ["passages", "SOURCE", "--case", "bvt-lamps"],
    ["code", "SOURCE", "--case", "bvt-lamps", "-o", "OUT/page.html", "--resume", "OUT/coding.yaml"],
    ["code", "SOURCE", "--case", "bvt-lamps", "-o", "OUT/chosen.html", "--choices", "CHOICES"],
]
PLAIN = [threat for threat in THREATS if not threat.environment]
SAMPLE = [*(one for one in PLAIN if one.loads)][::5] + [*(one for one in PLAIN if not one.loads)][::15]


def confined(commands: list[tuple[str, Path, list[str], list[Path]]]) -> dict[str, list[str]]:
    """What commands did beyond what they may, by name: all in one process of its own."""
    given_commands = json.dumps(
        [[name, str(folder), words, [str(place) for place in places]] for name, folder, words, places in commands]
    )
    code = [sys.executable, "-W", "ignore", str(ROOT / "tests/hostile/confined.py")]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        code, input=given_commands, capture_output=True, text=True, check=False, env=environment, timeout=600
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def run_over(target: Path, room: Path, commands: list[list[str]]) -> list[tuple[str, Path, list[str], list[Path]]]:
    """Commands over one package, as `confined` takes them."""
    output, choices, highlights = room / "output", room / "choices.txt", room / "highlights.csv"
    output.mkdir(exist_ok=True)
    choices.write_text("1 heading\n")
    highlights.write_text("id,document,tag,content\n1,x,events:launch,began its rounds\n")
    given = {"IN": target, "SOURCE": LAMPS_SOURCE, "CHOICES": choices, "HIGHLIGHTS": highlights}
    said = {"other=IN": f"other={target}", **{word: str(place) for word, place in given.items()}}
    places = [output, Path(GOOD), *given.values()]
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


def reads_a_file(action: argparse.Action) -> bool:
    """Whether an argument names something to read, by what the help calls it."""
    named = str(action.metavar or "")
    return action.dest != "output" and any(word in named for word in ("PATH", "FILE", "OLD", "NEW", "WORKBOOK"))


def test_every_command_and_every_file_it_reads_is_tried_here():
    known = next(action.choices for action in parser()._actions if action.choices)
    wanted = {
        (name, option)
        for name, command in known.items()
        for action in command._actions
        if reads_a_file(action) and action.help != argparse.SUPPRESS
        for option in action.option_strings or [""]
    }

    tried = {(words[0], word) for words in [*READING, *MAKING] for word in words[1:] if word.startswith("-")}
    named = {words[0] for words in [*READING, *MAKING] if {"IN", "SOURCE", "OUT/workbook.xlsx"} & set(words)}

    assert {words[0] for words in [*READING, *MAKING]} == set(known)
    assert wanted - tried - {(name, "") for name in named} == set()


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


def made_hostile(threat: Threat, room: Path) -> Path:
    """A threat's package in a checkout, in a room of its own, with a secret beside it."""
    room.mkdir()
    package = copy_lamps(room / "package")
    outside(package).mkdir()
    (outside(package) / "secret.csv").write_text("not for your eyes")
    with_git(package, room)
    return threat.make(package) or package


@pytest.mark.parametrize("area", sorted({threat.area for threat in PLAIN}))
def test_no_hostile_package_leads_the_main_commands_out(area: str, tmp_path: Path):
    commands = []
    for at, threat in enumerate(one for one in PLAIN if one.area == area):
        room = tmp_path / str(at)
        commands += run_over(made_hostile(threat, room), room, LED)

    done = confined(commands)

    assert len(done) == len(commands)
    assert {name: did for name, did in done.items() if did} == {}


@pytest.mark.parametrize("threat", SAMPLE, ids=lambda threat: threat.name)
def test_no_command_is_led_out_by_a_hostile_package(threat: Threat, tmp_path: Path):
    target = made_hostile(threat, tmp_path / "one")

    done = confined(run_over(target, tmp_path / "one", [*READING, *MAKING]))

    assert len(done) == len(READING) + len(MAKING)
    assert {name: did for name, did in done.items() if did} == {}


def test_the_watch_hears_a_process_and_a_file_outside(tmp_path: Path):
    """Otherwise the tests above could not fail."""
    package = copy_lamps(tmp_path / "package")
    elsewhere = [("info", tmp_path, ["info", str(package)], [tmp_path / "output"])]

    assert f"open {package}/datapackage.json" in confined(elsewhere)["info"]
