"""The page to code in: what it embeds, and a person's whole way through it in Chromium."""

import json
import re
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from string import ascii_uppercase

import pandas as pd
import pycountry
import pytest
import yaml
from browsers import Browser, chromium
from copies import LAMPS_SOURCE, ROOT, copy_lamps, edit
from pages import Page

import policycase
from policycase.cli.main import main
from policycase.coding.coding_page import ASSETS, described, offered, page_data
from policycase.coding.sentences import passage_rows, sentences
from policycase.errors import UnreadableError
from policycase.model.dates import PATTERN
from policycase.model.identifiers import country
from policycase.model.profile import shipped_profile
from policycase.model.source_texts import read_source

CHOICES = {6: ("furniture", "")}  # a page header
TAB, ESCAPE, CONTROL, ENTER = "\ue004", "\ue00c", "\ue009", "\ue007"
WAIT = 10  # seconds for a draft or a download


def browsed(test):
    """A test that opens the page in Chromium."""
    return pytest.mark.browser(pytest.mark.slow(test))


HOSTILE = "The office </script><script>document.title = 1</script><img src=x onerror='document.title = 1'> {{data}} & <!-- opened."


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the made-up source."""
    return policycase.coding_page(
        LAMPS_SOURCE, "bvt-lamps", tmp_path_factory.mktemp("page") / "lamps.html", choices=CHOICES
    )


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a source with markup in it."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "source.txt").write_text(f"{HOSTILE}\n\nAnother paragraph stands here.\n", encoding="utf-8")
    return policycase.coding_page(folder / "source.txt", "bvt-lamps", folder / "page.html")


def data_of(page: Path) -> dict:
    """What a page embeds for its scripts."""
    return json.loads(
        re.search(r'<script type="application/json" id="data">(.*?)</script>', page.read_text("utf-8"))[1]
    )


def test_page_holds_the_sentences_as_passages_numbers_them(page: Path):
    wanted = {
        f"{one.locator}": " ".join(one.text.split()) for one in sentences(read_source(LAMPS_SOURCE), "en", CHOICES)
    }
    rows = passage_rows(read_source(LAMPS_SOURCE), "bvt-lamps", "bvt-lamps:source", "en", CHOICES)

    data = data_of(page)

    assert {one["id"]: one["text"] for one in data["sentences"]} == wanted
    assert [one["fingerprint"] for one in data["fingerprints"].values()] == rows["fingerprint"].tolist()


def test_ids_begin_with_the_source_where_a_case_has_several():
    made = page_data("The office opened.", "bvt-lamps", source_id="clinic")

    assert [one["id"] for one in made["sentences"]] == ["clinic-p1s1"]
    assert made["fingerprints"]["clinic-p1s1"]["source_id"] == "clinic"
    assert made["source"] == "clinic"


def test_page_holds_every_field_a_coder_fills_and_every_code_with_its_definition():
    profile = shipped_profile()

    shown = described(profile)

    for name, table in shown["tables"].items():
        own = {profile.tables[name].key, "case_id", *({"table_name"} if name == "scope" else ())}
        wanted = [one.name for one in profile.tables[name].fields.values() if one.authored and one.name not in own]
        assert [field["name"] for field in table["fields"]] == wanted
    assert {name: [row["code"] for row in rows] for name, rows in shown["codes"].items()} == profile.vocabularies
    assert all(row["definition"] for rows in shown["codes"].values() for row in rows)
    assert shown["kinds"]["edtf"]["pattern"] == PATTERN


def test_page_loads_nothing_from_elsewhere(page: Path):
    parsed = Page(page)

    assert [one for one in parsed.values("src") + parsed.values("href") if one != "data:,"] == []
    policy = next(one["content"] for one in parsed.all("meta") if one.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-")
    assert "connect-src" not in policy
    assert "sourceMappingURL" not in parsed.source


def test_page_has_the_coding_rules_without_what_a_second_coder_must_not_see(page: Path):
    words = Page(page).text

    assert "Who is an agency" in words
    assert "Round 3" not in words


def test_page_says_that_it_is_not_for_publication():
    assert "is not for publication" in (ASSETS / "page.js").read_text(encoding="utf-8")


def test_markup_in_a_source_makes_no_element(hostile_page: Path, page: Path):
    parsed = Page(hostile_page)

    assert [tag for tag, _ in parsed.elements] == [tag for tag, _ in Page(page).elements]
    assert HOSTILE in {one["text"] for one in data_of(hostile_page)["sentences"]}


def test_page_is_not_overwritten_unless_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    page = policycase.coding_page(LAMPS_SOURCE, "bvt-lamps", tmp_path / "page.html")

    codes = [
        main(["code", str(LAMPS_SOURCE), "--case", "bvt-lamps", "-o", str(page), *more]) for more in ([], ["--force"])
    ]

    assert codes == [3, 0]
    assert "not for publication" in capsys.readouterr().err


def test_case_id_and_coding_file_are_checked_before_a_page_is_made(tmp_path: Path):
    (tmp_path / "broken.yaml").write_text("a: [1", encoding="utf-8")

    with pytest.raises(UnreadableError, match='"lamps" is not a case id'):
        policycase.coding_page(LAMPS_SOURCE, "lamps", tmp_path / "page.html")
    with pytest.raises(UnreadableError, match="not YAML"):
        policycase.coding_page(LAMPS_SOURCE, "bvt-lamps", tmp_path / "page.html", resume=tmp_path / "broken.yaml")

    assert not (tmp_path / "page.html").exists()


class Coder:
    """A person at the page: clicks, types, saves."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self.browser, self.folder = browser, folder
        where = {"behavior": "allow", "downloadPath": str(folder)}
        browser.driver.execute_cdp_cmd("Browser.setDownloadBehavior", where)

    def open(self, page: Path, draft: str = "") -> "Coder":
        """Open a page; an offer to go on with a draft is answered."""
        self.page = page
        self.browser.open(page)
        if draft:
            self.click(f"//dialog//button[contains(., '{draft}')]")
        return self

    def find(self, where: str):
        kind = "xpath" if where.startswith("/") else "css selector"
        return self.browser.driver.find_element(kind, where)

    def click(self, where: str) -> None:
        self.find(where).click()

    def at(self, passage: str) -> "Coder":
        self.click(f"[data-passage={passage}]")
        return self

    def add(self, table: str) -> "Coder":
        if table in {"programs", "agencies", "events", "goals", "coders"}:
            self.click(f"[data-add={table}]")
        else:
            self.find("#add-other").send_keys(table, ENTER)
        return self

    def fill(self, record: str, **fields: str) -> "Coder":
        """Type into fields of a record; a Tab chooses what was typed from a list."""
        for name, text in fields.items():
            inside = f"[data-record='{record}'] [data-field={name}]"
            box = self.find(f"{inside} input, {inside} textarea")
            if not box.is_displayed():
                self.browser.driver.switch_to.active_element.send_keys(ESCAPE)  # an open list may lie above
                self.click(f"[data-record='{record}'] summary")
            box.send_keys(text, TAB)
        return self

    def infer(self, record: str, name: str) -> None:
        self.click(f"[data-record='{record}'] [data-field={name}] select option[value=inferred]")

    def support(self, record: str, field: str = "", *, inferred: bool = False) -> None:
        self.find("#support-record").send_keys(record, ESCAPE)
        self.click(f".support select option[value='{field}']")
        if inferred:
            self.click(".support input[type=checkbox]")
        self.click(".support button[type=submit]")

    def set_aside(self, passage: str, coding: str, reason: str) -> None:
        self.at(passage).click(f"input[name=coding][value={coding}]")
        self.find("#reason").send_keys(reason)

    def save(self) -> Path:
        self.click("[data-do=save]")
        return self.wait_for(lambda: next(iter(self.folder.glob("*.yaml")), None))

    def wait_for(self, found):
        until = time.monotonic() + WAIT
        while time.monotonic() < until:
            if result := found():
                return result
            time.sleep(0.05)
        raise AssertionError("waited in vain")

    def ask(self, script: str):
        return self.browser.ask(script)

    def left(self) -> list[str]:
        return self.ask("return [...document.querySelectorAll('[data-left]')].map(one => one.dataset.left)")

    def draft(self) -> str:
        """The draft that the browser keeps, once it has been written."""
        keys = "return Object.entries(localStorage).filter(([key]) => key.startsWith('policycase:bvt-lamps:')).map(([, one]) => one)[0]"
        return self.wait_for(lambda: self.ask(keys))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def lamps_file(page: Path, tmp_path: Path) -> Path:
    """The made-up case as a coding file, with other sources, records without a sentence and a package."""
    file = policycase.export(copy_lamps(tmp_path / "lamps"), "coding", tmp_path / "lamps.yaml")
    prints = data_of(page)["fingerprints"]
    for name, theirs in yaml.safe_load(file.read_text(encoding="utf-8"))["fingerprints"].items():
        if theirs["fingerprint"] != prints[name]["fingerprint"]:  # the case leaves out the marks of footnotes
            edit(file, theirs["fingerprint"], prints[name]["fingerprint"])
            text = file.read_text(encoding="utf-8")
            line = next(line for line in text.splitlines() if prints[name]["fingerprint"] in line)
            edit(file, line, line.replace(f"'{theirs['length']}'", f"'{prints[name]['length']}'"))
    return file


