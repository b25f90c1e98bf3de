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

import policycase
from policycase.cli.main import main
from policycase.errors import UnreadableError
from policycase.model.package import GIT_ATTRIBUTES
from policycase.publishing.citation_files import ZENODO
from policycase.storage.writing import staged, write_folder

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
READING = ["--package", "in"]
WRITERS = {  # name: arguments, what stands at the output before, kills before a change of the disk
    "new": (["new", "kgz-new", "-o", "out"], None, 6),
    "new-workbook": (["new", "kgz-new", "-o", "out", "--workbook"], None, 6),
    "stack": (["stack", "in", "-o", "out"], None, 3),
    "stack-force": (["stack", "in", "-o", "out", "--force"], "package", 4),
    "pack": (["pack", *READING, "-o", "out", "--force"], "file", 3),
    "report": (["report", *READING, "-o", "out.html", "--force"], "page", 3),
    "site": (["report", *READING, "-o", "out"], None, 3),
    "site-force": (["report", *READING, "-o", "out", "--force"], "export", 4),
    "csv": (["export", *READING, "--to", "csv", "-o", "out"], None, 3),
    "csv-force": (["export", *READING, "--to", "csv", "-o", "out", "--force"], "export", 4),
    "parquet": (["export", *READING, "--to", "parquet", "-o", "out"], None, 3),
    "sqlite": (["export", *READING, "--to", "sqlite", "-o", "out"], None, 2),
    "excel": (["export", *READING, "--to", "excel", "-o", "out.xlsx"], None, 2),
    "stata": (["export", *READING, "--to", "stata", "-o", "out"], None, 2),
    "spss": (["export", *READING, "--to", "spss", "-o", "out"], None, 2),
    "graphml": (["export", *READING, "--to", "graphml", "-o", "out"], None, 2),
    "duckdb": (["export", *READING, "--to", "duckdb", "-o", "out"], None, 2),
    "coding": (["export", *READING, "--to", "coding", "-o", "out.yaml"], None, 2),
    "workbook": (["export", *READING, "--to", "workbook", "-o", "out.xlsx"], None, 2),
    "import": (["import", "in.xlsx", "-o", "out"], None, 3),
    "import-force": (["import", "in.xlsx", "-o", "out", "--force"], "other package", 6),
    "render": (["render", "--package", "out"], "unrendered package", 8),
}  # a command that writes is one more row here
MOMENTARY = {"spss", "stata", "duckdb"}  # they hold the time of writing, so two differ in some bytes
INPUTS = {"in", "in.xlsx"}
OWN = {ZENODO, *GIT_ATTRIBUTES}  # files of a package whose names begin with a dot
ONE = {"datapackage.json": b"1", **{f"data/{number}.csv": b"1" * 5000 for number in range(20)}}
OTHER = {path: content.replace(b"1", b"2") for path, content in ONE.items()}
REPEAT = """
import sys
from pathlib import Path
from policycase.errors import UnreadableError
from policycase.storage.writing import write_folder
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
    """All that is at a place."""
    if place.is_dir():
        return {str(path.relative_to(place)): path.read_bytes() for path in sorted(place.rglob("*")) if path.is_file()}
    return place.read_bytes() if place.exists() else None


def shape(found: dict[str, bytes] | bytes | None) -> object:
    """The same with how long each file is."""
    if isinstance(found, dict):
        return {path: len(text) for path, text in found.items()}
    return len(found) if found is not None else None


def put_inputs(folder: Path) -> None:
    """A package to read, and a workbook of it."""
    policycase.export(copy_lamps(folder / "in"), "workbook", folder / "in.xlsx")


def put_before(kind: str | None, place: Path) -> None:
    """An earlier output, which is not what the command will write."""
    if kind and kind.endswith("package"):
        edit(copy_lamps(place) / "data/agencies.csv", "Lamp Office", "Office of Lamps")
    if kind == "other package":
        (place / "notes.txt").write_text("of the coder's own, which stays")
    if kind == "unrendered package":
        for schema in place.glob("schemas/*.schema.json"):
            schema.write_bytes(json.dumps(json.loads(schema.read_bytes())).encode())
        (place / "schemas/README.md").unlink()
    if kind == "file":
        place.write_bytes(b"PK, an earlier zip")
    elif kind == "page":
        place.write_bytes(b"<!doctype html>an earlier page")
    elif kind == "export":
        place.mkdir()
        (place / "README.txt").write_text("Exported by policycase\n\nFiles:\nearlier.csv\n")
        (place / "earlier.csv").write_text("earlier\n")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A folder for each run, and how each ended."""
    room = tmp_path_factory.mktemp("killed")
    (room / "inputs").mkdir()
    put_inputs(room / "inputs")
    orders = []
    for name, (arguments, kind, kills) in WRITERS.items():
        shutil.copytree(room / "inputs", room / "before" / name)
        output = arguments[arguments.index("-o") + 1] if "-o" in arguments else "out"
        put_before(kind, room / "before" / name / output)
        orders.append([name, arguments, kills])
    command = [sys.executable, HERE / "killing.py", room]
    done = subprocess.run(command, input=json.dumps(orders), stdout=-1, text=True, check=True, env=environment())
    return room, json.loads(done.stdout)


