"""The report as a reader sees it: in a browser, without a network, in each size and theme."""

from pathlib import Path

import pytest
from books import CASE, SIX
from browsers import Browser, chromium
from test_report import hostile

import policycase

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("report")]
DRAWN = "return [...document.querySelectorAll('{} .wide .mark')].map(mark => mark.dataset.record)"


@pytest.fixture(scope="module")
def browser():
    with chromium() as opened:
        yield opened


@pytest.mark.parametrize("name", ["case", "six"])
def test_page_asks_for_nothing_but_itself_and_the_console_is_silent(browser: Browser, reports: dict, name: str):
    browser.requests(), browser.complaints()

    browser.open(reports[name])

    assert [url for url in browser.requests() if not url.startswith("data:")] == [reports[name].as_uri()]
    assert browser.complaints() == []


@pytest.mark.parametrize(("name", "book"), [("case", CASE), ("six", SIX)])
def test_every_dated_record_role_and_goal_is_drawn(
    browser: Browser, reports: dict, name: str, book: policycase.Casebook
):
    places = book.program_places
    fates = places.groupby("program_id")[["start", "end", "status"]].transform("nunique", dropna=False)
    apart = places[fates.gt(1).any(axis=1)]  # of programs that fared differently from place to place
    tables = ((book.programs, "program_id"), (book.events, "event_id"), (apart, "program_place_id"))
    dated = [
        record for frame, key in tables for record in frame.loc[frame["start"].notna() | frame["end"].notna(), key]
    ]

    browser.open(reports[name])

    assert set(browser.ask(DRAWN.format("#timeline"))) == set(dated)
    assert sorted(browser.ask(DRAWN.format("#network"))) == sorted(book.program_agencies["program_agency_id"])
    aims = [*book.goals["goal_id"], *book.goals.loc[book.goals["goal_type_2"].notna(), "goal_id"]]
    assert sorted(browser.ask(DRAWN.format("#goals"))) == sorted(aims)


@pytest.mark.parametrize("name", ["case", "six"])
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_page_never_scrolls_sideways(browser: Browser, reports: dict, name: str, width: int):
    browser.open(reports[name], width)

    browser.ask("document.querySelectorAll('details').forEach(each => each.open = true)")

    assert browser.ask("return document.documentElement.scrollWidth") <= width


def test_phone_gets_the_narrow_charts(browser: Browser, reports: dict):
    shown = "return [...document.querySelectorAll('.chart{}')].filter(each => each.offsetWidth).length"

    counts = [
        [browser.open(reports["case"], width).ask(shown.format(kind)) for kind in (".wide", ".narrow")]
        for width in (1280, 360)
    ]

    assert counts == [[4, 0], [0, 4]]


def test_wide_table_on_a_phone_has_shadows_that_covers_hide_only_at_its_ends(browser: Browser, reports: dict):
    look = "const look = getComputedStyle(document.querySelector('.scroll')); return look.{}"

    browser.open(reports["six"], 360)

    assert browser.ask("const box = document.querySelector('.scroll'); return box.scrollWidth > box.clientWidth")
    assert browser.ask(look.format("backgroundAttachment")) == "local, local, scroll, scroll"
    assert browser.ask(look.format("backgroundImage")).count("linear-gradient") == 4


def test_dark_page_has_light_ink_in_text_and_charts(browser: Browser, reports: dict):
    browser.open(reports["case"], theme="dark")

    body = browser.ask("return getComputedStyle(document.body).backgroundColor")
    text = browser.ask("return getComputedStyle(document.querySelector('#timeline .wide text[fill=\"#1c2126\"]')).fill")
    assert (body, text) == ("rgb(21, 24, 27)", "rgb(231, 234, 237)")


def test_texts_of_a_chart_do_not_overlap(browser: Browser, reports: dict):
    overlaps = """
        const found = [];
        for (const chart of document.querySelectorAll('.chart svg')) {
            const boxes = [...chart.querySelectorAll('text')].filter(text => !/rotate/.test(text.getAttribute('transform')))
                .map(text => [text.textContent, text.getBoundingClientRect()]).filter(([, box]) => box.width);
            boxes.forEach(([one, a], number) => boxes.slice(number + 1).forEach(([other, b]) => {
                const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
                const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
                if (across > 1 && down > 3) found.push(`${one} / ${other}`);
            }));
        }
        return found;
    """

    found = {
        (name, width): browser.open(reports[name], width).ask(overlaps) for name in reports for width in (1280, 360)
    }

    assert [one for one in found.items() if one[1]] == []


def test_texts_of_a_chart_are_not_cut(browser: Browser, reports: dict):
    cut = """
        const found = [];
        for (const chart of document.querySelectorAll('.chart svg')) {
            const frame = chart.getBoundingClientRect();
            for (const text of chart.querySelectorAll('text')) {
                const box = text.getBoundingClientRect();
                const over = [frame.left - box.left, frame.top - box.top, box.right - frame.right, box.bottom - frame.bottom];
                if (Math.max(...over) > 1) found.push(text.textContent);
            }
        }
        return found;
    """

    found = {(name, width): browser.open(reports[name], width).ask(cut) for name in reports for width in (1280, 360)}

    assert [one for one in found.items() if one[1]] == []


def test_words_leave_only_records_that_have_them(browser: Browser, reports: dict):
    browser.open(reports["case"])

    browser.ask(
        "const box = document.getElementById('words'); box.value = 'needle PRISONS'; box.dispatchEvent(new Event('input'))"
    )

    names = browser.ask(
        "return [...document.querySelectorAll('#table-programs .card')].filter(card => card.offsetHeight).map(card => card.id)"
    )
    assert "r-kgz-leph:nsp-prisons" in names
    assert "r-kgz-leph:dv-teams" not in names
    assert browser.ask("return document.getElementById('shown').textContent").endswith(" records")


def test_link_opens_the_fold_that_holds_its_target(browser: Browser, reports: dict):
    browser.open(reports["case"])

    browser.ask("location.hash = '#r-kgz-leph:p3s3'")

    assert browser.driver.execute_async_script(
        "setTimeout(() => arguments[0](document.getElementById('r-kgz-leph:p3s3').offsetHeight > 0), 200)"
    )


def test_page_is_whole_without_script(browser: Browser, reports: dict):
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.open(reports["case"])

        from selenium.webdriver.common.by import By  # noqa: PLC0415 - only where there is a browser

        seen = browser.driver.find_elements(By.CSS_SELECTOR, "#table-programs .card")
        filters = browser.driver.find_elements(By.CSS_SELECTOR, ".filter")
        assert [each.is_displayed() for each in seen] == [True] * 14
        assert [each.is_displayed() for each in filters] == [False]
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_markup_in_the_data_makes_no_element_and_runs_nothing(browser: Browser, tmp_path: Path):
    file = policycase.report(hostile(tmp_path / "hostile"), tmp_path / "hostile.html")
    browser.requests(), browser.complaints()

    browser.open(file)

    assert browser.ask("return document.querySelectorAll('img, textarea, b svg, svg svg, svg script').length") == 0
    assert browser.ask("return document.querySelectorAll('script:not([type])').length") == 1
    assert [url for url in browser.requests() if not url.startswith("data:")] == [file.as_uri()]
    assert browser.complaints() == []
    assert browser.ask("return document.querySelectorAll('#network .wide .mark').length") == len(CASE.program_agencies)
