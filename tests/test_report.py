"""The report: one page that needs nothing, holds every record, and obeys no text of the data."""

import itertools
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from books import CASE, SIX
from copies import ROOT, copy_package, rewritten
from pages import Page

import policycase
from policycase.cli.main import main
from policycase.errors import UnreadableError
from policycase.model.profile import Profile
from policycase.publishing.web_metadata import dataset
from policycase.reporting import charts
from policycase.reporting.page import TEMPLATES, html

pytestmark = pytest.mark.xdist_group("report")  # one worker makes the reports for all of them
PAYLOAD = (
    "\"'><img src=x onerror=alert(1)><svg onload=alert(2)></svg><script>alert(3)</script></textarea>&lt;b&gt;{{7*7}}"
)
LINK = "javascript:alert(4)"
ADDRESSES = [LINK, " javascript:alert(4)", "JAVASCRIPT:alert(4)", "java\tscript:alert(4)", "data:text/html,<script>alert(4)</script>", "vbscript:x", "//127.0.0.1/x", 'https://x" onmouseover="alert(4)', "https://x' onclick='alert(4)", "10.1/x\"><svg onload=alert(4)>", "Q1 onfocus=alert(4)", "file:///etc/passwd"]  # fmt: skip
OWN_CODES = {
    "agency_type",
    "claim_type",
    "event_type",
    "goal_type",
    "measure",
    "period",
    "place_type",
    "policy_domain",
    "population",
    "program_type",
    "qualifier",
    "relation",
    "role",
    "sector",
    "setting",
    "source_type",
}
TOLD = {"hostile": 500, "hostile_ids": 50, "hostile_dates": 9, "hostile_codes": 20, "hostile_addresses": -1}


@pytest.fixture(scope="module")
def page(reports: dict[str, Path]) -> Page:
    return Page(reports["case"])


@pytest.fixture(scope="module")
def stacked(reports: dict[str, Path]) -> Page:
    return Page(reports["six"])


@pytest.fixture(params=["page", "stacked"])
def either(request) -> Page:
    return request.getfixturevalue(request.param)


def test_page_is_small(page: Page, stacked: Page):
    assert len(page.source.encode()) < 1_500_000
    assert len(stacked.source.encode()) < 3_000_000


def test_page_loads_nothing(either: Page):
    assert either.values("src") == []
    assert [link["href"] for link in either.all("link")] == ["data:,"]
    assert not re.search(r"@import|url\((?!#)", either.source)
    assert {"iframe", "object", "embed", "img", "base", "form"} & {tag for tag, _ in either.elements} == set()
    assert [script.get("type") for script in either.all("script")] == ["application/ld+json", None]


def test_ids_are_unique_and_every_link_within_the_page_leads_somewhere(either: Page):
    ids = either.values("id")
    targets = [href[1:] for href in either.values("href") if href.startswith("#")]

    assert [name for name, count in Counter(ids).items() if count > 1] == []
    assert sorted(set(targets) - set(ids)) == []
    assert sorted({name for text in either.values("aria-labelledby") for name in text.split()} - set(ids)) == []


@pytest.mark.parametrize(("book", "name"), [(CASE, "page"), (SIX, "stacked")])
def test_every_record_stands_in_the_page(request, book: policycase.Casebook, name: str):
    ids = set(request.getfixturevalue(name).values("id"))

    for table in book.profile.case_tables.values():
        if table.key:
            assert [one for one in book[table.name][table.key] if f"r-{one}" not in ids] == [], table.name


def test_value_tells_its_page_paragraph_and_sentence_on_hover(page: Page):
    hints = [each["title"] for each in page.all("a") if each.get("class", "").startswith("ref")]

    assert "page S34, paragraph 3, sentence 3; stated" in hints
    assert "page S34, footnote 1, sentence 1; stated" in hints


def test_every_evidence_row_stands_in_a_fold(page: Page):
    bases = page.text.count("stated") + page.text.count("inferred")

    assert bases >= len(CASE.evidence)
    assert "Start p3s3 page S34, paragraph 3, sentence 3 stated" in page.text


