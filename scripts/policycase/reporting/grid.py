"""Grids: who did what in which program, and which goals aim at what."""

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, radians, sin
from typing import TYPE_CHECKING, Any

import pandas as pd

from policycase.model.columns import row_tuples
from policycase.model.dates import span_in_words
from policycase.model.provenance import ATTESTED, OTHER_SOURCE
from policycase.model.tables import refuse_invalid_rows
from policycase.reporting.charts import (
    FAINT,
    INK,
    MUTED,
    OTHER,
    PAPER,
    Spec,
    as_altair,
    field,
    hue,
    labels,
    layer,
    layered,
    pixels,
    wrapped,
)
from policycase.storage.csv_files import TEXT

if TYPE_CHECKING:
    import altair

    from policycase.model.casebook import Casebook


WIDTH, LABELS, SLANTED = 1020, 232, 80  # pixels of the whole, of the names at the left, of slanted names at the right
NARROW = 318
CHIP, GAP, HEAD = 17, 3, 26  # height of a chip, space around it, height of a head
SIZE, LINE_HEIGHT = 11.5, 13  # of names
WIDEST, LEAST = 132, 92  # a column is at most so wide; from this width on its name is horizontal
NARROWEST = 48  # pixels that a role needs
SLANT, ANGLE = 190, 50  # pixels of a line of a slanted name, and its degrees
LIFT, EDGE = 8, 5  # pixels between names and the grid, and around all
HEAD_SIZE, BOLD = 10.5, 1.1  # of heads; bold is wider
CHIPS = ["row", "column", "text", "hue", "style", "sentence", "id"]
MIDDLE: Spec = {"baseline": "middle", "aria": False}
LINES: Spec = {"lineBreak": "\n", "lineHeight": LINE_HEIGHT, "color": INK}
SQUARE: Spec = {"size": 44, "opacity": 1}
STYLES: dict[str, dict[str, Any]] = {
    "solid": {"fillOpacity": 1, "strokeWidth": 0},
    "tint": {"fillOpacity": 0.2, "strokeWidth": 0},
    "dashed": {"fillOpacity": 0, "strokeWidth": 1.2, "strokeDash": [3, 2]},
    "outline": {"fillOpacity": 0, "strokeWidth": 1.2},
}


@dataclass(frozen=True)
class Grid:
    """What a grid shows.

    rows: row (unique), group, name, hue, in order. columns: column (unique), name, in order. chips: row, column,
    text, hue, style (of `STYLES`), sentence (one sentence), id (of the record behind it).
    """

    rows: pd.DataFrame
    columns: pd.DataFrame
    chips: pd.DataFrame
    round: bool = False


def by_case(casebook: "Casebook", grid_of: Callable[["Casebook", str], Grid]) -> "altair.TopLevelMixin":
    """The wide grid of the one case, or those of all under their titles."""
    refuse_invalid_rows(casebook.text, casebook.profile)
    titles = casebook.cases.set_index("case_id")["title"]
    charts = [wide(grid_of(casebook, case_id)) | {"title": titles[case_id]} for case_id in casebook.case_ids]
    return as_altair(charts, spacing=36)


