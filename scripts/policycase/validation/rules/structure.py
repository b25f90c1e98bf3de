"""Rules of how the tables of a case hang together, and of its scope."""

from collections.abc import Iterator

import pandas as pd

from policycase.errors import did_you_mean
from policycase.findings import Finding
from policycase.model.columns import FORMS
from policycase.model.provenance import ATTESTED, OTHER_SOURCE, RECORD, crosschecks, has_no_address, has_no_title
from policycase.model.tables import Tables
from policycase.storage.csv_files import TEXT
from policycase.validation.rules.base import CODE, at, first, noted, pairs, rule, todo, warning
from policycase.validation.rules.dates import in_a_cycle

LARGEST = {"country", "former-country", "world-region"}
ALIKE = ["measure", "unit", "period"]


@rule
def parent_chain_has_no_cycle(tables: Tables) -> Iterator[Finding]:
    """No row is its own parent, part or successor, directly or through others."""
    for table in tables.profile.case_tables.values():
        for link in table.parents:
            if link.table == table.name:
                (column,) = link.fields
                rows = tables[table.name].dropna(subset=[column, table.key])
                circle = rows[in_a_cycle(rows, table.key, column)] if len(rows) else rows
                yield from at(
                    tables,
                    table.name,
                    circle,
                    column,
                    f'{column} "{{{column}}}" leads back to {{{table.key}}}',
                    "take one link of the circle out",
                )


@rule
def child_place_lies_in_its_country(tables: Tables) -> Iterator[Finding]:
    """A place's ISO code has the country code of the country it lies in."""
    places = tables["places"].dropna(subset=["place_id"])
    country = _countries(places)
    wrong = places.assign(country=country)[
        country.notna() & places["iso_3166_2"].notna() & places["iso_3166_2"].str[:2].ne(country.str[:2])
    ]
    yield from at(
        tables,
        "places",
        wrong,
        "iso_3166_2",
        "iso_3166_2 {iso_3166_2} lies in another country than {country}",
        "check the code and parent_place_id",
    )


def _countries(places: pd.DataFrame) -> pd.Series:
    """The ISO code of the nearest country with a code in which each place lies; each step up is taken once."""
    by_id = places.drop_duplicates("place_id")
    parents = dict(zip(by_id["place_id"], by_id["parent_place_id"], strict=True))
    coded = by_id[by_id["place_type"].eq("country") & by_id["iso_3166_2"].notna()]
    own = dict(zip(coded["place_id"], coded["iso_3166_2"], strict=True))
    known: dict[object, str | None] = {}  # of a place, its own code or that of the country in which it lies
    for lowest in by_id["place_id"]:
        place, climbed = lowest, []
        while place in parents and place not in known and place not in own:
            known[place] = None  # so that a circle ends
            climbed.append(place)
            place = parents[place]
        known |= dict.fromkeys(climbed, own.get(place, known.get(place)))
    found = [own.get(place, known.get(place)) for place in places["parent_place_id"]]
    return pd.Series(found, places.index, dtype=TEXT)


@rule
def place_lies_in_another_or_says_why(tables: Tables) -> Iterator[Finding]:
    """A place smaller than a country lies in another place, or its note says [no larger place]."""
    places = tables["places"]
    alone = places["parent_place_id"].isna() & ~noted(places, "no larger place") & places["place_type"].notna()
    yield from at(
        tables,
        "places",
        places[alone & ~places["place_type"].isin(LARGEST)],
        "parent_place_id",
        "{place_id} ({place_type}) lies in no other place",
        "fill parent_place_id, or write [no larger place] into the note",
    )


@rule
def case_names_its_profile(tables: Tables) -> Iterator[Finding]:
    """A case's profile_version is that of the schemas it comes with."""
    cases = tables["cases"].dropna(subset=["profile_version"])
    wrong = cases[cases["profile_version"].ne(tables.profile.version)]
    yield from at(
        tables,
        "cases",
        wrong,
        "profile_version",
        f"profile_version is {{profile_version}}; schemas/profile.json is {tables.profile.version}",
    )