def test_coded_value_stands_beside_its_rivals(page: Page):
    found = re.search(r"Needle exchange in prisons Start contested (.+?) Methadone maintenance", page.text)

    assert found
    assert found[1].startswith("between 2000 and 2001 1 group for it Refines 2000 : One year after 1999.")
    assert "Contradicts Oct 2002" in found[1]


def test_what_only_other_sources_name_says_so(page: Page):
    assert "Decree UP No. 55" in page.text
    assert "kgz-leph:decree-up-55 named only by other sources" in page.text
    assert "kgz-leph:decree named only by other sources" not in page.text


def test_date_is_never_more_certain_than_it_is(page: Page):
    assert "Methadone in prisons Program start 2002 or later 2002-01-01 open passage 18" in page.text
    assert "First needle exchange launched Event 1999 1999-01-01 1999-12-31 passage 13" in page.text
    assert "No date in the source: Training of law" in page.text


def test_page_counts_the_rows_of_the_coded_source_and_others_apart(page: Page):
    own = len(CASE.coded.events)

    assert f"{own} events, {len(CASE.events) - own} more named only by other sources" in page.text
    assert f"Events {own}, {len(CASE.events) - own} more named only by other sources" in page.text


def test_figure_says_its_qualifier_number_unit_period_and_date(page: Page, stacked: Page):
    assert "about 1,200 clients, 2015: Patients in treatment." in page.text
    assert "214,983 syringes a year, 2016: " in page.text
    assert "500,000 CAD of funding a year: " in stacked.text


@pytest.mark.slow
def test_title_and_citation_come_from_the_cases(tmp_path: Path):
    descriptor = CASE.descriptor | {"title": "Not said yet", "contributors": [{"title": "Not said yet"}]}
    book = policycase.Casebook(CASE.text, descriptor)

    page = Page(policycase.report(book, tmp_path / "case.html"))

    assert "policycase contributors (2026). Police and public-health partnerships in Kyrgyzstan ." in page.text
    assert "title = {{Police and public-health partnerships in Kyrgyzstan}}" in page.text
    assert "author = {{policycase contributors}}" in page.text
    assert "Not said yet" not in page.text


def test_stack_sets_the_cases_side_by_side(stacked: Page):
    assert "Opioid agonist therapy · · 4 · · ·" in stacked.text
    assert "Abstain · · 2 · · ·" in stacked.text
    assert (
        "the ruling that kept it open CAN Sep 2003 to 2017 1 12 8 (+ 1 of other sources) 4 24 Double-coded"
        in stacked.text
    )


@pytest.mark.slow
def test_count_of_nothing_coded_is_no_zero(tmp_path: Path):
    frames = dict(CASE.text.frames)
    frames["goals"] = frames["goals"].iloc[:0]
    without = policycase.Casebook(replace(CASE.text, frames=frames), CASE.descriptor)
    other = policycase.load(ROOT / "examples/vnm-pmlsa")

    text = Page(policycase.report(policycase.stack([without, other]), tmp_path / "two.html")).text

    assert "Divert from justice – 1 " in text


def test_empty_table_tells_why_it_is_empty(page: Page, stacked: Page):
    assert "Program links can-insite 0 0 none" in stacked.text
    assert f"Figures 0 {len(CASE.figures)} " in page.text


def test_planned_and_cancelled_events_say_so(stacked: Page):
    words = " ".join(stacked.words)

    assert (
        "Closure planned and not carried out: 12 Sep 2006, cancelled (named only by other sources) · can-insite:"
        in words
    )
    assert "Local units to be created: Jun 2019 or later, planned · gbr-svru:" in words
    assert "30 Sep 2011 or later, occurrence not stated · can-insite:" in words


def test_headings_go_down_one_level_at_a_time(either: Page):
    levels = [int(tag[1]) for tag, _ in either.elements if re.fullmatch(r"h[1-6]", tag)]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert max(later - level for level, later in pairwise(levels)) == 1


