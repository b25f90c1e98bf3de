"""The report as a site: an index with search and filters, a page per case by itself, what they share, downloads."""

import csv
import io
import json
import re
import zipfile
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

import pytest
from books import BOOKS, CASE, SIX
from browsers import Browser, chromium
from copies import ROOT
from corpora import write_corpus
from pages import Page
from test_report import LINK, PAYLOAD, hostile, hostile_ids

import policycase
from policycase.cli.main import main
from policycase.errors import InvalidPackageError, UnreadableError
from policycase.model.stack import each_case
from policycase.reporting import site as site_module

pytestmark = [pytest.mark.xdist_group("report"), pytest.mark.slow]
MANY = 200


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of all cases of this repository."""
    done: list[int] = []
    folder = policycase.report(SIX, tmp_path_factory.mktemp("site") / "six", advance=done.append)
    assert done == [1] * len(BOOKS)
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Page]:
    return {path.relative_to(site).as_posix(): Page(path) for path in sorted(site.rglob("*.html"))}


def data_of(page: Page) -> list[dict]:
    return json.loads(re.search(r'<script type="application/json" id="data">(.+?)</script>', page.source)[1])


def content_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_site_has_an_index_and_a_page_for_each_case(site: Path, pages: dict[str, Page]):
    assert set(pages) == {"index.html", "shared.html", *(f"cases/{case_id}.html" for case_id in SIX.case_ids)}
    assert [one["id"] for one in data_of(pages["index.html"])] == SIX.case_ids
    assert {path.name for path in site.iterdir()} == {"index.html", "shared.html", "cases", "downloads", "README.txt"}


def test_every_link_of_the_site_leads_somewhere(site: Path, pages: dict[str, Page]):
    ids = {name: set(page.values("id")) for name, page in pages.items()}
    lost = []
    for name, page in pages.items():
        for href in page.values("href"):
            if re.match(r"https?://|data:,$", href):
                continue
            path, _, fragment = unquote(href).partition("#")
            target = ((site / name).parent / path).resolve() if path else site / name
            at = target.relative_to(site.resolve() if path else site).as_posix()
            if not target.is_file() or (fragment and fragment not in ids[at]):
                lost.append((name, href))

    assert lost == []
    assert all(
        ids[f"cases/{one['id']}.html"] >= {record[0] for record in one["records"]}
        for one in data_of(pages["index.html"])
    )


def test_ids_are_unique_in_each_page(pages: dict[str, Page]):
    twice = {
        name: [one for one, count in Counter(page.values("id")).items() if count > 1] for name, page in pages.items()
    }

    assert set(map(len, twice.values())) == {0}


def test_page_loads_nothing(pages: dict[str, Page]):
    for page in pages.values():
        assert page.values("src") == []
        assert [link["href"] for link in page.all("link")] == ["data:,"]
        assert {"iframe", "object", "embed", "img", "base", "form"} & {tag for tag, _ in page.elements} == set()


def test_case_of_a_site_has_the_page_that_it_has_alone(pages: dict[str, Page], reports: dict[str, Path]):
    def sections(page: Page) -> str:
        return re.search(r"<section id=\"timeline\".+?(?=<section id=\"codebook\")", page.source, re.DOTALL)[0]

    assert sections(pages["cases/kgz-leph.html"]) == sections(Page(reports["case"]))


def test_case_of_a_stack_is_described_by_its_own_tables():
    books = {book.case_ids[0]: book for book in each_case(SIX)}

    for case in BOOKS:
        own = books[case.case_ids[0]]
        assert own == case
        assert own.descriptor["licenses"] == case.descriptor["licenses"]
        assert own.descriptor["name"] == case.case_ids[0]
        coded = case.sources.query("source_use == 'coded'")
        assert [one["title"] for one in own.descriptor["sources"]] == coded["title"].tolist()


def test_filters_have_the_codes_in_use_with_the_labels_of_the_profile(pages: dict[str, Page]):
    index = pages["index.html"]

    named = [each["data-facet"] for each in index.all("select") if "data-facet" in each]
    assert named == ["country", "policy_domain", "source_extent", "review_status", "program_type"]
    assert "All Canada (1) United Kingdom (1)" not in index.text
    assert (
        "Country All Canada (1) Kyrgyzstan (1) Portugal (1) United Kingdom (1) United States (1) Vietnam (1)"
        in index.text
    )
    assert "Program type All Needle and syringe program (1) Opioid agonist therapy (1)" in index.text
    kgz = next(one for one in data_of(index) if one["id"] == "kgz-leph")
    assert kgz["years"] == [1999, 2020]
    assert set(kgz["codes"]["program_type"]) == set(CASE.coded.programs["program_type"].dropna())


def test_downloads_are_the_package_and_the_views(site: Path, tmp_path: Path):
    package = next((site / "downloads").glob("*.zip"))

    assert policycase.load(package) == SIX
    assert policycase.validate(package).is_valid
    rows = list(csv.reader(io.StringIO((site / "downloads/spells.csv").read_text(encoding="utf-8"))))
    assert len(rows) == 1 + len(policycase.spells(SIX))
    policycase.export(SIX, "ties", tmp_path / "ties.csv")
    assert (site / "downloads/ties.csv").read_bytes() == (tmp_path / "ties.csv").read_bytes()
    with zipfile.ZipFile(package) as archive:
        assert "README.md" in archive.namelist()


def test_readme_says_licence_and_citation(site: Path):
    text = (site / "README.txt").read_text(encoding="utf-8")

    assert "Open index.html in a browser." in text
    assert "Licence: CC-BY-4.0" in text
    assert SIX.cite().strip() in text


def test_same_cases_give_the_same_bytes(tmp_path: Path):
    paths = [ROOT / "examples/vnm-pmlsa", ROOT / "examples/can-insite"]

    first = policycase.report(policycase.stack(paths), tmp_path / "first")
    second = policycase.report(policycase.stack(reversed(paths)), tmp_path / "second")

    assert content_of(first) == content_of(second)


def test_few_cases_are_side_by_side_and_many_are_counted(pages: dict[str, Page], tmp_path: Path, monkeypatch):
    monkeypatch.setattr(site_module, "FEW", 1)

    many = Page(policycase.report(policycase.stack(BOOKS[:2]), tmp_path / "many") / "shared.html")

    assert "All cases on one axis" in pages["shared.html"].text
    assert "Opioid agonist therapy · · 4 · · ·" in pages["shared.html"].text
    assert "All cases on one axis" not in many.text
    assert "Opioid agonist therapy 1 4 kgz-leph Supervised consumption 1 1 can-insite" in many.text


def test_markup_in_the_data_is_text_in_the_site(tmp_path: Path):
    folder = policycase.report(hostile(tmp_path / "hostile"), tmp_path / "site")

    for path in sorted(folder.rglob("*.html")):
        page = Page(path)
        tags = Counter(tag for tag, _ in page.elements)
        assert (tags["img"], tags["textarea"]) == (0, 0)
        assert tags["script"] == {"index.html": 4, "shared.html": 0}.get(path.name, 2)
        assert [name for _, attributes in page.elements for name in attributes if name.startswith("on")] == []
        assert [href for href in page.values("href") if LINK in href] == []
        assert not re.search(r"<(?:img|textarea|svg onload)", page.source)
    found = data_of(Page(folder / "index.html"))
    assert found[0]["title"] == PAYLOAD
    assert {record[1] for record in found[0]["records"]} >= {PAYLOAD}


def test_site_without_cases_is_refused(tmp_path: Path):
    policycase.new("kgz-new", tmp_path / "new")

    with pytest.raises(InvalidPackageError, match="no case is coded yet, so a site would have no pages"):
        policycase.report(tmp_path / "new", tmp_path / "site")

    assert not (tmp_path / "site").exists()


def test_case_id_that_cannot_name_a_file_is_refused(tmp_path: Path):
    package = hostile_ids(tmp_path / "hostile")

    with pytest.raises(InvalidPackageError, match="is not a case id, such as kgz-leph · run: policycase validate"):
        policycase.report(package, tmp_path / "site")

    assert not (tmp_path / "site").exists()


def test_only_a_site_is_replaced_and_only_with_force(lamps: Path, tmp_path: Path):
    case, target, mine = lamps, tmp_path / "site", tmp_path / "mine"
    policycase.report(case, target)
    mine.mkdir()
    (mine / "notes.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(UnreadableError, match="exists · choose another name, or use --force"):
        policycase.report(case, target)
    with pytest.raises(UnreadableError, match="did not write it, or not all of it"):
        policycase.report(case, mine, force=True)
    assert policycase.report(case, target, force=True) == target
    (target / "cases/notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UnreadableError, match="did not write it, or not all of it"):
        policycase.report(case, target, force=True)

    assert (target / "cases/notes.txt").read_text(encoding="utf-8") == "mine"
    assert [path.name for path in mine.iterdir()] == ["notes.txt"]


def test_output_follows_from_its_ending(capsys, lamps: Path, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    case = str(lamps)

    codes = [main(["report", case]), main(["report", case, "--json", "-o", "folder"])]

    captured = capsys.readouterr()
    assert codes == [0, 0]
    assert {path.name for path in tmp_path.iterdir()} == {"bvt-lamps", "bvt-lamps.html", "folder"}
    said = json.loads(captured.out.split("\n", 1)[1])
    assert (said["folder"], said["cases"], said["files"]) == ("folder", 1, len(content_of(tmp_path / "folder")))


def test_many_cases_are_a_site_unless_one_page_is_asked_for(capsys, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(site_module, "FEW", 1)
    examples = [str(ROOT / f"examples/{name}") for name in ("can-insite", "vnm-pmlsa")]

    codes = [main(["report", *examples]), main(["report", *examples, "-o", "page.html"])]
    monkeypatch.setattr(site_module, "MOST", 1)
    codes.append(main(["report", *examples, "-o", "two.html"]))

    captured = capsys.readouterr()
    assert codes == [0, 0, 3]
    assert "wrote stack-of-2-cases-site: 2 cases, " in captured.out
    assert "2 cases are much for one page; -o page writes a site with search and filters" in captured.err
    assert "two.html: one page holds at most 1 cases, and these are 2 · write a folder, for example two" in captured.err
    assert {path.name for path in tmp_path.iterdir()} == {"stack-of-2-cases-site", "page.html"}


@pytest.fixture(scope="module")
def browser():
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def stack_of_many(tmp_path_factory: pytest.TempPathFactory) -> policycase.Casebook:
    return policycase.stack(write_corpus(tmp_path_factory.mktemp("corpus"), MANY))


@pytest.fixture(scope="module")
def many(stack_of_many: policycase.Casebook, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of two hundred synthetic cases."""
    return policycase.report(stack_of_many, tmp_path_factory.mktemp("many") / "site")


