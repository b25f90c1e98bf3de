"""Licences: what the common ones ask of a user of data, whether several fit together, and how SPDX spells them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

CREATIVE_COMMONS = re.compile(r"CC-BY(?P<nc>-NC)?(?P<sa>-SA)?(?P<nd>-ND)?-(?P<version>[0-9]\.[0-9])(?:-[A-Z]{2,3})?")
SPDX_ID = re.compile(r"(?i:(?!LicenseRef-))[A-Za-z0-9][A-Za-z0-9.+-]{0,99}")  # one id, no expression of several
ADDITION = re.compile(r"(?<=[0-9]\.[0-9])-(?:international|unported|generic|public|licen[cs]e).*", re.IGNORECASE)
OPEN_DEFINITION = {"ODC-PDDL-1.0": "PDDL-1.0"}  # ids of the Open Definition that SPDX spells otherwise, case aside
LATER = {"2.0", "2.1", "2.5", "3.0", "4.0"}  # versions of CC BY-SA whose adaptations may bear a later version


@dataclass(frozen=True, slots=True)
class Licence:
    """What a licence of data asks of those who pass on the data, or something made from them."""

    name: str
    attribution: bool = True
    noncommercial: bool = False
    share_alike: str = ""
    no_derivatives: bool = False
    version: str = ""

    @property
    def weight(self) -> tuple[bool, ...]:
        """By which licences are ordered: what it asks, the heaviest condition first."""
        return self.no_derivatives, self.noncommercial, bool(self.share_alike), self.attribution


_PUBLIC = ("CC0-1.0", "PDDL-1.0", "CC-PDDC", "CC-PDM-1.0", "DL-DE-ZERO-2.0")
_CREDIT = (
    *("ODC-By-1.0", "OGL-UK-1.0", "OGL-UK-2.0", "OGL-UK-3.0", "OGL-Canada-2.0", "NLOD-1.0", "NLOD-2.0"),
    *("etalab-2.0", "DL-DE-BY-2.0", "CDLA-Permissive-1.0", "CDLA-Permissive-2.0", "MIT"),
)
KNOWN = {
    **{name: Licence(name, attribution=False) for name in _PUBLIC},
    **{name: Licence(name) for name in _CREDIT},
    **{name: Licence(name, share_alike=name) for name in ("ODbL-1.0", "CDLA-Sharing-1.0")},
}
COMMON = (
    *KNOWN,
    *(f"CC-BY{terms}-{n}.0" for n in (4, 3, 2) for terms in ("", "-SA", "-NC", "-NC-SA", "-ND", "-NC-ND")),
)


def known(name: str) -> Licence | None:
    """What a licence asks, by its SPDX id; None where that is not known here.

    Examples
    --------
    >>> known("CC-BY-NC-4.0").noncommercial, known("LicenseRef-ours")
    (True, None)
    """
    match = CREATIVE_COMMONS.fullmatch(name)
    if match is None or spdx(name) != name:
        return KNOWN.get(name)
    return Licence(
        name,
        noncommercial=bool(match["nc"]),
        share_alike=f"BY{match['nc'] or ''}-SA" if match["sa"] else "",
        no_derivatives=bool(match["nd"]),
        version=match["version"],
    )


def spdx(name: str) -> str:
    """The SPDX id that a name stands for, ignoring case; empty if it is not in the list."""
    try:
        return canonicalize_license_expression(name) if SPDX_ID.fullmatch(name) else ""
    except InvalidLicenseExpression:
        return ""


@lru_cache(maxsize=256)  # ten thousand cases have few licences
def meant(name: str) -> str:
    """The SPDX id that a name is or nearly is; empty where none is near.

    Examples
    --------
    >>> meant("cc-by-4.0"), meant("CC BY-NC 4.0"), meant("ODC-PDDL-1.0"), meant("our own terms")
    ('CC-BY-4.0', 'CC-BY-NC-4.0', 'PDDL-1.0', '')
    """
    joined = OPEN_DEFINITION.get(name.upper()) or re.sub(r"[\s_/-]+", "-", name[:100].strip())
    split = re.sub(r"(?i)^CC-?BY", "CC-BY", joined)
    versioned = ADDITION.sub("", split)
    tries = [f"{text}{version}" for version in ("", ".0", "-4.0", "-1.0") for text in (joined, split, versioned)]
    if exact := next(filter(None, map(spdx, tries)), ""):
        return exact
    alike = {one.upper(): one for one in COMMON if _digits(one).startswith(_digits(joined))}  # no other version
    return next((alike[near] for near in get_close_matches(joined.upper(), alike, n=1, cutoff=0.85)), "")


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def by_restriction(names: Iterable[str]) -> list[str]:
    """Licences, the most restrictive first; one whose conditions are not known here comes before all."""
    return sorted(names, key=_order)


def _order(name: str) -> tuple[tuple[bool, ...], str]:
    licence = known(name)
    return (tuple(not asks for asks in licence.weight) if licence else ()), name


def together(names: Iterable[str]) -> str:
    """What several licences ask of a user of all the data at once, and whether they fit together; as sentences.

    Notes
    -----
    Each case keeps its own licence, so a user of a whole stack meets the conditions of all. They do not fit
    together where adapted data cannot be shared under any licence that meets all of them: one requires its own terms
    (SA) and another asks for what those terms do not, or one allows no sharing of adapted data at all (ND).
    """
    ordered = by_restriction(names)
    licences = [licence for name in ordered if (licence := known(name))]
    unknown = [name for name in ordered if not known(name)]
    asked = [
        *(["credit"] if any(licence.attribution for licence in licences) else []),
        *(["no commercial use"] if any(licence.noncommercial for licence in licences) else []),
        *(f"adapted data shared only under {name}" for name in _latest(licences)),
        *(f"no sharing of adapted data from {licence.name}" for licence in licences if licence.no_derivatives),
    ]
    text = f"The licences differ: {', '.join(ordered)}. Each case stays under its own"
    text += f"; to use all of them, meet every condition: {'; '.join(asked)}." if asked else "."
    if clash := _clash(licences):
        text += f" These licences do not fit together: {clash}. Ask before sharing data adapted from all."
    if unknown:
        text += f" policycase does not know what {' and '.join(unknown)} requires: read it before sharing the stack."
    return text


def of_cases(entry: Mapping[str, Any]) -> str:
    """A licence of a descriptor by its name, with the cases of a stack that it holds for.

    Examples
    --------
    >>> of_cases({"name": "CC-BY-4.0", "cases": ["can-insite", "kgz-leph"]}), of_cases({"name": "CC0-1.0"})
    ('CC-BY-4.0 (can-insite, kgz-leph)', 'CC0-1.0')
    """
    return f"{entry['name']} ({', '.join(entry['cases'])})" if "cases" in entry else str(entry["name"])


def covering(names: Iterable[str]) -> str:
    """The one licence whose conditions include those of all, by its SPDX id; empty where there is none."""
    ordered = by_restriction(names)
    if len(ordered) == 1:
        return spdx(ordered[0])
    licences = [licence for name in ordered if (licence := known(name))]
    if len(licences) < len(ordered) or _clash(licences):
        return ""
    heaviest = licences[0]
    return heaviest.name if all(_includes(heaviest, licence) for licence in licences) else ""


def _includes(one: Licence, other: Licence) -> bool:
    """Whether a licence asks all that another does."""
    return all(mine or not theirs for mine, theirs in zip(one.weight, other.weight, strict=True))


def _latest(licences: list[Licence]) -> list[str]:
    """The licences of which each set of own terms is the latest version."""
    terms = {licence.share_alike: licence for licence in sorted(licences, key=lambda one: one.version)}
    return sorted(licence.name for text, licence in terms.items() if text)


def _clash(licences: list[Licence]) -> str:
    """Why no licence of adapted data could meet several at once; empty where one can."""
    for licence in licences:
        others = [other for other in licences if other is not licence]
        if licence.no_derivatives and others:
            return f"{licence.name} does not allow adapted data to be shared"
        for other in others if licence.share_alike else ():
            if other.noncommercial and "NC" not in licence.share_alike:
                return f"{licence.name} requires its own terms for adapted data; {other.name} forbids commercial use"
            if other.share_alike and not _is_same_terms(licence, other):
                return f"{licence.name} and {other.name} each require their own terms for adapted data"
    return ""


def _is_same_terms(one: Licence, other: Licence) -> bool:
    """Whether adapted data can be shared under both: the same terms, of a version that allows a later one."""
    older = min(one, other, key=lambda licence: licence.version)
    return one.share_alike == other.share_alike and (one.version == other.version or older.version in LATER)