@pytest.fixture
def coder(browser: Browser, page: Path, tmp_path: Path) -> Coder:
    """A person before the page of the made-up source, without a draft."""
    browser.open(page)
    browser.ask("localStorage.clear()")
    (tmp_path / "downloads").mkdir()
    browser.requests(), browser.complaints()
    return Coder(browser, tmp_path / "downloads").open(page)


CASE = {
    "title": "Lamps of the island",
    "policy_domain": "public-health",
    "source_extent": "whole",
    "summary": "A council lights its town.",
    "coded_by": "Somebody",
    "review_status": "single-coded",
}
SOURCE = {"source_type": "journal-article", "title": "Lamps and a Night Watch", "published": "2012"}
OFFICE = {"agency_type": "government-agency", "sector": "municipal"}
FOUNDING = {"event_type": "body-created", "occurrence": "occurred", "start": "199X", "summary": "The office is made."}
POSTS = {
    "program_type": "other",
    "start": "1999~",
    "summary": "Posts along the streets.",
    "setting": "community",
    "note": "Street lights. [no agency] [no place]",
}
HURTS = {"goal_type": "reduce-health-harm", "program_id": "lamp-posts"}


def code_lamps(coder: Coder) -> None:
    """A person's whole way through the made-up source: four records, a link, support, and the rest set aside."""
    coder.fill("case", **CASE)
    coder.fill("source", **SOURCE, url="https://example.org/lamps")
    coder.add("coders").fill("coder-1", name="Somebody")
    coder.at("p1s2").add("agencies").fill("agency-1", name="Lamp Office")
    coder.fill("lamp-office", **OFFICE)
    coder.add("events").fill("event-1", name="The founding")
    coder.fill("founding", **FOUNDING)
    coder.add("event_agencies").fill("founding--lamp-office--", role="affected")
    coder.support("case")
    coder.at("p1s3").add("programs").fill("program-1", name="Lamp posts")
    coder.fill("lamp-posts", **POSTS)
    coder.infer("lamp-posts", "setting")
    coder.support("lamp-office")
    coder.at("p1s4").add("goals").fill("goal-1", statement="Fewer people hurt at night")
    coder.fill("goal-fewer-people-hurt", **HURTS)
    coder.support("lamp-posts", "setting", inferred=True)
    coder.set_aside("p1s1", "context", "What kind of text it is.")
    for passage in coder.left():
        coder.set_aside(passage, "uncoded", "Left out of this test.")
    coder.click(".sentence.front")
    coder.click("[data-scope=none]")
    coder.click("[data-scope=complete]")


