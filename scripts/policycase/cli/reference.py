"""The generated pages of docs/reference: dictionary, vocabularies, commands, limits, Python API."""

import argparse
import re
from collections.abc import Iterator

import policycase
from policycase.cli.main import EXIT_CODES, parser
from policycase.coding.render import REFERENCE, WRITTEN, text
from policycase.model.profile import Profile
from policycase.storage.limits import DEFAULTS, MEANINGS

KINDS = {
    "Load and combine": [
        "load",
        "Casebook",
        "stack",
        "unstack",
        "overlap",
        "Overlap",
        "diff",
        "write_corpus",
        "open_corpus",
        "Corpus",
    ],
    "Check": ["validate", "validate_many", "Report", "verify", "Verification", "agreement", "Agreement"],
    "Analyze": [
        "spells",
        "panel",
        "timeline",
        "ties",
        "event_ties",
        "incidence",
        "co_ties",
        "to_networkx",
        "join_dates",
    ],
    "Compare": ["goal_matrix", "conditions"],
    "Show": ["report", "plot_timeline", "plot_network", "plot_goals"],
    "Make and publish": ["new", "coding_page", "import_case", "export", "pack"],
}


def pages(profile: Profile) -> dict[str, bytes]:
    """The content of each generated page, by its path; a function of the profile and of this library alone."""
    made = {
        **dict(_dictionary(text(profile))),
        "commands.md": "\n".join(_commands()),
        "limits.md": "\n".join(_limits()),
        "python.md": "\n".join(_python()),
    }
    return {f"{REFERENCE}/{path}": f"{WRITTEN}\n\n{content.strip()}\n".encode() for path, content in made.items()}


def _dictionary(whole: str) -> Iterator[tuple[str, str]]:
    """The data dictionary, which is one file in schemas/, cut into a page per table and one of vocabularies."""
    tables, _, vocabularies = whole.partition("\n# Vocabularies\n")
    about, _, tables = tables.partition("\n# Tables\n")
    sections = re.split(r"^## (.+)\n", tables, flags=re.MULTILINE)[1:]
    contents = ["", "| table | what it holds |", "|---|---|"]
    for name, content in zip(sections[::2], sections[1::2], strict=True):
        contents.append(f"| [{name}]({name}.md) | {content.strip().splitlines()[0].partition(' Key: ')[0]} |")
        yield f"tables/{name}.md", f"# {name}\n{_linked(content)}"
    about = re.sub(r"```mermaid.*?```\n", "", about.partition("\n")[2], flags=re.DOTALL)
    yield "tables/index.md", "# Data dictionary\n" + _linked(about).rstrip() + "\n" + "\n".join(contents)
    plain = re.sub(r"\]\(#(?!vocabulary-)([a-z_]+)\)", r"](tables/\1.md)", vocabularies)
    yield "vocabularies.md", f"# Vocabularies\n\n{plain.strip()}"


def _linked(content: str) -> str:
    """The content of a page with its links to sections made links to pages."""
    content = re.sub(r"\]\(#(vocabulary-[a-z_]+)\)", r"](../vocabularies.md#\1)", content)
    return re.sub(r"\]\(#([a-z_]+)\)", r"](\1.md)", content)


def _commands() -> Iterator[str]:
    top = parser()
    yield "# Commands"
    yield ""
    yield f"{top.description} {top.epilog}"
    commands = next(action for action in top._actions if isinstance(action, argparse._SubParsersAction))
    for name, command in commands.choices.items():
        arguments = [one for one in command._actions if one.help != argparse.SUPPRESS]
        given = [one for one in arguments if not one.option_strings]
        yield ""
        yield f"## {name}"
        yield ""
        yield f"{command.description[0].upper()}{command.description[1:]}."
        yield ""
        yield "```text"
        yield " ".join(["policycase", name, *map(_usage, given)])
        yield "```"
        yield ""
        yield "| argument | meaning |"
        yield "|---|---|"
        for one in [*given, *(one for one in arguments if one.option_strings)]:
            yield f"| {_spelling(one)} | {_cell(one.help or '')} |"


def _usage(argument: argparse.Action) -> str:
    name = str(argument.metavar or argument.dest)
    if argument.nargs == "?":
        return f"[{name}]"
    return {"*": f"[{name} ...]", "+": f"{name} [...]"}.get(str(argument.nargs), name)


def _spelling(argument: argparse.Action) -> str:
    if not argument.option_strings:
        return f"`{_cell(str(argument.metavar or argument.dest))}`"
    value = "" if argument.nargs == 0 else f" {argument.metavar or '|'.join(map(str, argument.choices or ['VALUE']))}"
    names = ", ".join(f"`{name}{_cell(value)}`" for name in argument.option_strings)
    return f"{names} (required)" if argument.required else names


def _cell(value: str) -> str:
    """A text as it stands in a cell of a Markdown table."""
    return value.replace("|", "\\|")


def _limits() -> Iterator[str]:
    yield "# Limits and exit codes"
    yield ""
    yield "## Exit codes"
    yield ""
    yield "| code | meaning |"
    yield "|--:|---|"
    for code, meaning in EXIT_CODES.items():
        yield f"| {code} | {meaning} |"
    yield ""
    yield "## Limits"
    yield ""
    yield "What is larger is refused before it is read. Set the environment variable to change a limit."
    yield ""
    yield "| environment variable | default | what it limits |"
    yield "|---|--:|---|"
    for name, default in DEFAULTS.items():
        yield f"| `POLICYCASE_{name}` | {default:,} | {MEANINGS[name]} |"


def _python() -> Iterator[str]:
    yield "# Python API"
    yield ""
    yield "Everything here is an attribute of `policycase`, usually imported as `pc`."
    others = sorted(set(policycase.__all__) - {name for names in KINDS.values() for name in names})
    for heading, names in {**KINDS, "Errors and warnings": others}.items():
        yield ""
        yield f"## {heading}"
        for name in names:
            yield ""
            yield f"::: policycase.{policycase.HOMES[name]}.{name}"
