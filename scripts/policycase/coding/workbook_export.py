"""A workbook to code in: one sheet per table, with lists to choose from; `policycase import` makes the tables of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from xlsxwriter.format import Format
from xlsxwriter.utility import quote_sheetname, xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from policycase.coding.shorthand import (
    SOURCES,
    authored,
    coded_sources,
    filled_with,
    is_id,
    is_made,
    link_ids,
    takes_the_source,
    without_prefix,
)
from policycase.coding.workbook_import import EVIDENCE, PASSAGE, PASSAGES, SUPPORT, read_support, write_support
from policycase.errors import UnreadableError
from policycase.exports.excel import (
    LINE,
    NARROWEST,
    created,
    formats,
    frame_sheet,
    inert_book,
    lines,
    put_pairs,
    put_text,
)
from policycase.model.casebook import Casebook
from policycase.model.profile import Field, Profile, Table
from policycase.model.tables import Tables
from policycase.storage.csv_files import TEXT

WIDTH, ID_WIDTH = 36, 60  # of a column of prose, of one of ids, which differ at their ends
ROWS = 5000  # rows that have lists to choose from
IDS = 1000  # ids in the list of all records
SCOPE = "scope"
FIRST = ("sources", "cases")  # sheets before those of the tables that a reader meets first
STEPS = """\
One row is one record. An empty cell means that the source does not say; leave it empty, and write no "unknown" but \
where a list of codes has it.
Columns with a dark header must be filled in. Point at a header to read what the column means, and what an import \
fills an empty cell with; the sheet codebook has all of them, the sheet codes explains when to use which code.
Cells with an arrow take the codes of their list, or offer the ids of another sheet.
An id is a short name of your own, such as night-patrol. Never change one that is in use. The case that a row \
belongs to, the ids of rows that link two others, and the coded source (where there is one) are made for you.
What a claim or figure is about goes into record_id. The list there has no links: write their parts, joined by --, \
as in night-watch--watch-force--implement.
In the column passage write what the row rests on: p2s2 where the sentence says it, p8s2? where a step of reasoning \
lies between, p2s2; p8s2? for both. The dates, status and other columns of the row rest on the same passages, unless \
you write otherwise: p2s2; p3s1:start means that start rests on p3s1 alone, and p2s2; p2s2?:setting that the setting \
is inferred.
Dates are text: 1999, 2020-03, 2020-03-25, [2000..2001] for one moment within, [2002..] for some time after. The first \
and last day that they can mean are worked out for you, so there are no columns for them.
Begin with sources and cases. Passages need no typing: policycase new {case} --workbook --from source.txt fills them \
in, and policycase passages source.txt --case {case} > {case}/data/passages.csv puts them into the folder of the case.
Then programs, agencies, events and goals; then claims, figures and places, then the sheets that link them; \
at the end, in scope, how far you coded each table.
Rows that you delete here are deleted from the tables by the next import. Only passages stay if their sheet is empty.
Change no header and no name of a sheet, and add no sheets. Formulas are not taken: paste values.
Save as .xlsx or .ods, then run: policycase import {case}.xlsx -o {case} --force. It names each \
cell that it cannot take. Then run: policycase validate {case}
No sentence of the source enters this workbook: use your own words.
Which program, role, figure or date to code, and how, is in {case}/CODING.md.
Where a check asks for what the source does not say, a code in the note answers: programs [no agency], [no place], \
[no start]; events [no program]; places [no larger place]; sources [no title], [no address]; claims [no measure]; \
figures [no sum], in the row of a whole of which only some parts are given or whose parts do not add up."""
PROMPT = {  # beside a cell of the column of passages, where the list offers one passage and no more
    "input_title": "Passages of this row",
    "input_message": "p6s1 says it; p6s1? is inferred. Several: p6s1; p7s2?\n"
    "For some columns alone: p6s1; p7s2?:start,end",
}
EXTRA = "The sheet evidence holds what the columns passage cannot: notes on evidence, and evidence of other records."


def write(case: Casebook, place: Path) -> None:
    """Write the workbook of one case.

    Raises
    ------
    UnreadableError
        There are several cases, or a cell is longer than Excel takes.
    """
    if len(case.case_ids) > 1:
        msg = f"a workbook to code in is for one case; here are {len(case.case_ids)} · choose one of them"
        raise UnreadableError(msg)
    case_id = case.case_ids[0] if case.case_ids else case.descriptor["name"]
    shown = _shown(case.text, case_id)
    profile = case.profile
    with inert_book(place) as book:
        book.set_properties({"title": f"{case_id}: coding workbook", "created": created(case)})
        styles = formats(book)
        put_pairs(book.add_worksheet("README"), _steps(case_id, has_evidence=EVIDENCE in shown), styles["prose"])
        sheets = {name: book.add_worksheet(name) for name in shown}
        codes = case["codes"].sort_values("vocabulary", kind="stable")
        for name, sheet in sheets.items():
            _put_table(sheet, profile.tables[name], shown[name], styles)
            _add_lists(sheet, profile, shown, name, codes["vocabulary"])
        _put_plain(book.add_worksheet("codebook"), _meanings(case, shown), styles)
        _put_plain(book.add_worksheet("codes"), codes.drop(columns="position"), styles)
        _put_ids(book.add_worksheet("ids"), profile, shown, styles)


def _shown(text: Tables, case_id: str) -> dict[str, pd.DataFrame]:
    """The sheets as they are filled in: without what an import makes again, and with the column of passages."""
    profile = text.profile
    known = set(text["passages"]["passage_id"].dropna())
    evidence = text["evidence"].reset_index(drop=True)
    support: dict[str, list[Mapping[Any, Any]]] = {}
    for row in evidence.astype(object).where(evidence.notna(), "").to_dict("records"):
        support.setdefault(row["record_id"], []).append(row)
    one = coded_sources(text[SOURCES])
    frames: dict[str, pd.DataFrame] = {}
    in_cells: set[str] = set()
    for name in [*FIRST, *(name for name in profile.case_tables if name not in FIRST)]:
        table = profile.tables[name]
        frame = text[name].reset_index(drop=True)
        own = frame[[field.name for field in authored(table)]]
        for column, rows in takes_the_source(table, own).items():
            if len(one) == 1:
                own = own.assign(**{column: own[column].mask(rows & own[column].eq(one[0]))})
        made = {"case_id": [case_id] * len(own)} | (
            {table.key: link_ids(table, own, case_id)} if table.id_parts else {}
        )
        makes = [field.name for field in authored(table) if is_made(table, field)]
        dropped = [column for column in makes if own[column].tolist() == made[column]]
        ids = [field.name for field in authored(table) if is_id(field)]
        plain = {column: without_prefix(own[column], case_id) for column in ids}
        frames[name] = own.assign(**plain).drop(columns=dropped)
        if table.needs_evidence:
            cells = [_support(row, table, support, known, case_id) for row in own.to_dict("records")]
            in_cells |= {record for record, cell in zip(own[table.key], cells, strict=True) if cell}
            at = 0 if table.key in dropped else 1
            frames[name].insert(at, PASSAGE, pd.Series(cells, frames[name].index, dtype=TEXT))
    frames[EVIDENCE] = frames[EVIDENCE][~evidence["record_id"].isin(in_cells).to_numpy()]
    if frames[EVIDENCE].empty:
        del frames[EVIDENCE]
    return _begun(frames, profile, case_id)


def _support(
    row: Mapping[Any, Any], table: Table, support: dict[str, list[Mapping[Any, Any]]], known: set[str], case_id: str
) -> str | None:
    """The cell of passages of a row; None where it would not give the same evidence again."""
    rows = support.get(row[table.key], [])
    if not rows or any(one["note"] or one["case_id"] != case_id or one["passage_id"] not in known for one in rows):
        return None
    if not all(one["field"] and one["basis"] for one in rows):
        return None
    found = [(one["field"], one["passage_id"], one["basis"]) for one in rows]
    cell = write_support(found, table, row, case_id)
    try:
        again = read_support(cell, table, row, case_id)
    except ValueError:
        return None
    return cell if sorted(again) == sorted(found) else None


def _begun(frames: dict[str, pd.DataFrame], profile: Profile, case_id: str) -> dict[str, pd.DataFrame]:
    """The sheets of a new case with what is known of it: its country, its profile, that there is a coded source.

    The tables that `scope` asks for are there, each without an extent; what passages are is not decided yet.
    """
    if frames["cases"].empty and frames[SCOPE].empty:
        tables = [name for name, table in profile.case_tables.items() if table.needs_evidence and name != "cases"]
        cells = {"table_name": tables}
        frames[SCOPE] = pd.DataFrame(cells, columns=frames[SCOPE].columns, dtype=TEXT)
        frames[PASSAGES] = frames[PASSAGES].assign(coding=pd.Series(None, frames[PASSAGES].index, dtype=TEXT))
    beginnings = {
        "cases": {"case_id": case_id, "country": case_id[:3].upper(), "profile_version": profile.version},
        SOURCES: {"source_id": "source", "source_use": "coded"},
    }
    for name, row in beginnings.items():
        if frames[name].empty:
            frames[name] = pd.DataFrame([row], columns=frames[name].columns, dtype=TEXT)
    return frames


def _steps(case_id: str, *, has_evidence: bool) -> list[tuple[str, str]]:
    steps = STEPS.format(case=case_id).splitlines() + [EXTRA] * has_evidence
    return [("", f"Coding {case_id}"), *((f"Step {number}", step) for number, step in enumerate(steps, start=1))]


def _field(table: Table, name: str) -> Field:
    return table.fields.get(name, SUPPORT)


def _left_empty(table: Table, field: Field, frame: pd.DataFrame) -> str:
    """What an import fills an empty cell of a column with, in words; empty if it stays empty."""
    return "the coded source" if field.name in takes_the_source(table, frame) else filled_with(field)


def _put_table(sheet: Worksheet, table: Table, frame: pd.DataFrame, styles: dict[str, Format]) -> None:
    for column, name in enumerate(frame.columns):
        field = _field(table, name)
        left_empty = _left_empty(table, field, frame)
        must_be = field.required and not left_empty
        put_text(sheet, 0, column, name, styles["required" if must_be else "header"])
        must = "Must be filled in. " if must_be else f"Left empty: {left_empty}. " if left_empty else ""
        sheet.write_comment(0, column, f"{must}{field.description}", {"x_scale": 2.5, "y_scale": 1.5})
        longest = 0
        for row, cell in enumerate(frame[name], start=1):
            if not pd.isna(cell):
                put_text(sheet, row, column, cell, styles["text"])
                longest = max(longest, len(cell))
        widest = ID_WIDTH if is_id(field) else WIDTH
        sheet.set_column(column, column, min(max(longest + 2, len(name) + 4, NARROWEST), widest), styles["text"])
    frame_sheet(sheet, len(frame), len(frame.columns))


def _add_lists(
    sheet: Worksheet, profile: Profile, shown: dict[str, pd.DataFrame], name: str, vocabularies: pd.Series
) -> None:
    """Lists to choose from: codes (nothing else is taken), true or false, and ids, which are only offered."""
    table = profile.tables[name]
    parents = {key.fields[0]: (key.table, key.to[0]) for key in table.foreign_keys if len(key.fields) == 1}
    parents[PASSAGE] = (PASSAGES, "passage_id")
    places = pd.Series(range(2, len(vocabularies) + 2), index=vocabularies.to_numpy())
    for column, field in enumerate(_field(table, one) for one in shown[name].columns):
        rule: dict[str, Any] = {"validate": "list", "error_title": "Not in the list"}
        if field.vocabulary:
            rows = places.loc[[field.vocabulary]]
            rule |= {"source": f"=codes!$B${rows.min()}:$B${rows.max()}"}
            rule |= {"error_message": f"Take a code of {field.vocabulary}; the sheet codes explains when to use which."}
        elif field.type == "boolean":
            rule |= {"source": ["true", "false"], "error_message": "Take true or false, or leave the cell empty."}
        elif field.name in parents and parents[field.name][1] in shown[parents[field.name][0]]:
            rule |= {"source": _ids(*parents[field.name], shown), "show_error": False}
        elif is_id(field) and field.name != table.key:
            rule |= {"source": _all_ids(profile, shown), "show_error": False}
        else:
            continue
        rule |= PROMPT if field.name == PASSAGE else {}
        sheet.data_validation(1, column, ROWS, column, rule)


def _column(table: str, key: str, shown: dict[str, pd.DataFrame]) -> tuple[str, str]:
    return quote_sheetname(table), xl_col_to_name(shown[table].columns.get_loc(key))


def _ids(table: str, key: str, shown: dict[str, pd.DataFrame]) -> str:
    """The ids of a sheet, as many as there are, as a formula."""
    sheet, letter = _column(table, key, shown)
    return f"=OFFSET({sheet}!${letter}$2,0,0,MAX(COUNTA({sheet}!${letter}:${letter})-1,1),1)"


def _nameable(profile: Profile, shown: dict[str, pd.DataFrame]) -> list[Table]:
    """The tables whose ids a coder types, and a claim, a figure or evidence can name: the case first; not links."""
    kinds = {"entity", "statement"}
    own = [table for table in profile.case_tables.values() if table.kind in kinds and table.key in shown[table.name]]
    return sorted(own, key=lambda table: table.name != "cases")


def _put_ids(sheet: Worksheet, profile: Profile, shown: dict[str, pd.DataFrame], styles: dict[str, Format]) -> None:
    """The ids that a claim or a figure can be about, one below the other, as formulas that follow the other sheets."""
    own = _nameable(profile, shown)
    ids = [cell for table in own for cell in shown[table.name][table.key].dropna()]
    for column, header in enumerate(("id", "", "sheet", "ids up to here")):
        put_text(sheet, 0, column, header, styles["header"])
    cells, total = [], 0
    for row, table in enumerate(own, start=1):
        name, letter = _column(table.name, table.key, shown)
        cells.append(f"{name}!${letter}:${letter}")
        total += len(shown[table.name])
        put_text(sheet, row, 2, table.name, styles["text"])
        before = f"$D${row}" if row > 1 else "0"
        sheet.write_formula(row, 3, f"={before}+COUNTA({cells[-1]})-1", None, total)
    for row in range(1, IDS + 1):
        formula = '""'
        for number in range(len(cells), 0, -1):
            before = f"$D${number}" if number > 1 else "0"
            formula = f"IF({row}<=$D${number + 1},INDEX({cells[number - 1]},{row}-{before}+1),{formula})"
        sheet.write_formula(row, 0, f"={formula}", None, ids[row - 1] if row <= len(ids) else "")
    sheet.set_column(0, 0, ID_WIDTH, styles["text"])


def _all_ids(profile: Profile, shown: dict[str, pd.DataFrame]) -> str:
    """The ids of the sheet `ids`, as many as there are, as a formula."""
    last = len(_nameable(profile, shown)) + 1
    return f"=OFFSET(ids!$A$2,0,0,MAX(MIN(ids!$D${last},{IDS}),1),1)"


def _meanings(case: Casebook, shown: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The codebook of the columns that the workbook has."""
    tables = case.profile.tables
    codebook = case.codebook()
    pairs = zip(codebook["table"], codebook["field"], strict=True)
    here = codebook[[table in shown and field in shown[table] for table, field in pairs]]
    pairs = zip(here["table"], here["field"], strict=True)
    required = [_asked(tables[table], field, shown[table]) for table, field in pairs]
    return here.assign(required=pd.array(required, dtype=TEXT))


def _asked(table: Table, name: str, frame: pd.DataFrame) -> str | None:
    """Whether a column must be filled in, or what an import fills it with."""
    field = table.fields[name]
    left_empty = _left_empty(table, field, frame)
    return f"no; left empty: {left_empty}" if left_empty else "yes" if field.required else None


def _put_plain(sheet: Worksheet, frame: pd.DataFrame, styles: dict[str, Format]) -> None:
    """Write a sheet to read: wrapped, rows as high as their longest cell."""
    heights = [1] * len(frame)
    for column, name in enumerate(frame.columns):
        put_text(sheet, 0, column, name, styles["header"])
        width = WIDTH if frame[name].str.len().max() > WIDTH else NARROWEST * 2
        sheet.set_column(column, column, width, styles["prose"])
        for row, cell in enumerate(frame[name]):
            if not pd.isna(cell):
                put_text(sheet, row + 1, column, cell, styles["prose"])
                heights[row] = max(heights[row], lines(cell, width - 2))
    for row, height in enumerate(heights, start=1):
        sheet.set_row(row, LINE * height)
    frame_sheet(sheet, len(frame), len(frame.columns))
