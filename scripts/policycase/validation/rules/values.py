"""Rules on single cells: codes, identifiers, text."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from unicodedata import is_normalized, normalize
from urllib.parse import urlsplit

import pycountry
from ftfy import fix_encoding
from ftfy.badness import is_bad

from policycase.errors import did_you_mean
from policycase.findings import Finding
from policycase.model.columns import EXPECTED, FORMS
from policycase.model.identifiers import COUNTRY, GEONAMES, WIKIDATA, country, country_of_two, is_doi, is_language
from policycase.model.tables import Tables
from policycase.validation.rules.base import at, first, rule, warning, where, with_cells

COUNTRIES = {"country", "former-country"}  # types of places that have a code of two letters
MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
DAMAGE_SIGN = re.compile(rf"[#_&]|\AErr:|\A[0-9](?:\.[0-9]+)?E|00:00|-(?:{MONTHS})|\A(?:{MONTHS})-")  # of what is ASCII
DAMAGE = {
    "a character that could not be read": re.compile("[\ufffd\ufffe\uffff]"),
    "a character of nobody's alphabet, from a private font": re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]"),
    "the error of a spreadsheet": re.compile(
        r"#(?:NAME\?|REF!|VALUE!|N/A|DIV/0!|NUM!|NULL!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|BUSY!|UNKNOWN!|GETTING_DATA)"
        r"|\AErr:5[0-9]{2}\Z|\A#{3,}\Z"
    ),
    "an escape of Excel": re.compile(r"_x[0-9A-Fa-f]{4}_"),
    "an escape of HTML": re.compile(r"&(?:#[0-9]+|#[xX][0-9A-Fa-f]+|[A-Za-z]{2,8}[0-9]{0,2});"),
    "a date or number as a spreadsheet shows it": re.compile(
        rf"\A(?:[0-9]{{1,2}}-(?:{MONTHS})|(?:{MONTHS})-[0-9]{{2,4}}|[0-9](?:\.[0-9]+)?E\+[0-9]+"
        r"|[0-9]{4}-[0-9]{2}-[0-9]{2}[ T]00:00:00(?:\.0+)?)\Z",
    ),
}
NOTHING = {
    "na",
    "n/a",
    "n.a.",
    "nan",
    "<na>",
    "nat",
    "null",
    "none",
    "nil",
    "(none)",
    "unknown",
    "tbd",
    "-",
    "--",
    "–",
    "—",
    ".",
    "?",
    "...",
}
CLAIMED = {("claims", "value")}  # in the form of another field, whose code may be a word such as "none"
BLANKS = "\u034f\u115f\u1160\u2800\u3164\uffa0"  # letters and marks that show nothing
JOINING = "[\u0600-\u109f\u1780-\u18af]"  # scripts from Arabic to Burmese, and Khmer and Mongolian
UNSEEN = re.compile(
    rf"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb{BLANKS}"
    r"\U000e0000-\U000e007f]"
    rf"|(?<!{JOINING})[\u200c\u200d]|[\u200c\u200d](?!{JOINING})"  # between their letters these two are spelling
)


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
                reported = zip(wrong[field.name], first(wrong), strict=True)
                hints = [did_you_mean(value, codes) if hinted else "" for value, hinted in reported]
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
    "doi": (is_doi, "10.1234/name, without a prefix"),
    "uri": (_is_web_address, "an address that begins with https://"),
    "wikidata": (lambda text: bool(WIKIDATA.fullmatch(text)), "Q and digits, such as Q9361"),
    "geonames": (lambda text: bool(GEONAMES.fullmatch(text)), "the digits of the GeoNames id"),
    "language": (is_language, "a BCP 47 tag, such as en, ky-Cyrl or sr-Latn-RS"),
}


@rule
def identifier_has_its_form(tables: Tables) -> Iterator[Finding]:
    """A DOI, web address, Wikidata or GeoNames id or language tag has the form of its kind."""
    for kind, (fits, expected) in IDENTIFIERS.items():
        for name, field in tables.profile.fields(identifier=kind):
            invalid = [text for text in tables.distinct(name, field.name).texts if not fits(text)]
            wrong = with_cells(tables[name], field.name, invalid)
            yield from at(
                tables,
                name,
                wrong,
                field.name,
                f'{field.name} is "{{{field.name}}}"; expected {expected}',
            )


@rule
def country_and_subdivision_are_iso(tables: Tables) -> Iterator[Finding]:
    """Countries are ISO 3166-1, ISO 3166-3 or XKX, subdivisions ISO 3166-2; a country's place has its alpha-2 code."""
    cases = tables["cases"]
    strange = [code for code in tables.distinct("cases", "country").texts if country(code) is None]
    yield from at(
        tables,
        "cases",
        with_cells(cases, "country", strange),
        "country",
        'country "{country}" is not the code of a country',
        f"take {COUNTRY}",
    )
    places = tables["places"].dropna(subset=["iso_3166_2"])
    known = [
        (country_of_two(code) if kind in COUNTRIES else pycountry.subdivisions.get(code=code)) is not None
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
                invalid = [text for text in tables.distinct(name, field.name).texts if not form.fullmatch(text)]
                wrong = with_cells(tables[name], field.name, invalid)
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
    joined = "".join(texts)  # of white space the space alone counts as printable
    has_blank = not joined.isascii() and any(blank in joined for blank in BLANKS)
    return joined.isprintable() and not has_blank and "\n " not in lines and " \n" not in lines


def _is_unclean(text: str) -> bool:
    return text != text.strip() or bool(UNSEEN.search(text))


@rule
def text_is_not_damaged(tables: Tables) -> Iterator[Finding]:
    """No text holds what is left when a program could not read, compute or write it."""
    for name, column in _free_texts(tables):
        texts = tables.distinct(name, column).texts
        kinds = {text: kind for text in texts if (kind := _damage(text))}
        if not kinds:
            continue
        wrong = with_cells(tables[name], column, list(kinds))
        shown = wrong.assign(kind=wrong[column].map(kinds))
        message = f'{column} "{{{column}}}" holds {{kind}}'
        yield from at(tables, name, shown, column, message, "write the text as the source has it")


def _free_texts(tables: Tables) -> Iterator[tuple[str, str]]:
    """The columns of words in a case: no codes, ids, dates or numbers, which have rules of their own."""
    for name, table in tables.profile.case_tables.items():
        linked = {column for link in table.foreign_keys for column in link.fields}
        for field in table.fields.values():
            if field.type == "string" and not (field.vocabulary or field.edtf or field.name in linked):
                yield name, field.name


def _damage(text: str) -> str:
    """What kind of damage a text shows; empty if none."""
    if text.isascii() and not DAMAGE_SIGN.search(text):
        return ""
    found = next((kind for kind, form in DAMAGE.items() if form.search(text)), "")
    if found or text.isascii() or not is_bad(text):
        return found
    whole = fix_encoding(text)
    return f"letters read in the wrong encoding; they may be {whole}" if whole != text else ""


@warning
def text_is_no_word_for_nothing(tables: Tables) -> Iterator[Finding]:
    """A text that is missing is an empty cell, not a word such as NA, NULL, None or nan."""
    for name, column in _free_texts(tables):
        if (name, column) in CLAIMED or tables.profile.tables[name].fields[column].required:
            continue  # what cannot be empty is a word that is meant, such as a name
        words = [text for text in tables.distinct(name, column).texts if text.strip().casefold() in NOTHING]
        wrong = with_cells(tables[name], column, words)
        hint = "leave the cell empty if the source does not say"
        yield from at(tables, name, wrong, column, f'{column} is "{{{column}}}"', hint)


@warning
def doi_ends_with_no_mark(tables: Tables) -> Iterator[Finding]:
    """A DOI rarely ends with a mark of punctuation, which belongs to the sentence that cites it."""
    for name, field in tables.profile.fields(identifier="doi"):
        invalid = [text for text in tables.distinct(name, field.name).texts if text.endswith((".", ",", ";", ":", "]"))]
        wrong = with_cells(tables[name], field.name, invalid)
        yield from at(tables, name, wrong, field.name, f'{field.name} is "{{{field.name}}}"', "take the last mark out")


@warning
def text_is_composed(tables: Tables) -> Iterator[Finding]:
    """A letter and its accent are one character (Unicode NFC), so that equal texts are equal."""
    for name, table in tables.profile.tables.items():
        for column in table.fields:
            apart = [text for text in tables.distinct(name, column).texts if not _is_composed(text)]
            if not apart:
                continue
            wrong = with_cells(tables[name], column, apart)
            composed = [ascii(normalize("NFC", text)) for text in wrong[column]]
            shown = wrong.assign(shown=[ascii(text) for text in wrong[column]], composed=composed)
            yield from at(tables, name, shown, column, f"{column} is {{shown}}; expected {{composed}}", "type it again")


def _is_composed(text: str) -> bool:
    return text.isascii() or is_normalized("NFC", text)


@rule
def equal_names_are_written_alike(tables: Tables) -> Iterator[Finding]:
    """Two names that look the same are the same characters: they do not differ by Unicode normalization alone."""
    for name, table in tables.profile.case_tables.items():
        for field in table.fields.values():
            if not (field.proper or field.identifier):
                continue
            frame = tables[name]
            texts = [text for text in tables.distinct(name, field.name).texts if not text.isascii()]
            if not texts:
                continue
            plain = {text: normalize("NFKC", text) for text in tables.distinct(name, field.name).texts}
            several = {text for text, count in Counter(plain.values()).items() if count > 1}
            rows = with_cells(frame, field.name, [text for text in plain if plain[text] in several])
            rows = rows.assign(plain=rows[field.name].map(plain))
            first_of: Iterable[str] = (
                rows.groupby(["case_id", "plain"])[field.name].transform("first") if len(rows) else []
            )
            shown = rows.assign(
                shown=[ascii(text) for text in rows[field.name]], other=[ascii(text) for text in first_of]
            )
            wrong = where(shown, shown["shown"].ne(shown["other"]))
            message = f"{field.name} is {{shown}}; another row has {{other}}, which looks the same"
            yield from at(tables, name, wrong, field.name, message, "write both alike")
