"""Commands that write: whole or not at all, whenever they are killed and whoever writes beside them."""

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from copies import ROOT, copy_lamps, edit

from policycase.cli import main
from policycase.errors import UnreadableError
from policycase.writing import staged, write_folder

HERE = Path(__file__).parent
WRITERS = {  # name: arguments, what stands at the output before, changes of the disk, how many kills
    "new": (["new", "kgz-new", "-o", "out"], None, 220, 12),
    "stack": (["stack", "in", "-o", "out"], None, 215, 4),
    "stack-force": (["stack", "in", "-o", "out", "--force"], "package", 215, 5),
    "pack": (["pack", "--package", "in", "-o", "out", "--force"], "file", 4, 2),
    "csv": (["export", "--package", "in", "--to", "csv", "-o", "out"], None, 26, 4),
    "csv-force": (["export", "--package", "in", "--to", "csv", "-o", "out", "--force"], "export", 26, 4),
    "parquet": (["export", "--package", "in", "--to", "parquet", "-o", "out"], None, 26, 3),
}  # a command that writes is one more row here
ONE = {"datapackage.json": b"1", **{f"data/{number}.csv": b"1" * 5000 for number in range(20)}}
OTHER = {path: content.replace(b"1", b"2") for path, content in ONE.items()}
REPEAT = """
import sys
from pathlib import Path
from policycase.errors import UnreadableError
from policycase.writing import write_folder
times, contents = int(sys.argv[2]), [b"1", b"2"] if sys.argv[3] == "both" else [sys.argv[3].encode()]
print("begun", flush=True)
for number in range(times):
    content = contents[number % len(contents)]
    files = {"datapackage.json": content, **{f"data/{n}.csv": content * 5000 for n in range(20)}}
    try:
        write_folder(Path(sys.argv[1]), files, force=True)
    except UnreadableError as error:
        print(error, file=sys.stderr)
"""


def content(place: Path) -> dict[str, bytes] | bytes | None:
    """All that stands at a place."""
    if place.is_dir():
        return {str(path.relative_to(place)): path.read_bytes() for path in sorted(place.rglob("*")) if path.is_file()}
    return place.read_bytes() if place.exists() else None


