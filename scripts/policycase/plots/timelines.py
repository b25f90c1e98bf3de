"""Timelines: programs as bars, events as points, and every date as wide as it is unsure."""

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from policycase.plots import marks
from policycase.plots.chronicle import timeline_rows
from policycase.plots.themes import EVENT, FAINT, INK, MUTED, OTHER, PAPER, PROGRAM, library, themed

if TYPE_CHECKING:
    import altair

    from policycase.casebook import Casebook

TONES = {"program": PROGRAM, "event": EVENT, "other": OTHER}
ARROWS = {"left": "M1,-1L-1,0L1,1Z", "right": "M-1,-1L1,0L-1,1Z"}
CROSS = "M-1,-1L1,1M1,-1L-1,1"
CIRCLE = "circle"


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes in pixels: labels left of the axis, or, where they are 0 wide, above each mark."""

    labels: int
    axis: int
    dates: int
    row: int
    size: float = 11.5

    @property
    def above(self) -> bool:
        """Whether labels stand above the marks."""
        return self.labels == 0


WIDE = Layout(labels=316, axis=480, dates=226, row=20)
NARROW = Layout(labels=0, axis=318, dates=0, row=34)
LINE_HEIGHT, LANES = 14, 40


def plot_timeline(casebook: "Casebook") -> "altair.LayerChart | altair.VConcatChart":
    """A timeline of programs and events, one chart a case, all on one axis.

    A day that is known is a dot, a moment somewhere within a range is a pale band over the range, and an open bound
    is a dotted line that ends in an arrow. What did not occur is hollow and says so; what only other sources
    name is gray; what has no date has no mark.

    Raises
    ------
    MissingExtraError
        Altair is not installed.
    """
    alt = library()
    rows = timeline_rows(casebook)
    window = marks.window(rows)
    titles = casebook.cases.set_index("case_id")["title"]
    charts = [
        case_timeline(rows[rows["case_id"].eq(case_id)], window).properties(title=titles[case_id])
        for case_id in casebook.case_ids
    ]
    return themed(charts[0] if len(charts) == 1 else alt.vconcat(*charts, spacing=28))


def case_timeline(rows: pd.DataFrame, window: marks.Window, layout: Layout = WIDE) -> "altair.LayerChart":
    """One case's rows within a window of time, without theme; rows as `timeline_rows` gives them."""
    lines = [marks.wrapped(row) if layout.above else [""] for row in rows.itertuples()]
    rows, heads, height = marks.placed(rows, [layout.row + LINE_HEIGHT * (len(each) - 1) for each in lines])
    rows["lines"] = ["\n".join(each) for each in lines]
    rows["first_line"] = [y - LINE_HEIGHT * (len(each) - 1) - 11 for y, each in zip(rows["y"], lines, strict=True)]
    return _drawn(rows, _labels(rows, heads, layout), window, layout, height)


def strip(
    rows: pd.DataFrame, titles: dict[str, str], window: marks.Window, layout: Layout = WIDE
) -> "altair.LayerChart":
    """All cases on one axis, two lanes each: programs above, events below; without theme."""
    tall = LANES + (2 * LINE_HEIGHT if layout.above else 8)
    top = {case_id: number * tall for number, case_id in enumerate(titles)}
    lanes = {"program": tall - 27.0, "event": tall - 10.0}
    rows = rows[rows["dated"]]
    rows = rows.assign(y=rows["case_id"].map(top) + rows["kind"].map(lanes))
    names = pd.DataFrame({"name": list(titles.values()), "y": list(top.values())})
    return _drawn(rows, _titles(names, layout), window, layout, tall * len(titles), opacity=0.6)