SHOWN = "return [...document.querySelectorAll('.case:not([hidden])')].map(each => each.dataset.case)"


def choose(browser: Browser, **values: str) -> list[str]:
    """Fill in fields of the index as a reader does, and say which cases are shown."""
    for name, value in values.items():
        browser.driver.execute_script(
            "const box = document.getElementById(arguments[0]); box.value = arguments[1];"
            "box.dispatchEvent(new Event('input', {bubbles: true}))",
            name,
            value,
        )
    return browser.ask(SHOWN)


@pytest.mark.browser
def test_index_of_many_cases_filters_without_a_reload(browser: Browser, many: Path, stack_of_many: policycase.Casebook):
    cases, programs = stack_of_many.cases, stack_of_many.coded.programs
    browser.open(many / "index.html")
    browser.ask("window.kept = true")
    types = programs.loc[programs["program_type"].eq("diversion"), "case_id"].unique()

    assert len(browser.ask(SHOWN)) == MANY
    country = choose(browser, **{"f-country": "KGZ"})
    both = choose(browser, **{"f-program_type": "diversion"})
    years = choose(browser, **{"f-country": "", "f-program_type": "", "from": "1985", "to": "1990"})

    assert sorted(country) == sorted(cases.loc[cases["country"].eq("KGZ"), "case_id"])
    assert sorted(both) == sorted(set(country) & set(types))
    within = cases[cases["start_earliest"].dt.year.le(1990) & ~cases["end_latest"].dt.year.lt(1985)]
    assert sorted(years) == sorted(within["case_id"])
    assert 0 < len(years) < MANY
    assert browser.ask("return document.getElementById('shown').textContent") == f"{len(years)} of {MANY} cases"
    assert browser.ask("return window.kept") is True