@browsed
def test_person_codes_a_source_from_an_empty_page_to_a_valid_case(coder: Coder, tmp_path: Path):
    code_lamps(coder)

    folder = policycase.import_case(coder.save(), tmp_path / "bvt-lamps")

    report = policycase.validate(folder)
    assert report.findings.query("severity == 'error'")["message"].tolist() == []
    assert coder.find(".count").text == "All 16 sentences accounted for"
    assert coder.find("[data-do=problems]").text == "nothing to correct"
    case = policycase.load(folder)
    extents = case.scope.set_index("table_name")["extent"]
    assert extents["programs"] == "complete"
    assert extents["figures"] == "none"
    assert case.programs.loc[0, ["program_id", "start"]].tolist() == ["bvt-lamps:lamp-posts", "1999~"]
    rests = case.evidence_for("bvt-lamps:lamp-posts").query("field == 'setting'")
    assert rests[["passage_id", "basis"]].to_numpy().tolist() == [
        ["bvt-lamps:p1s3", "inferred"],
        ["bvt-lamps:p1s4", "inferred"],
    ]
    assert case.event_agencies["event_agency_id"].tolist() == ["bvt-lamps:founding--lamp-office--affected"]


@browsed
def test_saved_file_holds_no_sentence_of_the_source(coder: Coder):
    coder.set_aside("p1s1", "context", "About the text.")

    saved = coder.save().read_text(encoding="utf-8")

    assert [one for one in data_of(coder.page)["sentences"] if one["text"][:30] in saved] == []
    assert yaml.safe_load(saved)["fingerprints"] == data_of(coder.page)["fingerprints"]


@browsed
def test_draft_comes_back_when_the_page_is_opened_again(coder: Coder):
    coder.at("p1s2").add("agencies").fill("agency-1", name="Lamp Office")
    coder.wait_for(lambda: "lamp-office" in (coder.draft() or ""))

    coder.open(coder.page, "Continue with the draft").at("p1s2")

    assert coder.find("[data-record=lamp-office] [data-field=name] input").get_property("value") == "Lamp Office"


@browsed
def test_draft_that_is_not_wanted_changes_nothing(coder: Coder):
    coder.set_aside("p1s2", "context", "About the office.")
    coder.wait_for(lambda: "About the office" in (coder.draft() or ""))

    coder.open(coder.page, "Begin without it")

    assert len(coder.left()) == 16


@browsed
def test_undo_takes_back_one_change_after_the_other_and_redo_brings_them_again(coder: Coder):
    coder.at("p1s2").add("agencies").fill("agency-1", name="Lamp Office")
    ids = "return [...document.querySelectorAll('.card')].map(one => one.dataset.record)"

    coder.click("[data-do=undo]")
    before = coder.ask(ids)
    coder.find("body").send_keys(CONTROL, "z")

    assert (before, coder.ask(ids), len(coder.left())) == (["agency-1"], [], 16)
    coder.find("body").send_keys(CONTROL, "y")
    coder.click("[data-do=redo]")
    assert coder.ask(ids) == ["lamp-office"]


@browsed
def test_record_renamed_keeps_what_points_to_it(coder: Coder):
    coder.at("p1s2").add("agencies").fill("agency-1", name="Lamp Office")
    coder.add("events").fill("event-1", name="Founding")
    coder.add("event_agencies").fill("founding--lamp-office--", role="affected")
    coder.at("p1s3").support("lamp-office")
    coder.support("founding--lamp-office--affected", inferred=True)

    box = coder.at("p1s2").find("[data-record=lamp-office] .id input")
    box.send_keys(CONTROL, "a")
    box.send_keys("office", TAB)

    passages = yaml.safe_load(coder.save().read_text(encoding="utf-8"))["passages"]
    assert passages["p1s2"]["agencies"] == {"office": {"name": "Lamp Office"}}
    assert passages["p1s2"]["event_agencies"] == [{"event_id": "founding", "agency_id": "office", "role": "affected"}]
    assert passages["p1s3"]["supports"] == ["office", "founding--office--affected?"]


@browsed
def test_field_that_a_later_sentence_says_stands_under_that_sentence(coder: Coder):
    coder.at("p1s3").add("programs").fill("program-1", name="Lamp posts")
    coder.at("p3s1").support("lamp-posts", "+end")

    coder.fill("lamp-posts", end="2009")

    passages = yaml.safe_load(coder.save().read_text(encoding="utf-8"))["passages"]
    assert passages["p1s3"] == {"programs": {"lamp-posts": {"name": "Lamp posts"}}}
    assert passages["p3s1"] == {"programs": {"lamp-posts": {"end": "2009"}}}


@browsed
def test_date_is_checked_and_codes_are_explained_as_one_types(coder: Coder):
    coder.at("p1s3").add("programs")
    where = "[data-table=programs] [data-field={}]"

    coder.find(where.format("start") + " input").send_keys("1999-13")
    coder.find(where.format("program_type") + " input").send_keys("needle")

    assert coder.find(where.format("start") + " .problem").text.startswith("expected 1999, 1999-05")
    (shown,) = coder.browser.driver.find_elements("css selector", ".options li:first-child")
    row = next(row for row in shipped_profile().codes if row["code"] == "needle-syringe-program")
    assert shown.text.replace("\n", " ").startswith(f"{row['label']} {row['code']} {row['definition']}")


@browsed
def test_saved_file_opened_and_saved_again_is_the_same(coder: Coder, lamps_file: Path):
    coder.find("#file").send_keys(str(lamps_file))
    coder.wait_for(lambda: not coder.left())
    first = coder.save()
    saved = first.read_bytes()
    first.rename(coder.folder.parent / "again.yaml")

    coder.open(coder.page, "Begin without it").find("#file").send_keys(str(coder.folder.parent / "again.yaml"))
    coder.wait_for(lambda: not coder.left())

    assert coder.save().read_bytes() == saved


