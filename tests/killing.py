"""Runs commands that write, and kills each at many moments.

    python killing.py ROOM < [[name, arguments, kills], …] as JSON

Everything is imported once. Each run is a fork in a copy of ROOM/before/name, made at ROOM/name-moment, which ends
itself with a signal that cannot be caught in Python: when it changes a file or folder for a certain time, or after a
certain time, since a database changes files that Python does not see. Moment 0 is left to end; its changes and its time
are what the others are drawn from; in `both` two run at once. What became of each is written to stdout.
"""

import json
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

import policycase.cli.commands
from policycase.cli.main import main
from policycase.coding import coding_file, import_case, new_case, render
from policycase.coding import workbook_export as workbook
from policycase.exports import duckdb_file as duck
from policycase.exports import excel, graphml, parquet, spss, stata
from policycase.exports import sqlite_file as sqlite
from policycase.publishing import pack
from policycase.reporting import page

LOADED = (
    coding_file,
    import_case,
    new_case,
    pack,
    page,
    policycase.cli.commands,
    render,
    duck,
    excel,
    graphml,
    parquet,
    spss,
    sqlite,
    stata,
    workbook,
)  # so that no fork need to
CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "os.truncate", "os.link", "os.symlink"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def count_changes(fatal: int) -> list[str]:
    """What this process changes on the disk from now on; at the `fatal`th change it kills itself.

    It does so before a file is renamed or removed, but after one is opened to be written: then it is empty.
    """
    seen: list[str] = []

    def hear(event: str, arguments: tuple) -> None:
        if event in CHANGES or (event == "open" and _is_change(*arguments)):
            seen.append(event)
            if len(seen) == fatal:
                if event == "open":
                    os.open(arguments[0], arguments[2])
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hear)
    return seen


def _is_change(path: object, _mode: object, flags: int) -> bool:
    return bool(flags & WRITING) and not str(path).startswith("/dev/")


def begin(folder: Path, arguments: list[str], change: int = 0, seconds: float = 0) -> tuple[int, int]:
    """Begin one command in a folder, which kills itself at a moment if one is said; its process, and what it tells."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        seen = count_changes(change)
        signal.setitimer(signal.ITIMER_REAL, seconds)  # nobody handles the alarm, so it kills
        code = main(arguments)
        os.write(writer, str(len(seen)).encode())
        os._exit(code)
    os.close(writer)
    return child, reader


def end(child: int, reader: int) -> tuple[str, int]:
    """Wait for a command; how it ended, and its changes of the disk if it was left to end."""
    _, status = os.waitpid(child, 0)
    with os.fdopen(reader) as counted:
        changes = int(counted.read() or 0)
    return "killed" if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}", changes


def copied(room: Path, name: str, moment: str) -> Path:
    return Path(shutil.copytree(room / "before" / name, room / f"{name}-{moment}"))


if __name__ == "__main__":
    room, ended = Path(sys.argv[1]), {}
    draw = random.Random(7)  # noqa: S311 - moments that can be repeated, no secret
    for name, arguments, kills in json.load(sys.stdin):
        now = time.monotonic()
        ended[f"{name}-0"], changes = end(*begin(copied(room, name, "0"), arguments))
        took = time.monotonic() - now
        for moment in draw.sample(range(1, changes + 1), min(kills, changes)):
            ended[f"{name}-{moment}"], _ = end(*begin(copied(room, name, str(moment)), arguments, change=moment))
        part = draw.uniform(0.4, 1)
        moment = f"{part:.3f} of its time"
        ended[f"{name}-{moment}"], _ = end(*begin(copied(room, name, moment), arguments, seconds=part * took))
        folder = copied(room, name, "both")
        one, other = begin(folder, arguments), begin(folder, arguments)
        ended[f"{name}-both"] = " and ".join(sorted(end(*both)[0] for both in (one, other)))
    json.dump(ended, sys.stdout)
