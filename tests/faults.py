"""One fault for each rule: an edit of a real file, and what follows from it by necessity."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Fault:
    """An edit: the text `old`, which appears once in the file, becomes `new`."""

    file: str
    old: str
    new: str | bytes
    also: frozenset[str] = frozenset()
    case: str = "kgz-leph"
    environment: dict[str, str] = field(default_factory=dict)


def also(*rules: str) -> frozenset[str]:
    return frozenset(rules)


PROGRAMS, EVENTS, GOALS, CLAIMS = (f"data/{name}.csv" for name in ("programs", "events", "goals", "claims"))
AGENCIES, PLACES, SOURCES, CASES = (f"data/{name}.csv" for name in ("agencies", "places", "sources", "cases"))
PASSAGES, EVIDENCE, LINKS = (f"data/{name}.csv" for name in ("passages", "evidence", "event_links"))
SCOPE = (Path(__file__).parents[1] / "data/scope.csv").read_text(encoding="utf-8")
GOAL = "kgz-leph:nsp-goal-crime,kgz-leph,kgz-leph:nsp,,3,"

FAULTS = {
    # files
    "descriptor-is-json": Fault("datapackage.json", '"name": "kgz-leph",', '"name": "kgz-leph"'),
    "descriptor-lists-resources": Fault("datapackage.json", '"resources":', '"resource":'),
    "path-stays-in-package": Fault("datapackage.json", '"path": "data/events.csv"', '"path": "../events.csv"'),
    "file-exists": Fault("datapackage.json", '"path": "data/events.csv"', '"path": "data/event.csv"'),
    "file-is-not-too-large": Fault(
        GOALS,
        "A better crime situation",
        "A better crime situation" * 50_000,
        environment={"POLICYCASE_LARGEST_FILE": "1000000"},
    ),
    "file-is-not-empty": Fault("data/scope.csv", SCOPE, ""),
    "file-is-csv": Fault(GOALS, "goal_id,case_id", b"PK\x03\x04goal_id,case_id"),
    "file-has-commas": Fault(GOALS, "goal_id,case_id", "sep=;\ngoal_id,case_id"),
    "line-ends-are-whole": Fault(GOALS, "A better crime situation", "A better\r crime situation"),
    "file-has-no-bom": Fault(GOALS, "goal_id,case_id", "\ufeffgoal_id,case_id"),
    "file-is-utf-8": Fault(SOURCES, "S34–S35", b"S34\x96S35"),
    "file-has-lf-line-ends": Fault(
        GOALS, "A better crime situation in the country.,coded-source,\n", "A better crime.,coded-source,\r\n"
    ),
    "file-has-no-nul": Fault(GOALS, "A better crime situation", "A better\0 crime situation"),
    "file-ends-with-newline": Fault(
        GOALS, "Slow the spread of COVID-19.,coded-source,\n", "Slow the spread of COVID-19.,coded-source,"
    ),
    "row-is-one-line": Fault(
        GOALS, '"Less use of illicit opioids, or none."', '"Less use of illicit opioids,\nor none."'
    ),
    "row-has-every-cell": Fault(GOALS, "Help to keep order.,coded-source,\n", "Help to keep, order.,coded-source,\n"),
    "row-is-csv": Fault(GOALS, '"Less use of illicit opioids, or none."', '"Less use" of illicit opioids'),
    "schema-is-a-file": Fault("datapackage.json", '"schemas/goals.schema.json"', '{"fields": []}'),
    "resource-is-a-table": Fault(
        "datapackage.json", '"resources": [', '"resources": [{"name": "codebook", "path": "README.md"},'
    ),
    # schemas
    "schema-has-lf-line-ends": Fault("schemas/profile.json", '"version": "2.0.0",\n', '"version": "2.0.0",\r\n'),
    "profile-version-is-known": Fault("schemas/profile.json", '"version": "2.0.0"', '"version": "2.0.1"'),
    "schema-equals-profile": Fault("schemas/goals.schema.json", "in the source's order, with", "in their order, with"),
    "header-equals-schema": Fault(GOALS, "goal_type_2,population", "goal_type2,population"),
    # profile
    "descriptor-follows-profile": Fault("datapackage.json", '"licenses":', '"licences":'),
    "licence-has-spdx-id-or-path": Fault("datapackage.json", '"name": "CC-BY-4.0"', '"name": "CC BY 4.0"'),
    "orcid-has-its-check": Fault(
        "datapackage.json",
        '"title": "policycase contributors",',
        '"title": "policycase contributors", "path": "https://orcid.org/0000-0002-1825-0079",',
    ),
    "resource-is-there-once": Fault("datapackage.json", '"name": "goals"', '"name": "goal"'),
    "resource-has-one-stem": Fault(
        "datapackage.json", '"schema": "schemas/goals.schema.json"', '"schema": "schemas/claims.schema.json"'
    ),
    "descriptor-names-its-profile": Fault(
        "datapackage.json", '"profile_version": "2.0.0"', '"profile_version": "2.0.1"'
    ),
    # standard: what frictionless says, where no rule says it better
    "type-error": Fault(CASES, ",2026-11-27,", ",2026-02-30,"),
    "constraint-error": Fault(
        GOALS, "A better crime situation in the country.", "", also("evidence-points-to-a-record-and-field")
    ),
    "primary-key": Fault(
        EVIDENCE, "kgz-leph:nsp,start,kgz-leph:p3s3", "kgz-leph:nsp,record,kgz-leph:p3s3", also("value-has-evidence")
    ),
    # identity
    "id-has-case-prefix": Fault(
        GOALS,
        "kgz-leph:nsp-goal-crime",
        "kgz-lehp:nsp-goal-crime",
    ),
    "id-is-unique-over-tables": Fault(
        GOALS,
        "kgz-leph:nsp-goal-crime",
        "kgz-leph:nsp-launch",
        also("evidence-points-to-a-record-and-field"),
    ),
    "record-is-coded-once": Fault(PLACES, "kgz-leph,Bishkek,,city", "kgz-leph,Osh,,city"),
    "link-id-is-made-of-its-parts": Fault(
        "data/program_places.csv",
        "kgz-leph:nsp--osh,kgz-leph,kgz-leph:nsp,kgz-leph:osh",
        "kgz-leph:nsp--osh,kgz-leph,kgz-leph:mmt,kgz-leph:osh",
        also("place-of-a-program-is-not-before-it"),
    ),
    "passage-id-is-its-locator": Fault(PASSAGES, "S34,p3,3,,142", "S34,p3,4,,142", also("sentence-is-accounted-for")),
    "case-id-begins-with-its-country": Fault(CASES, ",KGZ,", ",KAZ,"),
    "foreign-key-stays-in-case": Fault(
        GOALS, GOAL, GOAL.replace("kgz-leph:nsp,", "kgz-leph:nps,"), also("goal-positions-have-no-gap")
    ),
    "agency-is-used": Fault(
        "data/event_agencies.csv",
        "kgz-leph:study-visits,kgz-leph:neighboring-delegations",
        "kgz-leph:study-visits,kgz-leph:moi",
        also("link-id-is-made-of-its-parts"),
    ),
    "source-is-used": Fault(
        SOURCES,
        "kgz-leph:geonames,kgz-leph,identifier",
        "kgz-leph:geonames,kgz-leph,crosscheck",
        also("source-can-be-found-again"),
    ),
    # values
    "code-is-in-vocabulary": Fault(GOALS, "reduce-crime", "reduce-crimes"),
    "identifier-has-its-form": Fault(SOURCES, "https://doi.org/10.35502", "doi.org/10.35502"),
    "country-and-subdivision-are-iso": Fault(PLACES, "KG-GB", "KG-GG"),
    "text-has-no-control-or-edge-space": Fault(GOALS, "A better crime situation", " A better crime situation"),
    "cell-has-its-plain-form": Fault(GOALS, GOAL, GOAL.replace(",3,", ",+3,")),
    "text-is-not-damaged": Fault(GOALS, "A better crime situation in", "A better crime situation_x000D_ in"),
    "text-is-no-word-for-nothing": Fault(
        GOALS,
        "A better crime situation in the country.,coded-source,",
        "A better crime situation in the country.,coded-source,NA",
    ),
    "doi-ends-with-no-mark": Fault(SOURCES, ",10.35502/jcswb.256,", ",10.35502/jcswb.256.,"),
    "text-is-composed": Fault(GOALS, "A better crime situation", "A better cri\u0301me situation"),
    "equal-names-are-written-alike": Fault(PLACES, "kgz-leph,Bishkek,,city", "kgz-leph,Ｏｓｈ,,city"),
    # chronology
    "launch-agrees-with-its-program": Fault(
        EVENTS, "kgz-leph:nsp,1999,1999-01-01,1999-12-31", "kgz-leph:nsp,2000,2000-01-01,2000-12-31"
    ),
    "date-is-edtf": Fault(
        "data/event_places.csv",
        "kgz-leph:nsp-launch,kgz-leph:bishkek,,",
        "kgz-leph:nsp-launch,kgz-leph:bishkek,1999-13,",
        also("value-has-evidence"),
    ),
    "bounds-equal-edtf": Fault(
        EVENTS, "kgz-leph:nsp,1999,1999-01-01,1999-12-31", "kgz-leph:nsp,1999,1999-01-01,1999-12-30"
    ),
    "start-is-not-after-end": Fault(CASES, ",2020-05-10,2020-05-10,2020-05-10,", ",1990,1990-01-01,1990-12-31,"),
    "operating-event-lies-in-its-program": Fault(
        EVENTS, "kgz-leph:nsp,1999,1999-01-01,1999-12-31", "kgz-leph:nsp,1998,1998-01-01,1998-12-31"
    ),
    "operating-event-names-its-program": Fault(
        EVENTS, "kgz-leph:nsp,1999,1999-01-01,1999-12-31", ",1999,1999-01-01,1999-12-31"
    ),
    "event-link-has-its-direction": Fault(
        LINKS,
        "kgz-leph:anniversary,kgz-leph:independence,follows",
        "kgz-leph:anniversary,kgz-leph:independence,creates",
        also("link-id-is-made-of-its-parts"),
    ),
    "ongoing-has-no-end": Fault(PROGRAMS, "2020-05-10,2020-05-10,ended", "2020-05-10,2020-05-10,ongoing"),
    "place-of-a-program-is-not-before-it": Fault(
        "data/program_places.csv",
        "kgz-leph:nsp,kgz-leph:bishkek,,1999,1999-01-01,1999-12-31",
        "kgz-leph:nsp,kgz-leph:bishkek,,1998,1998-01-01,1998-12-31",
    ),
    "end-agrees-with-its-event": Fault(
        EVENTS,
        "bvt-lamps:night-watch,2008-12-31,2008-12-31,2008-12-31",
        "bvt-lamps:night-watch,2008-11-30,2008-11-30,2008-11-30",
        case="bvt-lamps",
    ),
    "date-is-not-after-its-source": Fault(EVENTS, ",2021,2021-01-01,2021-12-31,", ",2023,2023-01-01,2023-12-31,"),
    "event-chain-has-no-cycle": Fault(
        LINKS,
        "kgz-leph:anniversary,kgz-leph:independence,follows",
        "kgz-leph:anniversary,kgz-leph:anniversary,follows",
        also("link-id-is-made-of-its-parts"),
    ),
    # structure
    "parent-chain-has-no-cycle": Fault(PROGRAMS, "umbrella,,,[..1999],", "umbrella,,kgz-leph:nsp-prisons,[..1999],"),
    "child-place-lies-in-its-country": Fault(PLACES, "KG-GB", "KZ-71"),
    "place-lies-in-another-or-says-why": Fault(
        PLACES,
        'city,bvt-lamps:bouvet,,,,-54.41,3.31,coded-source,"Invented, and so is its position."',
        "city,,,,,-54.41,3.31,coded-source,",
        case="bvt-lamps",
    ),
    "case-names-its-profile": Fault(CASES, ",2.0.0,policycase", ",2.0.1,policycase"),
    "goal-has-program-or-holder": Fault(GOALS, GOAL, GOAL.replace("kgz-leph:nsp,", ",")),
    "goal-positions-have-no-gap": Fault(GOALS, GOAL, GOAL.replace(",3,", ",4,")),
    "program-has-agency-place-and-start-or-note": Fault(
        PROGRAMS, "The passage gives no place. [no place]", "The passage gives no place."
    ),
    "note-code-is-about-its-row": Fault(
        PROGRAMS, "The end of the trial phase is not given.", "The end of the trial phase is not given. [no start]"
    ),
    "other-has-a-note": Fault(PROGRAMS, "Street lighting; no code fits.", "", case="bvt-lamps"),
    "source-can-be-found-again": Fault(
        SOURCES, "https://tdminews.com/kyrgyz-nation-prepares-for-30th-independence-anniversary", ""
    ),
    "share-is-at-most-a-hundred": Fault("data/figures.csv", "share,44.4,,%", "share,144.4,,%"),
    "figure-parts-add-up": Fault("data/figures.csv", "sites,18,,1", "sites,17,,1", case="bvt-lamps"),
    # provenance
    "record-has-evidence": Fault(EVIDENCE, "kgz-leph:moj,record,kgz-leph:p3s5", "kgz-leph:moi,name,kgz-leph:p3s5"),
    "value-has-evidence": Fault(EVIDENCE, "kgz-leph:nsp,start,kgz-leph:p3s3", "kgz-leph:nsp,name,kgz-leph:p3s3"),
    "evidence-points-to-a-record-and-field": Fault(
        EVIDENCE, "kgz-leph:nsp,start,kgz-leph:p3s3", "kgz-leph:nsp,stat,kgz-leph:p3s3", also("value-has-evidence")
    ),
    "attested-by-equals-evidence": Fault(
        EVENTS, "opened in two large cities.,coded-source,", "opened in two large cities.,other-source,"
    ),
    "sentence-is-accounted-for": Fault(
        PASSAGES,
        "kgz-leph:p2s4,kgz-leph,kgz-leph:article,S34,p2,4,,139,",
        "kgz-leph:p2s7,kgz-leph,kgz-leph:article,S34,p2,7,,139,",
        also("foreign-key-stays-in-case"),
    ),
    "passage-and-figure-have-a-fitting-source": Fault(
        "data/figures.csv",
        "bvt-lamps:study,,Those in the town.",
        "bvt-lamps:iso-3166,,Those in the town.",
        case="bvt-lamps",
    ),
    "case-has-a-coded-source-with-passages": Fault(
        SOURCES,
        "bvt-lamps:gazette,bvt-lamps,crosscheck",
        "bvt-lamps:gazette,bvt-lamps,coded",
        also("record-has-evidence", "value-has-evidence", "attested-by-equals-evidence"),
        "bvt-lamps",
    ),
    # claims
    "claim-value-has-the-form-of-its-field": Fault(CLAIMS, "start,1999-11,", "start,Nov 1999,", case="bvt-lamps"),
    "claim-points-to-a-record": Fault(
        CLAIMS, "kgz-leph:nsp-prisons,record,,kgz-leph:cis", "kgz-leph:nsp-prisons,recorded,,kgz-leph:cis"
    ),
    "crosscheck-claim-names-an-independent-source": Fault(
        CLAIMS, "asserts,kgz-leph:article,,,,,It was the first", "confirms,kgz-leph:article,,,,,It was the first"
    ),
    "crosscheck-row-is-in-no-program": Fault(
        "data/event_places.csv",
        "bvt-lamps:watch-launch,bvt-lamps:fyrvag",
        "bvt-lamps:watch-launch,bvt-lamps:isodden",
        also("link-id-is-made-of-its-parts"),
        "bvt-lamps",
    ),
    # crosschecks
    "rival-value-fits-its-stance": Fault(CLAIMS, "kgz-leph:mmt,start,2001,", "kgz-leph:mmt,start,2002,"),
    "confirmation-is-not-after-its-source": Fault(
        CLAIMS, ",2020-04-01,2020-04-01,2020-04-01,", ",2023-04-01,2023-04-01,2023-04-01,"
    ),
    "number-is-no-prose": Fault(CLAIMS, "too few concentrators and", "200 concentrators too few, and too few"),
    "shared-author-is-one-group": Fault(SOURCES, 'article-authors,"By a co-author', 'sadykov,"By a co-author'),
    # extent
    "empty-table-is-accounted-for": Fault("data/scope.csv", "program_links,none,", "goals,partial,", case="bvt-lamps"),
    "reliability-is-of-a-field": Fault(
        "data/reliability.csv",
        "measured_on,note\n",
        "measured_on,note\nbvt-lamps,1,programs,name,2,3,4,,,\n",
        case="bvt-lamps",
    ),
    "scope-fits-its-table": Fault("data/scope.csv", "program_links,none,", "program_links,partial,", case="bvt-lamps"),
    # source: against a made-up copy
    "passage-is-in-the-source": Fault(PASSAGES, "3c86b52a", "3c86b52b", case="bvt-lamps"),
    "no-words-of-the-source": Fault(
        GOALS,
        "Fewer people hurt their feet by falling in the dark.",
        '"We thank the seals of the western beach, who listened to two drafts"',
        case="bvt-lamps",
    ),
}


# The profile itself: faults of whoever changes it, in a checkout of their own.
AUTHORING = {
    "profile-is-readable": Fault("schemas/profile.json", '"version": "2.0.0",', '"version": "2.0.0"'),
    "schema-exists": Fault("schemas/profile.json", '"claims",', '"claim",'),
    "schema-is-json": Fault("schemas/goals.schema.json", '"name": "goals",', '"name": "goals"'),
    "schema-follows-profile": Fault("schemas/goals.schema.json", '"missingValues"', '"missingValue"'),
    "schema-keys-exist": Fault(
        "schemas/goals.schema.json",
        '"resource": "programs",\n        "fields": [\n          "program_id"',
        '"resource": "programs",\n        "fields": [\n          "program"',
    ),
    "schema-mirrors-codes": Fault("schemas/codes.csv", "hedge,possible,", "hedge,possibly,"),
}