@pytest.mark.browser
def test_filters_are_in_the_address_and_come_back_from_it(browser: Browser, many: Path):
    browser.open(many / "index.html")
    chosen = choose(browser, **{"f-country": "PRT", "q": "commission"})
    address = browser.ask("return location.hash")

    browser.driver.get("about:blank")
    browser.driver.get(f"{(many / 'index.html').as_uri()}{address}")

    assert address == "#q=commission&country=PRT"
    assert browser.ask(SHOWN) == chosen
    assert browser.ask("return document.getElementById('f-country').value") == "PRT"
    browser.ask("document.getElementById('all').click()")
    assert len(browser.ask(SHOWN)) == MANY


@pytest.mark.browser
def test_search_finds_records_in_any_spelling_and_leads_to_them(browser: Browser, site: Path):
    browser.open(site / "index.html")

    shown = choose(browser, q="NEEDLE pris")
    links = browser.ask("return [...document.querySelectorAll('.case:not([hidden]) .found a')].map(each => each.href)")
    spelled, misspelled = (choose(browser, q=word) for word in ("methadone", "methadnoe"))
    nothing = choose(browser, q="zebra crossing")

    assert shown == ["kgz-leph"]
    assert len(links) == 5
    assert links[0].startswith(f"{(site / 'cases/kgz-leph.html').as_uri()}#r-kgz-leph:")
    assert misspelled == spelled
    assert "kgz-leph" in spelled
    assert nothing == []


