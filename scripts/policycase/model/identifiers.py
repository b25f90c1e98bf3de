"""Identifiers as their standards define them, at their widest: DOI, ORCID, Wikidata, GeoNames, BCP 47, ISO 3166."""

import re
from types import SimpleNamespace
from typing import Any

import langcodes
import pycountry

DOI = re.compile(r"10\.[0-9]{4,9}(?:\.[0-9]+)*/\S+")  # ISO 26324: a suffix is of any printing characters
ORCID = re.compile(r"https?://(?:www\.)?orcid\.org/(?P<id>[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9Xx])/?")
AT_ORCID = re.compile(r"(?:https?://)?(?:www\.)?orcid\.org(?![\w.-])", re.IGNORECASE)
WIKIDATA = re.compile(r"Q[1-9][0-9]*")
GEONAMES = re.compile(r"[1-9][0-9]*")
KOSOVO = SimpleNamespace(alpha_2="XK", alpha_3="XKX", name="Kosovo")  # user-assigned: the EU and the World Bank use it
COUNTRY = "an ISO 3166-1 alpha-3 code such as KGZ, XKX for Kosovo, or that of a former state (ISO 3166-3) such as SUN"


def is_doi(text: str) -> bool:
    """Whether a text is a DOI without a prefix.

    Examples
    --------
    >>> is_doi("10.1002/(SICI)1097-0258(19980815/30)17:15/16<1661::AID-SIM968>3.0.CO;2-2"), is_doi("doi:10.1/x")
    (True, False)
    """
    return bool(DOI.fullmatch(text))


def orcid(path: str) -> str:
    """The ORCID in a web address, if its last character is the check of the others (ISO 7064 mod 11-2); else empty.

    Examples
    --------
    >>> orcid("https://orcid.org/0000-0002-1825-0097"), orcid("https://orcid.org/0000-0002-1825-0079")
    ('0000-0002-1825-0097', '')
    """
    match = ORCID.fullmatch(path)
    if not match:
        return ""
    text = match["id"].upper().replace("-", "")
    digits, check = text[:-1], text[-1]
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    return match["id"].upper() if "0123456789X"[(12 - total % 11) % 11] == check else ""


def is_at_orcid(path: str) -> bool:
    """Whether a text is an address at orcid.org, whatever follows.

    Examples
    --------
    >>> is_at_orcid("https://orcid.org/0000-0002-1825-0079"), is_at_orcid("https://example.org/orcid.org")
    (True, False)
    """
    return bool(AT_ORCID.match(path.strip()))


def is_language(text: str) -> bool:
    """Whether a text is a BCP 47 tag of registered parts.

    Examples
    --------
    >>> [is_language(text) for text in ("en", "sr-Latn-RS", "de-1996", "x-own", "english", "en_US", "xx")]
    [True, True, True, True, False, False, False]
    """
    return text.replace("-", "").isalnum() and text.isascii() and langcodes.tag_is_valid(text)


def country(alpha_3: str) -> Any:
    """The country with a code of three letters, today's, former or Kosovo; None if there is none.

    Examples
    --------
    >>> [country(code).alpha_2 for code in ("KGZ", "XKX", "SUN", "DDR", "YUG")]
    ['KG', 'XK', 'SU', 'DD', 'YU']
    """
    return _country(alpha_3=alpha_3)


def countries() -> list[Any]:
    """Every country that has a code of three letters: today's, Kosovo, and former ones whose code is no other's.

    Examples
    --------
    >>> [one.name for one in countries() if one.alpha_3 in {"KGZ", "XKX", "DDR"}]
    ['Kyrgyzstan', 'Kosovo', 'German Democratic Republic']
    """
    known = [*pycountry.countries, KOSOVO]
    codes = {one.alpha_3 for one in known}
    return known + [one for one in pycountry.historic_countries if one.alpha_3 not in codes]


def country_of_two(alpha_2: str) -> Any:
    """The country with a code of two letters, today's, former or Kosovo; None if there is none."""
    return _country(alpha_2=alpha_2)


def _country(**code: str) -> Any:
    ((name, text),) = code.items()
    if getattr(KOSOVO, name) == text:
        return KOSOVO
    return pycountry.countries.get(default=None, **code) or pycountry.historic_countries.get(default=None, **code)
