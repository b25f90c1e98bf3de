"""Metadata for machines."""

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from copies import ROOT
from pybtex.database import BibliographyData, parse_string

import policycase
from policycase.model.bibtex import SPECIAL
from policycase.model.casebook import Casebook
from policycase.model.package import doi, read_descriptor
from policycase.publishing.citation_files import CITATION, ZENODO, citation, zenodo
from policycase.publishing.pack import files
from policycase.publishing.web_metadata import CROISSANT, dataset

PERSON = {
    "title": "Ada Lovelace",
    "givenName": "Ada",
    "familyName": "Lovelace",
    "organization": "Analytical Society",
    "path": "https://orcid.org/0000-0002-1825-0097",
    "roles": ["author"],
}


@pytest.fixture(scope="module")
def case() -> Casebook:
    return policycase.load()


@pytest.fixture(scope="module")
def both(case: Casebook) -> Casebook:
    return policycase.stack([case, ROOT / "examples/can-insite"])


@pytest.fixture(scope="module")
def packed() -> dict[str, bytes]:
    return files(ROOT)


@pytest.fixture(scope="module")
def croissant(packed: dict[str, bytes]) -> dict[str, Any]:
    return json.loads(packed[CROISSANT])


def described(book: Casebook) -> dict[str, Any]:
    return dataset(book.descriptor, book.profile, book.cases)


def test_citation_refers_to_the_article():
    cited = yaml.safe_load((ROOT / CITATION).read_text(encoding="utf-8"))

    assert cited["references"] == [
        {
            "type": "generic",
            "title": "Snapshots from Kyrgyzstan: Promising early partnerships in community safety and well-being",
            "authors": [
                {"family-names": "Iriskulbekov", "given-names": "E."},
                {"family-names": "Sadykov", "given-names": "I."},
            ],
            "year": 2022,
            "notes": "Journal of Community Safety and Well-Being, 7(Suppl 1), S34–S35",
            "doi": "10.35502/jcswb.256",
        }
    ]


@pytest.mark.parametrize(
    ("title", "families"),
    [
        ("Lee, A. (2001). One. Journal.", ["Lee"]),
        ("Lee, A.-B., van der Berg, C. D., & Öz, É. (2001). Three", ["Lee", "van der Berg", "Öz"]),
        ("Insite (Wikipedia)", []),
        ("Oppenheimer et al. Police-mediated assistance. Journal, 7.", []),
        ("Insite. (2001). Encyclopedia.", []),
    ],
)
def test_citation_refers_to_sources_whose_title_says_their_authors(title: str, families: list[str]):
    descriptor = read_descriptor(ROOT) | {"sources": [{"title": title}]}

    references = yaml.safe_load(citation(descriptor)).get("references", [])

    assert [author["family-names"] for source in references for author in source["authors"]] == families


@pytest.mark.parametrize("body", ["World Health Organization", "Ministry of Justice and Human Rights"])
def test_citation_refers_to_a_body_by_its_name(body: str):
    descriptor = read_descriptor(ROOT) | {"sources": [{"title": f"{body} (2001). A report."}]}

    (source,) = yaml.safe_load(citation(descriptor))["references"]

    assert source["authors"] == [{"name": body}]
    assert source["title"] == "A report"


@pytest.mark.parametrize(
    ("names", "of_citation", "of_deposit"),
    [
        (["CC-BY-NC-4.0", "CC-BY-4.0"], "CC-BY-NC-4.0", "cc-by-nc-4.0"),
        (["CC-BY-NC-4.0", "CC-BY-SA-4.0"], None, "other-closed"),
        (["our own terms"], None, "other-closed"),
    ],
)
def test_citation_and_deposit_name_a_licence_only_if_it_covers_the_package(names, of_citation, of_deposit):
    descriptor = read_descriptor(ROOT) | {"licenses": [{"name": name} for name in names]}

    assert yaml.safe_load(citation(descriptor)).get("license") == of_citation
    assert json.loads(zenodo(descriptor))["license"] == of_deposit