def wide(grid: Grid) -> Spec:
    """The grid with its rows at the left and its columns on top."""
    step = _step(grid)
    rows, heads, height = _placed(grid)
    extra = pd.Series([line.count("\n") * LINE_HEIGHT / 2 for line in rows["lines"]], rows.index, dtype="float64")
    rows = rows.assign(middle=rows["y"] + CHIP / 2 + GAP + extra / 2, label=rows["y"] + CHIP / 2 + GAP - extra / 2)
    columns = grid.columns.assign(x=[(number + 0.5) * step for number in range(len(grid.columns))])
    middles, centers = dict(rows[["row", "middle"]].to_numpy()), dict(columns[["column", "x"]].to_numpy())
    nth = grid.chips.groupby(["row", "column"], sort=False).cumcount()
    middle, center = (
        grid.chips[name].map(at).astype("float64") for name, at in (("row", middles), ("column", centers))
    )
    chips = grid.chips.assign(x=center, y=middle + nth * (CHIP + GAP))
    width = step * max(len(columns), 1)
    half = CHIP / 2 if grid.round else (min(step, 92) - 2) / 2
    chips = chips.assign(left=chips["x"] - half, right=chips["x"] + half)
    across, down = _scales(width, height)
    y = field("middle:Q", scale=down, axis=None)
    dotted = {"color": FAINT, "strokeDash": [1, 4]}
    head = {"align": "right", "fontWeight": "bold", "color": MUTED, "fontSize": HEAD_SIZE, **MIDDLE}
    layers = [
        layer(rows, "rule", dotted, y=y, x={"value": 0}, x2={"value": width}),
        layer(columns, "rule", dotted, x=field("x:Q", scale=across, axis=None), y={"value": 0}, y2={"value": height}),
        layer(
            rows, "text", {"align": "right", **LINES, **MIDDLE},
            x={"value": -19}, y=field("label:Q", scale=down, axis=None), text=field("lines:N"),
        ),
        layer(rows, "square", SQUARE, x={"value": -10}, y=y, color=field("hue:N", scale=None)),
        layer(heads, "text", head, x={"value": -6}, y=field("y:Q", scale=down, axis=None), text=field("head:N")),
        _names(columns, step, across, down),
        *_chips(chips, across, down, grid),
    ]  # fmt: skip
    return layered(layers, width, height)


def _scales(width: float, height: float) -> tuple[Spec, Spec]:
    """Pixels across, and down from the top."""
    return {"domain": [0, width], "nice": False}, {"domain": [0, height], "reverse": True, "nice": False}


def margins(grid: Grid) -> dict[str, float]:
    """The room that names take at the left, on top and at the right of the wide grid, in any font that a reader has."""
    step = _step(grid)
    heads = [pixels(group, HEAD_SIZE) * BOLD + 6 for group in grid.rows["group"]]
    names = [pixels(line, SIZE) + 19 for name in grid.rows["name"] for line in wrapped(name, LABELS - 19, SIZE)]
    left = max([*heads, *names, 0]) + EDGE
    if step >= LEAST:
        most = max((len(wrapped(name, step - 4, SIZE)) for name in grid.columns["name"]), default=1)
        return {"left": left, "top": LIFT + LINE_HEIGHT * most + EDGE, "right": EDGE, "bottom": EDGE}
    across, up = cos(radians(ANGLE)), sin(radians(ANGLE))
    ends = [
        (number * step + up * LINE_HEIGHT * nth + across * pixels(line, SIZE), up * pixels(line, SIZE))
        for number, lines in enumerate(slanted(grid.columns["name"]), 1)
        for nth, line in enumerate(lines)
    ]
    return {
        "left": left,
        "top": LIFT + LINE_HEIGHT + max((top for _, top in ends), default=0),
        "right": max([right - step * (len(grid.columns) + 0.5) for right, _ in ends], default=0) + 2 * EDGE,
        "bottom": EDGE,
    }


def _step(grid: Grid) -> float:
    """How far apart columns stand."""
    step = min((WIDTH - LABELS - SLANTED) / max(len(grid.columns), 1), WIDEST)
    step = max(step, CHIP + 6 if grid.round else NARROWEST)  # with many columns the chart grows
    if step < LEAST:  # slanted names need room side by side
        step = max([step, *(LINE_HEIGHT * 1.35 * len(lines) for lines in slanted(grid.columns["name"]))])
    return step


