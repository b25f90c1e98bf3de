"""A finding: one problem of the data, with where it is and what to do."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem. `line` counts the header as 1; empty strings and None say "does not apply"."""

    rule: str
    message: str
    hint: str = ""
    severity: Severity = "error"
    path: str = ""
    line: int | None = None
    field: str = ""
    record_id: str = ""

    def __str__(self) -> str:
        """One line: where, what was found and expected, what to do."""
        where = f"{self.path}:{self.line}: " if self.line else f"{self.path}: " if self.path else ""
        hint = f" · {self.hint}" if self.hint else ""
        return f"{where}{self.message}{hint}  [{self.rule}]"

    @property
    def cell(self) -> tuple[str, int | None, str]:
        """The cell it stands in; two findings with one cell and severity tell of one fault."""
        return self.path, self.line, self.field