def put_before(kind: str | None, place: Path) -> None:
    """An earlier output, which is not what the command will write."""
    if kind == "package":
        edit(copy_lamps(place) / "data/agencies.csv", "Lamp Office", "Office of Lamps")
    elif kind == "file":
        place.write_bytes(b"an earlier zip")
    elif kind == "export":
        place.mkdir()
        (place / "README.txt").write_text("Exported by policycase\n\nFiles:\nearlier.csv\n")
        (place / "earlier.csv").write_text("earlier\n")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A folder for each run, and how each ended."""
    room = tmp_path_factory.mktemp("killed")
    orders, seeded = [], random.Random(7)  # noqa: S311 - moments that can be repeated, no secret
    for name, (arguments, kind, changes, kills) in WRITERS.items():
        folder = room / "before" / name
        folder.mkdir(parents=True)
        copy_lamps(folder / "in")
        put_before(kind, folder / "out")
        orders += [[name, arguments, moment] for moment in [0, *seeded.sample(range(1, changes + 1), kills)]]
    command = [sys.executable, HERE / "killing.py", room]
    done = subprocess.run(command, input=json.dumps(orders), stdout=-1, text=True, check=True, env=environment())
    return room, json.loads(done.stdout)


def environment() -> dict[str, str]:
    return {"PYTHONPATH": str(ROOT / "scripts"), "PATH": "/usr/bin:/bin"}


@pytest.mark.parametrize("name", WRITERS)
def test_killed_command_leaves_its_output_as_before_or_whole(runs: tuple[Path, dict[str, str]], name: str):
    room, ended = runs
    before, after = content(room / "before" / name / "out"), content(room / f"{name}-0" / "out")
    killed = [folder for folder, end in ended.items() if folder.rpartition("-")[0] == name and end == "killed"]

    left = {folder: content(room / folder / "out") for folder in killed}

    assert ended[f"{name}-0"] == "exit 0"
    assert after not in (None, before)
    assert len(killed) == WRITERS[name][3]
    for folder, found in left.items():
        hidden = [content(path) for path in (room / folder).glob(".out.*/out.old")]
        assert found in (before, after) or (found is None and hidden == [before]), folder


def test_killed_command_leaves_its_inputs_alone_and_nothing_in_sight(runs: tuple[Path, dict[str, str]]):
    room, ended = runs

    for folder in ended:
        assert content(room / folder / "in") == content(room / "before/new/in"), folder
        assert {path.name for path in (room / folder).iterdir() if path.name[0] != "."} <= {"in", "out"}, folder


def test_command_that_ends_leaves_nothing_hidden(runs: tuple[Path, dict[str, str]]):
    room, _ = runs

    for name in WRITERS:
        assert {path.name for path in (room / f"{name}-0").iterdir()} == {"in", "out"}, name


def test_writer_killed_at_any_time_leaves_one_whole_folder(tmp_path: Path):
    write_folder(tmp_path / "out", ONE)
    moments = random.Random(11)  # noqa: S311 - moments that can be repeated, no secret

    for _ in range(8):
        with repeated(tmp_path / "out", 10**6, "both") as writer:
            writer.stdout.readline()
            time.sleep(moments.uniform(0.01, 0.1))
            writer.send_signal(signal.SIGKILL)
        olds = [path for path in tmp_path.glob(".out.*/out.old") if not (tmp_path / "out").exists()]
        assert content(olds[0] if olds else tmp_path / "out") in (ONE, OTHER)
        shutil.rmtree(tmp_path)  # with what the killed one left hidden
        write_folder(tmp_path / "out", ONE)


def repeated(target: Path, times: int, what: str) -> subprocess.Popen:
    """A process that writes a folder again and again."""
    command = [sys.executable, "-c", REPEAT, str(target), str(times), what]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())


def test_two_writers_at_once_leave_one_whole_folder(tmp_path: Path):
    with repeated(tmp_path / "out", 60, "1") as one, repeated(tmp_path / "out", 60, "2") as other:
        errors = [writer.communicate()[1] for writer in (one, other)]

    assert content(tmp_path / "out") in (ONE, OTHER)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (one.returncode, other.returncode) == (0, 0)
    assert all("another run has written it meanwhile" in line for text in errors for line in text.splitlines())


def write_beside(target: Path) -> None:
    """Another run writes the target while this one is at work."""
    with staged(target, force=False) as place:
        place.mkdir()
        write_folder(target, ONE)


def write_half(target: Path) -> None:
    """The run fails before all is written."""
    with staged(target, force=True) as place:
        place.mkdir()
        raise UnreadableError("no space")


@pytest.mark.parametrize(("write", "why"), [(write_beside, "another run has written it"), (write_half, "no space")])
def test_writer_that_fails_leaves_what_is_there(tmp_path: Path, write: Callable[[Path], None], why: str):
    if write is write_half:
        write_folder(tmp_path / "out", ONE)

    with pytest.raises(UnreadableError, match=why):
        write(tmp_path / "out")

    assert content(tmp_path / "out") == ONE
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("name", [name for name, row in WRITERS.items() if row[1]])
def test_command_refuses_to_overwrite_unless_forced(tmp_path: Path, monkeypatch, capsys, name: str):
    copy_lamps(tmp_path / "in")
    put_before(WRITERS[name][1], tmp_path / "out")
    before = content(tmp_path)
    monkeypatch.chdir(tmp_path)

    code = main([text for text in WRITERS[name][0] if text != "--force"])

    assert (code, content(tmp_path)) == (3, before)
    assert "--force" in capsys.readouterr().err