def test_citation_has_address_doi_and_people_where_the_descriptor_has_them():
    known = {"homepage": "https://example.org/case", "id": "https://doi.org/10.5281/zenodo.1", "contributors": [PERSON]}

    cited = yaml.safe_load(citation(read_descriptor(ROOT) | known))

    assert cited["url"] == "https://example.org/case"
    assert cited["doi"] == "10.5281/zenodo.1"
    assert cited["authors"] == [
        {
            "family-names": "Lovelace",
            "given-names": "Ada",
            "affiliation": "Analytical Society",
            "orcid": "https://orcid.org/0000-0002-1825-0097",
        }
    ]


@pytest.mark.parametrize(("identifier", "kind"), [("https://example.org/7", "url"), ("urn:uuid:7", "other")])
def test_citation_has_an_identifier_that_is_no_doi(identifier: str, kind: str):
    cited = yaml.safe_load(citation(read_descriptor(ROOT) | {"id": identifier}))

    assert cited["identifiers"] == [{"type": kind, "value": identifier}]
    assert "doi" not in cited


def test_contributors_who_are_no_authors_are_not_cited():
    reviewer = {"title": "Ministry of Numbers", "roles": ["reviewer"]}
    descriptor = read_descriptor(ROOT)

    cited = yaml.safe_load(citation(descriptor | {"contributors": [PERSON, reviewer]}))
    alone = yaml.safe_load(citation(descriptor | {"contributors": [reviewer]}))

    assert [author["family-names"] for author in cited["authors"]] == ["Lovelace"]
    assert alone["authors"] == [{"name": "Ministry of Numbers"}]


def test_zenodo_says_what_the_case_is_derived_from():
    deposit = json.loads((ROOT / ZENODO).read_text(encoding="utf-8"))
    descriptor = read_descriptor(ROOT)

    assert deposit["upload_type"] == "dataset"
    assert deposit["title"] == descriptor["title"]
    assert deposit["description"] == f"<p>{descriptor['description']}</p>"
    assert deposit["creators"] == [{"name": "policycase contributors"}]
    assert deposit["license"] == "cc-by-4.0"
    assert deposit["version"] == descriptor["version"]
    assert deposit["related_identifiers"] == [{"identifier": "10.35502/jcswb.256", "relation": "isDerivedFrom"}]


def test_zenodo_takes_people_by_family_name_and_text_as_html():
    changed = {"contributors": [PERSON], "description": "Cases < 3 & rising."}

    deposit = json.loads(zenodo(read_descriptor(ROOT) | changed))

    assert deposit["creators"] == [
        {"name": "Lovelace, Ada", "affiliation": "Analytical Society", "orcid": "0000-0002-1825-0097"}
    ]
    assert deposit["description"] == "<p>Cases &lt; 3 &amp; rising.</p>"


