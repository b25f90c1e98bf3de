"""The network of agencies and programs, as a grid: names stay readable, a chip is a role, a color is a sector."""

from typing import TYPE_CHECKING

import pandas as pd

from policycase.plots import grids
from policycase.plots.grids import Grid
from policycase.plots.themes import hue
from policycase.wording import span_in_words

if TYPE_CHECKING:
    import altair

    from policycase.casebook import Casebook

STYLES = {"lead": "solid", "abstain": "dashed"}  # who leads, and who agrees not to act, are seen first


def plot_network(casebook: "Casebook") -> "altair.LayerChart | altair.VConcatChart":
    """Which agency had which role in which program, one chart a case.

    Agencies are rows under their sector and in its color, programs are columns, each role is a chip with its name:
    filled for who leads, dashed for who agrees not to interfere, an outline where the program is only planned. Agencies
    without a role in a program are left out.

    Raises
    ------
    MissingExtraError
        Altair is not installed.
    """
    return grids.by_case(casebook, network)


def network(casebook: "Casebook", case_id: str) -> Grid:
    """The grid of one case: a chip for each row of `program_agencies`."""
    codes = casebook.codes.set_index(["vocabulary", "code"])["label"]
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
            "name": agencies["name"],
            "hue": [hue(sector, sectors) for sector in agencies["sector"]],
        }
    )
    names = dict(zip(agencies["agency_id"], agencies["name"], strict=True))
    hues = dict(zip(rows["row"], rows["hue"], strict=True))
    planned = set(programs.loc[programs["status"].eq("planned"), "program_id"])  # `pc.ties` leaves these out
    programs = programs.assign(
        name=[
            f"{name} ({codes['status', 'planned'].lower()})" if program in planned else name
            for program, name in zip(programs["program_id"], programs["name"], strict=True)
        ]
    )
    titles = dict(zip(programs["program_id"], programs["name"], strict=True))
    chips = [
        {
            "row": link.agency_id,
            "column": link.program_id,
            "text": codes["role", link.role],
            "hue": hues[link.agency_id],
            "style": "outline" if link.program_id in planned else STYLES.get(link.role, "tint"),
            "told": _told(link, names[link.agency_id], codes["role", link.role], titles[link.program_id]),
            "id": link.program_agency_id,
        }
        for link in links.itertuples()
    ]
    columns = programs[["program_id", "name"]].set_axis(["column", "name"], axis=1)
    return Grid(rows, columns, pd.DataFrame(chips, columns=grids.CHIPS))


def _told(link: tuple, agency: str, role: str, program: str) -> str:
    dates = span_in_words(link.start, link.end)
    return f"{agency}: {role.lower()}, {program}{f' ({dates})' if dates else ''} · {link.program_agency_id}"