@browsed
def test_every_part_of_an_opened_case_survives(coder: Coder, lamps_file: Path, tmp_path: Path):
    coder.find("#file").send_keys(str(lamps_file))
    coder.wait_for(lambda: not coder.left())

    back = policycase.import_case(coder.save(), tmp_path / "back")

    wanted = policycase.import_case(lamps_file, tmp_path / "wanted")
    tables = sorted(path.name for path in (wanted / "data").iterdir())
    assert {name: (back / "data" / name).read_bytes() for name in tables} == {
        name: (wanted / "data" / name).read_bytes() for name in tables
    }
    assert (back / "datapackage.json").read_bytes() == (wanted / "datapackage.json").read_bytes()


SIX = [ROOT, *sorted(path for path in (ROOT / "examples").iterdir() if path.is_dir())]


@browsed
@pytest.mark.parametrize("root", SIX, ids=lambda path: path.name)
def test_every_case_goes_through_the_page_unchanged(coder: Coder, root: Path, tmp_path: Path):
    file = policycase.export(root, "coding", tmp_path / "case.yaml")
    case_id = policycase.load(root).case_ids[0]
    coder.open(policycase.coding_page(LAMPS_SOURCE, case_id, tmp_path / "page.html"))
    through = (
        "const file = Coding.parse(arguments[0]); return [Coding.text(file), Coding.problems(file, Coding.index(file))]"
    )

    text, problems = coder.browser.driver.execute_script(through, file.read_text(encoding="utf-8"))

    assert problems == []
    (tmp_path / "saved.yaml").write_text(text, encoding="utf-8")
    back = policycase.import_case(tmp_path / "saved.yaml", tmp_path / "back")
    wanted = policycase.import_case(file, tmp_path / "wanted")
    assert policycase.load(back) == policycase.load(wanted)
    assert (back / "datapackage.json").read_bytes() == (wanted / "datapackage.json").read_bytes()


@browsed
def test_file_of_another_source_is_opened_only_after_a_warning(coder: Coder, lamps_file: Path):
    text = lamps_file.read_text(encoding="utf-8")
    other = lamps_file.with_name("other.yaml")
    print_ = data_of(coder.page)["fingerprints"]["p1s3"]["fingerprint"]
    other.write_text(text.replace(print_, "0" * 64), encoding="utf-8")

    coder.find("#file").send_keys(str(other))
    coder.wait_for(lambda: coder.ask("return document.querySelector('dialog').open"))

    assert "Other words than in this page: p1s3." in coder.find("dialog").text
    coder.click("//dialog//button[contains(., 'Cancel')]")
    assert len(coder.left()) == 16


@browsed
@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: [1", "not YAML"),
        ("case: {case_id: prt-lamps}", "it is of the case prt-lamps; this page is for bvt-lamps"),
        ("case: &c {title: x}\nsources: {s: *c}", "it has an alias"),
        ("passages: {p1s1: {programs: [x]}}", "passages p1s1 programs must be names with values"),
        ("stuff: 1", "belongs in a coding file"),
    ],
)
def test_what_is_no_coding_file_of_the_case_is_refused(coder: Coder, content: str, message: str, tmp_path: Path):
    (tmp_path / "odd.yaml").write_text(content, encoding="utf-8")

    coder.find("#file").send_keys(str(tmp_path / "odd.yaml"))
    coder.wait_for(lambda: coder.ask("return document.querySelector('dialog').open"))

    assert message in coder.find("dialog").text


@browsed
def test_page_goes_on_with_a_coding_file(coder: Coder, lamps_file: Path, tmp_path: Path):
    page = policycase.coding_page(
        LAMPS_SOURCE, "bvt-lamps", tmp_path / "resumed.html", choices=CHOICES, resume=lamps_file
    )

    coder.open(page)

    assert coder.left() == []


@browsed
def test_page_works_by_keyboard_alone(coder: Coder):
    keys = coder.browser.driver.switch_to
    coder.find(".sentence.front").send_keys("\ue015", "\ue015")  # down to the second sentence
    keys.active_element.send_keys("\ue007")
    heading = coder.find("#panel h2").text
    while keys.active_element.get_attribute("data-add") != "agencies":
        keys.active_element.send_keys(TAB)

    keys.active_element.send_keys("\ue007")
    keys.active_element.send_keys("Lamp Office", TAB)
    keys.active_element.send_keys("ministr", "\ue007")
    keys.active_element.send_keys(CONTROL, "s")

    assert heading.startswith("p1s2")
    saved = yaml.safe_load(coder.wait_for(lambda: next(coder.folder.glob("*.yaml"), None)).read_text(encoding="utf-8"))
    assert saved["passages"]["p1s2"] == {
        "agencies": {"lamp-office": {"name": "Lamp Office", "agency_type": "ministry"}}
    }


@browsed
def test_page_asks_for_nothing_but_itself_and_the_console_is_silent(coder: Coder, lamps_file: Path):
    coder.find("#file").send_keys(str(lamps_file))
    coder.wait_for(lambda: not coder.left())
    coder.at("p1s3").save()

    assert {url for url in coder.browser.requests() if not url.startswith(("data:", "blob:"))} == {coder.page.as_uri()}
    assert coder.ask("return performance.getEntriesByType('resource').map(one => one.name)") in ([], ["data:,"])
    assert coder.browser.complaints() == []


@browsed
def test_markup_in_a_source_is_shown_and_does_nothing(coder: Coder, hostile_page: Path):
    coder.open(hostile_page).at("p1s1")

    assert coder.find("blockquote").text == HOSTILE
    assert coder.ask("return document.title") == "Code bvt-lamps"
    assert coder.ask("return document.querySelectorAll('img').length") == 0
    assert coder.browser.complaints() == []


@browsed
@pytest.mark.parametrize("width", [400, 1280])
def test_page_never_scrolls_sideways(coder: Coder, lamps_file: Path, width: int):
    coder.browser.open(coder.page, width)
    coder.find("#file").send_keys(str(lamps_file))
    coder.wait_for(lambda: not coder.left())

    panel = "const panel = document.querySelector('#panel'); return panel.scrollWidth <= panel.clientWidth && panel.offsetHeight === panel.clientHeight"
    for passage in ("front", "p1s2", "p2s1"):
        coder.ask(f"document.querySelector('.sentence.{passage}, [data-passage={passage}]').click()")
        for box in coder.browser.driver.find_elements("css selector", "#panel [role=combobox]")[:4]:
            coder.ask("document.activeElement.blur()")
            coder.browser.driver.execute_script("arguments[0].focus()", box)

            assert coder.ask(panel)
        assert coder.ask("return document.documentElement.scrollWidth") <= width
        assert coder.ask("return document.documentElement.scrollHeight <= innerHeight")


