"""A finding: one problem of the data, with where it is and what to do."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from policycase.limits import how_to_raise, limit

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


def few(found: Iterable[Finding], path: str) -> Iterator[Finding]:
    """As many findings of a file as are told, and a last one if there are more: a table can have millions."""
    each = iter(found)
    yield from islice(each, limit("MOST_FINDINGS"))
    for following in each:
        yield Finding(
            following.rule,
            f"there are more than {limit('MOST_FINDINGS')} findings, which are not told",
            f"mend these first; else {how_to_raise('MOST_FINDINGS')}",
            following.severity,
            path,
            field=following.field,
        )
        return
