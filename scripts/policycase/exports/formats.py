"""Which forms of export and which views there are, in order of use; the modules that make them are heavy, so closed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Form:
    """One form: the module that writes it, the package that it needs, the ending of a file that holds one view."""

    module: str
    what: str
    ending: str = ""
    package: str = ""
    extra: str = ""
    view_ending: str = ""


FORMS = {
    "csv": Form("exports.plain_csv", "a folder of CSV files, with codebook.csv", view_ending=".csv"),
    "parquet": Form(
        "exports.parquet",
        "a folder of Parquet files, partitioned by case for a stack",
        "",
        "pyarrow",
        "parquet",
        view_ending=".parquet",
    ),
    "sqlite": Form("exports.sqlite_file", "one SQLite database with keys and checks"),
    "excel": Form(
        "exports.excel", "one workbook, one sheet per table", ".xlsx", "xlsxwriter", "excel", view_ending=".xlsx"
    ),
    "stata": Form("exports.stata", "a folder of .dta files with labels", "", "pyreadstat", "stata", view_ending=".dta"),
    "spss": Form("exports.spss", "a folder of .sav files with labels", "", "pyreadstat", "spss", view_ending=".sav"),
    "graphml": Form("exports.graphml", "the network of agencies and programs"),
    "duckdb": Form(
        "exports.duckdb_file",
        "one DuckDB database with types and enums, for DuckDB 1.0 and later",
        "",
        "duckdb",
        "duckdb",
    ),
    "coding": Form("coding.coding_file", "one case as a coding file, sentence by sentence", ".yaml"),
    "workbook": Form("coding.workbook_export", "one case as a workbook to code in", ".xlsx", "xlsxwriter", "excel"),
}
ALIASES = {  # by the ending of the file, or another name of the program
    "xls": "excel",
    "xlsx": "excel",
    "dta": "stata",
    "sav": "spss",
    "db": "sqlite",
    "yaml": "coding",
    "sqlite3": "sqlite",
    "pq": "parquet",
}


def form_of(name: str) -> str:
    """The name of a form by one that people also write; unchanged if there is none.

    Examples
    --------
    >>> form_of("XLSX"), form_of(".dta"), form_of("csv"), form_of("pdf")
    ('excel', 'stata', 'csv', 'pdf')
    """
    known = name.lower().removeprefix(".")
    return ALIASES.get(known, known if known in FORMS or known in VIEWS else name)


VIEWS = {
    "spells": "spells of programs, with durations, for event-history analysis",
    "panel": "which programs were at work in each year",
    "timeline": "every dated start, end and point, in order",
    "ties": "ties of agencies to programs",
    "event_ties": "ties of agencies to events",
    "incidence": "agencies by programs: how many roles",
    "co_ties": "agencies by agencies: in how many programs both have a tie",
    "goal_matrix": "what each program was for",
    "conditions": "cases by conditions, 0, 1 or missing, for qualitative comparative analysis",
}
VIEW_FORMS = {form.view_ending: form for form in FORMS.values() if form.view_ending}
