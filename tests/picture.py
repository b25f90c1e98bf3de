"""`python tests/picture.py` writes docs/pictures/report.png: the timeline of the report of this case, in Chromium."""

import base64
import tempfile
from pathlib import Path

from browsers import chromium

import policycase

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        page = policycase.report(policycase.load(ROOT), Path(folder) / "case.html")
        browser.open(Path(page), width=1000)
        box = browser.ask(
            "const box = document.querySelector('#timeline').getBoundingClientRect();"
            "return {x: box.x + scrollX - 16, y: box.y + scrollY + 2, width: box.width + 32, height: 620, scale: 1}"
        )
        wanted = {"format": "png", "captureBeyondViewport": True, "clip": box}
        shot = browser.driver.execute_cdp_cmd("Page.captureScreenshot", wanted)
    (ROOT / "docs/pictures/report.png").write_bytes(base64.b64decode(shot["data"]))


if __name__ == "__main__":
    main()
