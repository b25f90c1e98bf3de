"""The data dictionary of a profile, as Markdown with an entity diagram."""

from collections.abc import Iterator

from policycase.profiles import ENTRY_TABLES, Field, Profile, Table


def text(profile: Profile) -> str:
    """The dictionary: diagram, tables with their fields, vocabularies with their codes."""
    return "\n".join(_lines(profile)) + "\n"


def _lines(profile: Profile) -> Iterator[str]:
    yield "# Data dictionary"
    yield ""
    yield f"Profile {profile.version}. Written by `policycase render` from the schemas and codes.csv; do not edit."
    yield ""
    yield "A reader meets four tables first: " + ", ".join(f"[{name}](#{name})" for name in ENTRY_TABLES) + "."
    yield "The others link them, or say where their values come from. An empty cell means that the source does not say."
    yield ""
    yield from _diagram(profile)
    yield ""
    yield "# Tables"
    for table in profile.tables.values():
        yield ""
        yield from _table(table)
    yield ""
    yield "# Vocabularies"
    for vocabulary in profile.vocabularies:
        yield ""
        yield from _vocabulary(profile, vocabulary)


def _diagram(profile: Profile) -> Iterator[str]:
    """Mermaid: an edge for each foreign key, the case's own left out; every table points to cases."""
    yield "```mermaid"
    yield "erDiagram"
    for table in profile.case_tables.values():
        for link in table.parents:
            yield f'    {link.table} ||--o{{ {table.name} : "{link.fields[0]}"'
    yield '    claims }o--|| programs : "record_id, any row"'
    yield '    evidence }o--|| programs : "record_id, any row"'
    yield "```"


def _table(table: Table) -> Iterator[str]:
    yield f"## {table.name}"
    yield ""
    key = ", ".join(f"`{name}`" for name in table.primary_key)
    made = f" The id is `{'--'.join(table.id_parts)}`, local names only." if table.id_parts else ""
    yield f"{table.description} Key: {key}.{made}"
    yield ""
    yield "| field | type | required | meaning |"
    yield "|---|---|---|---|"
    targets = {link.fields[0]: link.table for link in table.foreign_keys}
    for field in table.fields.values():
        yield f"| `{field.name}` | {_type(field, targets)} | {'yes' if field.required else ''} | {field.description} |"


def _type(field: Field, targets: dict[str, str]) -> str:
    if field.vocabulary:
        return f"[{field.vocabulary}](#vocabulary-{field.vocabulary})"
    if field.name in targets:
        return f"id of [{targets[field.name]}](#{targets[field.name]})"
    return "EDTF" if field.edtf else field.type


def _vocabulary(profile: Profile, vocabulary: str) -> Iterator[str]:
    yield f"## Vocabulary {vocabulary}"
    yield ""
    yield "| code | definition | use when | not when |"
    yield "|---|---|---|---|"
    for row in profile.codes:
        if row["vocabulary"] == vocabulary:
            yield f"| `{row['code']}` | {row['definition']} | {row['use_when']} | {row['not_when']} |"
