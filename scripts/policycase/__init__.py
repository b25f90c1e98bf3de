"""Policy case studies as data: load, validate, trace and stack them."""

from importlib import import_module

HOMES = {
    "Casebook": "casebook",
    "InvalidPackageError": "errors",
    "Agreement": "reliability",
    "PolicyCaseError": "errors",
    "Report": "validation",
    "StackError": "errors",
    "UnknownNameError": "errors",
    "UnreadableError": "errors",
    "UnverifiedWarning": "downloading",
    "Verification": "verifying",
    "agreement": "reliability",
    "co_ties": "views.network",
    "conditions": "views.comparison",
    "diff": "differing",
    "export": "exporting",
    "goal_matrix": "views.comparison",
    "import_workbook": "importing",
    "incidence": "views.network",
    "load": "casebook",
    "new": "scaffolding",
    "overlap": "overlaps",
    "Overlap": "overlaps",
    "pack": "packing",
    "panel": "views.chronology",
    "plot_goals": "plots.goals",
    "plot_network": "plots.networks",
    "plot_timeline": "plots.timelines",
    "report": "reporting.pages",
    "spells": "views.chronology",
    "stack": "stacking",
    "ties": "views.network",
    "timeline": "views.chronology",
    "to_networkx": "views.network",
    "unstack": "stacking",
    "validate": "validation",
    "verify": "verifying",
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
