"""Policy case studies as data: load, validate, trace and stack them."""

from importlib import import_module

HOMES = {
    "Casebook": "model.casebook",
    "InvalidPackageError": "errors",
    "Agreement": "analysis.agreement",
    "PolicyCaseError": "errors",
    "Report": "validation.report",
    "StackError": "errors",
    "UnknownNameError": "errors",
    "UnreadableError": "errors",
    "UnverifiedWarning": "storage.downloads",
    "Verification": "analysis.verification",
    "agreement": "analysis.agreement",
    "co_ties": "analysis.network",
    "conditions": "analysis.comparison",
    "diff": "analysis.changes",
    "event_ties": "analysis.network",
    "export": "exports.export",
    "goal_matrix": "analysis.comparison",
    "import_workbook": "coding.workbook_import",
    "incidence": "analysis.network",
    "load": "model.casebook",
    "new": "coding.new_case",
    "overlap": "analysis.overlap",
    "Overlap": "analysis.overlap",
    "pack": "publishing.pack",
    "panel": "analysis.chronology",
    "plot_goals": "reporting.grid",
    "plot_network": "reporting.grid",
    "plot_timeline": "reporting.timeline",
    "report": "reporting.page",
    "spells": "analysis.chronology",
    "stack": "model.stack",
    "ties": "analysis.network",
    "timeline": "analysis.chronology",
    "to_networkx": "analysis.network",
    "unstack": "model.stack",
    "validate": "validation.report",
    "validate_many": "validation.report",
    "verify": "analysis.verification",
}

__all__ = sorted(HOMES)  # noqa: PLE0605 - the names stand in one place, HOMES


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
