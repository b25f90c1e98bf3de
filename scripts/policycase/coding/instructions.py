"""What a coder gets, a person or a language model: task, rules, definitions, the form of the answer, an example."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Template
from typing import Any

import yaml

from policycase.analysis.agreement import EXAMPLE_CASE
from policycase.coding.coding_file import (
    ELSEWHERE,
    NOTE,
    PASSAGES,
    SUPPORTS,
    coded_tables,
    coding_text,
    dumped,
    names_in_order,
)
from policycase.coding.coding_schema import MEANINGS
from policycase.coding.new_case import GUIDE
from policycase.coding.render import vocabulary_section
from policycase.coding.shorthand import INFERRED, STATED
from policycase.errors import UnknownNameError
from policycase.model.casebook import load
from policycase.model.profile import CODING_SCHEMA, Field, Profile, Table
from policycase.storage.locations import SHIPPED, shipped_cases, shipped_root

TEMPLATES = Path(__file__).parent / "templates"
NOT_FOR_CODERS = "Second coders and agreement"  # it has the figures of earlier coders
EXAMPLE = re.compile(
    r"\n- \*(?!\*)[^*]+\*(?=\n- |\n\n|\Z)"  # an item that is an example as a whole
    r"|(?P<rule>\*\*[^*]+\*\*|- \*[^*]+\*|\*[^*\s]+\*|\*[^*]+:\*)"  # emphasis, or a label before a rule
    r"|(?P<colon>:?)\s*(?:\(\*[^*]+\*\)|\*[^*\s]+\s[^*]*[^*:]\*|\(`[a-z]{3}-[a-z-]+`\))"
)
OTHER_EXAMPLE = "vnm-pmlsa", 2  # the case, and how many of its passages, where the invented example is what is coded


def instructions(profile: Profile, case_id: str = "", tables: Iterable[str] = ()) -> str:
    """The instructions in one text, as Markdown.

    Parameters
    ----------
    profile
        What tables, fields and codes there are.
    case_id
        The case that is to be coded: no example is taken from it.
    tables
        The tables to code; default: all whose rows rest on passages.

    Raises
    ------
    UnknownNameError
        A coder codes no table of that name.
    """
    known = {table.name: table for table in [profile.tables["cases"], *coded_tables(profile)]}
    named = list(dict.fromkeys(tables))
    for name in named:
        if name not in known:
            kind = "table of coded rows"
            raise UnknownNameError(kind, name, known)
    chosen = [known[name] for name in named or known]
    scope = f"Code these tables alone: {', '.join(f'`{name}`' for name in named)}." if named else ""
    template = Template((TEMPLATES / "instructions.md").read_text(encoding="utf-8"))
    return template.substitute(
        case=case_id or "any case",
        version=profile.version,
        scope=scope or "Code every table below.",
        rules=rules(case_id),
        tables="\n\n".join("\n".join(_table(table)) for table in chosen),
        codes="\n\n".join(
            "\n".join(["#" + line for line in [first]] + rest) for first, *rest in _codes(chosen, profile)
        ),
        schema=CODING_SCHEMA,
        marks="\n".join(f"  - `{{{mark}: 1999}}`: {MEANINGS[mark]}" for mark in (STATED, INFERRED, ELSEWHERE))
        + f"\n  - `{NOTE}` beside the mark: {MEANINGS[NOTE]}\n- `{SUPPORTS}`: {MEANINGS[SUPPORTS]}",
        example=_example(case_id),
    )


def rules(case_id: str) -> str:
    """The sections of CODING.md; for a case from which its examples come, without these."""
    about, *sections = (shipped_root() / GUIDE).read_text(encoding="utf-8").split("\n## ")
    intro = about.partition("\n")[2].strip()
    kept = [section for section in sections if not section.startswith(NOT_FOR_CODERS)]
    text = "\n\n".join([intro, *(f"### {section.strip()}" for section in kept)])
    return _without_examples(text) if case_id in shipped_cases().keys() - {SHIPPED} else text


def _without_examples(rules: str) -> str:
    """The rules alone: examples are in italics behind them, or are a case in brackets."""
    return EXAMPLE.sub(lambda found: found["rule"] or ("." if found["colon"] else ""), rules)


def _table(table: Table) -> Iterator[str]:
    yield f"### {table.name}"
    yield ""
    yield f"{table.description}{_key(table)}"
    yield ""
    for name in names_in_order(table):
        yield f"- `{name}` ({_form(table, table.fields[name])}): {table.fields[name].description}"


def _key(table: Table) -> str:
    return (
        f" One item of a list for each {', '.join(f'`{part}`' for part in table.id_parts)}." if table.id_parts else ""
    )


def _form(table: Table, field: Field) -> str:
    """What is written into a field, in a few words."""
    targets = {link.fields[0]: link.table for link in table.parents}
    if field.vocabulary:
        kind = f"code of {field.vocabulary}"
    elif field.name in targets:
        kind = f"id of {targets[field.name]}"
    else:
        kind = "date" if field.edtf else field.type
    more = "; required" * (field.required and not field.default) + (
        f"; left out: {field.default}" * bool(field.default)
    )
    return kind + more


def _codes(tables: list[Table], profile: Profile) -> Iterator[list[str]]:
    """The section of each vocabulary that a field of the tables takes its codes from."""
    used = {table.fields[name].vocabulary for table in tables for name in names_in_order(table)}
    for vocabulary in profile.vocabularies:
        if vocabulary in used:
            yield list(vocabulary_section(profile, vocabulary))


def _example(case_id: str) -> str:
    """A few passages of another case than the one to be coded, as a coder would write them."""
    if case_id != EXAMPLE_CASE:
        about = f"An example from `{EXAMPLE_CASE}`, which is invented; `council` and `fyrvag` are further up:"
        text = (TEMPLATES / "example.yaml").read_text(encoding="utf-8")
    else:
        other, count = OTHER_EXAMPLE
        about = f"An example from `{other}`, whose sentences are not printed here:"
        passages: dict[str, Any] = yaml.safe_load(coding_text(load(other)))[PASSAGES]
        text = dumped({PASSAGES: dict(list(passages.items())[:count])})
    return f"{about}\n\n```yaml\n{text.strip()}\n```"
