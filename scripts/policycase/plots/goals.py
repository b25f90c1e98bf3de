"""Goals by what they aim at and whose they are, in the order in which the source names them."""

from typing import TYPE_CHECKING

import pandas as pd

from policycase.plots import grids
from policycase.plots.grids import Grid
from policycase.plots.themes import INK, hue

if TYPE_CHECKING:
    import altair

    from policycase.casebook import Casebook

AIMS = {"goal_type": "solid", "goal_type_2": "dashed"}  # first-named aim, second aim of the same goal


def plot_goals(casebook: "Casebook") -> "altair.LayerChart | altair.VConcatChart":
    """Which goal a program or an agency had, by type, one chart a case with the same columns.

    A row is a program, or an agency where the source says whose goal it is, which is then named and in the color of
    its sector; else it is dark. A filled disc is the aim named first, a dashed ring the second aim of the same goal;
    the number is the place of the goal in the source's order.

    Raises
    ------
    MissingExtraError
        Altair is not installed.
    """
    return grids.by_case(casebook, goals)


def goals(casebook: "Casebook", case_id: str) -> Grid:
    """The grid of one case: a chip for each aim of each goal; columns are the types that occur in any case."""
    codes = casebook.codes.set_index(["vocabulary", "code"])["label"]
    everywhere = casebook.goals
    used = set(everywhere[list(AIMS)].astype("str").to_numpy().ravel())
    columns = [code for code in casebook.profile.vocabularies["goal_type"] if code in used]
    names = {**_names(casebook.programs), **_names(casebook.agencies)}
    sectors = dict(zip(casebook.agencies["agency_id"], casebook.agencies["sector"], strict=True))
    rows, chips = {}, []
    for goal in everywhere[everywhere["case_id"].eq(case_id)].itertuples():
        owner = goal.program_id if pd.isna(goal.holder_agency_id) else goal.holder_agency_id
        row = f"{goal.program_id} {goal.holder_agency_id}"
        color = hue(sectors[owner], casebook.profile.vocabularies["sector"]) if owner in sectors else INK
        program = "" if pd.isna(goal.program_id) else names[goal.program_id]
        holder = "" if pd.isna(goal.holder_agency_id) else names[goal.holder_agency_id]
        group = f"Within: {program}" if program and holder else "Agencies" if holder else "Programs"
        rows.setdefault(row, {"row": row, "group": group, "name": holder or program, "hue": color})
        for aim, style in AIMS.items():
            code = getattr(goal, aim)
            if pd.notna(code):
                told = f"{names[owner]}, goal {goal.position}: {codes['goal_type', code].lower()}. {goal.statement}"
                chips.append(
                    {"row": row, "column": code, "text": str(goal.position), "hue": color, "style": style,
                     "told": f"{told} · {goal.goal_id}", "id": goal.goal_id}
                )  # fmt: skip
    frame = pd.DataFrame({"column": columns, "name": [codes["goal_type", code] for code in columns]})
    table = pd.DataFrame(rows.values(), columns=["row", "group", "name", "hue"])
    return Grid(table, frame, pd.DataFrame(chips, columns=grids.CHIPS), round=True)


def _names(frame: pd.DataFrame) -> dict[str, str]:
    return dict(zip(frame.iloc[:, 0], frame["name"], strict=True))