def shown_problem(coder: Coder, where: str, text: str) -> str:
    """What a field says of a text while it is typed; empty if nothing."""
    box = coder.find(f"{where} input")
    box.send_keys(CONTROL, "a")
    box.send_keys(text)
    found = coder.browser.driver.find_elements("css selector", f"{where} .problem")
    return found[0].text if found else ""


@browsed
def test_country_is_chosen_by_its_name_and_a_name_alone_is_marked(coder: Coder):
    where = "[data-record=case] [data-field=country]"
    begun = coder.find(f"{where} input").get_property("value")

    while_typed = shown_problem(coder, where, "Bouvet Isl")
    shown_problem(coder, where, "Bouvet Isl")
    coder.find(f"{where} input").send_keys(TAB)

    assert begun == "Bouvet Island"
    assert while_typed == "not the code of a country; choose from the list"
    assert yaml.safe_load(coder.save().read_text(encoding="utf-8"))["case"]["country"] == "BVT"


@browsed
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Kyrgyzstan", "the id of the case begins with bvt, which is BVT"),  # a name counts as its code
        ("XKX", "the id of the case begins with bvt"),
        ("SUN", "the id of the case begins with bvt"),
        ("KYR", "not the code of a country"),
        ("Bouvet Island", ""),
    ],
)
def test_country_that_the_case_is_not_of_is_marked(coder: Coder, text: str, problem: str):
    said = shown_problem(coder, "[data-record=case] [data-field=country]", text)

    assert said.startswith(problem) if problem else not said


FORMS = {
    ("sources", "doi"): (["10.1234/lamps.5"], ["doi:10.1234/lamps", "https://doi.org/10.1234/lamps", "10.1/x"]),
    ("sources", "url"): (["https://example.org/lamps"], ["example.org", "https://example", "https://a b.org"]),
    ("sources", "language"): (
        ["en", "ky-Cyrl", "sr-Latn-RS", "de-1996", "x-own", "zh-cmn", "i-klingon"],
        ["english", "en_US", "jp", "en-Abcd", "en-GB-oxenfree", "en-Latn-Latn"],
    ),
    ("sources", "independence_group"): (["lamp-office"], ["Lamp Office"]),
    ("sources", "published"): (["2012", "[..2012]"], ["2012-02-30", "[2004..2003]", "[..]", "0900", "2200"]),
    ("sources", "accessed_on"): (["2020-02-29"], ["2019-02-29", "29.2.2020"]),
    ("places", "iso_3166_2"): (["KG-GB", "NO", "KG"], ["KGZ", "KG-XX", "Bishkek"]),
    ("places", "wikidata_id"): (["Q9361"], ["9361", "Q0", "https://www.wikidata.org/wiki/Q9361"]),
    ("places", "geonames_id"): (["1528675"], ["0", "-5", "one"]),
    ("places", "latitude"): (["-54.4"], ["-91", "54° S"]),
    ("places", "longitude"): (["180"], ["180.5"]),
    ("agencies", "same_as"): (["https://www.wikidata.org/entity/Q1"], ["Q1"]),
    ("figures", "unit"): (["1", "%", "KGS", "DEM"], ["som", "kroner"]),
    ("claims", "field"): (["record", "start"], ["Start", "begin"]),
}


def test_every_field_with_a_form_says_what_it_expects():
    tables = described(shipped_profile())["tables"]

    formed = {
        (table, one["name"])
        for table in tables.keys() - {"scope", "reliability"}  # of which no field is typed in a form
        for one in tables[table]["fields"]
        if {"pattern", "identifier", "minimum", "list"} & one.keys()
        and one["name"] not in {"position", "profile_version"}
    }

    dates = {("sources", "published"), ("sources", "accessed_on")}  # whose form is that of every date
    assert formed == {*FORMS, ("cases", "country")} - dates
    assert not [
        (table, one["name"])
        for table, name in formed
        for one in tables[table]["fields"]
        if one["name"] == name and not {"expected", "kind"} & one.keys()
    ]


def test_every_code_of_a_country_or_a_part_of_one_is_known_to_the_page():
    lists = offered("kgz-leph")

    codes = {one["code"] for one in lists["countries"]}
    assert {"KGZ", "XKX", "SUN", "DDR"} <= codes
    assert codes == {code for code in map("".join, product(ascii_uppercase, repeat=3)) if country(code)}
    assert {one["two"] for one in lists["countries"]} >= {one.alpha_2 for one in pycountry.countries}
    parts = {f"{nation}-{part}" for nation, of in lists["parts_of"].items() for part in of.split()}
    assert parts == {one.code for one in pycountry.subdivisions}
    assert {one["code"] for one in lists["parts"]} == {one for one in parts if one.startswith("KG-")}


@pytest.mark.slow
def test_forms_are_those_of_the_validator(tmp_path: Path):
    lamps = copy_lamps(tmp_path / "lamps")
    alone = {("places", "iso_3166_2"), ("claims", "field")}  # what they may be depends on other cells

    for (table, name), (right, wrong) in FORMS.items():
        file = lamps / f"data/{table}.csv"
        before = file.read_text(encoding="utf-8")
        frame = pd.read_csv(file, dtype=str, keep_default_na=False)
        for text in right + wrong if (table, name) not in alone else ():
            frame.assign(**{name: [text, *frame[name][1:]]}).to_csv(file, index=False)
            found = policycase.validate(lamps).findings.query("path == @at and field == @name", local_dict={
                "at": f"data/{table}.csv", "name": name})  # fmt: skip
            assert found.empty == (text in right), (table, name, text)
        file.write_text(before, encoding="utf-8")


