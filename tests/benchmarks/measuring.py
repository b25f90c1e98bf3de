"""What benchmarks share: seconds and memory of a call or of a process of its own, and a line for each."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BEGIN = """
import json, os, pathlib
def used(process):
    peak = pathlib.Path(process + "/status").read_text().split("VmHWM:")[1].split()[0]
    ticks = pathlib.Path(process + "/stat").read_text().rpartition(")")[2].split()[11:13]
    return int(peak), sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
"""


def seconds(call: Callable[[], object]) -> float:
    """Seconds of the processor, so that what else runs on the machine hardly counts."""
    before = time.process_time()
    call()
    return time.process_time() - before


def peak(code: str, answer: str = "0", *, python: str = sys.executable, of: str = "self") -> tuple[float, float, Any]:
    """Megabytes at the highest of a process that runs the code, its seconds of the processor, and its answer.

    Parameters
    ----------
    code, answer
        Lines of Python, and what the last of them gives, as an expression.
    python
        The Python that runs them.
    of
        The process that is measured, where it is another one: its number, as an expression. Linux only (VmHWM).
    """
    process = "/proc/self" if of == "self" else f"/proc/{{{of}}}"
    lines = "\n".join([BEGIN, code, f"print(json.dumps([{answer}, *used(f'{process}')]))"])
    done = subprocess.run([python, "-c", lines], env=environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    found, size, took = json.loads(done.stdout.splitlines()[-1])
    return size / 1000, took, found


def environment() -> dict[str, str]:
    """That of an installed library: its modules are compiled once, in the run that is not counted."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPATH": str(ROOT / "scripts")}


def load() -> str:
    """What else runs on the machine, in words."""
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.0f}"


def say(text: str) -> None:
    """Print a line, at once."""
    print(text, flush=True)  # noqa: T201 - a benchmark prints
