"""The rules that frictionless cannot express; each is one function in a module of this folder."""

from policycase.findings import Finding
from policycase.model.tables import Tables
from policycase.validation.rules import claims, dates, ids, provenance, structure, values
from policycase.validation.rules.base import RULES, Rule

__all__ = ["RULES", "Rule", "claims", "dates", "ids", "provenance", "run", "structure", "values"]


def run(tables: Tables) -> list[Finding]:
    """What every rule finds in the tables of one or many cases."""
    return [finding for rule in RULES.values() for finding in rule.findings(tables)]