@browsed
def test_page_refuses_of_a_form_what_validate_refuses_and_nothing_else(coder: Coder):
    ask = (
        "const [table, name, texts] = arguments, found = Coding.index(Coding.fresh());"
        "const of = {record_id: 'case'};"
        "return texts.filter(text => Coding.problemOf(text, Coding.fields[table][name], found, of))"
    )

    refused = {
        (table, name): coder.browser.driver.execute_script(ask, table, name, right + wrong)
        for (table, name), (right, wrong) in FORMS.items()
    }

    assert refused == {where: wrong for where, (_, wrong) in FORMS.items()}


@browsed
def test_typing_into_an_id_replaces_it(coder: Coder):
    coder.at("p1s2").add("agencies").fill("agency-1", name="Lamp Office")

    box = coder.find("[data-record=lamp-office] .id input")
    from selenium.webdriver import ActionChains  # noqa: PLC0415 - slow, and only where there is a browser

    ActionChains(coder.browser.driver).move_to_element(box).click().send_keys("office", TAB).perform()

    assert coder.ask("return [...document.querySelectorAll('.card')].map(one => one.dataset.record)") == ["office"]


@browsed
def test_id_that_cannot_be_taken_is_said_to_stay(coder: Coder):
    coder.at("p1s2").add("agencies").fill("agency-1", name="Lamp Office")

    box = coder.find("[data-record=lamp-office] .id input")
    box.send_keys(CONTROL, "a")
    box.send_keys("Lamp Office", TAB)

    assert coder.find(".notice").text.startswith("The id is still lamp-office: “Lamp Office” is not of small letters")


@browsed
@pytest.mark.parametrize(
    ("table", "focused"),
    [
        ("agencies", "name"),
        ("program_agencies", "program_id"),
        ("event_agencies", "agency_id"),
        ("claims", "record_id"),
    ],
)
def test_new_form_has_the_cursor(coder: Coder, table: str, focused: str):
    coder.at("p1s2").add("program_places").add("program_agencies").add("events").fill("event-1", name="The founding")

    coder.add(table)

    where = "const box = document.activeElement; return [box.closest('.card').dataset.table, box.closest('.field').dataset.field]"
    assert coder.ask(where) == [table, focused]


@browsed
def test_reference_shows_the_name_of_its_record_beside_the_id(coder: Coder):
    coder.at("p1s2").add("agencies").fill("agency-1", name="Lamp Office")
    coder.add("events").fill("event-1", name="The founding")

    coder.add("event_agencies").fill("founding--lamp-office--", role="affected")
    coder.add("agencies").fill("agency-1", name="Board of Light")

    coder.fill("board-light", parent_agency_id="Lamp Off")

    field = coder.find("[data-record=board-light] [data-field=parent_agency_id]")
    assert field.find_element("css selector", "input").get_property("value") == "Lamp Office"
    assert field.find_element("css selector", "label code").text == "lamp-office"
    assert coder.find("[data-table=event_agencies] h4").text.endswith("The founding · Lamp Office · affected")


@browsed
def test_claim_can_be_about_the_case_itself_and_a_figure_cannot(coder: Coder):
    coder.fill("case", title="Lamps of the island").at("p1s2").add("claims").add("figures")

    coder.fill("claim-1", record_id="Lamps of the island")
    coder.find("[data-record=figure-1] [data-field=record_id] input").send_keys("case")

    assert coder.find("[data-record=claim-1] [data-field=record_id] input").get_property("value") == "The case itself"
    assert coder.find("[data-record=figure-1] [data-field=record_id] .problem").text.startswith("this is the case")
    passage = yaml.safe_load(coder.save().read_text(encoding="utf-8"))["passages"]["p1s2"]
    assert passage["claims"] == {"claim-1": {"record_id": "case"}}


@browsed
def test_what_is_missing_is_named(coder: Coder):
    coder.at("p1s2").add("agencies").fill("agency-1", name="Lamp Office")

    coder.click("[data-do=problems]")

    said = coder.find(".problems").text
    assert "p1s2 Agency “Lamp Office”: Type is empty" in said
    assert "Scope" not in said


@browsed
def test_scope_is_asked_for_once_no_sentence_is_left(coder: Coder):
    coder.at("p1s2").add("agencies").fill("agency-1", name="Lamp Office")
    for passage in coder.left():
        coder.set_aside(passage, "uncoded", "Left out of this test.")

    coder.click("[data-do=problems]")

    assert "case Scope: no row of programs, events, goals," in coder.find(".problems").text


@pytest.fixture
def second_tab(coder: Coder) -> Iterator[Coder]:
    """The same page in a second tab of the browser, once the first one has changed something."""
    driver = coder.browser.driver
    coder.at("p1s2").add("agencies").fill("agency-1", name="Lamp Office")
    coder.tabs = [driver.current_window_handle]
    driver.switch_to.new_window("tab")
    coder.tabs.append(driver.current_window_handle)
    driver.get(coder.page.as_uri())
    yield coder
    driver.close()
    driver.switch_to.window(coder.tabs[0])


@browsed
def test_second_tab_of_a_page_asks_before_it_takes_over_and_loses_nothing(second_tab: Coder):
    coder, driver = second_tab, second_tab.browser.driver
    coder.wait_for(lambda: coder.ask("return document.querySelector('dialog').open"))
    asked = coder.find("dialog h2").text

    coder.click("//dialog//button[contains(., 'Go on here')]")
    coder.wait_for(lambda: coder.ask("return !document.querySelector('dialog').open"))
    coder.at("p1s3").add("programs").fill("program-1", name="Lamp posts")
    driver.switch_to.window(coder.tabs[0])

    assert asked == coder.find("dialog h2").text == "This case is open in another tab"
    coder.click("//dialog//button[contains(., 'Go on here')]")
    coder.wait_for(lambda: coder.ask("return !document.querySelector('dialog').open"))
    passages = yaml.safe_load(coder.save().read_text(encoding="utf-8"))["passages"]
    assert passages["p1s2"] == {"agencies": {"lamp-office": {"name": "Lamp Office"}}}
    assert passages["p1s3"] == {"programs": {"lamp-posts": {"name": "Lamp posts"}}}
    driver.switch_to.window(coder.tabs[1])


