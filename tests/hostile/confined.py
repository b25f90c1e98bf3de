"""Runs commands, and writes for each what it did that no command may do with a stranger's package.

    python confined.py < [[name, folder, arguments, places], …] as JSON

That is: a process started, an address called, a program loaded by name, or a file opened that is in none of the places
given, Python and its libraries, the library's own code and case, and the private folder of a zip. Everything is heard
through Python's audit hooks; what a library opens in C is not.
"""

import io
import json
import os
import sys
import sysconfig
import tempfile
import traceback
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

STARTS = {
    *(
        "subprocess.Popen",
        "os.system",
        "os.exec",
        "os.posix_spawn",
        "os.spawn",
        "os.fork",
        "os.forkpty",
        "os.startfile",
    ),
    *("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "urllib.Request"),
    *("pty.spawn", "webbrowser.open", "ctypes.dlopen"),
}
ROOT = Path(__file__).resolve().parents[2]
OWN = [
    *(os.path.realpath(path) for path in {*sysconfig.get_paths().values(), sys.prefix, sys.base_prefix}),
    *(str(ROOT / name) for name in ("scripts", "data", "schemas", "datapackage.json", "CODING.md")),
    *(
        "/dev/null",
        "/usr/share/zoneinfo",
        "/etc/localtime",
        "/etc/mime.types",
        "/proc/self",
        "/proc/cpuinfo",
        "/proc/meminfo",
        "/sys",
    ),
]
PRIVATE = os.path.join(os.path.realpath(tempfile.gettempdir()), "policycase-")  # noqa: PTH118
NO_LINK = getattr(os, "O_NOFOLLOW", 0)

_open, _folder = os.open, None
_places: list[str] | None = None
_done: list[str] = []


def _noting(path, flags, mode=0o777, *, dir_fd=None):
    """`os.open`, with the folder that its path is relative to noted, which the audit hook is not told."""
    global _folder  # noqa: PLW0603
    _folder = dir_fd
    try:
        return _open(path, flags, mode, dir_fd=dir_fd)
    finally:
        _folder = None


def _hear(event: str, arguments: tuple) -> None:
    if _places is None:
        return
    if event in STARTS and not (event == "ctypes.dlopen" and arguments[0] is None):
        _done.append(f"{event} {arguments[0]!r}")
    if event in {"open", "sqlite3.connect"} and isinstance(arguments[0], str | bytes | os.PathLike):
        path = _real(os.fsdecode(arguments[0]), arguments[-1] if event == "open" else 0)
        inside = path == str(ROOT) or any(
            path == place or path.startswith(place.rstrip("/") + "/") for place in [*OWN, *_places]
        )
        if not inside and not path.startswith(PRIVATE):
            _done.append(f"{event} {path}")


def _real(path: str, flags: int) -> str:
    """Where an opened path is; a link at its end is not followed where the flags forbid it."""
    base = os.readlink(f"/proc/self/fd/{_folder}") if _folder is not None else os.getcwd()  # noqa: PTH109, PTH115
    whole = os.path.join(base, path)  # noqa: PTH118
    if flags & NO_LINK:
        folder, name = os.path.split(whole)
        return os.path.join(os.path.realpath(folder), name)  # noqa: PTH118
    return os.path.realpath(whole)


def ran(folder: str, arguments: list[str], places: list[str]) -> list[str]:
    """What one command did beyond what it may."""
    global _places  # noqa: PLW0603
    from policycase.cli.main import main  # noqa: PLC0415 - not before os.open is noted

    _done.clear()
    os.chdir(folder)
    shown = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    _places = [os.path.realpath(place) for place in places]
    try:
        with redirect_stdout(shown), redirect_stderr(shown):
            main(arguments)
    except SystemExit:
        pass
    except BaseException:
        _places = None
        _done.append(traceback.format_exc())
    finally:
        _places = None
    return sorted(set(_done))


if __name__ == "__main__":
    os.open = _noting
    os.supports_dir_fd.add(_noting)
    sys.addaudithook(_hear)
    json.dump({name: ran(*command) for name, *command in json.load(sys.stdin)}, sys.__stdout__)