def narrow(grid: Grid) -> Spec:
    """The grid as a list: each column a head, each chip below it a line of its own."""
    names = grid.rows.set_index("row")["name"]
    heads, lines, at = [], [], 0.0
    half = CHIP / 2 if grid.round else 40
    for column in row_tuples(grid.columns):
        chips = grid.chips[grid.chips["column"].eq(column.column)]
        if chips.empty:
            continue
        head = wrapped(column.name, NARROW, SIZE * BOLD)
        heads.append(("\n".join(head), at + 14))
        at += HEAD + LINE_HEIGHT * (len(head) - 1)
        for chip in chips.to_dict("records"):
            name = wrapped(names[chip["row"]], NARROW - 2 * half - 20, SIZE)
            lines.append(chip | {"name": "\n".join(name), "y": at + CHIP / 2 + GAP})
            at += CHIP + GAP + LINE_HEIGHT * (len(name) - 1)
        at += 8
    chips = pd.DataFrame(lines, columns=[*grid.chips.columns, "name", "y"])
    chips = chips.assign(left=float(NARROW - 2 * half), right=float(NARROW), x=NARROW - half)
    across, down = _scales(NARROW, max(at, 20))
    y = field("y:Q", scale=down, axis=None)
    named = pd.DataFrame(heads, columns=["head", "y"])
    layers = [
        layer(
            named, "text", {"align": "left", "fontWeight": "bold", **LINES, **MIDDLE},
            x={"value": 0}, y=y, text=field("head:N"),
        ),
        layer(chips, "square", SQUARE, x={"value": 4}, y=y, color=field("hue:N", scale=None)),
        layer(chips, "text", {"align": "left", **LINES, **MIDDLE}, x={"value": 14}, y=y, text=field("name:N")),
        *_chips(chips, across, down, grid),
    ]  # fmt: skip
    return layered(layers, NARROW, max(at, 20))


def slanted(names: pd.Series) -> list[list[str]]:
    """The lines of names that do not stand level."""
    return [wrapped(name, SLANT, SIZE) for name in names]


def _placed(grid: Grid) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """Rows with the top of each, heads with their middle, and the height; a row is as tall as its fullest cell."""
    fullest = grid.chips.groupby(["row", "column"]).size().groupby("row").max()
    at, parts, heads = 0.0, [], []
    for group, part in grid.rows.groupby("group", sort=False):
        heads.append((group, at + HEAD - 9))
        at += HEAD
        lines = ["\n".join(wrapped(name, LABELS - 19, SIZE)) for name in part["name"]]
        tops = []
        for row, line in zip(part["row"], lines, strict=True):
            tops.append(at)
            at += max(int(fullest.get(row, 1)) * (CHIP + GAP) + GAP, (line.count("\n") + 1) * LINE_HEIGHT + 2 * GAP)
        parts.append(part.assign(y=tops, lines=lines))
    rows = pd.concat(parts) if parts else grid.rows.assign(y=0.0, lines="")
    return rows, pd.DataFrame(heads, columns=["head", "y"]), max(at, 20.0)


def _names(columns: pd.DataFrame, step: float, across: Spec, down: Spec) -> Spec:
    """The names of columns: level where there is room, else slanted; the last line of each ends above the grid."""
    level = step >= LEAST
    columns = columns.assign(lines=["\n".join(wrapped(name, step - 4, SIZE)) for name in columns["name"]])
    if not level:
        columns["lines"] = ["\n".join(lines) for lines in slanted(columns["name"])]
    lift = [-LIFT - LINE_HEIGHT * line.count("\n") * level for line in columns["lines"]]
    look = {"align": "center"} if level else {"align": "left", "angle": 360 - ANGLE, "dx": 2}
    return layer(
        columns.assign(lift=lift), "text", {"baseline": "line-bottom", "aria": False, **LINES, **look},
        x=field("x:Q", scale=across, axis=None), y=field("lift:Q", scale=down, axis=None), text=field("lines:N"),
    )  # fmt: skip


