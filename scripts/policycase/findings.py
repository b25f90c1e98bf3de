"""A finding: one problem of the data, with where it is and what to do."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]
LONGEST_QUOTE = 200  # characters of a cell in a message


def quoted(text: str) -> str:
    """A cell as a message has it: whole, unless it is very long."""
    return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…"


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem. `line` counts the header as 1; empty strings and None say "does not apply".

    `missing` is the id that was looked for and is not there; `consequences` counts the findings that follow from this
    one and are not listed.
    """

    rule: str
    message: str
    hint: str = ""
    severity: Severity = "error"
    path: str = ""
    line: int | None = None
    field: str = ""
    record_id: str = ""
    missing: str = ""
    consequences: int = 0

    def __str__(self) -> str:
        """One line: where, what was found and expected, what to do."""
        where = f"{self.path}:{self.line}: " if self.line else f"{self.path}: " if self.path else ""
        hint = f" · {self.hint}" if self.hint else ""
        more = f" (and {self.consequences} more that follow from it)" if self.consequences else ""
        return f"{where}{self.message}{hint}{more}  [{self.rule}]"

    @property
    def cell(self) -> tuple[str, int | None, str]:
        """Its cell; two findings with the same cell and severity report one fault."""
        return self.path, self.line, self.field