@rule
def goal_has_program_or_holder(tables: Tables) -> Iterator[Finding]:
    """A goal names the program or the agency whose goal it is."""
    goals = tables["goals"]
    wrong = goals[goals["program_id"].isna() & goals["holder_agency_id"].isna()]
    yield from at(
        tables,
        "goals",
        wrong,
        "program_id",
        "goal {goal_id} has neither a program nor a holder",
        "fill program_id or holder_agency_id",
    )


@rule
def goal_positions_have_no_gap(tables: Tables) -> Iterator[Finding]:
    """Goals count 1, 2, 3 … within their program, else within their holder."""
    goals = tables["goals"]
    owner = goals["program_id"].fillna(goals["holder_agency_id"])
    position = pd.to_numeric(goals["position"], errors="coerce")
    goals = goals.assign(owner=owner, number=position)[owner.notna() & position.notna()]
    ranked = goals.sort_values("number", kind="stable")
    expected = (ranked.groupby("owner").cumcount() + 1).reindex(goals.index)
    wrong = goals.assign(expected=expected)[goals["number"].ne(expected)]
    yield from at(
        tables,
        "goals",
        wrong,
        "position",
        "position is {position}; by the count of the goals of {owner} it is {expected}",
        "number the goals 1, 2, 3 in the source's order",
    )


@rule
def program_has_agency_place_and_start_or_note(tables: Tables) -> Iterator[Finding]:
    """A program has an agency, a place and a start, or its note says [no agency], [no place], [no start]."""
    programs = tables["programs"]
    lacks = pd.DataFrame({code: lack & ~noted(programs, code) for code, lack in _lacks(tables).items()})
    missing = [[str(code) for code, lack in row.items() if lack] for row in lacks.to_dict("records")]
    named = {
        "lacking": [" and ".join(codes) for codes in missing],
        "ways": [" and ".join(WAYS[code] for code in codes) for codes in missing],
        "codes": [" ".join(f"[{code}]" for code in codes) for codes in missing],
    }
    wrong = programs.assign(**named)[lacks.any(axis=1)]
    yield from at(
        tables,
        "programs",
        wrong,
        "note",
        "{program_id} has {lacking}, and its note does not say {codes}",
        "add {ways}; or, where the source is silent, write {codes} into the note",
    )


WAYS = {"no agency": "a row of program_agencies", "no place": "a row of program_places", "no start": "its start"}


def _lacks(tables: Tables) -> dict[str, pd.Series]:
    """What each program lacks, by the code that says so in its note."""
    programs = tables["programs"]
    return {
        "no agency": ~programs["program_id"].isin(tables["program_agencies"]["program_id"]),
        "no place": ~programs["program_id"].isin(tables["program_places"]["program_id"]),
        "no start": programs["start"].isna(),
    }


@rule
def note_code_is_about_its_row(tables: Tables) -> Iterator[Finding]:
    """A code in a note, such as [no place], is known in its table, and what it says is missing is missing."""
    sources, figures = tables["sources"], tables["figures"]
    lacking = {
        "programs": _lacks(tables),
        "events": {"no program": tables["events"]["program_id"].isna()},
        "places": {"no larger place": tables["places"]["parent_place_id"].isna()},
        "sources": {"no title": has_no_title(sources), "no address": has_no_address(sources)},
        "figures": {"no sum": figures["figure_id"].isin(figures["part_of_figure_id"])},
        "claims": {"no measure": tables["claims"]["statement"].notna()},
    }
    for name, _ in tables.profile.fields(name="note"):
        frame = tables[name]
        coded = frame[frame["note"].str.contains("[no ", regex=False).eq(True)]
        known = lacking.get(name, {})
        for code in sorted({code for note in coded["note"] for code in CODE.findall(note)}):
            about = known.get(code, pd.Series(False, frame.index)).loc[coded.index]
            yield from at(
                tables,
                name,
                coded[noted(coded, code) & ~about],
                "note",
                f"the note says [{code}], which does not apply, or is not a code of {name}",
                f"take the code out; {name} knows {', '.join(f'[{one}]' for one in known) or 'none'}",
            )


