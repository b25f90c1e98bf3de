"""The report: one page, or of many cases a site with an index, a page per case, what they share, and downloads."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from policycase.analysis.comparison import overlap
from policycase.coding.shorthand import CASE_ID
from policycase.errors import InvalidPackageError, UnreadableError
from policycase.exports import plain_csv
from policycase.exports.export import readme, refuse_replacing, view
from policycase.exports.formats import VIEWS
from policycase.model.bibtex import title_of
from policycase.model.casebook import Casebook, load
from policycase.model.columns import row_tuples
from policycase.model.dates import span_in_words
from policycase.model.licences import together
from policycase.model.package import refuse_invalid_descriptor
from policycase.model.profile import ENTRY_TABLES, Field
from policycase.model.provenance import ATTESTED, OTHER_SOURCE
from policycase.model.tables import refuse_invalid_rows
from policycase.publishing.pack import files, zipped
from policycase.publishing.web_metadata import country_name, dataset
from policycase.reporting import figures
from policycase.reporting.page import STYLE, TEMPLATES, about, filled, html, page, templates
from policycase.reporting.records import WEB, Index, Row, Value
from policycase.storage.csv_files import TEXT
from policycase.storage.writing import refuse_taken, staged, write_file

PAGE_ENDINGS = {".html", ".htm"}
FEW, MOST = 12, 50  # cases side by side that can be read; cases that one page may hold
COUNTRY, BESIDE = "country", ("programs", "program_type")  # what filters besides the vocabularies of a case
INDEX, SHARED, CASES, DOWNLOADS = "index.html", "shared.html", "cases", "downloads"
STYLES = (STYLE, "site.css")
SEARCH = ("vendor/minisearch.umd.js", "site.js")
FOUND = (*ENTRY_TABLES, "places", "figures")  # the tables whose records the search finds
NOTES = """\
Open index.html in a browser. It needs no network and no server. Each page in cases/ works by itself, so that one can be
sent to somebody; downloads/ holds the tables as a data package and each view as CSV."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A case in the index: what is shown of it, what filters ask, and what the search finds."""

    case_id: str
    title: str
    summary: str
    facts: list[Value]
    sizes: list[str]
    codes: dict[str, list[str]]
    first: int | None
    last: int | None
    records: list[tuple[str, str, str]]

    @property
    def address(self) -> str:
        """Where its page is."""
        return _address(self.case_id)


@dataclass(frozen=True, slots=True)
class Facet:
    """A filter: a field, and each of its codes with its label and how many cases have it."""

    name: str
    title: str
    options: list[tuple[str, str, int]]


@dataclass(frozen=True, slots=True)
class Spread:
    """In how many cases, and in which, each of several things is found; `rows` is how often in all."""

    caption: str
    head: str
    rows: list[tuple[Value, int, list[Value]]]


def report(
    casebook: Casebook | str | Path | None = None,
    output: str | Path | None = None,
    *,
    force: bool = False,
    advance: Callable[[int], object] | None = None,
) -> Path:
    """The report of a case or of a stack: one HTML page, or a folder with a page per case.

    Parameters
    ----------
    casebook
        A casebook, or the path of a package. None is the package in this folder, else the
        case that comes with the library.
    output
        A file that ends in .html for one page, which shows several cases side by side; any other name for a
        folder. Default: `<name>.html`, or the folder `<name>-site` if there are more than 12 cases.
    force
        Replace an earlier report.
    advance
        Called with 1 after each page of a folder, for a progress bar.

    Returns
    -------
    Path
        The page or the folder. Neither needs a network, a server or a script: charts are inline SVG, and each value
        names its passages. A folder has `index.html`, which searches and filters the cases; `cases/`, one page per
        case, each by itself; `shared.html`, what the cases share; and `downloads/`, the data package and the views as
        CSV. One page has about half a megabyte per case, so it holds at most 50.

    Raises
    ------
    MissingExtraError
        The extra `report` is not installed.
    UnreadableError
        The output exists and `force` is not set, or policycase did not write it; there are too many cases for one
        page; or the package cannot be read.
    InvalidPackageError
        A row has no id or no case, or points nowhere; or the descriptor is not valid.
    """
    templates()
    book = casebook if isinstance(casebook, Casebook) else load(casebook)
    refuse_invalid_descriptor(book.descriptor)
    target = Path(output) if output is not None else _default(book)
    on_one_page = target.suffix.lower() in PAGE_ENDINGS
    if on_one_page and len(book.case_ids) > MOST:
        msg = f"{target}: one page holds at most {MOST} cases, and these are {len(book.case_ids)}"
        raise UnreadableError(f"{msg} · write a folder, for example {target.with_suffix('')}")
    if on_one_page:
        refuse_taken(target, b"<!doctype html>", force=force)
    else:
        refuse_replacing(target, force=force)
    refuse_invalid_rows(book.text, book.profile)
    if on_one_page:
        write_file(target, html(book).encode(), force=force)
        return target
    _refuse_case_ids(book)
    with staged(target.resolve(), force=force) as place:
        _write(book, place, advance or (lambda _: None))
    return target