@pytest.mark.browser
def test_each_page_opens_by_itself_and_asks_for_nothing(browser: Browser, many: Path, tmp_path: Path):
    alone = tmp_path / "alone.html"
    alone.write_bytes((many / "cases/can-c00001.html").read_bytes())
    for page in (many / "index.html", many / "shared.html", alone):
        browser.requests(), browser.complaints()

        browser.open(page)

        assert [url for url in browser.requests() if not url.startswith("data:")] == [page.as_uri()]
        assert browser.complaints() == []
    assert browser.ask("return document.querySelectorAll('#timeline .wide .mark').length") > 0
    assert len(alone.read_bytes()) < 5_000_000  # small enough to mail


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_site_never_scrolls_sideways(browser: Browser, many: Path, site: Path, width: int):
    for page in (many / "index.html", many / "shared.html", site / "shared.html", site / "cases/kgz-leph.html"):
        browser.open(page, width)
        browser.ask("document.querySelectorAll('details').forEach(each => each.open = true)")

        assert browser.ask("return document.documentElement.scrollWidth") <= width, page.name


@pytest.mark.browser
def test_index_is_a_plain_list_without_script(browser: Browser, many: Path):
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.open(many / "index.html")

        from selenium.webdriver.common.by import By  # noqa: PLC0415 - only where there is a browser

        seen = browser.driver.find_elements(By.CSS_SELECTOR, ".case h3 a")
        assert len(seen) == MANY
        assert seen[0].is_displayed()
        assert not browser.driver.find_element(By.CSS_SELECTOR, ".choices").is_displayed()
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.mark.browser
def test_markup_in_the_data_runs_nothing_in_the_index(browser: Browser, tmp_path: Path):
    folder = policycase.report(hostile(tmp_path / "hostile"), tmp_path / "site")
    browser.requests(), browser.complaints()

    browser.open(folder / "index.html")
    shown = choose(browser, q="onerror")

    assert shown == ["kgz-leph"]
    assert browser.ask("return document.querySelectorAll('img, textarea, svg svg, .found script').length") == 0
    assert browser.ask("return document.querySelectorAll('.found a').length") == 5
    assert browser.complaints() == []