@browsed
def test_tab_that_is_gone_asks_for_nothing(second_tab: Coder):
    coder, driver = second_tab, second_tab.browser.driver
    coder.wait_for(lambda: coder.ask("return document.querySelector('dialog').open"))
    driver.switch_to.window(coder.tabs[0])
    driver.get("about:blank")
    driver.switch_to.window(coder.tabs[1])

    coder.open(coder.page, "Continue with the draft")

    assert coder.at("p1s2").find("[data-record=lamp-office]").is_displayed()


@browsed
def test_page_asks_for_what_validate_asks_of_a_program_event_place_and_goal(coder: Coder, tmp_path: Path):
    code_lamps(coder)
    coder.at("p1s4").add("programs").fill("program-1", name="Rounds")
    coder.fill("rounds", program_type="patrol", summary="Guards on foot.")
    coder.add("events").fill("event-1", name="First round")
    coder.fill("first-round", event_type="launch", occurrence="occurred", summary="The first one.")
    coder.add("places").fill("place-1", name="Fyrvåg").fill("fyrvag", place_type="city")
    coder.add("goals").fill("goal-1", statement="Quiet lanes").fill("goal-quiet-lanes", goal_type="public-order")
    coder.click("[data-do=problems]")

    asked = coder.find(".problems").text

    report = policycase.validate(policycase.import_case(coder.save(), tmp_path / "bvt-lamps"))
    errors = report.findings.query("severity == 'error' and path.str.endswith('scope.csv') == False")
    wanted = {"rounds", "goal-quiet-lanes", "first-round", "fyrvag"}
    assert set(errors["record_id"].str.partition(":")[2]) == wanted
    for said in (
        "Program “Rounds”: no agency; add an agency of a program, or write [no agency] into its note",
        "Program “Rounds”: no place; add a place of a program",
        "Program “Rounds”: no start; fill in Start",
        "Event “First round”: no program; fill in Program",
        "Place “Fyrvåg”: no larger place",
        "Goal “Quiet lanes”: no program and no holder",
    ):
        assert said in asked


@browsed
def test_list_in_which_nothing_fits_shows_what_there_is(coder: Coder):
    coder.at("p1s2").add("agencies")

    coder.find("[data-table=agencies] [data-field=agency_type] input").send_keys("lighthouse")

    shown = [one.text for one in coder.browser.driver.find_elements("css selector", ".options li")]
    assert shown[0] == "Nothing fits “lighthouse”. All there is:"
    assert len(shown) == 1 + len(shipped_profile().vocabularies["agency_type"])


def lamp_office_pays(coder: Coder) -> Coder:
    """A program, an agency and the link between them below p1s3, whose program is filled in."""
    coder.at("p1s2").add("programs").fill("program-1", name="Lamp posts")
    coder.at("p1s3").add("agencies").fill("agency-1", name="Lamp Office")
    coder.add("program_agencies").fill("lamp-posts--lamp-office--", role="fund")
    return coder


@browsed
def test_link_is_marked_inferred_as_the_coding_file_writes_it(coder: Coder):
    lamp_office_pays(coder).click("[data-table=program_agencies] header option[value=inferred]")

    passage = yaml.safe_load(coder.save().read_text(encoding="utf-8"))["passages"]["p1s3"]

    link = {"program_id": "lamp-posts", "agency_id": {"inferred": "lamp-office"}, "role": "fund"}
    assert passage["program_agencies"] == [link]
    assert "Lamp Office · fund (inferred)" in coder.find("[data-passage=p1s3] .chips").text


@browsed
@pytest.mark.parametrize(
    "written", ["{inferred: lamp-office}", "lamp-office}], supports: [lamp-posts--lamp-office--fund?"]
)
def test_link_inferred_in_a_file_is_shown_so_and_can_be_said_here(coder: Coder, written: str, tmp_path: Path):
    link = f"[{{program_id: lamp-posts, role: fund, agency_id: {written}" + ("}]" if "supports" not in written else "]")
    (tmp_path / "case.yaml").write_text(
        "passages: {p1s2: {programs: {lamp-posts: {name: Posts}}},"
        f" p1s3: {{agencies: {{lamp-office: {{name: Office}}}}, program_agencies: {link}}}}}",
        encoding="utf-8",
    )
    coder.find("#file").send_keys(str(tmp_path / "case.yaml"))
    coder.wait_for(lambda: len(coder.left()) == 14)
    mark = coder.at("p1s3").find("[data-table=program_agencies] header select")
    shown = mark.get_property("value")

    coder.click("[data-table=program_agencies] header option:not([value=inferred])")

    assert shown == "inferred"
    passage = yaml.safe_load(coder.save().read_text(encoding="utf-8"))["passages"]["p1s3"]
    assert passage["program_agencies"] == [{"program_id": "lamp-posts", "agency_id": "lamp-office", "role": "fund"}]
    assert "supports" not in passage


@browsed
def test_words_of_the_source_are_marked_and_asked_about_before_they_are_saved(coder: Coder):
    words = data_of(coder.page)["sentences"][2]
    coder.at("p1s2").add("claims").fill("claim-1", statement=f"It says: {words['text'][:70].upper()}")
    marked = coder.find("[data-field=statement] .problem").text
    warning = coder.find(".warning").text

    coder.click("[data-do=save]")

    assert marked.startswith(f"repeats words of {words['id']}, 45 letters or more in a row")
    assert "holds none" not in warning
    assert f"Statement repeats words of {words['id']}" in coder.find("dialog").text
    assert not list(coder.folder.glob("*.yaml"))
    coder.click("//dialog//button[contains(., 'Save all the same')]")
    assert coder.wait_for(lambda: next(iter(coder.folder.glob("*.yaml")), None))


