"""Views that set cases side by side: what programs were for, and conditions for qualitative comparative analysis."""

import pandas as pd

from policycase.model.casebook import Casebook
from policycase.storage.csv_files import TEXT

PRESENT, ABSENT = 1, 0
HELD_BY = {"police_held": {"interior"}, "health_held": {"health"}}


def goal_matrix(casebook: Casebook) -> pd.DataFrame:
    """What each program was for: one row for each program and type of goal that it has.

    Returns
    -------
    DataFrame
        case_id, program_id (missing for goals of an agency outside any program), program_name, program_type, goal_type,
        goals (Int64: how many stated goals name the type, as first or second aim), first_named (Int64: as first),
        police_held, health_held (Int64: how many of them are said to be the goal of an agency of the sector interior,
        or health; a goal without a holder is in neither), then for each scheme of the crosswalks `program_<scheme>` and
        `goal_<scheme>`: its codes for the program's and the goal's type, joined by `; `, missing where there are none.
        In the order of programs and of the vocabulary. For a matrix: `.pivot(index="program_id",
        columns="goal_type", values="goals")`.
    """
    goals = casebook["goals"].merge(
        casebook["agencies"][["agency_id", "sector"]], left_on="holder_agency_id", right_on="agency_id", how="left"
    )
    kinds = goals["goal_type"].dtype
    aims = pd.concat(
        [
            goals.assign(first=True),
            goals[goals["goal_type_2"].notna()].assign(
                goal_type=lambda rows: rows["goal_type_2"].astype(kinds), first=False
            ),
        ]
    )
    aims = aims.assign(**{name: aims["sector"].isin(sectors) for name, sectors in HELD_BY.items()})
    grouped = aims.groupby(["case_id", "program_id", "goal_type"], observed=True, dropna=False)
    counted = grouped.agg(
        goals=("first", "size"), first_named=("first", "sum"), **{name: (name, "sum") for name in HELD_BY}
    )
    counted = counted.astype("Int64").reset_index()
    programs = casebook["programs"][["program_id", "name", "program_type"]].rename(columns={"name": "program_name"})
    rank = {program: number for number, program in enumerate(programs["program_id"])}
    counted = counted.merge(programs, on="program_id", how="left")
    counted["rank"] = counted["program_id"].map(rank).fillna(len(rank))
    rows = counted.sort_values(["rank", "case_id", "goal_type"], kind="stable", ignore_index=True)
    columns = ["case_id", "program_id", "program_name", "program_type", "goal_type", "goals", "first_named", *HELD_BY]
    return pd.concat([rows[columns], _crosswalked(casebook, rows)], axis=1)


def _crosswalked(casebook: Casebook, rows: pd.DataFrame) -> pd.DataFrame:
    """The codes of other schemes for the program type and the goal type of each row."""
    walks = casebook["crosswalks"]
    columns = {}
    for scheme in walks["scheme"].astype(TEXT).unique():
        for vocabulary, prefix in (("program_type", "program"), ("goal_type", "goal")):
            own = walks[walks["scheme"].eq(scheme) & walks["vocabulary"].eq(vocabulary)]
            if own.empty:
                continue
            codes = own.groupby("code")["scheme_code"].agg("; ".join)
            name = f"{prefix}_{str(scheme).replace('-', '_')}"
            columns[name] = rows[vocabulary].astype(TEXT).map(codes).astype(TEXT)
    return pd.DataFrame(columns, index=rows.index)


def conditions(casebook: Casebook) -> pd.DataFrame:
    """Cases by conditions, for qualitative comparative analysis.

    Returns
    -------
    DataFrame
        case_id, country, then a column (Int64) for each condition that a case has or is said not to have: `program_`,
        `event_`, `goal_`, `role_`, `sector_`, `setting_` and `population_`, each followed by a code with underscores,
        in the order of the vocabularies. 1: the case has it. 0: its source says that it did not come about. Missing:
        the source does not say. One row a case.

    Notes
    -----
    A condition is crisp (Rihoux & Ragin 2009, *Configurational Comparative Methods*). Absence is never scored from
    silence: 0 stands only where every event of the type was cancelled. What is planned, or not said to have happened,
    is neither; nor is a table whose scope is `none`, since there a source was read and is silent. The columns are
    those that some case of the casebook has: a stack has those of all its cases. `write.csv` and the R package QCA
    read the frame as it is; recode what is missing by what you know.
    """
    cases = casebook["cases"][["case_id", "country"]]
    programs, events = casebook["programs"], casebook["events"]
    begun = programs[programs["status"].ne("planned")]
    at_work = casebook["program_agencies"].merge(begun["program_id"])
    present = {
        "program": begun[["case_id", "program_type"]],
        "event": events.loc[events["occurrence"].eq("occurred"), ["case_id", "event_type"]],
        "goal": _goal_types(casebook),
        "role": at_work[["case_id", "role"]],
        "sector": at_work.merge(casebook["agencies"][["agency_id", "sector"]])[["case_id", "sector"]],
        "setting": begun[["case_id", "setting"]],
        "population": casebook["program_populations"].merge(begun["program_id"])[["case_id", "population"]],
    }
    parts = [_scored(cases["case_id"], prefix, pairs, PRESENT) for prefix, pairs in present.items()]
    cancelled = events.loc[events["occurrence"].eq("cancelled"), ["case_id", "event_type"]]
    others = events.loc[events["occurrence"].ne("cancelled"), ["case_id", "event_type"]].drop_duplicates()
    alone = cancelled.merge(others, how="left", indicator=True).query("_merge == 'left_only'").drop(columns="_merge")
    absent = _scored(cases["case_id"], "event", alone, ABSENT)
    scored = pd.concat(parts, axis=1)
    scored = scored.fillna(absent)
    return pd.concat([cases, scored[scored.columns[scored.notna().any()]]], axis=1)


def _goal_types(casebook: Casebook) -> pd.DataFrame:
    """The type of each aim, first or second, by case."""
    goals = casebook["goals"]
    second = goals.loc[goals["goal_type_2"].notna(), ["case_id", "goal_type_2"]]
    second = second.set_axis(["case_id", "goal_type"], axis=1).astype({"goal_type": goals["goal_type"].dtype})
    return pd.concat([goals[["case_id", "goal_type"]], second])


def _scored(cases: pd.Series, prefix: str, pairs: pd.DataFrame, score: int) -> pd.DataFrame:
    """A column for each code of the vocabulary, scored where the case has it, else missing."""
    codes = pairs.iloc[:, 1]
    having = set(zip(pairs["case_id"], codes.astype(TEXT), strict=True))
    columns = {
        f"{prefix}_{code.replace('-', '_')}": pd.array(
            [score if (case, code) in having else None for case in cases], dtype="Int64"
        )
        for code in codes.cat.categories
    }
    return pd.DataFrame(columns, index=cases.index)