def environment() -> dict[str, str]:
    """Without compiled modules on the disk, whose writing would count among the changes of the first run."""
    return {"PYTHONPATH": str(ROOT / "scripts"), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}


def killed_runs(runs: tuple[Path, dict[str, str]], name: str) -> list[Path]:
    """The folders of the runs of one command that were killed, which are as many as the table says or more."""
    room, ended = runs
    killed = [room / folder for folder, end in ended.items() if folder.rpartition("-")[0] == name and end == "killed"]
    assert ended[f"{name}-0"] == "exit 0"
    assert len(killed) >= WRITERS[name][2]
    return killed


def outputs(room: Path) -> dict[str, dict[str, bytes] | bytes | None]:
    """What is at each output of a run."""
    return {path.name: content(path) for path in room.iterdir() if path.name not in INPUTS and path.name[0] != "."}


@pytest.mark.parametrize("name", [name for name in WRITERS if name not in {"import-force", "render"}])
def test_killed_command_leaves_its_output_as_before_or_whole(runs: tuple[Path, dict[str, str]], name: str):
    room, _ = runs
    before, after = outputs(room / "before" / name), outputs(room / f"{name}-0")
    look = shape if name in MOMENTARY else lambda found: found

    for folder in killed_runs(runs, name):
        found = outputs(folder)
        hidden = [content(path) for path in folder.glob(".out.*/out.old")]
        assert found.keys() <= after.keys(), folder
        for output in after:
            left = look(found.get(output))
            ends = (look(before.get(output)), look(after[output]))
            assert left in ends or (left is None and hidden == [before[output]]), folder
    assert look(after) != look(before)


def test_killed_import_leaves_all_tables_old_or_all_new_and_can_be_run_again(runs, monkeypatch):
    room, _ = runs
    before, after = content(room / "before/import-force/out"), content(room / "import-force-0/out")

    for folder in killed_runs(runs, "import-force"):
        found = seen(folder / "out")
        tables = [{path: text for path, text in state.items() if path.startswith("data/")} for state in (before, after)]
        hidden = [content(path) for path in folder.glob("out/.data.*/data.old")]
        rest = {path: text for path, text in found.items() if not path.startswith("data/")}
        assert found in (before, after) or (
            found == rest and {f"data/{k}": v for k, v in hidden[0].items()} == tables[0]
        )
        assert rest == {path: text for path, text in before.items() if not path.startswith("data/")}
        monkeypatch.chdir(folder)
        assert main(WRITERS["import-force"][0]) == 0
        assert seen(folder / "out") == after
    assert before != after


def test_killed_render_leaves_each_file_old_or_new_and_can_be_run_again(runs: tuple[Path, dict[str, str]], monkeypatch):
    room, _ = runs
    before, after = content(room / "before/render/out"), content(room / "render-0/out")

    for folder in killed_runs(runs, "render"):
        for path, text in seen(folder / "out").items():
            assert text in (before.get(path), after[path]), folder / path
        assert [path.parent for path in hidden_in(folder / "out")] in ([], [folder / "out"])
        monkeypatch.chdir(folder)
        assert main(WRITERS["render"][0]) == 0
        assert seen(folder / "out") == after
    assert before != after
    assert policycase.validate(room / "render-0/out").is_valid


