"""Policy case studies as data: load, validate, trace and stack them."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what editors and type checkers see; a test holds it equal to HOMES
    from policycase.analysis.agreement import Agreement as Agreement
    from policycase.analysis.agreement import agreement as agreement
    from policycase.analysis.changes import diff as diff
    from policycase.analysis.chronology import panel as panel
    from policycase.analysis.chronology import spells as spells
    from policycase.analysis.chronology import timeline as timeline
    from policycase.analysis.comparison import Overlap as Overlap
    from policycase.analysis.comparison import conditions as conditions
    from policycase.analysis.comparison import goal_matrix as goal_matrix
    from policycase.analysis.comparison import overlap as overlap
    from policycase.analysis.joins import join_dates as join_dates
    from policycase.analysis.network import co_ties as co_ties
    from policycase.analysis.network import event_ties as event_ties
    from policycase.analysis.network import incidence as incidence
    from policycase.analysis.network import ties as ties
    from policycase.analysis.network import to_networkx as to_networkx
    from policycase.coding.coding_page import coding_page as coding_page
    from policycase.coding.import_case import import_case as import_case
    from policycase.coding.new_case import new as new
    from policycase.errors import InvalidPackageError as InvalidPackageError
    from policycase.errors import PolicyCaseError as PolicyCaseError
    from policycase.errors import StackError as StackError
    from policycase.errors import UnknownNameError as UnknownNameError
    from policycase.errors import UnreadableError as UnreadableError
    from policycase.exports.corpus import Corpus as Corpus
    from policycase.exports.corpus import open_corpus as open_corpus
    from policycase.exports.corpus import write_corpus as write_corpus
    from policycase.exports.export import export as export
    from policycase.model.casebook import Casebook as Casebook
    from policycase.model.casebook import load as load
    from policycase.model.stack import stack as stack
    from policycase.model.stack import unstack as unstack
    from policycase.publishing.pack import pack as pack
    from policycase.reporting.grid import plot_goals as plot_goals
    from policycase.reporting.grid import plot_network as plot_network
    from policycase.reporting.site import report as report
    from policycase.reporting.timeline import plot_timeline as plot_timeline
    from policycase.storage.downloads import UnverifiedWarning as UnverifiedWarning
    from policycase.validation.report import Report as Report
    from policycase.validation.report import validate as validate
    from policycase.validation.report import validate_many as validate_many
    from policycase.validation.source_checks import Verification as Verification
    from policycase.validation.source_checks import verify as verify

    __version__: str

HOMES = {
    "Casebook": "model.casebook",
    "InvalidPackageError": "errors",
    "Agreement": "analysis.agreement",
    "Corpus": "exports.corpus",
    "PolicyCaseError": "errors",
    "Report": "validation.report",
    "StackError": "errors",
    "UnknownNameError": "errors",
    "UnreadableError": "errors",
    "UnverifiedWarning": "storage.downloads",
    "Verification": "validation.source_checks",
    "agreement": "analysis.agreement",
    "co_ties": "analysis.network",
    "coding_page": "coding.coding_page",
    "conditions": "analysis.comparison",
    "diff": "analysis.changes",
    "event_ties": "analysis.network",
    "export": "exports.export",
    "goal_matrix": "analysis.comparison",
    "import_case": "coding.import_case",
    "incidence": "analysis.network",
    "join_dates": "analysis.joins",
    "load": "model.casebook",
    "new": "coding.new_case",
    "open_corpus": "exports.corpus",
    "overlap": "analysis.comparison",
    "Overlap": "analysis.comparison",
    "pack": "publishing.pack",
    "panel": "analysis.chronology",
    "plot_goals": "reporting.grid",
    "plot_network": "reporting.grid",
    "plot_timeline": "reporting.timeline",
    "report": "reporting.site",
    "spells": "analysis.chronology",
    "stack": "model.stack",
    "ties": "analysis.network",
    "timeline": "analysis.chronology",
    "to_networkx": "analysis.network",
    "unstack": "model.stack",
    "validate": "validation.report",
    "validate_many": "validation.report",
    "verify": "validation.source_checks",
    "write_corpus": "exports.corpus",
}

__all__ = sorted(HOMES)  # noqa: PLE0605 - the names are kept in one place, HOMES


if not TYPE_CHECKING:  # else a checker would take any name for one of ours

    def __getattr__(name: str) -> object:
        """A public name, imported when it is first asked for, so that `import policycase` stays quick."""
        if name == "__version__":
            return import_module("importlib.metadata").version("policycase")
        if name not in HOMES:
            from policycase.errors import did_you_mean  # noqa: PLC0415 - only for the message

            msg = f'policycase has no "{name}" · {did_you_mean(name, HOMES)}'
            raise AttributeError(msg)
        return getattr(import_module(f"policycase.{HOMES[name]}"), name)


def __dir__() -> list[str]:
    """The public names."""
    return [*__all__, "__version__"]
