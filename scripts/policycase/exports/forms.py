"""Which forms of export there are, in order of use; the modules that write them are heavy and stay closed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Form:
    """One form: the module that writes it, and the optional package that it needs."""

    module: str
    what: str
    ending: str = ""
    package: str = ""
    extra: str = ""


FORMS = {
    "csv": Form("exports.csv_files", "a folder of CSV files, with codebook.csv"),
    "parquet": Form(
        "exports.parquet", "a folder of Parquet files, parted by case for a stack", "", "pyarrow", "parquet"
    ),
    "sqlite": Form("exports.sqlite_file", "one SQLite database with keys and checks"),
    "excel": Form("exports.excel", "one workbook, a sheet a table", ".xlsx", "xlsxwriter", "excel"),
    "stata": Form("exports.stata", "a folder of .dta files with labels", "", "pyreadstat", "stata"),
    "spss": Form("exports.spss", "a folder of .sav files with labels", "", "pyreadstat", "spss"),
    "graphml": Form("exports.graphml", "the network of agencies and programs"),
    "duckdb": Form("exports.duckdb_file", "one DuckDB database with keys and enums", "", "duckdb", "duckdb"),
    "workbook": Form("coding.workbook_export", "one case as a workbook to code in", ".xlsx", "xlsxwriter", "excel"),
}
ALIASES = {  # by the ending of the file, or another name of the program
    "xls": "excel",
    "xlsx": "excel",
    "dta": "stata",
    "sav": "spss",
    "db": "sqlite",
    "sqlite3": "sqlite",
    "pq": "parquet",
}


def form_of(name: str) -> str:
    """The name of a form by one that people also write; as it is, where it is none.

    Examples
    --------
    >>> form_of("XLSX"), form_of(".dta"), form_of("csv"), form_of("pdf")
    ('excel', 'stata', 'csv', 'pdf')
    """
    known = name.lower().removeprefix(".")
    return ALIASES.get(known, known if known in FORMS else name)