def _default(book: Casebook) -> Path:
    name = book.descriptor["name"]
    return Path(f"{name}-site" if len(book.case_ids) > FEW else f"{name}.html")


def _refuse_case_ids(book: Casebook) -> None:
    """Raise unless there are cases, and each case id can be the name of a file."""
    if not book.case_ids:
        msg = "no case is coded yet, so a site would have no pages · write one page, for example case.html"
        raise InvalidPackageError(msg)
    for case_id in book.case_ids:
        if not CASE_ID.fullmatch(case_id):
            msg = f"cases: {case_id} is not a case id, such as kgz-leph · run: policycase validate"
            raise InvalidPackageError(msg)


def _write(book: Casebook, folder: Path, advance: Callable[[int], object]) -> None:
    """Write the site; the pages one by one, so that memory does not grow with their number."""
    stack = Index(book)
    entries = []
    (folder / CASES).mkdir(parents=True)
    for one in stack.of_each_case():
        entry = _entry(one)
        up = Value(f"All {len(book.case_ids)} cases", anchor=f"../{INDEX}")
        (folder / entry.address).write_bytes(page(one, up).encode())
        entries.append(entry)
        advance(1)
    pages = {case_id: _address(case_id) for case_id in book.case_ids}
    inner = stack.anchors if len(book.case_ids) <= FEW else {}  # the charts of few cases lead to every record
    stack.anchors = {name: f"{pages[stack.record[name]['case_id']]}#{at}" for name, at in inner.items()} | pages
    stack.code_anchors = {}  # the codebook is in the page of each case
    (folder / SHARED).write_bytes(_shared(stack).encode())
    (folder / DOWNLOADS).mkdir()
    downloads = [(path.name, what, path.stat().st_size) for path, what in _downloads(book, folder / DOWNLOADS)]
    (folder / INDEX).write_bytes(_index(stack, entries, downloads).encode())
    readme(book, "a site", folder, NOTES)


def _address(case_id: str) -> str:
    return f"{CASES}/{case_id}.html"


def _common(book: Casebook) -> dict[str, Any]:
    """What the index and the page of what cases share both show."""
    return {"about": about(book), "count": len(book.case_ids), "metadata": None, "data": None}


def _index(stack: Index, entries: list[Entry], downloads: list[tuple[str, str, int]]) -> str:
    book = stack.casebook
    years = [year for entry in entries for year in (entry.first, entry.last) if year is not None]
    axis = (min(years), max(years) + 1) if years else None
    licences = book.descriptor.get("licenses", [])
    names = [entry["name"] for entry in licences]
    shown = _common(book) | {
        "title": title_of(book.descriptor, book.cases),
        "metadata": dataset(book.descriptor, book.profile, book.cases),
        "sizes": [(int(stack.counts[name][0]), name) for name in ENTRY_TABLES],
        "entries": [(entry, _bar(entry, axis)) for entry in entries],
        "facets": [facet for facet in _facets(stack, entries) if len(facet.options) > 1],
        "axis": axis,
        "downloads": downloads,
        "licences": [(entry["name"], _web(entry.get("path", "")), entry.get("cases", [])) for entry in licences],
        "together": together(names) if len(names) > 1 else "",
        "bibtex": book.cite(),
        "license_of_search": (TEMPLATES / "vendor/minisearch.LICENSE").read_text(encoding="utf-8"),
        "data": [
            {
                "id": entry.case_id,
                "title": entry.title,
                "text": " ".join([entry.summary, *(fact.text for fact in entry.facts)]),
                "codes": entry.codes,
                "years": [entry.first, entry.last],
                "records": entry.records,
            }
            for entry in entries
        ],
    }
    return filled(INDEX, shown, SEARCH, STYLES)


