"""Run the snippets of README and docs; `python tests/update_docs.py [PAGE ...]` writes what they print below them.

Each page has one folder, a copy of the package, and one set of Python names; its blocks run from top to bottom. Blocks
of `python`, `sh` and `r` run; `console`, and whatever else, is only shown. A block of `text` right after one that runs
is what it prints. The page of rules is written from a run of each fault.
"""

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

from copies import LAMPS_SOURCE, copy_lamps, copy_package, edit  # noqa: E402
from faults import FAULTS, Fault  # noqa: E402

import policycase  # noqa: E402
from policycase.validation.rules import RULES  # noqa: E402

RULES_PAGE = ROOT / "docs/reference/rules.md"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(python|sh|r)\n(.*?)^```\n(?:\n^```text\n(.*?)^```\n)?", re.DOTALL | re.MULTILINE)
BESIDE = ("README.md", "CODING.md", "CITATION.cff", "LICENSE-DATA", "examples", "tests/fixtures")
OF_SOURCE = {"passage-is-in-the-source", "no-words-of-the-source"}


def workplace(folder: Path) -> Path:
    """A copy of what a reader's checkout holds, for snippets to work in."""
    copy_package(folder)
    for name in BESIDE:
        (folder / name).parent.mkdir(exist_ok=True)
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, folder / name)
    commands = folder / ".bin"
    commands.mkdir()
    shim = commands / "policycase"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m policycase "$@"\n', encoding="utf-8")
    shim.chmod(0o755)
    (commands / "python").symlink_to(sys.executable)
    return folder


def runs(page: Path, folder: Path) -> Iterator[tuple[str, str, str | None, str | None]]:
    """Each block of a page as language, code, what the page says it prints, and what it prints; None if R lacks it."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for language, code, output in (block.groups() for block in BLOCK.finditer(page.read_text(encoding="utf-8"))):
        printed = _python(code, names, folder) if language == "python" else OTHERS[language](code, folder)
        yield language, code, output, printed


def _python(code: str, names: dict[str, Any], folder: Path) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.chdir(folder):
        exec(code, names)  # noqa: S102 - the page's own lines
    return printed.getvalue()


def _shell(code: str, folder: Path) -> str:
    return _printed(["bash", "-euo", "pipefail", "-c", code], folder)


def _r(code: str, folder: Path) -> str | None:
    for package in re.findall(r"library\((\w+)\)", code):
        if (
            not shutil.which("Rscript")
            or subprocess.run(["Rscript", "-e", f"library({package})"], capture_output=True, check=False).returncode
        ):
            return None
    return _printed(["Rscript", "-e", code], folder)


def _printed(command: list[str], folder: Path) -> str:
    added = {
        "PATH": f"{folder / '.bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "scripts"),
        "COLUMNS": "80",
    }
    done = subprocess.run(command, cwd=folder, env=os.environ | added, capture_output=True, text=True, check=False)
    if done.returncode:
        msg = f"{command[-1]}\nexit code {done.returncode}\n{done.stdout}{done.stderr}"
        raise AssertionError(msg)
    return done.stdout


OTHERS = {"sh": _shell, "r": _r}


def updated(page: Path, folder: Path) -> str:
    """The page with each block of output as its code prints it now."""
    printed = iter(list(runs(page, folder)))

    def renewed(block: re.Match[str]) -> str:
        *_, output, new = next(printed)
        if output is None or new is None:
            return block[0]
        return block[0].removesuffix(f"{output}```\n") + f"{new}```\n"

    return BLOCK.sub(renewed, page.read_text(encoding="utf-8"))


def rules_page(example: Callable[[str, Fault], str]) -> str:
    """The page of rules; `example` gives the finding that a fault brings."""
    lines = [
        "<!-- written by tests/update_docs.py from the rules and tests/faults.py; do not edit -->",
        "",
        "# Rules",
        "",
        "What `policycase validate` asks, with an edit of a valid package that breaks each rule and the finding that it brings.",
        "Rules about files, schemas and single cells come first, as the stages run. `policycase rules` prints the rules of",
        "the last stage.",
    ]
    for rule, fault in FAULTS.items():
        known = RULES.get(rule)
        lines += ["", f"## {rule}", ""]
        if known:
            lines += [f"{known.text}{' (A warning.)' if known.severity == 'warning' else ''}", ""]
        lines += [
            f"In `{fault.file}`{'' if fault.case == 'kgz-leph' else ' of a synthetic case'}:",
            "",
            "```diff",
            *(f"- {line}" for line in _shown(fault.old)),
            *(f"+ {line}" for line in _shown(fault.new)),
            "```",
            "",
            "```text",
            example(rule, fault),
            "```",
        ]
    return "\n".join(lines) + "\n"


def _shown(value: str | bytes) -> list[str]:
    """A text with its control characters visible, not too long, one line each."""
    text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value
    lines = text.removesuffix("\n").split("\n")[:4]
    return [_short("".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)) for line in lines if line] or [""]


def _short(text: str, most: int = 200) -> str:
    return text if len(text) <= most else f"{text[:most]} …"


def finding(rule: str, fault: Fault) -> str:
    """The first finding of a rule on a package with its fault."""
    with tempfile.TemporaryDirectory() as folder, _environment(fault.environment):
        copy = copy_package if fault.case == "kgz-leph" else copy_lamps
        package = copy(Path(folder) / "package")
        edit(package / fault.file, fault.old, fault.new)
        report = policycase.validate(package, {"": LAMPS_SOURCE} if rule in OF_SOURCE else None)
        found = next(str(one) for one in report.found if one.rule == rule)
    return _short("".join(c if c.isprintable() else ascii(c)[1:-1] for c in found), 400)


@contextlib.contextmanager
def _environment(added: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(added)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def main(names: list[str]) -> None:
    """Update the pages named, or all."""
    for page in [Path(name).resolve() for name in names] or sorted({*PAGES, RULES_PAGE}):
        if page == RULES_PAGE:
            page.write_text(rules_page(finding), encoding="utf-8")
        elif "reference" not in page.parts:
            with tempfile.TemporaryDirectory() as folder:
                page.write_text(updated(page, workplace(Path(folder) / "case")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
