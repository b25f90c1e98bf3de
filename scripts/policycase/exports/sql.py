"""SQL that makes the tables of a profile: typed columns, required cells, keys."""

from collections.abc import Callable

from policycase.model.profile import Field, ForeignKey, Table


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever word it is.

    Examples
    --------
    >>> quoted("order")
    '"order"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL takes it.

    Examples
    --------
    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def create(table: Table, column: Callable[[Field], str], foreign_keys: tuple[ForeignKey, ...]) -> str:
    """CREATE TABLE for a table; `column` gives the type of a field, with checks if any."""
    lines = [
        f"{quoted(field.name)} {column(field)}{' NOT NULL' if field.required else ''}"
        for field in table.fields.values()
    ]
    lines.append(f"PRIMARY KEY ({_names(table.primary_key)})")
    lines += [
        f"FOREIGN KEY ({_names(key.fields)}) REFERENCES {quoted(key.table)} ({_names(key.to)})" for key in foreign_keys
    ]
    return f"CREATE TABLE {quoted(table.name)} (\n  " + ",\n  ".join(lines) + "\n)"


def _names(fields: tuple[str, ...]) -> str:
    return ", ".join(quoted(name) for name in fields)