def test_page_can_be_read_by_ear(either: Page):
    charts = [each for each in either.all("svg") if each.get("aria-hidden") != "true"]
    heads = [each for each in either.all("th") if each.get("scope") not in {"row", "col"}]

    assert either.all("html")[0]["lang"] == "en"
    assert len(charts) > 6
    assert [each for each in charts if each.get("role") != "img" or len(each["aria-labelledby"].split()) != 2] == []
    assert heads == []
    assert len(either.all("caption")) == len(either.all("table"))
    assert {"header", "nav", "main", "footer"} <= {tag for tag, _ in either.elements}
    assert either.all("a")[0] == {"class": "skip", "href": "#main"}


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def test_colors_of_charts_stand_out_on_light_and_dark():
    inks = [
        charts.INK,
        charts.MUTED,
        charts.PROGRAM,
        charts.EVENT,
        charts.OTHER,
        *charts.HUES,
    ]

    assert [color for color in inks if contrast(color, charts.PAPER) < 4.5] == []
    assert [color for color in inks if contrast(charts.ON_DARK[color], charts.ON_DARK[charts.PAPER]) < 4.5] == []


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_colors_of_text_stand_out_on_light_and_dark(theme: int):
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    colors = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", re.findall(r":root \{(.+?)\}", style, re.DOTALL)[theme]))
    pairs = [(ink, paper) for ink in ("ink", "muted", "accent") for paper in ("paper", "wash")]
    pairs += [("alarm", "alarm-wash"), ("calm", "calm-wash"), ("ink", "calm-wash")]

    assert [pair for pair in pairs if contrast(*(colors[name] for name in pair)) < 4.5] == []