def seen(place: Path) -> dict[str, bytes]:
    """All that is at a place, but what is hidden."""
    return {path: text for path, text in content(place).items() if path[0] != "." or path in OWN}


def hidden_in(place: Path) -> list[Path]:
    """What a command has left hidden."""
    return [path for path in place.rglob(".*") if path.name not in OWN]


def test_killed_command_leaves_its_inputs_alone_and_nothing_in_sight(runs: tuple[Path, dict[str, str]]):
    room, ended = runs

    for folder in ended:
        for name in INPUTS:
            assert content(room / folder / name) == content(room / "inputs" / name), folder


@pytest.mark.parametrize("name", WRITERS)
def test_two_runs_at_once_leave_one_whole_output(runs: tuple[Path, dict[str, str]], name: str):
    room, ended = runs
    look = shape if name in MOMENTARY else lambda found: found

    found = {output: look(state) for output, state in outputs(room / f"{name}-both").items()}

    assert ended[f"{name}-both"] in {"exit 0 and exit 0", "exit 0 and exit 3"}
    assert found == {output: look(state) for output, state in outputs(room / f"{name}-0").items()}
    assert hidden_in(room / f"{name}-both") == []


def test_command_that_ends_leaves_nothing_hidden(runs: tuple[Path, dict[str, str]]):
    room, _ = runs

    for name in WRITERS:
        assert hidden_in(room / f"{name}-0") == [], name


def test_writer_killed_at_any_time_leaves_one_whole_folder(tmp_path: Path):
    write_folder(tmp_path / "out", ONE)
    moments = random.Random(11)  # noqa: S311 - moments that can be repeated, no secret

    for _ in range(8):
        with repeated(tmp_path / "out", 10**6, "both") as writer:
            begun = writer.stdout.readline()
            time.sleep(moments.uniform(0.01, 0.1))
            writer.send_signal(signal.SIGKILL)
        olds = [path for path in tmp_path.glob(".out.*/out.old") if not (tmp_path / "out").exists()]
        assert (begun, writer.returncode) == ("begun\n", -signal.SIGKILL)
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
    assert all("another process created it meanwhile" in line for text in errors for line in text.splitlines())


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


@pytest.mark.parametrize(("write", "why"), [(write_beside, "another process created it"), (write_half, "no space")])
def test_writer_that_fails_leaves_what_is_there(tmp_path: Path, write: Callable[[Path], None], why: str):
    if write is write_half:
        write_folder(tmp_path / "out", ONE)

    with pytest.raises(UnreadableError, match=why):
        write(tmp_path / "out")

    assert content(tmp_path / "out") == ONE
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


TAKEN = [name for name in WRITERS if name != "render"]  # which renews what it has written, and asks nobody


def arguments_of(name: str) -> list[str]:
    return [text for text in WRITERS[name][0] if text != "--force"]


@pytest.mark.parametrize("name", TAKEN)
def test_command_refuses_to_overwrite_unless_forced(tmp_path: Path, monkeypatch, capsys, name: str):
    put_inputs(tmp_path)
    arguments = arguments_of(name)
    put_before(WRITERS[name][1] or "file", tmp_path / arguments[arguments.index("-o") + 1])
    before = content(tmp_path)
    monkeypatch.chdir(tmp_path)

    code = main(arguments)

    assert (code, content(tmp_path)) == (3, before)
    assert " exists · choose another" in capsys.readouterr().err


@pytest.mark.parametrize("name", [name for name in TAKEN if not name.startswith("new")])
def test_force_never_replaces_what_policycase_did_not_write(tmp_path: Path, monkeypatch, capsys, name: str):
    put_inputs(tmp_path)
    arguments = arguments_of(name)
    (tmp_path / arguments[arguments.index("-o") + 1]).write_text("mine")
    before = content(tmp_path)
    monkeypatch.chdir(tmp_path)

    code = main([*arguments, "--force"])

    assert (code, content(tmp_path)) == (3, before)
    assert "is not replaced: " in capsys.readouterr().err