def _chips(chips: pd.DataFrame, across: Spec, down: Spec, grid: Grid) -> list[Spec]:
    """One chip per mark, in its style; its text on it."""
    color = field("hue:N", scale=None)
    said = {"description": field("sentence:N"), "tooltip": field("sentence:N", title=" ")}
    chips = chips.assign(top=chips["y"] - CHIP / 2, bottom=chips["y"] + CHIP / 2)
    box = {
        "x": field("left:Q", scale=across, axis=None), "x2": field("right"),
        "y": field("top:Q", scale=down, axis=None), "y2": field("bottom"),
    }  # fmt: skip
    at = {"x": field("x:Q", scale=across, axis=None), "y": field("y:Q", scale=down, axis=None)}
    marks = chips.to_dict("records")
    layers = [layer(marks, "rect", {"fill": PAPER, "aria": False}, **box)]
    for style, look in STYLES.items():
        ours = [mark for mark in marks if mark["style"] == style]
        rounded = {"cornerRadius": CHIP / 2 if grid.round else 3, **look}
        text = {
            "fontSize": 9.5, "color": PAPER if style == "solid" else INK,
            "fontWeight": "bold" if style == "solid" else "normal", **MIDDLE,
        }  # fmt: skip
        layers += [
            layer(ours, "rect", rounded, **box, fill=color, stroke=color, **said),
            layer(ours, "text", text, **at, text=field("text:N")),
        ]
    return layers


AIMS = {"goal_type": "solid", "goal_type_2": "dashed"}  # first-named aim, second aim of the same goal


def plot_goals(casebook: "Casebook") -> "altair.TopLevelMixin":
    """Which goal a program or an agency had, by type, one chart per case with the same columns.

    A row is a program, or an agency where the source says whose goal it is, which is then named and in the color of
    its sector; else it is dark. A filled disc is the aim named first, a dashed ring the second aim of the same goal;
    the number is the place of the goal in the source's order.

    Raises
    ------
    MissingExtraError
        Altair is not installed.
    InvalidPackageError
        A row has no id or no case, or points nowhere.
    """
    return by_case(casebook, goals)


def goals(casebook: "Casebook", case_id: str) -> Grid:
    """The grid of one case: a chip for each aim of each goal; columns are the types that occur in any case."""
    codes = labels(casebook)
    everywhere = casebook.goals
    used = set(everywhere[list(AIMS)].astype(TEXT).to_numpy().ravel())
    columns = [code for code in casebook.profile.vocabularies["goal_type"] if code in used]
    names = {**_goal_names(casebook.programs), **_goal_names(casebook.agencies)}
    sectors = dict(zip(casebook.agencies["agency_id"], casebook.agencies["sector"], strict=True))
    rows: dict[str, dict[str, str]] = {}
    chips = []
    for goal in row_tuples(everywhere[everywhere["case_id"].eq(case_id)]):
        owner = goal.program_id if pd.isna(goal.holder_agency_id) else goal.holder_agency_id
        row = f"{goal.program_id} {goal.holder_agency_id} {goal.attested_by}"
        other = goal.attested_by == OTHER_SOURCE
        color = (
            OTHER
            if other
            else hue(sectors[owner], casebook.profile.vocabularies["sector"])
            if owner in sectors
            else INK
        )
        program = "" if pd.isna(goal.program_id) else names[goal.program_id]
        holder = "" if pd.isna(goal.holder_agency_id) else names[goal.holder_agency_id]
        group = f"Within: {program}" if program and holder else "Agencies" if holder else "Programs"
        rows.setdefault(
            row,
            {
                "row": row,
                "group": group,
                "name": f"{holder or program}{' (other sources)' if other else ''}",
                "hue": color,
            },
        )
        for aim, style in AIMS.items():
            code = getattr(goal, aim)
            if pd.notna(code):
                sentence = f"{names[owner]}, goal {goal.position}: {codes['goal_type', code].lower()}. {goal.statement}"
                sentence += " (named only by other sources)" if other else ""
                chips.append(
                    {"row": row, "column": code, "text": str(goal.position), "hue": color, "style": style,
                     "sentence": f"{sentence} · {goal.goal_id}", "id": goal.goal_id}
                )  # fmt: skip
    frame = pd.DataFrame({"column": columns, "name": [codes["goal_type", code] for code in columns]})
    table = pd.DataFrame(rows.values(), columns=["row", "group", "name", "hue"])
    return Grid(table, frame, pd.DataFrame(chips, columns=CHIPS), round=True)


