"""The rules that frictionless cannot know; each is one function in a module of this folder."""

from policycase.checks.rules import chronology, claims, crosschecks, extent, identity, provenance, structure, values
from policycase.checks.rules.base import RULES, Rule
from policycase.findings import Finding
from policycase.tables import Tables

__all__ = [
    "RULES",
    "Rule",
    "chronology",
    "claims",
    "crosschecks",
    "extent",
    "identity",
    "provenance",
    "run",
    "structure",
    "values",
]


def run(tables: Tables) -> list[Finding]:
    """What every rule finds in the tables of one or many cases."""
    return [finding for rule in RULES.values() for finding in rule.findings(tables)]