def _drawn(
    rows: pd.DataFrame, labels: list, window: marks.Window, layout: Layout, height: float, opacity: float = 1
) -> "altair.LayerChart":
    """The marks of rows that have their place, with their labels."""
    alt = library()
    parts = marks.drawn(rows, window, layout.axis)
    x = alt.X("x:T", scale=alt.Scale(domain=[_text(day) for day in window]), axis=_axis(alt, layout))
    down = alt.Scale(domain=[0, height], reverse=True, nice=False)
    y = alt.Y("y:Q", scale=down, axis=None)
    tone = alt.Scale(domain=list(TONES), range=list(TONES.values()))
    fill, stroke = (alt.Color("tone:N", scale=tone, legend=None), alt.Stroke("tone:N", scale=tone, legend=None))
    told = alt.Description("told:N")
    tip = alt.Tooltip("told:N", title=" ")
    across = {"x": alt.value(0), "x2": alt.value(layout.axis)}

    def band(frame: pd.DataFrame, **look: object) -> "altair.Chart":
        tall = 4.5
        frame = frame.assign(top=frame["y"] - tall, bottom=frame["y"] + tall)
        return alt.Chart(frame).mark_rect(cornerRadius=4.5, **look).encode(
            x=x, x2="x2:T", y=alt.Y("top:Q", scale=down, axis=None), y2="bottom:Q", description=told, tooltip=tip
        )  # fmt: skip

    ranges, sure, open_, ends, points = (parts[name] for name in ("ranges", "sure", "open", "ends", "points"))
    layers = [
        alt.Chart(rows[rows["dated"]]).mark_rule(color=FAINT, strokeDash=[1, 4]).encode(y=y, **across),
        alt.Chart(open_).mark_rule(strokeDash=[2, 3], strokeWidth=1.6, strokeOpacity=opacity).encode(
            x=x, x2="x2:T", y=y, stroke=stroke, description=told, tooltip=tip
        ),
        band(ranges[~ranges["hollow"]], fillOpacity=0.3 * opacity, strokeWidth=1).encode(color=fill, stroke=stroke),
        band(ranges[ranges["hollow"]], fill=PAPER, strokeWidth=1.2, strokeDash=[3, 2]).encode(stroke=stroke),
        band(sure[~sure["hollow"]], strokeWidth=0, fillOpacity=opacity).encode(color=fill),
        band(sure[sure["hollow"]], fill=PAPER, strokeWidth=1.4).encode(stroke=stroke),
        *(
            alt.Chart(ends[ends["side"].eq(side) & ends["hollow"].eq(hollow)]).mark_point(shape=shape, size=90, **look)
            .encode(x=x, y=y, description=told, tooltip=tip, **colors)
            for side, shape in ARROWS.items()
            for hollow, look, colors in (
                (False, {"filled": True, "opacity": 1}, {"color": fill}),
                (True, {"fill": PAPER, "strokeWidth": 1.4, "opacity": 1}, {"stroke": stroke}),
            )
        ),
        alt.Chart(points[~points["hollow"]]).mark_point(shape=CIRCLE, filled=True, size=62, opacity=opacity).encode(
            x=x, y=y, color=fill, description=told, tooltip=tip
        ),
        alt.Chart(points[points["hollow"]])
        .mark_point(shape=CIRCLE, fill=PAPER, size=56, strokeWidth=1.6, opacity=1)
        .encode(x=x, y=y, stroke=stroke, description=told, tooltip=tip),
        alt.Chart(points[points["struck"]]).mark_point(shape=CROSS, size=26, strokeWidth=1.6, opacity=1).encode(
            x=x, y=y, stroke=stroke
        ),
        *labels,
    ]  # fmt: skip
    filled = [layer for layer in layers if len(layer.data)] or layers[:1]
    return alt.layer(*filled).properties(width=layout.axis, height=height)


def _titles(names: pd.DataFrame, layout: Layout) -> list["altair.Chart"]:
    """Titles of cases left of their lanes, or above them."""
    alt = library()
    letters = marks.LINE if layout.above else 46
    names = names.assign(
        lines=["\n".join(textwrap.wrap(name, letters, max_lines=2, placeholder=" …")) for name in names["name"]]
    )
    across, shift = (0, 14) if layout.above else (-12, 22)
    names = names.assign(y=names["y"] + shift)
    return [
        alt.Chart(names).mark_text(
            align="left" if layout.above else "right", lineBreak="\n", lineHeight=LINE_HEIGHT, color=INK,
            fontSize=layout.size, aria=False,
        ).encode(x=alt.value(across), y=alt.Y("y:Q", axis=None), text="lines:N")
    ]  # fmt: skip


def _labels(rows: pd.DataFrame, heads: pd.DataFrame, layout: Layout) -> list["altair.Chart"]:
    """Names left of the axis and dates right of it; or both above the marks."""
    alt = library()
    y = alt.Y("y:Q", axis=None)
    look = {"fontSize": layout.size, "baseline": "middle", "aria": False}
    if layout.above:
        return [
            alt.Chart(rows).mark_text(
                align="left", lineBreak="\n", lineHeight=LINE_HEIGHT, color=INK, **look | {"baseline": "alphabetic"}
            ).encode(x=alt.value(0), y=alt.Y("first_line:Q", axis=None), text="lines:N"),
            alt.Chart(heads).mark_text(align="left", fontWeight="bold", color=INK, **look).encode(
                x=alt.value(0), y=y, text="head:N"
            ),
        ]  # fmt: skip
    return [
        alt.Chart(rows).mark_text(align="right", limit=layout.labels - 16, color=INK, **look).encode(
            x=alt.value(-12), y=y, text="name:N"
        ),
        alt.Chart(rows).mark_text(align="left", limit=layout.dates, color=MUTED, **look).encode(
            x=alt.value(layout.axis + 12), y=y, text="words:N"
        ),
        alt.Chart(heads).mark_text(align="right", fontWeight="bold", color=INK, **look).encode(
            x=alt.value(-12), y=y, text="head:N"
        ),
    ]  # fmt: skip


def _axis(alt: object, layout: Layout) -> "altair.Axis":
    ticks = 5 if layout.above else 9
    return alt.Axis(title=None, orient="top", tickCount=ticks, labelOverlap=True, labelSeparation=10, domain=False)


def _text(day: pd.Timestamp) -> str:
    return day.strftime("%Y-%m-%dT00:00:00")
