"""Licences: what a stack says of several, and names that are nearly ids of SPDX."""

import json
from itertools import permutations
from pathlib import Path

import pytest
from copies import copy_lamps

import policycase
from policycase.model.licences import COMMON, by_restriction, covering, known, meant, spdx, together

UNFIT = "do not fit together"
UNKNOWN = "does not know"


@pytest.mark.parametrize("name", COMMON)
def test_every_common_licence_is_an_id_of_spdx(name: str):
    assert spdx(name) == name == meant(name)
    assert known(name)


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("cc-by-4.0", "CC-BY-4.0"),
        ("CC BY 4.0", "CC-BY-4.0"),
        ("CC BY-NC 4.0", "CC-BY-NC-4.0"),
        ("CC BY 4.0 International", "CC-BY-4.0"),
        ("cc_by_4.0", "CC-BY-4.0"),
        ("CCBY-4.0", "CC-BY-4.0"),
        ("CC-BY-4", "CC-BY-4.0"),
        ("CC-BY", "CC-BY-4.0"),
        ("CC-BY-4.O", "CC-BY-4.0"),
        ("CC0", "CC0-1.0"),
        ("ODC-BY-1.0", "ODC-By-1.0"),
        ("ODC-PDDL-1.0", "PDDL-1.0"),
        ("ODbL", "ODbL-1.0"),
        ("CC-BI-4.0", "CC-BY-4.0"),
        ("CC-BY-5.0", ""),
        ("OGL-UK-4.0", ""),
        ("our own terms", ""),
        ("LicenseRef-ours", ""),
        ("CC-BY-4.0 OR MIT", ""),
        ("(" * 10_000, ""),
        ("", ""),
    ],
)
def test_name_that_is_nearly_an_id_of_spdx_gets_the_id(name: str, right: str):
    assert meant(name) == right


@pytest.mark.parametrize(
    ("name", "path", "hints"),
    [
        ("cc-by-4.0", "https://creativecommons.org/licenses/by/4.0/", ['did you mean "CC-BY-4.0"?']),
        ("our own terms", "", ["write the SPDX id, such as CC-BY-4.0, or add the path of its text"]),
        ("our own terms", "TERMS.txt", []),
    ],
)
def test_licence_is_named_by_its_id_or_has_a_path(name: str, path: str, hints: list[str], tmp_path: Path):
    lamps = copy_lamps(tmp_path / "lamps")
    descriptor = json.loads((lamps / "datapackage.json").read_text(encoding="utf-8"))
    descriptor["licenses"] = [{"name": name} | ({"path": path} if path else {})]
    (lamps / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")

    found = policycase.validate(lamps).found

    assert [(finding.rule, finding.hint) for finding in found] == [("licence-has-spdx-id-or-path", h) for h in hints]


@pytest.mark.parametrize(
    ("names", "parts", "absent"),
    [
        (("CC-BY-NC-4.0", "CC-BY-4.0"), ["credit; no commercial use."], [UNFIT, UNKNOWN]),
        (("CC-BY-NC-4.0", "OGL-UK-3.0"), ["credit; no commercial use."], [UNFIT, UNKNOWN]),
        (("CC-BY-NC-4.0", "CC-BY-2.0"), ["credit; no commercial use."], [UNFIT, UNKNOWN]),
        (("CC-BY-NC-4.0", "CC-BY-SA-4.0"), [UNFIT, "CC-BY-NC-4.0 forbids commercial use"], [UNKNOWN]),
        (("CC-BY-NC-4.0", "CC-BY-NC-SA-4.0"), ["only under CC-BY-NC-SA-4.0"], [UNFIT]),
        (("CC-BY-SA-4.0", "CC-BY-NC-SA-4.0"), [UNFIT], []),
        (("CC-BY-SA-4.0", "CC-BY-SA-3.0"), ["only under CC-BY-SA-4.0"], [UNFIT, "only under CC-BY-SA-3.0"]),
        (("CC-BY-SA-4.0", "CC-BY-SA-1.0"), [UNFIT], []),
        (("CC-BY-SA-4.0", "ODbL-1.0"), [UNFIT, "each require their own terms"], []),
        (("CC-BY-4.0", "CC-BY-ND-4.0"), [UNFIT, "CC-BY-ND-4.0 does not allow adapted data"], []),
        (("CC-BY-4.0", "Ours"), [UNKNOWN, "what Ours requires"], [UNFIT]),
        (("CC-BY-4.0", "cc-by-sa-4.0"), [UNKNOWN], [UNFIT]),
        (("CC0-1.0", "PDDL-1.0"), ["Each case stays under its own."], ["credit", UNFIT, UNKNOWN]),
    ],
)
def test_stack_says_what_licences_ask_together(names: tuple[str, ...], parts: list[str], absent: list[str]):
    texts = {together(order) for order in permutations(names)}

    assert len(texts) == 1
    assert [part for part in parts if part not in min(texts)] == []
    assert [part for part in absent if part in min(texts)] == []


def test_licences_come_the_most_restrictive_first_and_unknown_ones_before_all():
    names = ["CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-NC-ND-4.0", "Ours"]

    assert by_restriction(names) == names[::-1]


@pytest.mark.parametrize(
    ("names", "one"),
    [
        (["CC-BY-4.0"], "CC-BY-4.0"),
        (["EUPL-1.2"], "EUPL-1.2"),
        (["CC0-1.0", "CC-BY-4.0"], "CC-BY-4.0"),
        (["CC-BY-NC-4.0", "CC-BY-SA-4.0"], ""),
        (["CC-BY-4.0", "Ours"], ""),
        (["LicenseRef-ours"], ""),
    ],
)
def test_one_licence_covers_a_package_only_if_it_asks_all_that_the_others_do(names: list[str], one: str):
    assert covering(names) == one
