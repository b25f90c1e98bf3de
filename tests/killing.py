"""Runs commands that write, and kills each at the moments that are asked for.

    python killing.py ROOM < [[name, arguments, moment], …] as JSON

Everything is imported once. Each run is a fork in a copy of ROOM/before/name, made at ROOM/name-moment, which kills
itself with SIGKILL before it changes a file or folder for the moment-th time; at moment 0 it is left to end. What
became of each is written to stdout.
"""

import json
import os
import shutil
import signal
import sys
from pathlib import Path

import policycase.commands.combining
import policycase.commands.giving
import policycase.commands.making  # noqa: F401 - so that a fork need not
from policycase.cli import main

CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "os.truncate", "os.link", "os.symlink"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def kill_before(moment: int) -> None:
    """Let this process kill itself before it changes the disk for the `moment`th time."""
    left = moment

    def hear(event: str, arguments: tuple) -> None:
        nonlocal left
        if event in CHANGES or (event == "open" and _is_change(*arguments)):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hear)


def _is_change(path: object, _mode: object, flags: int) -> bool:
    return bool(flags & WRITING) and not str(path).startswith("/dev/")


def run(folder: Path, arguments: list[str], moment: int) -> str:
    """Run one command in a folder and kill it at a moment; how it ended."""
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        kill_before(moment)
        os._exit(main(arguments))
    _, status = os.waitpid(child, 0)
    return "killed" if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"


if __name__ == "__main__":
    room, ended = Path(sys.argv[1]), {}
    for name, arguments, moment in json.load(sys.stdin):
        folder = room / f"{name}-{moment}"
        shutil.copytree(room / "before" / name, folder)
        ended[folder.name] = run(folder, arguments, moment)
    json.dump(ended, sys.stdout)