def test_dataset_says_where_when_by_whom_and_from_what(case: Casebook):
    page = described(case)

    assert page["@type"] == "Dataset"
    assert page["temporalCoverage"] == "1999-01-01/2020-05-10"
    assert page["spatialCoverage"] == [{"@type": "Country", "name": "Kyrgyzstan", "identifier": "KGZ"}]
    assert page["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert page["creator"] == [{"@type": "Organization", "name": "policycase contributors"}]
    assert [work["url"] for work in page["isBasedOn"]] == ["https://doi.org/10.35502/jcswb.256"]
    assert [work["identifier"] for work in page["isBasedOn"]] == ["doi:10.35502/jcswb.256"]
    assert "url" not in page


@pytest.mark.parametrize(
    ("entry", "address"),
    [
        ({"name": "CC0-1.0"}, "https://spdx.org/licenses/CC0-1.0"),
        ({"name": "our own terms", "path": "TERMS.txt"}, "our own terms"),
        ({"name": "our own terms", "path": "https://example.org/terms"}, "https://example.org/terms"),
    ],
)
def test_dataset_has_the_address_of_a_licence_only_if_there_is_one(case: Casebook, entry, address: str):
    page = dataset(case.descriptor | {"licenses": [entry]}, case.profile, case.cases)

    assert page["license"] == address


def test_dataset_has_every_file_and_the_fields_that_say_something(case: Casebook):
    page = described(case)
    measured = {variable["propertyID"] for variable in page["variableMeasured"]}

    assert all((ROOT / file["name"]).is_file() for file in page["distribution"])
    assert len(page["distribution"]) == len(case.tables)
    assert {"programs.program_type", "events.start", "goals.goal_type"} <= measured
    assert not measured & {"programs.program_id", "programs.case_id", "events.start_earliest"}


def test_dataset_of_a_stack_spans_its_cases(both: Casebook):
    page = described(both)

    assert page["temporalCoverage"] == "1999-01-01/2020-05-10"
    assert [place["identifier"] for place in page["spatialCoverage"]] == ["CAN", "KGZ"]
    assert len(page["isBasedOn"]) == 3


def test_dataset_is_open_in_time_where_a_case_has_no_end(both: Casebook):
    cases = both.cases
    cases.loc[0, "end_latest"] = None

    page = dataset(both.descriptor, both.profile, cases)

    assert page["temporalCoverage"] == "1999-01-01/.."


def test_dataset_has_the_address_and_id_of_the_descriptor(case: Casebook):
    known = {"homepage": "https://example.org/case", "id": "https://doi.org/10.5281/zenodo.1", "contributors": [PERSON]}

    page = dataset(case.descriptor | known, case.profile, case.cases)

    assert (page["url"], page["identifier"]) == (known["homepage"], known["id"])
    assert page["creator"][0]["@type"] == "Person"
    assert page["creator"][0]["sameAs"] == "https://orcid.org/0000-0002-1825-0097"


def test_croissant_has_every_table_of_the_zip_with_its_hash(croissant: dict[str, Any], packed: dict[str, bytes]):
    found = {file["contentUrl"]: (file["sha256"], file["contentSize"]) for file in croissant["distribution"]}

    assert found == {
        path: (hashlib.sha256(content).hexdigest(), f"{len(content)} B")
        for path, content in packed.items()
        if path.endswith(".csv")
    }


def test_croissant_has_every_column_with_its_type_and_key(croissant: dict[str, Any], case: Casebook):
    records = {table["@id"]: table for table in croissant["recordSet"]}
    types = {field["@id"]: field["dataType"] for table in records.values() for field in table["field"]}

    assert list(types) == [f"{name}/{column}" for name in case.tables for column in case[name]]
    assert types["programs/name"] == "sc:Text"
    assert types["programs/is_pilot"] == "sc:Boolean"
    assert types["programs/start_earliest"] == "sc:Date"
    assert types["goals/position"] == "sc:Integer"
    assert types["figures/value"] == "sc:Float"
    assert records["programs"]["key"] == [{"@id": "programs/program_id"}]
    assert [key["@id"] for key in records["evidence"]["key"]] == [
        "evidence/record_id",
        "evidence/field",
        "evidence/passage_id",
    ]


def test_croissant_names_each_thing_once_and_cites_the_package(croissant: dict[str, Any], case: Casebook):
    ids = [thing["@id"] for thing in [*croissant["distribution"], *croissant["recordSet"]]]
    ids += [field["@id"] for table in croissant["recordSet"] for field in table["field"]]

    assert len(set(ids)) == len(ids)
    assert croissant["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    assert case.cite().startswith(croissant["citeAs"])


@pytest.mark.parametrize(
    ("path", "bare"),
    [
        ("https://doi.org/10.35502/jcswb.256", "10.35502/jcswb.256"),
        ("http://dx.doi.org/10.35502/JCSWB.256", "10.35502/jcswb.256"),
        ("doi:10.35502/jcswb.256", "10.35502/jcswb.256"),
        ("https://example.org/10.35502/jcswb.256", ""),
        ("https://10.0.0.1/page", ""),
        ("http://[example.org", ""),
        ("", ""),
    ],
)
def test_doi_is_told_from_other_addresses(path: str, bare: str):
    assert doi(path) == bare


@pytest.mark.parametrize("name", [CITATION, ZENODO, CROISSANT])
def test_contributors_are_told_what_is_generated(name: str):
    listed = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Generated files")[2]

    assert f"`{name}`" in listed.partition("\n## ")[0]


HOSTILE = [
    "}",
    "{",
    "a }, year = {1}, } @misc{evil, title = {b}",
    "line\n@misc{evil,\n title = {b}}\x00\x1b[31m",
    "100% & $5 #1_a ~ ^ \\ {b}",
    "\\",
    "\\}{",
    '"',
    "@comment{",
    "می\u200cخواهم",
]


def as_read(book: Casebook) -> BibliographyData:
    return parse_string(book.cite(), "bibtex")


def shown(field: str) -> str:
    """What LaTeX shows of a field that is in braces of its own."""
    text = field.removeprefix("{").removesuffix("}")
    for letter, command in SPECIAL.items():
        text = text.replace(command, chr(letter)) if len(command) > 2 else text
    return re.sub(r"\\([&%$#_])", r"\1", text)


def with_source(package: Path, **cells: str) -> Casebook:
    book = policycase.load(package)
    sources = book.text["sources"].copy()
    for column, cell in cells.items():
        sources.iloc[0, sources.columns.get_loc(column)] = cell
    return Casebook(replace(book.text, frames={**book.text.frames, "sources": sources}), book.descriptor)


@pytest.mark.parametrize("text", HOSTILE)
def test_bibtex_keeps_any_cell_in_its_field(text: str):
    book = with_source(ROOT, title=text, authors=f"{text}; Doe, Ann", container=text, url=f"https://example.org/{text}")
    book.descriptor |= {"version": text}
    cases = book.text["cases"].assign(title=text, coded_by=text)
    book = Casebook(replace(book.text, frames={**book.text.frames, "cases": cases}), book.descriptor)

    read = as_read(book)

    one_line = " ".join(re.sub(r"[\x00-\x1f]", " ", text).split())
    assert list(read.entries) == ["kgz-leph", "kgz-leph-article"]
    for entry in read.entries.values():
        assert shown(entry.fields["title"]) == one_line
        assert set(entry.fields) <= {"title", "journal", "year", "version", "note", "doi", "url", "urldate"}
    assert str(read.entries["kgz-leph-article"].persons["author"][-1]) == "Doe, Ann"
    assert len(read.entries["kgz-leph-article"].persons["author"]) == 2


@pytest.mark.parametrize(
    ("authors", "last_names"),
    [
        ("Ministry of Justice and Human Rights; World Health Organization", [["Ministry of Justice and Human Rights"], ["World Health Organization"]]),
        ("van der Berg, C. D.; Öz, É.", [["Berg"], ["Öz"]]),
        ("Department of Health, Labour and Welfare", [["Department of Health, Labour and Welfare"]]),
        ("\x00, \x01; Doe, Ann", [[","], ["Doe"]]),
        ("others; Doe, Ann", [["others"], ["Doe"]]),
        ("Ministry, of, Health, Labour", [["Ministry, of, Health, Labour"]]),
    ],
)  # fmt: skip
def test_bibtex_keeps_a_body_as_one_name_and_a_person_as_family_and_given(authors: str, last_names: list[list[str]]):
    article = as_read(with_source(ROOT, authors=authors)).entries["kgz-leph-article"]

    assert [[part.strip("{}") for part in person.last_names] for person in article.persons["author"]] == last_names


def test_bibtex_names_those_who_coded_the_cases(case: Casebook):
    (author,) = as_read(case).entries["kgz-leph"].persons["author"]

    assert str(author).strip("{}") == "policycase contributors"