@browsed
def test_names_and_titles_may_be_those_of_the_source(coder: Coder):
    name = data_of(coder.page)["sentences"][2]["text"][:70]
    coder.fill("source", title=name)

    coder.at("p1s2").add("claims").fill("claim-1", statement=name)

    assert coder.browser.driver.find_elements("css selector", "[data-field=statement] .problem") == []


@browsed
def test_field_that_another_sentence_fills_says_so_and_a_second_value_is_a_conflict(coder: Coder):
    coder.at("p1s3").add("programs").fill("program-1", name="Lamp posts")
    coder.at("p3s1").support("lamp-posts", "+start")
    coder.fill("lamp-posts", start="2009-13")
    start = "[data-record=lamp-posts] [data-field=start] input"
    hint = coder.at("p1s3").find(start).get_attribute("placeholder")
    coder.click("[data-do=problems]")
    misplaced = coder.find(".problems").text

    coder.at("p1s3").fill("lamp-posts", start="1999")
    coder.click("[data-do=problems]")

    assert hint == "filled in p3s1: 2009-13"
    assert "p3s1 Program “Lamp posts”: Start is “2009-13”; expected" in misplaced
    conflict = "p3s1 Program “Lamp posts”: Start is “2009-13” here and “1999” in p1s3; keep one of them"
    assert conflict in coder.find(".problems").text


@browsed
def test_list_is_searched_by_what_its_codes_mean_and_names_come_first(coder: Coder):
    box = coder.find("[data-record=case] [data-field=policy_domain] input")

    box.send_keys("part")

    shown = [one.text for one in coder.browser.driver.find_elements("css selector", ".options li code")]
    # the first two by when to use them; the last by when not to
    assert shown == ["law-enforcement-public-health", "public-health", "drug-policy"]


@browsed
def test_fields_that_decide_are_shown_at_once(coder: Coder):
    shown = {}
    for table in ("agencies", "goals", "claims"):
        coder.at("p1s2").add(table)
        where = f"[...document.querySelectorAll('[data-table={table}] > .fields > .field')]"
        shown[table] = set(coder.ask(f"return {where}.map(one => one.dataset.field)"))

    assert shown["agencies"] >= {"is_generic", "level"}
    assert shown["goals"] >= {"population"}
    assert shown["claims"] >= {"claim_type", "object_id"}


@browsed
def test_only_program_is_filled_into_a_link_and_left_out_of_its_chip(coder: Coder):
    lamp_office_pays(coder).add("program_places")

    chips = [one.text for one in coder.browser.driver.find_elements("css selector", "[data-passage=p1s3] .chips span")]

    assert coder.find("[data-table=program_places] [data-field=program_id] input").get_property("value") == "Lamp posts"
    assert chips == ["Lamp Office", "Lamp Office · fund", "Place of a program: ?"]


@browsed
def test_second_save_has_the_time_in_its_name_and_says_how_to_take_it(coder: Coder):
    first = coder.save()
    said = coder.find(".notice").text

    coder.click("[data-do=save]")

    second = coder.wait_for(lambda: next((one for one in coder.folder.glob("*.yaml") if one != first), None))
    assert first.name == "bvt-lamps.yaml"
    assert said.endswith("policycase import bvt-lamps.yaml")
    assert re.fullmatch(r"bvt-lamps-\d{4}-\d\d-\d\d-\d{6}\.yaml", second.name)
    assert coder.find(".notice").text.endswith(f"policycase import {second.name} -o bvt-lamps --force")


@browsed
def test_button_says_that_an_empty_field_is_filled_in(coder: Coder):
    coder.at("p1s3").add("programs").fill("program-1", name="Lamp posts")
    coder.at("p3s1").find("#support-record").send_keys("lamp-posts", ESCAPE)
    before = coder.find(".support button").text

    coder.click(".support select option[value='+start']")

    assert (before, coder.find(".support button").text) == ("Add support", "Fill in here")


@browsed
def test_ids_keep_hyphenated_words_and_need_no_number_where_a_further_word_tells(coder: Coder):
    ask = (
        "const found = Coding.index(Coding.fresh()), made = [];"
        "for (const [table, text] of arguments[0]) {"
        "  const id = Coding.freeId(found, table, text); made.push(id); found.records.set(id, {});"
        "} return made"
    )
    texts = [
        ("agencies", "Crisis walk-in center"),
        ("claims", "Trained keepers are calm"),
        ("claims", "Trained keepers are calm in storms"),
        ("claims", "Trained keepers are calm"),
    ]

    made = coder.browser.driver.execute_script(ask, texts)

    assert made == [
        "crisis-walk-in-center",
        "claim-trained-keepers-calm",
        "claim-trained-keepers-calm-storms",
        "claim-trained-keepers-calm-2",
    ]


@browsed
def test_language_by_which_the_source_was_split_is_filled_in(coder: Coder):
    language = coder.find("[data-record=source] [data-field=language] input").get_property("value")

    assert language == "English"


@browsed
def test_record_is_marked_inferred_by_a_token_below_its_own_sentence(coder: Coder):
    coder.at("p1s2").add("agencies").fill("agency-1", name="Lamp Office")

    coder.click("[data-record=lamp-office] header option[value=inferred]")

    passage = yaml.safe_load(coder.save().read_text(encoding="utf-8"))["passages"]["p1s2"]
    assert passage == {"agencies": {"lamp-office": {"name": "Lamp Office"}}, "supports": ["lamp-office?"]}
    assert coder.find("[data-passage=p1s2] .chips").text == "Lamp Office (inferred)"


@browsed
def test_value_that_is_said_here_and_inferred_too_is_to_correct(coder: Coder):
    coder.at("p1s3").add("programs").fill("program-1", name="Lamp posts")
    coder.at("p3s1").support("lamp-posts", "+start")
    coder.fill("lamp-posts", start="2009").support("lamp-posts", "start", inferred=True)

    coder.click("[data-do=problems]")

    said = coder.find(".problems").text
    assert "p3s1 Supports lamp-posts:start?: it is said here and inferred too; choose one" in said
