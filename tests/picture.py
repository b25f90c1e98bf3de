"""`python tests/picture.py` writes the pictures of the docs, in Chromium: the report, and the page to code in."""

import base64
import tempfile
from pathlib import Path
from typing import Any

from browsers import Browser, chromium
from copies import LAMPS_SOURCE, copy_lamps

import policycase

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs/pictures"
PAGE_HEADER = {6: ("furniture", "")}  # a block of the made-up source


def main() -> None:
    """Write the pictures."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        report(browser, Path(folder))
        coding_page(browser, Path(folder))


def report(browser: Browser, folder: Path) -> None:
    """The timeline of the report of this case."""
    page = policycase.report(policycase.load(ROOT), folder / "case.html")
    browser.open(Path(page), width=1000)
    box = browser.ask(
        "const box = document.querySelector('#timeline').getBoundingClientRect();"
        "return {x: box.x + scrollX - 16, y: box.y + scrollY + 2, width: box.width + 32, height: 620, scale: 1}"
    )
    shoot(browser, "report.png", {"captureBeyondViewport": True, "clip": box})


def coding_page(browser: Browser, folder: Path) -> None:
    """A sentence of the made-up case, with the codes of a field and their definitions."""
    file = policycase.export(copy_lamps(folder / "lamps"), "coding", folder / "lamps.yaml")
    page = folder / "lamps.html"
    policycase.coding_page(LAMPS_SOURCE, "bvt-lamps", page, resume=file, choices=PAGE_HEADER)
    browser.open(page, width=1200)
    browser.ask("document.querySelector('dialog button')?.click()")  # the case was coded from a copy without note marks
    browser.ask("document.querySelector('[data-passage=p1s2]').click()")
    box = browser.driver.find_element("css selector", "[data-record=lamp-office] [data-field=agency_type] input")
    browser.ask("document.querySelector('[data-record=lamp-office]').scrollIntoView({block: 'start'})")
    box.click()
    browser.ask("document.querySelector('.notice').hidden = true")
    shoot(browser, "coding-page.png", {})


def shoot(browser: Browser, name: str, wanted: dict[str, Any]) -> None:
    """Write a picture of what the browser shows."""
    shot = browser.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"} | wanted)
    (PICTURES / name).write_bytes(base64.b64decode(shot["data"]))


if __name__ == "__main__":
    main()