def hostile(folder: Path) -> Path:
    """A copy of the package with markup in every free text of data, schemas and descriptor."""
    copy_package(folder)
    profile = Profile.read(folder)
    keys = {key for table in profile.case_tables.values() for link in table.foreign_keys for key in link.fields}
    keys |= {key for table in profile.tables.values() for key in table.primary_key}
    keys |= {"record_id", "field", "object_id"}
    for table in profile.tables.values():
        file = folder / f"{'schemas' if table.kind == 'vocabulary' else 'data'}/{table.name}.csv"
        frame = pd.read_csv(file, dtype=str, keep_default_na=False)
        for field in table.fields.values():
            free = field.type == "string" and not (field.vocabulary or field.edtf or field.bound or field.name in keys)
            if free:
                frame[field.name] = LINK if field.identifier else PAYLOAD
        frame.to_csv(file, index=False, lineterminator="\n")
        schema = folder / f"schemas/{table.name}.schema.json"
        content = json.loads(schema.read_text(encoding="utf-8"))
        content |= {"title": PAYLOAD, "description": PAYLOAD}
        for field in content["fields"]:
            field |= {"title": PAYLOAD, "description": PAYLOAD}
        schema.write_text(json.dumps(content), encoding="utf-8")
    descriptor = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    descriptor |= {"title": PAYLOAD, "description": PAYLOAD}  # name, version and created have forms, and are refused
    descriptor["contributors"][0] |= {"title": PAYLOAD, "path": LINK, "organization": PAYLOAD}
    descriptor["licenses"][0] |= {"name": PAYLOAD, "path": LINK, "title": PAYLOAD}
    descriptor["sources"] = [{"title": PAYLOAD, "path": LINK}]
    descriptor["keywords"] = [PAYLOAD]
    descriptor["homepage"] = LINK
    (folder / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    return folder


def hostile_ids(folder: Path) -> Path:
    """A copy of the package with markup in every id, and in every cell that names one."""
    return rewritten(folder, lambda cell, _field: cell.replace("bvt-lamps", f"bvt-lamps{PAYLOAD}"))


def hostile_dates(folder: Path) -> Path:
    """A copy of the package with markup in every date."""
    return rewritten(folder, lambda cell, field: f"{cell}{PAYLOAD}" if field.edtf and cell else cell)


def hostile_codes(folder: Path) -> Path:
    """A copy of the package with markup in every code that nothing but its label and its rows knows."""
    return rewritten(folder, lambda cell, field: f"{cell}{PAYLOAD}" if field.vocabulary in OWN_CODES and cell else cell)


def hostile_addresses(folder: Path) -> Path:
    """A copy of the package with an address that is none, or tries more, in every field of addresses and identifiers."""
    turns = itertools.cycle(ADDRESSES)
    return rewritten(folder, lambda cell, field: next(turns) if field.identifier and field.type == "string" else cell)


SLOW = [pytest.param(spoil, marks=pytest.mark.slow) for spoil in (hostile_dates, hostile_codes, hostile_addresses)]


@pytest.mark.slow
@pytest.mark.parametrize("spoil", [hostile, hostile_ids, *SLOW])
def test_markup_in_the_data_is_text_in_the_page(tmp_path: Path, spoil: Callable[[Path], Path]):
    package = spoil(tmp_path / "hostile")

    page = Page(policycase.report(package, tmp_path / "hostile.html"))

    tags = Counter(tag for tag, _ in page.elements)
    assert (tags["script"], tags["img"], tags["textarea"]) == (2, 0, 0)
    assert tags["svg"] == len(page.all("svg"))
    assert [name for _, attributes in page.elements for name in attributes if name.startswith("on")] == []
    assert [href for href in page.values("href") if not re.match(r"#|https?://|data:,$", href)] == []
    assert page.text.count("<img src=x onerror=alert(1)>") > TOLD[spoil.__name__]
    assert not re.search(r"<(?:img|textarea|svg onload)", page.source)


def test_metadata_stand_in_the_head_as_json_that_cannot_end_its_element(tmp_path: Path):
    case = policycase.load(ROOT / "examples/vnm-pmlsa")
    name = "</script><script>alert(1)</script> & Ümläut"
    case.descriptor = case.descriptor | {"title": name}

    page = Page(policycase.report(case, tmp_path / "one.html"))

    found = re.search(r'<script type="application/ld\+json">(.+?)</script>', page.source)
    assert json.loads(found[1])["name"] == name
    assert json.loads(found[1]) == json.loads(json.dumps(dataset(case.descriptor, case.profile, case.cases)))
    assert len(page.all("script")) == 2


def test_report_of_an_empty_case_is_a_page(tmp_path: Path):
    policycase.new("kgz-new", tmp_path / "new")

    page = Page(policycase.report(tmp_path / "new", tmp_path / "new.html"))

    assert "No other source contradicts or refines a coded value." in page.text


def test_report_takes_a_path_and_does_not_replace_unless_told(tmp_path: Path):
    target = tmp_path / "case.html"
    target.write_text("<!doctype html>mine", encoding="utf-8")

    with pytest.raises(UnreadableError, match=r"case\.html exists · choose another name, or use --force"):
        policycase.report(ROOT / "examples/vnm-pmlsa", target)

    assert target.read_text(encoding="utf-8") == "<!doctype html>mine"
    assert policycase.report(ROOT / "examples/vnm-pmlsa", target, force=True) == target
    assert target.read_text(encoding="utf-8").endswith("</html>")


@pytest.mark.slow
def test_same_case_gives_the_same_page():
    book = policycase.load(ROOT / "examples/vnm-pmlsa")

    assert html(book) == html(book)


def test_command_writes_the_page(capsys, tmp_path: Path):
    target = tmp_path / "case.html"
    arguments = ["report", "-o", str(target), "--package", str(ROOT / "examples/vnm-pmlsa")]

    codes = [main(arguments), main(arguments), main([*arguments, "--force", "--json"])]

    captured = capsys.readouterr()
    assert codes == [0, 3, 0]
    assert captured.out.startswith(f"wrote {target}, ")
    assert f"policycase: {target} exists" in captured.err
    assert json.loads(captured.out.split("\n", 1)[1]) == {"file": str(target), "bytes": target.stat().st_size}


@pytest.mark.slow
@pytest.mark.parametrize("missing", ["jinja2", "vl_convert"])
def test_missing_extra_says_what_to_install(tmp_path: Path, missing: str):
    code = (
        f"import sys; sys.modules[{missing!r}] = None; "
        f"from policycase.cli.main import main; sys.exit(main(['report', '-o', {str(tmp_path / 'x.html')!r}]))"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert "is not installed · run: pip install 'policycase[report]'" in done.stderr
    assert list(tmp_path.iterdir()) == []
