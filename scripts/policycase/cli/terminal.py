"""What a person sees: tables and lines on stdout, the rest on stderr; no control character of the data passes."""

import json
import os
import shutil
import sys
import textwrap
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from policycase.storage.csv_files import TEXT

WIDEST = 160  # columns of a table where neither a terminal nor COLUMNS says how wide
PATIENCE, AGAIN = 2, 10  # seconds before the first sign of life, and between later ones
BAR_IS_SHOWN = threading.Event()
NARROWEST = 18  # columns that a column of prose needs to be read


def say(text: str) -> None:
    """A line of result."""
    sys.stdout.write(f"{printable(text)}\n")


def say_wrapped(text: str, indent: int = 4) -> None:
    """A line of result, broken between words where the width is known (a terminal, or COLUMNS); in a pipe one line."""
    if sys.stdout.isatty() or os.environ.get("COLUMNS"):
        further = " " * (len(text) - len(text.lstrip()) + indent)
        text = "\n".join(
            textwrap.wrap(text, width(), subsequent_indent=further, break_long_words=False, break_on_hyphens=False)
        )
    say(text)


def tell(text: str) -> None:
    """A line of progress or error; where standard error is full or gone, the results still count."""
    with suppress(OSError):
        sys.stderr.write(f"{printable(text)}\n")


@contextmanager
def progress(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """A bar on stderr, where that is a terminal; what it gives takes how many more are done."""
    from rich.progress import (  # noqa: PLC0415 - heavy, and only needed for many packages
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn(what), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(what, total=total)
        BAR_IS_SHOWN.set()
        try:
            yield lambda more: bar.advance(task, more)
        finally:
            BAR_IS_SHOWN.clear()


@contextmanager
def sign_of_life(what: str) -> Iterator[None]:
    """Lines on stderr, if that is a terminal, while work takes over two seconds; none while a bar is shown."""
    if not sys.stderr.isatty():
        yield
        return
    done, began = threading.Event(), time.monotonic()

    def signs() -> None:
        pause = PATIENCE
        while not done.wait(pause):
            if not BAR_IS_SHOWN.is_set():
                tell(f"policycase: {what} is still at work, {time.monotonic() - began:.0f} s")
            pause = AGAIN

    threading.Thread(target=signs, daemon=True).start()
    try:
        yield
    finally:
        done.set()


def say_json_line(content: object) -> None:
    """A result as one line of JSON."""
    _write_json(json.dumps(content, ensure_ascii=False))


def say_json(content: object) -> None:
    """A result as JSON; a DataFrame becomes a list of rows, missing cells become null."""
    if isinstance(content, pd.DataFrame):
        content = rows(content)
    _write_json(json.dumps(content, ensure_ascii=False, indent=2))


def _write_json(text: str) -> None:
    """JSON whose control characters are spelt out, so that it says the same."""
    sys.stdout.write("".join(c if c == "\n" or not _is_control(c) else json.dumps(c)[1:-1] for c in text) + "\n")


def say_csv(content: bytes) -> None:
    """A table as CSV, cell for cell; on a terminal its control characters are shown, not obeyed."""
    if sys.stdout.isatty():
        sys.stdout.write(printable(content.decode()))
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)


def rows(frame: pd.DataFrame) -> list[dict]:
    """The rows of a frame as JSON has them: days as text, missing cells as null."""
    days = frame.select_dtypes("datetime").columns
    text = frame.astype(dict.fromkeys(frame.select_dtypes("category").columns, TEXT))
    text = text.assign(**{name: frame[name].dt.strftime("%Y-%m-%d") for name in days})
    return json.loads(text.to_json(orient="records", force_ascii=False))


def width() -> int:
    """Columns of the terminal, or of COLUMNS, or `WIDEST`."""
    return shutil.get_terminal_size((WIDEST, 24)).columns


def fits(frame: pd.DataFrame) -> bool:
    """Whether a frame can be read as a table: ids and codes whole, prose in columns that are wide enough."""
    needed = [_needed(name, frame[name]) for name in frame.columns]
    return sum(needed) + 3 * len(needed) <= width()


def _needed(name: str, column: pd.Series) -> int:
    longest = max([len(name), *(len(str(value)) for value in column.dropna())])
    return longest if name.endswith("_id") or isinstance(column.dtype, pd.CategoricalDtype) else min(longest, NARROWEST)


def say_table(frame: pd.DataFrame, title: str = "") -> None:
    """A frame as a table; missing cells are empty, numbers stand right."""
    shown = printable(title) or None
    table = Table(title=shown, title_justify="left", title_style="bold", show_edge=False, pad_edge=False)
    for name in frame.columns:
        numeric = pd.api.types.is_numeric_dtype(frame[name]) and not pd.api.types.is_bool_dtype(frame[name])
        whole = str(name).endswith("_id")
        table.add_column(printable(str(name)), justify="right" if numeric else "left", overflow="fold", no_wrap=whole)
    for row in rows(frame):
        table.add_row(*(Text(_cell(value)) for value in row.values()))
    Console(markup=False, highlight=False, emoji=False, width=width()).print(table)


def say_blocks(frame: pd.DataFrame) -> None:
    """A frame as one block per row: the key, then each filled cell on a line of its own."""
    longest = max(len(name) for name in frame.columns)
    for row in rows(frame):
        (_, key), *cells = row.items()
        say(_cell(key))
        for name, value in cells:
            if value is not None:
                say(f"  {name:<{longest}}  {_cell(value)}")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return printable(str(value))


def printable(text: str) -> str:
    r"""The text with control characters shown, not obeyed.

    Examples
    --------
    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return "".join(c if c == "\n" or not _is_control(c) else ascii(c)[1:-1] for c in text)


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Cs"}
