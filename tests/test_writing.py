"""Writing that is killed at random moments, and two runs at once: what is there is whole."""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import policycase
from policycase.errors import PolicyCaseError
from policycase.packing import files, zipped
from policycase.paths import write_folder, write_whole

KILLS = 25
CASE = policycase.load()
SMALL = policycase.load(Path(__file__).parents[1] / "examples/vnm-pmlsa")
FORK = multiprocessing.get_context(
    "fork"
)  # the children begin with everything imported, so the kills fall on the writing


def again_and_again(write: Callable[[], None]) -> None:
    """Write until killed."""
    while True:
        write()


def killed(write: Callable[[], None], chance: random.Random) -> None:
    """Let a process write for a moment, then kill it."""
    child = FORK.Process(target=again_and_again, args=(write,))
    child.start()
    time.sleep(chance.uniform(0.01, 0.12))
    os.kill(child.pid, signal.SIGKILL)
    child.join()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Python warns that threads and forks do not mix
def test_folder_killed_while_it_is_written_is_whole_or_aside(tmp_path: Path):
    target, chance = tmp_path / "out", random.Random(7)  # noqa: S311 - when to kill
    made = [SMALL.files(), CASE.files()]
    turns = iter(range(10**9))
    gone = 0

    for _ in range(KILLS):
        killed(lambda: write_folder(target, made[next(turns) % 2], force=True), chance)

        if target.is_dir():
            assert policycase.load(target) in (SMALL, CASE)
        else:  # killed between two renames, or before the first folder stood
            gone += 1
    CASE.write(target, force=target.exists())

    assert policycase.load(target) == CASE
    assert gone < KILLS
    left = [path for path in tmp_path.iterdir() if path != target]
    assert [path.name for path in left if not path.name.startswith(".out.")] == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_file_killed_while_it_is_written_is_whole(tmp_path: Path):
    target, chance = tmp_path / "case.zip", random.Random(7)  # noqa: S311 - when to kill
    root = Path(__file__).parents[1]
    contents = [zipped(files(root)), zipped(files(root / "examples/vnm-pmlsa"))]
    write_whole(target, contents[0])
    turns = iter(range(10**9))

    for _ in range(KILLS):
        killed(lambda: write_whole(target, contents[next(turns) % 2]), chance)

        assert target.read_bytes() in contents


def several(target: Path, number: int) -> None:
    """Write one of two casebooks many times; what another run stands in the way of is told, not hidden."""
    book = (SMALL, CASE)[number]
    for _ in range(20):
        try:
            book.write(target, force=True)
        except (PolicyCaseError, OSError):
            continue


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_two_runs_at_once_leave_one_whole_package(tmp_path: Path):
    target = tmp_path / "out"
    runs = [FORK.Process(target=several, args=(target, number)) for number in (0, 1)]

    for run in runs:
        run.start()
    for run in runs:
        run.join()

    assert [run.exitcode for run in runs] == [0, 0]
    assert policycase.load(target) in (SMALL, CASE)