def _web(path: str) -> str:
    """The address of a licence, if it is one of the web."""
    return path if WEB.fullmatch(path) else ""


def _entry(index: Index) -> Entry:
    """What the index says of a case."""
    (row,) = index.rows["cases"]
    fields = index.profile.tables["cases"].fields
    time = span_in_words(row.get("start"), row.get("end"))
    days = [row[name] for name in ("start_earliest", "end_earliest", "start_latest", "end_latest") if name in row]
    first = days[0] if "start_earliest" in row or ("start" not in row and days) else ""
    last = row.get("end_latest", "")
    listed, column = BESIDE
    own = {one[column] for one in index.rows[listed] if column in one and one.get(ATTESTED) != OTHER_SOURCE}
    return Entry(
        case_id=row["case_id"],
        title=row["title"],
        summary=row["summary"],
        facts=[
            Value(country_name(row["country"]), row["country"]),
            *([Value(time)] if time else []),
            *(index.value(fields[name], row[name]) for name in ("policy_domain", "review_status")),
        ],
        sizes=[f"{index.profile.tables[name].title} {index.counts[name][0]}" for name in ENTRY_TABLES],
        codes={field.name: [row[field.name]] for field in _filtered(index) if field.name in row}
        | {column: sorted(own)},
        first=int(first[:4]) if first else None,
        last=int(last[:4]) if last else None,
        records=[
            (index.anchors[_key(index, name, record)], index.name(_key(index, name, record)), name)
            for name in FOUND
            for record in index.rows[name]
        ],
    )


def _key(index: Index, table: str, row: Row) -> str:
    return row[index.profile.tables[table].key]


def _filtered(index: Index) -> list[Field]:
    """The fields of a case that filter: the country, and each that has a vocabulary."""
    return [
        field for field in index.profile.tables["cases"].fields.values() if field.vocabulary or field.name == COUNTRY
    ]


def _facets(index: Index, entries: list[Entry]) -> Iterator[Facet]:
    """Each filter with the codes in use: countries by name, codes in the order of their vocabulary."""
    listed, column = BESIDE
    for field in [*_filtered(index), index.profile.tables[listed].fields[column]]:
        used = Counter(code for entry in entries for code in entry.codes.get(field.name, ()))
        if field.vocabulary:
            order = [code for code in index.profile.vocabularies[field.vocabulary] if code in used]
            labels = {code: index.label(field.vocabulary, code) for code in order}
        else:
            labels = {code: country_name(code) for code in used}
            order = sorted(used, key=lambda code: (labels[code], code))
        title = column.replace("_", " ").capitalize() if field.name == column else field.title  # not only "Type"
        yield Facet(field.name, title, [(code, labels[code], used[code]) for code in order])


def _bar(entry: Entry, axis: tuple[int, int] | None) -> dict[str, float | bool] | None:
    """Where the time of a case is on the axis of all, in percent; open where its source gives no start or no end."""
    if axis is None or (entry.first is None and entry.last is None):
        return None
    start = axis[0] if entry.first is None else entry.first
    end = axis[1] if entry.last is None else entry.last + 1
    whole = axis[1] - axis[0]
    return {
        "left": round(100 * (start - axis[0]) / whole, 2),
        "width": round(100 * (end - start) / whole, 2),
        "open_start": entry.first is None,
        "open_end": entry.last is None,
    }