@rule
def other_has_a_note(tables: Tables) -> Iterator[Finding]:
    """A row with the code `other` says in its note what it is."""
    for name, table in tables.profile.case_tables.items():
        for field in table.fields.values():
            if field.vocabulary and "note" in table.fields and "other" in tables.distinct(name, field.name).texts:
                frame = tables[name]
                wrong = frame[frame[field.name].eq("other") & frame["note"].isna()]
                yield from at(
                    tables,
                    name,
                    wrong,
                    field.name,
                    f"{field.name} is other, and there is no note",
                    "describe it there",
                )


@warning
def source_can_be_found_again(tables: Tables) -> Iterator[Finding]:
    """A source has its title as printed, and an address or DOI, or its note says [no title], [no address]."""
    sources = tables["sources"][tables["sources"]["source_use"].ne("identifier")]
    for code, lack, field in (
        ("no title", has_no_title(sources), "title"),
        ("no address", has_no_address(sources), "url"),
    ):
        yield from at(
            tables,
            "sources",
            sources[lack & ~noted(sources, code)],
            field,
            f"{{source_id}} has {code}",
            f"look it up; if it cannot be found again, write [{code}] into the note",
        )


@rule
def share_is_at_most_a_hundred(tables: Tables) -> Iterator[Finding]:
    """A share is between 0 and 100 percent, and a range runs from its lower end to its upper one."""
    figures = tables["figures"]
    for column in ("value", "value_max"):
        number = pd.to_numeric(figures[column], errors="coerce")
        wrong = figures[figures["measure"].eq("share") & ~number.between(0, 100) & number.notna()]
        yield from at(tables, "figures", wrong, column, f"{column} is {{{column}}}; a share is 0 to 100 %")
    low, high = (pd.to_numeric(figures[column], errors="coerce") for column in ("value", "value_max"))
    yield from at(
        tables, "figures", figures[high.lt(low)], "value_max", "value_max is {value_max}, less than value {value}"
    )


@warning
def figure_parts_add_up(tables: Tables) -> Iterator[Finding]:
    """The parts of a figure, of one measure, unit and period, add up to it, or its note says [no sum]."""
    figures = tables["figures"]
    plain = figures["value"].where(figures["value"].str.fullmatch(FORMS["number"].pattern).eq(True))
    figures = figures.assign(number=pd.to_numeric(plain), period=figures["period"].fillna(""))
    parts = figures.dropna(subset=["part_of_figure_id", "number"])
    wholes = figures.reset_index().rename(columns={"figure_id": "whole"})
    joined = parts.merge(wholes[["whole", *ALIKE]], left_on="part_of_figure_id", right_on="whole", suffixes=("", "_of"))
    like = joined[(joined[ALIKE].to_numpy() == joined[[f"{name}_of" for name in ALIKE]].to_numpy()).all(axis=1)]
    bounds = set(like.loc[like["qualifier"].notna(), "whole"])  # of parts that are bounds, the sum is none either
    sums = like[~like["whole"].isin(bounds)].groupby("whole")["number"].sum()
    added = figures["figure_id"].map(sums).astype("float64")  # with pyarrow, no row would leave it text
    rest = (figures["number"] - added).round(6)
    shown = {"added": added.map("{:g}".format), "rest": rest.map("{:g}".format)}
    wrong = figures.assign(**shown)[rest.notna() & rest.ne(0) & ~noted(figures, "no sum")]
    yield from at(
        tables,
        "figures",
        wrong,
        "value",
        "value is {value}; its parts add up to {added}, which leaves {rest}",
        "leave it so if the source does, and write [no sum] into the note",
    )


EMPTY = {"none", "not-coded"}


