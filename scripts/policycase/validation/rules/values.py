"""Rules on single cells: codes, identifiers, text."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pycountry

from policycase.errors import did_you_mean
from policycase.findings import Finding
from policycase.model.columns import EXPECTED, FORMS
from policycase.model.tables import Tables
from policycase.validation.rules.base import at, first, rule, where, with_cells

DOI = re.compile(r"10\.[0-9]{4,9}/\S*[A-Za-z0-9)]")
WIKIDATA = re.compile(r"Q[1-9][0-9]*")
GEONAMES = re.compile(r"[1-9][0-9]*")
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


@rule
def code_is_in_vocabulary(tables: Tables) -> Iterator[Finding]:
    """A cell of a vocabulary column is one of the vocabulary's codes."""
    for name, table in tables.profile.tables.items():
        for field in table.fields.values():
            if field.vocabulary:
                codes = tables.profile.vocabularies[field.vocabulary]
                strange = set(tables.distinct(name, field.name).texts).difference(codes)
                if not strange:
                    continue
                wrong = with_cells(tables[name], field.name, strange)
                told = zip(wrong[field.name], first(wrong), strict=True)
                hints = [did_you_mean(value, codes) if hinted else "" for value, hinted in told]
                yield from at(
                    tables,
                    name,
                    wrong.assign(hint=hints),
                    field.name,
                    f'{field.name} "{{{field.name}}}" is not a code of {field.vocabulary}',
                    "{hint}",
                )


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and "." in parts.netloc and " " not in text


IDENTIFIERS = {
    "doi": (lambda text: bool(DOI.fullmatch(text)), "10.1234/name, without a prefix"),
    "uri": (_is_web_address, "an address that begins with https://"),
    "wikidata": (lambda text: bool(WIKIDATA.fullmatch(text)), "Q and digits, such as Q9361"),
    "geonames": (lambda text: bool(GEONAMES.fullmatch(text)), "the digits of the GeoNames id"),
}


@rule
def identifier_has_its_form(tables: Tables) -> Iterator[Finding]:
    """A DOI, web address, Wikidata or GeoNames id has the form of its kind."""
    for kind, (fits, expected) in IDENTIFIERS.items():
        for name, field in tables.profile.fields(identifier=kind):
            odd = [text for text in tables.distinct(name, field.name).texts if not fits(text)]
            wrong = with_cells(tables[name], field.name, odd)
            yield from at(
                tables,
                name,
                wrong,
                field.name,
                f'{field.name} is "{{{field.name}}}"; expected {expected}',
            )


@rule
def country_and_subdivision_are_iso(tables: Tables) -> Iterator[Finding]:
    """Countries are ISO 3166-1 and subdivisions ISO 3166-2; a country's place has its alpha-2 code."""
    cases = tables["cases"]
    strange = [
        code for code in tables.distinct("cases", "country").texts if pycountry.countries.get(alpha_3=code) is None
    ]
    yield from at(
        tables,
        "cases",
        with_cells(cases, "country", strange),
        "country",
        'country "{country}" is not an ISO 3166-1 alpha-3 code',
        "such as KGZ",
    )
    places = tables["places"].dropna(subset=["iso_3166_2"])
    known = [
        (pycountry.countries.get(alpha_2=code) if kind == "country" else pycountry.subdivisions.get(code=code))
        is not None
        for code, kind in zip(places["iso_3166_2"], places["place_type"], strict=True)
    ]
    wrong = where(places, (not code for code in known))
    yield from at(
        tables,
        "places",
        wrong,
        "iso_3166_2",
        'iso_3166_2 "{iso_3166_2}" is not the ISO code of a {place_type}',
        "KG for a country, KG-GB for a subdivision",
    )


@rule
def cell_has_its_plain_form(tables: Tables) -> Iterator[Finding]:
    """A number, day or truth value is written in the one plain form that every tool reads alike."""
    for name, table in tables.profile.tables.items():
        for field in table.fields.values():
            if field.type in FORMS:
                form = FORMS[field.type]
                odd = [text for text in tables.distinct(name, field.name).texts if not form.fullmatch(text)]
                wrong = with_cells(tables[name], field.name, odd)
                message = f'{field.name} is "{{{field.name}}}"; expected {EXPECTED[field.type]}'
                yield from at(tables, name, wrong, field.name, message)


@rule
def text_has_no_control_or_edge_space(tables: Tables) -> Iterator[Finding]:
    """No cell begins or ends with white space or holds a control or invisible character."""
    for name, table in tables.profile.tables.items():
        texts = {column: tables.distinct(name, column).texts for column in table.fields}
        if _are_clean([text for column in texts.values() for text in column]):
            continue
        for column in table.fields:
            wrong = with_cells(tables[name], column, [text for text in texts[column] if _is_unclean(text)])
            shown = [ascii(value) for value in wrong[column]]
            yield from at(
                tables,
                name,
                wrong.assign(shown=shown),
                column,
                f"{column} is {{shown}}: white space at an edge, or an invisible character",
                "take it out",
            )


def _are_clean(texts: list[str]) -> bool:
    """Whether surely none is unclean; all are looked at as one text, which takes a tenth of the time."""
    lines = "\n".join(["", *texts, ""])
    return "".join(texts).isprintable() and "\n " not in lines and " \n" not in lines  # no other white space prints


def _is_unclean(text: str) -> bool:
    return text != text.strip() or bool(UNSEEN.search(text))
