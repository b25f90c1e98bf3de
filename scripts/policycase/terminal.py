"""What a person sees: tables and lines on stdout, the rest on stderr; no control character of the data passes."""

import json
import sys
import unicodedata

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDEST = 200  # columns of a table when stdout is no terminal


def say(text: str) -> None:
    """A line of result."""
    sys.stdout.write(f"{printable(text)}\n")


def tell(text: str) -> None:
    """A line of progress or error."""
    sys.stderr.write(f"{printable(text)}\n")


def say_json(content: object) -> None:
    """A result as JSON; a DataFrame becomes a list of rows, missing cells become null."""
    if isinstance(content, pd.DataFrame):
        content = rows(content)
    sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def rows(frame: pd.DataFrame) -> list[dict]:
    """The rows of a frame as JSON has them: days as text, missing cells as null."""
    days = frame.select_dtypes("datetime").columns
    text = frame.astype(dict.fromkeys(frame.select_dtypes("category").columns, "str"))
    text = text.assign(**{name: frame[name].dt.strftime("%Y-%m-%d") for name in days})
    return json.loads(text.to_json(orient="records", force_ascii=False))


def say_table(frame: pd.DataFrame, title: str = "") -> None:
    """A frame as a table; missing cells are empty, numbers stand right."""
    table = Table(title=title or None, title_justify="left", title_style="bold", show_edge=False, pad_edge=False)
    for name in frame.columns:
        numeric = pd.api.types.is_numeric_dtype(frame[name]) and not pd.api.types.is_bool_dtype(frame[name])
        table.add_column(
            str(name), justify="right" if numeric else "left", overflow="fold", no_wrap=str(name).endswith("_id")
        )
    for row in rows(frame):
        table.add_row(*(Text(_cell(value)) for value in row.values()))
    width = None if sys.stdout.isatty() else WIDEST
    Console(markup=False, highlight=False, emoji=False, width=width).print(table)


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
    return "".join(
        c if c == "\n" or unicodedata.category(c) not in {"Cc", "Cf", "Cs"} else ascii(c)[1:-1] for c in text
    )