def _goal_names(frame: pd.DataFrame) -> dict[str, str]:
    return dict(zip(frame.iloc[:, 0], frame["name"], strict=True))


OTHERS = " (other sources)"
ROLE_STYLES = {"lead": "solid", "abstain": "dashed"}  # who leads, and who agrees not to act, are seen first


def plot_network(casebook: "Casebook") -> "altair.TopLevelMixin":
    """Which agency had which role in which program, one chart per case.

    Agencies are rows under their sector and in its color, programs are columns, each role is a chip with its name:
    filled for who leads, dashed for who agrees not to interfere, an outline where the program is only planned, gray
    where only other sources name the agency or the program. Agencies without a role in a program are left out.

    Raises
    ------
    MissingExtraError
        Altair is not installed.
    InvalidPackageError
        A row has no id or no case, or points nowhere.
    """
    return by_case(casebook, network)


def network(casebook: "Casebook", case_id: str) -> Grid:
    """The grid of one case: a chip for each row of `program_agencies`."""
    codes = labels(casebook)
    sectors = casebook.profile.vocabularies["sector"]
    links = casebook.program_agencies
    links = links[links["case_id"].eq(case_id)]
    agencies = casebook.agencies[casebook.agencies["agency_id"].isin(links["agency_id"])]
    programs = casebook.programs[casebook.programs["program_id"].isin(links["program_id"])]
    busy = links.groupby("agency_id").size()
    agencies = agencies.assign(busy=agencies["agency_id"].map(busy)).sort_values(
        ["sector", "busy"], ascending=[True, False], kind="stable"
    )
    rows = pd.DataFrame(
        {
            "row": agencies["agency_id"],
            "group": [codes["sector", sector] for sector in agencies["sector"]],
            "name": [
                f"{name}{OTHERS}" if attested == OTHER_SOURCE else name
                for name, attested in zip(agencies["name"], agencies[ATTESTED], strict=True)
            ],
            "hue": [hue(sector, sectors) for sector in agencies["sector"]],
        }
    )
    names = dict(zip(agencies["agency_id"], rows["name"], strict=True))
    outside = set(agencies.loc[agencies[ATTESTED].eq(OTHER_SOURCE), "agency_id"])
    hues = dict(zip(rows["row"], rows["hue"], strict=True))
    planned = set(programs.loc[programs["status"].eq("planned"), "program_id"])  # `pc.ties` leaves these out
    suffix = f" ({codes['status', 'planned'].lower()})"
    others = set(programs.loc[programs[ATTESTED].eq(OTHER_SOURCE), "program_id"])
    programs = programs.assign(
        name=[
            f"{row.name}{suffix if row.program_id in planned else ''}{OTHERS if row.program_id in others else ''}"
            for row in row_tuples(programs)
        ]
    )
    titles = dict(zip(programs["program_id"], programs["name"], strict=True))
    chips = [
        {
            "row": link.agency_id,
            "column": link.program_id,
            "text": codes["role", link.role],
            "hue": OTHER if link.agency_id in outside or link.program_id in others else hues[link.agency_id],
            "style": "outline" if link.program_id in planned else ROLE_STYLES.get(link.role, "tint"),
            "sentence": _sentence(link, names[link.agency_id], codes["role", link.role], titles[link.program_id]),
            "id": link.program_agency_id,
        }
        for link in row_tuples(links)
    ]
    columns = programs[["program_id", "name"]].set_axis(["column", "name"], axis=1)
    return Grid(rows, columns, pd.DataFrame(chips, columns=CHIPS))


def _sentence(link: Any, agency: str, role: str, program: str) -> str:
    dates = span_in_words(link.start, link.end)
    return f"{agency}: {role.lower()}, {program}{f' ({dates})' if dates else ''} · {link.program_agency_id}"