def _coded(tables: Tables) -> dict[str, set[str]]:
    """The cases that have rows of their coded sources, by each table that can be empty."""
    others = {"claims": crosschecks(tables)}
    found = {}
    for name, table in tables.profile.case_tables.items():
        if ATTESTED in table.fields:
            others[name] = tables[name][ATTESTED].eq(OTHER_SOURCE)
        if name in others:
            found[name] = set(tables[name].loc[~others[name], "case_id"].dropna())
        elif table.kind != "register":
            found[name] = set(tables.distinct(name, "case_id").texts)
    return found


@todo
def empty_table_is_accounted_for(tables: Tables) -> Iterator[Finding]:
    """Where a case has no row of its coded sources in a table, scope says if they have nothing or nobody coded it."""
    cases = tables["cases"].dropna(subset=["case_id"])
    text = set(pairs(tables["scope"].dropna(subset=["case_id", "table_name"]), "table_name"))
    coded = _coded(tables)
    bare = [
        [name for name, having in coded.items() if case not in having and f"{case} {name}" not in text]
        for case in cases["case_id"]
    ]
    listed = cases.assign(bare=[", ".join(names) for names in bare])
    yield from at(
        tables,
        "cases",
        listed[listed["bare"].ne("")],
        "case_id",
        "{case_id} has no row of its coded sources in {bare}, and scope does not say why",
        "code it, or add to scope.csv: {case_id},<table>,none, or {case_id},<table>,not-coded,",
    )


@rule
def scope_fits_its_table(tables: Tables) -> Iterator[Finding]:
    """A row of scope fits its table: `none` and `not-coded` one without a row of the coded sources, others one with."""
    table, coded = tables.profile.tables["scope"], _coded(tables)
    scope = tables["scope"].dropna(subset=["case_id", "table_name", "extent"])
    known = scope["table_name"].isin(coded)
    strange = scope[~known]
    reported = zip(strange["table_name"], first(strange), strict=True)
    hints = [did_you_mean(name, coded) if hinted else "" for name, hinted in reported]
    yield from at(
        tables,
        table.name,
        strange.assign(hint=hints),
        "table_name",
        'no table "{table_name}" can be empty',
        "{hint}",
    )
    rest = scope[known]
    filled = [case in coded[name] for case, name in zip(rest["case_id"], rest["table_name"], strict=True)]
    wrong = rest[pd.Series(filled, index=rest.index, dtype=bool) == rest["extent"].isin(EMPTY)]
    found = ["rows" if extent in EMPTY else "no row" for extent in wrong["extent"]]
    yield from at(
        tables,
        table.name,
        wrong.assign(found=found),
        "extent",
        "extent is {extent}; {case_id} has {found} of its coded sources in {table_name}",
        "say complete or partial of a table with such rows, none or not-coded of one without",
    )


@rule
def reliability_is_of_a_field(tables: Tables) -> Iterator[Finding]:
    """Reliability is of a table of the case and its field, or `record`, and no more pairs agree than were compared."""
    rows = tables["reliability"]
    owners = tables.profile.case_tables
    lost = ~rows["table_name"].isin(owners)
    named = zip(rows.loc[lost, "table_name"], first(rows[lost]), strict=True)
    hints = [did_you_mean(str(name), owners) if hinted else "" for name, hinted in named]
    yield from at(
        tables, "reliability", rows[lost].assign(hint=hints), "table_name", 'no table "{table_name}"', "{hint}"
    )
    for name, some in rows[~lost].groupby("table_name"):
        fields = {*owners[str(name)].fields, RECORD}
        wrong = some[some["field"].notna() & ~some["field"].isin(fields)]
        yield from at(tables, "reliability", wrong, "field", f'{name} has no field "{{field}}"')
    agreed, pairs_ = (pd.to_numeric(rows[column], errors="coerce") for column in ("agreed", "pairs"))
    yield from at(
        tables, "reliability", rows[agreed.gt(pairs_)], "agreed", "agreed is {agreed}, more than the {pairs} pairs"
    )