def _shared(stack: Index) -> str:
    """What the cases share: side by side where they are few, else how many cases have each code."""
    book, common = stack.casebook, overlap([stack.casebook])
    few = 1 < len(book.case_ids) <= FEW
    shown = _common(book) | {
        "title": f"What the cases share: {title_of(book.descriptor, book.cases)}",
        "comparison": figures.comparison(stack) if few else None,
        "strip": figures.strip_figure(stack) if few else None,
        "counts": figures.counts(stack) if few else [],
        "extents": figures.extents(stack) if few else None,
        "codes": [] if few else list(_codes(stack)),
        "entities": _entities(stack, common.entities),
        "sources": _sources(stack, common.sources),
        "below_country": _below_country(stack, common.below_country),
    }
    return filled(SHARED, shown, [], STYLES)


def _codes(stack: Index) -> Iterator[Spread]:
    """For each field that is compared, in how many cases each of its codes is, by what the coded sources say."""
    for name, column in figures.COMPARED:
        table = stack.profile.tables[name]
        field = table.fields[column]
        found: dict[str, Counter[str]] = {}
        for row in stack.rows[name]:
            if column in row and row.get(ATTESTED) != OTHER_SOURCE:
                found.setdefault(row[column], Counter())[row["case_id"]] += 1
        rows = [
            (stack.value(field, code), found[code].total(), _cases(stack, found[code]))
            for code in stack.profile.vocabularies[field.vocabulary]
            if code in found
        ]
        if rows:
            yield Spread(f"{table.title}: {field.title.lower()}", field.title, rows)


def _cases(stack: Index, case_ids: Iterable[str]) -> list[Value]:
    """Links to the pages of cases, in their order."""
    return [Value(one, stack.titles[one], stack.anchors[one]) for one in sorted(set(case_ids))]


def _entities(stack: Index, frame: pd.DataFrame) -> Spread:
    rows = [
        (Value(_names(part["name"]), f"{identifier} {value}"), len(part), _cases(stack, part["case_id"]))
        for (_, identifier, value), part in frame.groupby(["table", "identifier", "value"], sort=False)
    ]
    return Spread("Places and agencies that may be one, by a shared identifier", "Place or agency", rows)


def _sources(stack: Index, frame: pd.DataFrame) -> Spread:
    rows = [
        (Value(_names(part["title"]), str(address)), len(part), _cases(stack, part["case_id"]))
        for address, part in frame.groupby("address", sort=False)
    ]
    return Spread("Sources that several cases use", "Source", rows)


def _names(names: pd.Series) -> str:
    """The name that most rows give, of two equally common the first by the alphabet."""
    counted = Counter(names.dropna().astype(TEXT))
    return min(counted, key=lambda name: (-counted[name], name), default="")


def _below_country(stack: Index, frame: pd.DataFrame) -> figures.Sheet:
    heads = [
        "Case",
        stack.profile.tables["cases"].fields[COUNTRY].title,
        "Programs with a place",
        "In a part only",
        "Where",
    ]
    rows = [
        [
            Value(row.case_id, stack.titles[row.case_id], stack.anchors[row.case_id]),
            Value(row.country),
            Value(str(row.programs)),
            Value(str(row.smaller)),
            Value(row.places),
        ]
        for row in row_tuples(frame)
    ]
    return figures.Sheet("Programs in a part of their country, which country-year data would hide", heads, rows)


def _downloads(book: Casebook, folder: Path) -> Iterator[tuple[Path, str]]:
    """Write what can be downloaded, each with what it is: the data package, the citations, and each view."""
    package = folder / f"{book.descriptor['name']}-{book.descriptor['version']}.zip"
    unpacked = folder / "package"
    book.write(unpacked)
    package.write_bytes(zipped(files(unpacked)))
    shutil.rmtree(unpacked)
    yield package, "every table with its schema, as a data package"
    for name, what in VIEWS.items():
        target = folder / f"{name}.csv"
        plain_csv.write_view(book, name, view(book, name), target)
        yield target, what
